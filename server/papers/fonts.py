"""Chinese fonts: where they are, which characters they hold.

Typst prints a character no font has as an empty box without a word, so every text is checked against the
fonts' cmaps first. Two situations are supported: Noto CJK as installed by Debian's `fonts-noto-cjk` (Serif
and Sans, Regular and Bold, plane 2 too) and the pip package `pylopdf-fonts-zh-cn` (Regular only, needs no
root).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from fontTools.ttLib import TTFont
from fontTools.ttLib.ttCollection import TTCollection

from server.papers.errors import no_fonts

Source = Literal["system", "package"]

SYSTEM_DIRECTORIES = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
    Path.home() / ".fonts",
)
PACKAGE = "pylopdf_fonts_zh_cn"

# Drawn as nothing by every shaper, whether or not the font knows them: zero-width space and joiners, BOM,
# variation selectors. Bidirectional controls are deliberately absent: they could make a name read differently
# on paper.
INVISIBLE = frozenset("\n\r\t\u200b\u200c\u200d\u2060\ufeff") | {
    chr(c) for c in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}


@dataclass(frozen=True, slots=True)
class Face:
    """One font file, and the index of the face inside a collection."""

    path: Path
    index: int


@dataclass(frozen=True, slots=True)
class Family:
    """A family as Typst names it. Its coverage is what all its faces hold: a name may be set in bold too."""

    name: str
    faces: tuple[Face, ...]

    @property
    def has_bold(self) -> bool:
        return len(self.faces) > 1


@dataclass(frozen=True, slots=True)
class FontSet:
    """The fallback chain, serif first. A character is covered when any family of the chain holds it."""

    source: Source
    serif: Family
    sans: Family

    @property
    def families(self) -> tuple[Family, ...]:
        return (self.serif, self.sans)

    @property
    def directories(self) -> tuple[Path, ...]:
        """Folders to hand to Typst."""
        return tuple(dict.fromkeys(face.path.parent for family in self.families for face in family.faces))

    def missing(self, text: Iterable[str]) -> list[str]:
        """Characters of `text` that would print as an empty box, each once, in order of appearance."""
        wanted = [c for c in dict.fromkeys(text) if c not in INVISIBLE]
        for family in self.families:
            if not wanted:
                break
            wanted = [c for c in wanted if ord(c) not in _coverage(family)]
        return wanted


@cache
def find_fonts(source: Source | None = None) -> FontSet:
    """The fonts of this machine, system before package; `source` asks for one of the two.

    Raises: DomainError `papers.no_fonts`.
    """
    finders = {"system": _system_fonts, "package": _package_fonts}
    for name in (source,) if source else ("system", "package"):
        found = finders[name]()
        if found is not None:
            return found
    raise no_fonts()


def _system_fonts() -> FontSet | None:
    files = {path.name: path for folder in SYSTEM_DIRECTORIES for path in _noto_files(folder)}
    serif = _system_family("Noto Serif CJK SC", "NotoSerifCJK", files)
    sans = _system_family("Noto Sans CJK SC", "NotoSansCJK", files)
    return FontSet("system", serif, sans) if serif and sans else None


def _noto_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("NotoS*CJK-*.ttc")) if folder.is_dir() else []


def _system_family(family: str, stem: str, files: dict[str, Path]) -> Family | None:
    if f"{stem}-Regular.ttc" not in files:
        return None
    present = [files[name] for name in (f"{stem}-Regular.ttc", f"{stem}-Bold.ttc") if name in files]
    return Family(family, tuple(Face(path, _index_of(path, family)) for path in present))


def _index_of(path: Path, family: str) -> int:
    with TTCollection(str(path), lazy=True) as collection:
        names = [font["name"].getBestFamilyName() for font in collection.fonts]
    return names.index(family)


def _package_fonts() -> FontSet | None:
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations)))
    serif, sans = folder / "NotoSerifSC-Regular.otf", folder / "NotoSansSC-Regular.otf"
    if not (serif.is_file() and sans.is_file()):
        return None
    return FontSet("package", Family("Noto Serif SC", (Face(serif, 0),)), Family("Noto Sans SC", (Face(sans, 0),)))


@cache
def _cmap(face: Face) -> frozenset[int]:
    with TTFont(str(face.path), fontNumber=face.index, lazy=True) as font:
        return frozenset(font.getBestCmap())


@cache
def _coverage(family: Family) -> frozenset[int]:
    return frozenset.intersection(*(_cmap(face) for face in family.faces))
