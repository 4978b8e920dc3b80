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
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import typst

from server.papers import proof, report
from server.papers.data import ProofOfService, ServiceReport
from server.papers.errors import missing_glyph
from server.papers.fonts import FontSet, find_fonts
from server.papers.payload import Exhibits, Tree, texts

TEMPLATES = Path(__file__).parent / "templates"
PDF_STANDARD: Final = "a-2b"
_PAGE_TREE = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)|/Count\s+(\d+)[^>]*?/Type\s*/Pages\b")


@dataclass(frozen=True, slots=True)
class RenderedPaper:
    """A finished PDF/A-2b file, its SHA-256 (lower-case hex) and its number of pages."""

    pdf: bytes
    sha256: str
    pages: int


def render_proof(data: ProofOfService, *, fonts: FontSet | None = None) -> RenderedPaper:
    """Print the proof of service (送达回证).

    Raises: DomainError `papers.incomplete`, `papers.contradiction`, `papers.missing_glyph` (422; names the
    field and the characters), `papers.broken_image`, `papers.image_too_large`, `papers.no_fonts`.
    """
    proof.check(data)
    exhibits = Exhibits()
    tree = proof.tree(data, exhibits)
    return _press(fonts or find_fonts()).produce("proof.typ", tree, exhibits, made_at=data.issued_at)


def render_report(data: ServiceReport, *, fonts: FontSet | None = None) -> RenderedPaper:
    """Print the service report (送达报告书).

    Raises: as `render_proof`, and `papers.mixed_datum` for a map with points of different datums.
    """
    exhibits = Exhibits()
    tree = report.tree(data, exhibits)
    return _press(fonts or find_fonts()).produce("report.typ", tree, exhibits, made_at=data.made_at)


class Press:
    """One compiler with its fonts. Threads queue at it; every process has its own."""

    def __init__(self, fonts: FontSet) -> None:
        self._fonts = fonts
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._templates = {path.name: path.read_bytes() for path in TEMPLATES.glob("*.typ")}
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
        files = self._templates | exhibits.files() | {"data.json": content}
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
