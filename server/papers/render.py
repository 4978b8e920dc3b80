"""The press: checks every character, hands the data to Typst as JSON, returns the PDF.

Data never becomes markup: templates read `data.json` and print its strings as they are. Each press owns one Typst
compiler and one work directory (templates stay the same, so its caches stay warm) and prints one paper at a time.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import typst

from server.papers import proof, report
from server.papers.data import ProofOfService, ServiceReport
from server.papers.errors import missing_glyph
from server.papers.fonts import FontSet, find_fonts
from server.papers.payload import Exhibits, Tree, texts

TEMPLATES = Path(__file__).parent / "templates"
PDF_STANDARD = "a-2b"
_PAGE_TREE = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)|/Count\s+(\d+)[^>]*?/Type\s*/Pages\b")


@dataclass(frozen=True, slots=True)
class RenderedPaper:
    """A finished PDF/A-2b file, its SHA-256 (lower-case hex) and its number of pages."""

    pdf: bytes
    sha256: str
    pages: int


def render_proof(data: ProofOfService, *, fonts: FontSet | None = None) -> RenderedPaper:
    """Print the proof of service (送达回证).

    Raises: DomainError `papers.incomplete`, `papers.contradiction`, `papers.missing_glyph` (422; names the field and
    the characters), `papers.broken_image`, `papers.image_too_large`, `papers.no_fonts`.
    """
    proof.check(data)
    exhibits = Exhibits()
    tree = proof.tree(data, exhibits)
    return _press(fonts or find_fonts()).print("proof.typ", tree, exhibits, made_at=data.issued_at)


def render_report(data: ServiceReport, *, fonts: FontSet | None = None) -> RenderedPaper:
    """Print the service report (送达报告书).

    Raises: as `render_proof`, and `papers.mixed_datum` for a map with points of different datums.
    """
    exhibits = Exhibits()
    tree = report.tree(data, exhibits)
    return _press(fonts or find_fonts()).print("report.typ", tree, exhibits, made_at=data.made_at)


class Press:
    """One compiler with its fonts. Threads queue at it; processes have their own."""

    def __init__(self, fonts: FontSet) -> None:
        self._fonts = fonts
        self._lock = threading.Lock()
        self._folder = TemporaryDirectory(prefix="songda-papers-")
        self._root = Path(self._folder.name)
        for template in TEMPLATES.glob("*.typ"):
            (self._root / template.name).write_bytes(template.read_bytes())
        self._compiler = typst.Compiler(
            root=str(self._root),
            font_paths=typst.Fonts(
                include_system_fonts=False,
                include_embedded_fonts=False,
                font_paths=[str(folder) for folder in fonts.directories],
            ),
        )

    def print(self, template: str, tree: Tree, exhibits: Exhibits, *, made_at: datetime) -> RenderedPaper:
        """Check, lay out and export one paper."""
        self._check_glyphs(tree)
        files = exhibits.files()
        content = json.dumps(tree | {"fonts": self._font_names()}, ensure_ascii=False, sort_keys=True)
        with self._lock:
            try:
                for name, image in files.items():
                    (self._root / name).write_bytes(image)
                (self._root / "data.json").write_text(content, encoding="utf-8")
                pdf = self._compiler.compile(
                    input=str(self._root / template),
                    format="pdf",
                    pdf_standards=PDF_STANDARD,
                    timestamp=int(made_at.timestamp()),
                )
            finally:
                # People's names and faces do not stay on the disk longer than the print takes.
                for name in (*files, "data.json"):
                    (self._root / name).unlink(missing_ok=True)
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
