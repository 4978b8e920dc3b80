"""The visible seal: a red ring, the court's name along the arc, a star. Drawn as outlines, so no font is embedded and
nothing of the paper beneath is hidden (国发〔1999〕25号: round, 42 mm, the name from left to right along the arc, the
emblem in the middle; an electronic demonstration seal shows a star and says so).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from fontTools.pens.basePen import BasePen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.layout import BoxConstraints

from server.papers.fonts import Face, FontSet, find_fonts
from server.papers.seal.provider import MM, SEAL_MM

SIZE = SEAL_MM * MM
RING_MM = 1.2
_RED = b"0.835 0.067 0.067"
_ARC = 250.0  # degrees a long name may take; the rest stays open at the bottom
_GAP_MM = 1.3  # between ring and name
_UNDER = "电子印章·演示"
_KAPPA = 0.5522847498  # a quarter circle as a Bézier curve


@lru_cache(maxsize=512)
def mark(court_name: str) -> bytes:
    """The content stream of the seal in a box of `SIZE` points square. Characters no font draws are left out."""
    fonts = find_fonts()
    outlines = _outlines(fonts)
    middle = SIZE / 2
    parts = [b"q", _RED + b" rg", _RED + b" RG", f"1 0 0 1 {middle:.3f} {middle:.3f} cm".encode(), _ring()]
    parts += [_glyph(outlines, letter) for letter in arc(court_name)]
    parts += [_star(radius=5.6 * MM), *(_glyph(outlines, letter) for letter in _line(_UNDER))]
    return b"\n".join([*parts, b"Q"])


def content(court_name: str) -> RawContent:
    """For pyhanko: the same, with its box."""
    return RawContent(mark(court_name), box=BoxConstraints(width=SIZE, height=SIZE))


class Letter:
    """One character: centre in points from the seal's centre, turned by `angle` degrees, `width` by `height` points."""

    __slots__ = ("angle", "character", "height", "width", "x", "y")

    def __init__(self, character: str, x: float, y: float, *, angle: float, width: float, height: float) -> None:
        self.character, self.x, self.y = character, x, y
        self.angle, self.width, self.height = angle, width, height

    def corners(self) -> list[tuple[float, float]]:
        """Of its box, in points from the seal's centre."""
        turn = math.radians(self.angle)
        half = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        boxes = [(sx * self.width / 2, sy * self.height / 2) for sx, sy in half]
        return [
            (
                self.x + x * math.cos(turn) - y * math.sin(turn),
                self.y + x * math.sin(turn) + y * math.cos(turn),
            )
            for x, y in boxes
        ]


def arc(text: str) -> list[Letter]:
    """The name along the ring, from left to right, upright at the top; letters narrow as the name grows longer."""
    letters = [one for one in text if not one.isspace()]
    if not letters:
        return []
    count = len(letters)
    height = (6.2 if count <= 12 else 5.2 if count <= 18 else 4.4) * MM
    outer = SIZE / 2 - (RING_MM + _GAP_MM) * MM
    radius, inner = outer - height / 2, outer - height
    step = min(_ARC / count, 24.0)
    # Neighbours are nearest at their feet: the foot circle decides how wide a letter may be.
    width = min(height * 0.86, 2 * inner * math.tan(math.radians(step / 2)) * 0.94)
    placed = []
    for number, character in enumerate(letters):
        angle = ((count - 1) / 2 - number) * step
        turn = math.radians(90 + angle)
        x, y = radius * math.cos(turn), radius * math.sin(turn)
        placed.append(Letter(character, x, y, angle=angle, width=width, height=height))
    return placed


def _line(text: str) -> list[Letter]:
    size = 2.9 * MM
    first = -(len(text) - 1) / 2 * size
    y = -11.2 * MM
    return [
        Letter(one, first + number * size, y, angle=0, width=size * 0.95, height=size)
        for number, one in enumerate(text)
    ]


def _ring() -> bytes:
    radius = SIZE / 2 - RING_MM * MM / 2
    k = radius * _KAPPA
    curves = (
        (radius, k, k, radius, 0, radius),
        (-k, radius, -radius, k, -radius, 0),
        (-radius, -k, -k, -radius, 0, -radius),
        (k, -radius, radius, -k, radius, 0),
    )
    drawn = " ".join(" ".join(f"{one:.3f}" for one in curve) + " c" for curve in curves)
    return f"{RING_MM * MM:.3f} w {radius:.3f} 0 m {drawn} s".encode()


def _star(*, radius: float) -> bytes:
    """Five points, the inner ones where the lines of a pentagram cross."""
    inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    corners = []
    for number in range(10):
        reach, turn = (inner if number % 2 else radius), math.radians(90 + 36 * number)
        corners.append(f"{reach * math.cos(turn):.3f} {reach * math.sin(turn):.3f}")
    return (f"{corners[0]} m " + " ".join(f"{corner} l" for corner in corners[1:]) + " f").encode()


Outline = Callable[[str], tuple[bytes, int] | None]


def _outlines(fonts: FontSet) -> Outline:
    """Path and units per em of a character, from the first family that has it."""
    faces = [family.faces[-1] for family in fonts.families]

    def find(character: str) -> tuple[bytes, int] | None:
        return next((found for face in faces if (found := _outline(face, character))), None)

    return find


@lru_cache(maxsize=4)
def _font(face: Face) -> TTFont:
    number = face.index if face.path.suffix.lower() in (".ttc", ".otc") else -1
    return TTFont(face.path, fontNumber=number, lazy=True)


@lru_cache(maxsize=4096)
def _outline(face: Face, character: str) -> tuple[bytes, int] | None:
    font = _font(face)
    name = (font.getBestCmap() or {}).get(ord(character))
    if name is None:
        return None
    units = int(font["head"].unitsPerEm)
    glyphs = font.getGlyphSet()
    pen = _PathPen(glyphs)
    # Chinese characters fill a square of one em that stands 0.12 em below the line: bring its middle to the origin.
    glyphs[name].draw(TransformPen(pen, (1, 0, 0, 1, -glyphs[name].width / 2, -0.38 * units)))
    return b" ".join(pen.parts) + b" f", units


def _glyph(outlines: Outline, letter: Letter) -> bytes:
    found = outlines(letter.character)
    if found is None:
        return b""
    path, units = found
    turn = math.radians(letter.angle)
    across, up = letter.width / units, letter.height / units
    a, b = math.cos(turn) * across, math.sin(turn) * across
    c, d = -math.sin(turn) * up, math.cos(turn) * up
    move = f"{a:.6f} {b:.6f} {c:.6f} {d:.6f} {letter.x:.3f} {letter.y:.3f} cm"
    return b"q " + move.encode() + b" " + path + b" Q"


class _PathPen(BasePen):
    """Outlines as PDF path operators; quadratic curves come as cubic ones from the base class."""

    def __init__(self, glyphs: object) -> None:
        super().__init__(glyphs)
        self.parts: list[bytes] = []

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 - fontTools named it
        self.parts.append(f"{pt[0]:.1f} {pt[1]:.1f} m".encode())

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 - fontTools named it
        self.parts.append(f"{pt[0]:.1f} {pt[1]:.1f} l".encode())

    def _curveToOne(  # noqa: N802 - fontTools named it
        self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]
    ) -> None:
        numbers = " ".join(f"{one:.1f}" for pt in (pt1, pt2, pt3) for one in pt)
        self.parts.append(f"{numbers} c".encode())

    def _closePath(self) -> None:  # noqa: N802 - fontTools named it
        self.parts.append(b"h")
