"""Drill material (演练材料): photos and signatures as a phone would make them, for demonstrations and load.

Used by ``make day`` and by tests. Nothing here is evidence: every photo carries the word 演练 in its
pixels. Pictures are real JPEG and PNG files, seeded: the same arguments give the same bytes on the same
Pillow.
"""

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont
from PIL.TiffImagePlugin import IFDRational

from evidence.exif import CHINA_TIME
from evidence.geo import GeoPoint

_MAKE, _MODEL, _ORIENTATION, _EXIF_IFD, _GPS_IFD = 0x010F, 0x0110, 0x0112, 0x8769, 0x8825
_TAKEN, _DIGITIZED, _OFFSET_TAKEN = 0x9003, 0x9004, 0x9011
_WALLS = ((176, 166, 150), (150, 160, 168), (188, 178, 160), (140, 134, 126))
_DOORS = ((96, 52, 36), (58, 74, 92), (120, 30, 28), (70, 84, 60))

_LAY_DOWN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}

Stroke = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Shot:
    """How a photo was taken. ``orientation`` is Exif tag 0x0112; None for time or point leaves the tags
    out."""

    taken_at: datetime | None = None
    point: GeoPoint | None = None
    make: str = "HUAWEI"
    model: str = "Drill-1"
    orientation: int = 1


def photo(
    seed: int,
    *,
    caption: Sequence[str] = (),
    shot: Shot | None = None,
    width_px: int = 1600,
    height_px: int = 1200,
    quality: int = 82,
) -> bytes:
    """A JPEG of a front door with readable lines of text and sensor noise; about 300 KB at 1600×1200.

    ``shot`` writes EXIF; without it the file has none, as after WeChat's chooseMedia.
    """
    rng = random.Random(seed)  # noqa: S311 - drill pictures, not secrets
    # A phone held upright stores a lying picture and a tag to turn it: draw it upright, then lay it down.
    turned = _LAY_DOWN.get(shot.orientation if shot else 1)
    lying = shot is not None and shot.orientation >= 5
    picture = _scene(rng, *((height_px, width_px) if lying else (width_px, height_px)))
    _write(picture, ("演练照片", *caption, f"No. {seed}"), rng)
    if turned is not None:
        picture = picture.transpose(turned)
    picture = _with_noise(picture, rng)
    out = io.BytesIO()
    exif = exif_of_shot(shot).tobytes() if shot is not None else b""
    picture.save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()


def exif_of_shot(shot: Shot) -> Image.Exif:
    """The EXIF block of a shot: times in China time with their offset, place as degrees, minutes, seconds."""
    exif = Image.Exif()
    exif[_MAKE], exif[_MODEL], exif[_ORIENTATION] = shot.make, shot.model, shot.orientation
    if shot.taken_at is not None:
        stamp = shot.taken_at.astimezone(CHINA_TIME).strftime("%Y:%m:%d %H:%M:%S")
        exif.get_ifd(_EXIF_IFD).update({_TAKEN: stamp, _DIGITIZED: stamp, _OFFSET_TAKEN: "+08:00"})
    if shot.point is not None:
        lat, lng = shot.point.lat, shot.point.lng
        exif.get_ifd(_GPS_IFD).update(
            {1: "N" if lat >= 0 else "S", 2: _dms(abs(lat)), 3: "E" if lng >= 0 else "W", 4: _dms(abs(lng))}
        )
    return exif


def signature_strokes(seed: int, *, width_px: int = 600, height_px: int = 300) -> list[Stroke]:
    """Strokes of an invented name of two or three characters: each a list of (x, y) in px, in order of
    writing."""
    rng = random.Random(seed)  # noqa: S311 - drill pictures, not secrets
    characters = rng.choice((2, 3, 3))
    cell = width_px * 0.84 / characters
    strokes: list[Stroke] = []
    for index in range(characters):
        left, top = width_px * 0.08 + index * cell, height_px * rng.uniform(0.14, 0.24)
        strokes.extend(_curve(rng, left, top, cell * 0.9, height_px * 0.6) for _ in range(rng.randint(4, 7)))
    return strokes


def signature(seed: int, *, width_px: int = 600, height_px: int = 300) -> bytes:
    """A transparent PNG of :func:`signature_strokes` in dark ink, thicker where the pen is slow."""
    scale = 2
    canvas = Image.new("L", (width_px * scale, height_px * scale), 0)
    draw = ImageDraw.Draw(canvas)
    for stroke in signature_strokes(seed, width_px=width_px, height_px=height_px):
        _ink(draw, stroke, scale)
    alpha = canvas.resize((width_px, height_px), Image.Resampling.BOX)
    picture = Image.new("RGBA", alpha.size, (18, 22, 40, 0))
    picture.putalpha(alpha)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def shot_times(start_at: datetime, count: int, *, every_s: int = 20) -> list[datetime]:
    """Times of ``count`` shutter presses from ``start_at`` on."""
    return [start_at + timedelta(seconds=every_s * index) for index in range(count)]


def _scene(rng: random.Random, width: int, height: int) -> Image.Image:
    picture = Image.new("RGB", (width, height), rng.choice(_WALLS))
    draw = ImageDraw.Draw(picture)
    brick = max(8, height // 24)
    for row, y in enumerate(range(0, height, brick)):
        draw.line((0, y, width, y), fill=(120, 112, 104), width=2)
        for x in range(-(row % 2) * brick, width, 2 * brick):
            draw.line((x, y, x, y + brick), fill=(120, 112, 104), width=2)
    _things(draw, rng, width, height)
    left, top = int(width * rng.uniform(0.05, 0.65)), int(height * rng.uniform(0.06, 0.32))
    right, bottom = left + int(width * rng.uniform(0.2, 0.34)), height
    draw.rectangle((left, top, right, bottom), fill=rng.choice(_DOORS), outline=(30, 26, 24), width=8)
    inset = width // 40
    middle = (top + bottom) // 2
    for upper, lower in ((top, middle), (middle, bottom)):
        draw.rectangle((left + inset, upper + inset, right - inset, lower - inset), outline=(30, 26, 24), width=4)
    knob = width // 60
    draw.ellipse((right - 3 * knob, middle, right - knob, middle + 2 * knob), fill=(214, 186, 90))
    return _lit(picture, rng)


def _lit(picture: Image.Image, rng: random.Random) -> Image.Image:
    """A lamp somewhere: bright around it, dim elsewhere."""
    left, top = rng.randint(-60, 200), rng.randint(-60, 200)
    side = rng.randint(90, 220)
    light = Image.radial_gradient("L").crop((left, top, left + side, top + side)).resize(picture.size)
    return Image.composite(picture.point([round(level * 0.4) for level in range(256)] * 3), picture, light)


def _things(draw: ImageDraw.ImageDraw, rng: random.Random, width: int, height: int) -> None:
    """What stands and hangs around a door, light and dark, large and small: no two landings look alike."""
    floor = int(height * rng.uniform(0.72, 0.95))
    draw.rectangle((0, floor, width, height), fill=_grey(rng, 40, 200))
    for _ in range(rng.randint(4, 9)):
        left, top = int(width * rng.uniform(-0.1, 0.9)), int(height * rng.uniform(-0.1, 0.85))
        right, bottom = left + int(width * rng.uniform(0.06, 0.4)), top + int(height * rng.uniform(0.06, 0.45))
        shape = draw.ellipse if rng.random() < 0.3 else draw.rectangle
        shape((left, top, right, bottom), fill=_grey(rng, 20, 245), outline=(40, 36, 34), width=3)


def _grey(rng: random.Random, darkest: int, lightest: int) -> tuple[int, int, int]:
    level = rng.randint(darkest, lightest)
    return level, max(0, level - rng.randint(0, 20)), max(0, level - rng.randint(0, 40))


def _write(picture: Image.Image, lines: Sequence[str], rng: random.Random) -> None:
    """The words on a paper of their size, somewhere on the wall."""
    size = max(14, min(picture.size) // 26)
    font = _font(size)
    draw = ImageDraw.Draw(picture)
    height = int(size * 1.4 * len(lines)) + size
    width = min(picture.width - 2 * size, int(max(font.getlength(line) for line in lines)) + 2 * size)
    left = rng.randint(size, max(size, picture.width - width - size))
    top = rng.randint(size, max(size, picture.height - height - size))
    draw.rectangle((left, top, left + width, top + height), fill=(244, 240, 226))
    for index, line in enumerate(lines):
        draw.text((left + size * 0.8, top + size * (0.4 + 1.4 * index)), line, fill=(24, 24, 24), font=font)


def _with_noise(picture: Image.Image, rng: random.Random) -> Image.Image:
    """Grain over the whole picture: a 256-pixel tile of seeded bytes, so that no two photos hash or look
    the same."""
    side = 256
    tile = Image.frombytes("L", (side, side), rng.randbytes(side * side))
    grain = Image.new("L", picture.size)
    for y in range(0, picture.height, side):
        for x in range(0, picture.width, side):
            grain.paste(tile, (x, y))
    return Image.blend(picture, Image.merge("RGB", (grain, grain, grain)), 0.065)


def _dms(degrees: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    whole = int(degrees)
    minutes = int((degrees - whole) * 60)
    seconds = Fraction((degrees - whole) * 3600 - minutes * 60).limit_denominator(10_000)
    return IFDRational(whole, 1), IFDRational(minutes, 1), IFDRational(seconds.numerator, seconds.denominator)


def _curve(rng: random.Random, left: float, top: float, width: float, height: float) -> Stroke:
    """A cubic Bézier stroke inside a box, mostly running right or down as a brush does."""

    def spot(x_from: float, x_to: float, y_from: float, y_to: float) -> tuple[float, float]:
        return left + width * rng.uniform(x_from, x_to), top + height * rng.uniform(y_from, y_to)

    if rng.random() < 0.45:  # 横
        level = rng.uniform(0.05, 0.85)
        start, end = spot(0, 0.2, level, level + 0.1), spot(0.7, 1, level - 0.08, level + 0.08)
    else:  # 竖, 撇, 捺
        start, end = spot(0.2, 0.8, 0, 0.3), spot(0, 1, 0.7, 1)
    first, second = spot(0.1, 0.9, 0.1, 0.9), spot(0.1, 0.9, 0.1, 0.9)
    bend = 0.35
    controls = [
        start,
        _between(start, first, bend),
        _between(end, second, bend),
        end,
    ]
    return [_bezier(controls, step / 24) for step in range(25)]


def _between(a: tuple[float, float], b: tuple[float, float], share: float) -> tuple[float, float]:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _bezier(points: list[tuple[float, float]], t: float) -> tuple[float, float]:
    while len(points) > 1:
        points = [_between(a, b, t) for a, b in pairwise(points)]
    return points[0]


def _ink(draw: ImageDraw.ImageDraw, stroke: Stroke, scale: int) -> None:
    for (x0, y0), (x1, y1) in pairwise(stroke):
        speed = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        width = max(3.0, 8.0 - speed * 0.45) * scale
        draw.line((x0 * scale, y0 * scale, x1 * scale, y1 * scale), fill=255, width=round(width))
        radius = width / 2
        draw.ellipse((x1 * scale - radius, y1 * scale - radius, x1 * scale + radius, y1 * scale + radius), fill=255)


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf"), size)
