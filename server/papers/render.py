"""The press: checks every character, hands the data to Typst as JSON, returns the PDF.

Data never becomes markup: templates read `data.json` and print its strings as they are. Each press owns one
Typst compiler (the templates stay the same, so its caches stay warm) and prints one paper at a time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import typst

from server.papers import address, announcement, letters, proof, report, scene, voucher, wording
from server.papers.data import ProofOfService, ServiceReport
from server.papers.errors import missing_glyph, unknown_kind, wrong_data
from server.papers.fonts import FontSet, find_fonts
from server.papers.forms import AnyForm
from server.papers.kinds import KINDS
from server.papers.payload import Exhibits, Tree, texts
from server.papers.wording import Wording

TEMPLATES = Path(__file__).parent / "templates"
PDF_STANDARD: Final = "a-2b"
_IMPORT = re.compile(rb'#import "([a-z_]+\.typ)"')
_PAGE_TREE = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)|/Count\s+(\d+)[^>]*?/Type\s*/Pages\b")


@dataclass(frozen=True, slots=True)
class RenderedPaper:
    """A finished PDF/A-2b file, its SHA-256 (lower-case hex), its number of pages, and what it was printed by."""

    pdf: bytes
    sha256: str
    pages: int
    template_version: str = ""
    wording_version: str = ""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a kind is laid out: its template, what refuses bad data, what makes the tree."""

    template: str
    tree: Callable[[Any, Exhibits, Wording], Tree]
    check: Callable[[Any], None] | None = None


_LAYOUTS: dict[str, _Layout] = {
    "proof": _Layout("proof.typ", proof.tree, proof.check),
    "report": _Layout("report.typ", report.tree),
    "address_form": _Layout("address_form.typ", address.tree),
    "leaving_record": _Layout("record.typ", scene.leaving_tree, scene.check_leaving),
    "work_record": _Layout("record.typ", scene.work_tree),
    "statement": _Layout("record.typ", scene.statement_tree, scene.check_statement),
    "announcement": _Layout("announcement.typ", announcement.tree, announcement.check),
    "entrust_letter": _Layout("letter.typ", letters.entrust_tree, letters.check_entrust),
    "assist_letter": _Layout("letter.typ", letters.assist_tree, letters.check_assist),
    "notice": _Layout("notice.typ", voucher.notice_tree, voucher.check_notice),
    "e_voucher": _Layout("voucher.typ", voucher.voucher_tree, voucher.check_voucher),
    "exhaustion": _Layout("exhaustion.typ", voucher.exhaustion_tree, voucher.check_exhaustion),
}


def render(
    kind: str,
    data: ProofOfService | ServiceReport | AnyForm,
    words: Wording | None = None,
    *,
    fonts: FontSet | None = None,
) -> RenderedPaper:
    """Print one paper. `kind` is a key of `KINDS`, `data` its class; without `words` the shipped wording is used.

    Raises: DomainError `papers.unknown_kind`, `papers.incomplete`, `papers.contradiction`, `papers.unlawful`,
    `papers.bad_link`, `papers.missing_glyph` (422; names the field and the characters), `papers.broken_image`,
    `papers.image_too_large`, `papers.mixed_datum`, `papers.no_fonts`.
    """
    template, tree, exhibits, chosen = prepare(kind, data, words)
    made_at = data.issued_at if isinstance(data, ProofOfService) else data.made_at
    printed = _press(fonts or find_fonts()).produce(template, tree, exhibits, made_at=made_at)
    return replace(printed, template_version=KINDS[kind].template_version, wording_version=chosen.version)


def prepare(
    kind: str, data: ProofOfService | ServiceReport | AnyForm, words: Wording | None = None
) -> tuple[str, Tree, Exhibits, Wording]:
    """The name of the template, the tree it reads, its pictures, the wording used. Raises: as `render`."""
    if kind not in KINDS:
        raise unknown_kind(kind)
    if not isinstance(data, KINDS[kind].data):
        raise wrong_data(kind, type(data).__name__)
    chosen = words or wording.shipped(kind)
    layout = _LAYOUTS[kind]
    if layout.check is not None:
        layout.check(data)
    exhibits = Exhibits()
    return layout.template, layout.tree(data, exhibits, chosen), exhibits, chosen


def render_proof(data: ProofOfService, *, fonts: FontSet | None = None) -> RenderedPaper:
    """Print the proof of service (送达回证) in the shipped wording. Raises: as `render`."""
    return render("proof", data, fonts=fonts)


def render_report(data: ServiceReport, *, fonts: FontSet | None = None) -> RenderedPaper:
    """Print the service report (送达报告书) in the shipped wording. Raises: as `render`."""
    return render("report", data, fonts=fonts)


class Press:
    """One compiler with its fonts. Threads queue at it; every process has its own."""

    def __init__(self, fonts: FontSet) -> None:
        self._fonts = fonts
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._templates = {path.name: path.read_bytes() for path in sorted(TEMPLATES.glob("*.typ"))}
        self._compiler = typst.Compiler(
            font_paths=typst.Fonts(
                include_system_fonts=False,
                include_embedded_fonts=False,
                font_paths=[str(folder) for folder in fonts.directories],
            ),
        )

    def produce(self, template: str, tree: Tree, exhibits: Exhibits, *, made_at: datetime) -> RenderedPaper:
        """Check, lay out and export one paper."""
        if os.getpid() != self._pid:
            # Typst's thread pool does not survive a fork: the child would wait for it for ever.
            raise RuntimeError("papers were printed before this process was forked; print in the workers only")
        self._check_glyphs(tree)
        content = json.dumps(tree | {"fonts": self._font_names()}, ensure_ascii=False, sort_keys=True).encode()
        files = self.templates(template) | exhibits.files() | {"data.json": content}
        # People's names and faces are on the disk, readable by this user only, as long as the print takes.
        with self._lock, TemporaryDirectory(prefix="songda-papers-") as folder:
            for name, body in files.items():
                Path(folder, name).write_bytes(body)
            pdf = self._compiler.compile(
                input=str(Path(folder, template)),
                root=folder,
                format="pdf",
                pdf_standards=PDF_STANDARD,
                timestamp=int(made_at.timestamp()),
            )
        if not isinstance(pdf, bytes):
            raise TypeError("the compiler returned no PDF")
        return RenderedPaper(pdf=pdf, sha256=hashlib.sha256(pdf).hexdigest(), pages=_pages(pdf))

    def templates(self, name: str) -> dict[str, bytes]:
        """A template with those it imports: every file written costs a paper of 20 ms one more."""
        found = {name: self._templates[name]}
        for imported in _IMPORT.findall(self._templates[name]):
            found |= self.templates(imported.decode())
        return found

    def _check_glyphs(self, tree: Tree) -> None:
        found = {path: self._fonts.missing(text) for path, text in texts(tree)}
        missing = {path: characters for path, characters in found.items() if characters}
        if missing:
            raise missing_glyph(missing)

    def _font_names(self) -> Tree:
        return {
            "serif": [self._fonts.serif.name, self._fonts.sans.name],
            "sans": [self._fonts.sans.name, self._fonts.serif.name],
            "bold": self._fonts.serif.has_bold and self._fonts.sans.has_bold,
        }


@cache
def _press(fonts: FontSet) -> Press:
    return Press(fonts)


def _pages(pdf: bytes) -> int:
    counts = [int(first or second) for first, second in _PAGE_TREE.findall(pdf)]
    return max(counts)
