"""A signature as it was written: strokes of points with time and, where the screen knows it, pressure.

The file is JSON: {"schema": "songda-strokes/1", "width": px, "height": px,
"strokes": [[[x, y, t_ms, pressure?], …], …]}.
It stands beside the PNG of the same signature and shows what a picture cannot: that it was written, and how fast.
"""

import io
import json
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, BinaryIO

from PIL import Image, ImageDraw

from evidence.analysis.pictures import add_hashes, make_copies
from evidence.analysis.report import Job, Report
from evidence.errors import EvidenceError

SCHEMA = "songda-strokes/1"
MEDIA_TYPE = "application/json"
MAX_BYTES = 1024 * 1024
MAX_POINTS, MAX_STROKES, MAX_SIDE_PX = 20_000, 400, 4000
MIN_POINTS = 12
MIN_LENGTH_SHARE = 0.25  # of the diagonal of the canvas
STRAIGHT_SHARE = 0.02  # width of the ink across its own direction against its length
MIN_SECONDS = 0.3
_SCALE = 2


@dataclass(frozen=True, slots=True)
class Point:
    """Pixels from the upper left, milliseconds from the first touch, pressure 0–1 or None."""

    x: float
    y: float
    t_ms: float
    pressure: float | None = None


@dataclass(frozen=True, slots=True)
class Strokes:
    """A signature on a canvas of the given size in pixels."""

    width: int
    height: int
    strokes: tuple[tuple[Point, ...], ...]

    @property
    def points(self) -> list[Point]:
        return [point for stroke in self.strokes for point in stroke]

    @property
    def length_px(self) -> float:
        return sum(math.dist((a.x, a.y), (b.x, b.y)) for stroke in self.strokes for a, b in pairwise(stroke))

    @property
    def seconds(self) -> float:
        times = [point.t_ms for point in self.points]
        return (max(times) - min(times)) / 1000 if times else 0.0

    def concerns(self) -> list[str]:
        """Codes ``signature.*`` of :data:`evidence.analysis.concerns.CONCERNS`."""
        points, found = self.points, []
        if len(points) < MIN_POINTS:
            found.append("signature.too_few_points")
        if self.length_px < MIN_LENGTH_SHARE * math.hypot(self.width, self.height):
            found.append("signature.too_short")
        elif _is_straight(points):
            found.append("signature.straight")
        if self.seconds < MIN_SECONDS:
            found.append("signature.too_fast")
        return found


def parse(raw: bytes) -> Strokes:
    """Reads a strokes file. Raises ``evidence.strokes_invalid`` for anything that is not exactly one."""
    try:
        # UTF-8 and nothing else: guessing other encodings is JSON's past.
        said = json.loads(raw.decode()) if len(raw) <= MAX_BYTES else None
        if not isinstance(said, dict) or said.get("schema") != SCHEMA:
            raise ValueError("schema")
        width, height = (_side(said[name]) for name in ("width", "height"))
        lists = said["strokes"]
        if not isinstance(lists, list) or not 0 < len(lists) <= MAX_STROKES:
            raise ValueError("strokes")
        strokes = tuple(_stroke(one, width, height) for one in lists)
        found = Strokes(width, height, strokes)
        if len(found.points) > MAX_POINTS:
            raise ValueError("points")
        return found
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise EvidenceError("evidence.strokes_invalid", "笔迹文件格式不正确") from error


def encode(strokes: Strokes) -> bytes:
    """The file :func:`parse` reads."""
    said = {
        "schema": SCHEMA,
        "width": strokes.width,
        "height": strokes.height,
        "strokes": [
            [[p.x, p.y, p.t_ms, *([] if p.pressure is None else [p.pressure])] for p in stroke]
            for stroke in strokes.strokes
        ],
    }
    return json.dumps(said, separators=(",", ":")).encode()


def render(strokes: Strokes) -> Image.Image:
    """The ink in grey on white, thicker with pressure, or where the pen was slow."""
    canvas = Image.new("L", (strokes.width * _SCALE, strokes.height * _SCALE), 255)
    draw = ImageDraw.Draw(canvas)
    for stroke in strokes.strokes:
        for a, b in pairwise(stroke):
            pen = _pen_px(a, b)
            draw.line((a.x * _SCALE, a.y * _SCALE, b.x * _SCALE, b.y * _SCALE), fill=20, width=round(pen * _SCALE))
        for point in stroke if len(stroke) == 1 else (stroke[0], stroke[-1]):
            radius = 1.5 * _SCALE
            x, y = point.x * _SCALE, point.y * _SCALE
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=20)
    return canvas.resize((strokes.width, strokes.height), Image.Resampling.BOX)


def look_at_strokes(stream: BinaryIO, job: Job, report: Report) -> None:
    """Fills the report about a strokes file."""
    stream.seek(0)
    try:
        strokes = parse(stream.read(MAX_BYTES + 1))
    except EvidenceError:
        report.concern("file.broken")
        return
    points = strokes.points
    report.media |= {
        "type": MEDIA_TYPE,
        "width": strokes.width,
        "height": strokes.height,
        "pressure": "yes" if any(one.pressure is not None for one in points) else "no",
    }
    report.quality = {
        "points": len(points),
        "strokes": len(strokes.strokes),
        "length_px": round(strokes.length_px),
        "seconds": round(strokes.seconds, 2),
    }
    report.concern(*strokes.concerns())
    picture = render(strokes)
    make_copies(picture.convert("RGB"), job, report, None)
    box = Image.eval(picture, lambda value: 255 - value).getbbox()
    if box is not None:
        add_hashes(picture.crop(box), report)


def png(strokes: Strokes) -> bytes:
    """The picture as PNG."""
    out = io.BytesIO()
    render(strokes).save(out, "PNG")
    return out.getvalue()


def _side(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 16 <= value <= MAX_SIDE_PX:
        raise ValueError("side")
    return value


def _stroke(raw: Any, width: int, height: int) -> tuple[Point, ...]:
    if not isinstance(raw, list) or not 0 < len(raw) <= MAX_POINTS:
        raise ValueError("stroke")
    points = tuple(_point(one, width, height) for one in raw)
    if any(b.t_ms < a.t_ms for a, b in pairwise(points)):
        raise ValueError("time runs backwards")
    return points


def _point(raw: Any, width: int, height: int) -> Point:
    if not isinstance(raw, list) or len(raw) not in (3, 4):
        raise ValueError("point")
    numbers = [float(one) for one in raw if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) != len(raw) or not all(map(math.isfinite, numbers)):
        raise ValueError("numbers")
    x, y, t_ms = numbers[:3]
    pressure = numbers[3] if len(numbers) == 4 else None
    if not (-16 <= x <= width + 16 and -16 <= y <= height + 16 and 0 <= t_ms <= 3_600_000):
        raise ValueError("outside")
    if pressure is not None and not 0 <= pressure <= 1:
        raise ValueError("pressure")
    return Point(x, y, t_ms, pressure)


def _pen_px(a: Point, b: Point) -> float:
    if b.pressure is not None:
        return 1.5 + 5.5 * b.pressure
    speed = math.dist((a.x, a.y), (b.x, b.y)) / max(1.0, b.t_ms - a.t_ms)  # px per ms
    return max(2.0, 5.0 - 1.5 * speed)


def _is_straight(points: list[Point]) -> bool:
    """Principal axes of the points: a line has nearly nothing across its own direction."""
    count = len(points)
    mean_x, mean_y = sum(p.x for p in points) / count, sum(p.y for p in points) / count
    xx = sum((p.x - mean_x) ** 2 for p in points) / count
    yy = sum((p.y - mean_y) ** 2 for p in points) / count
    xy = sum((p.x - mean_x) * (p.y - mean_y) for p in points) / count
    middle, half = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    return math.sqrt(max(0.0, middle - half)) <= STRAIGHT_SHARE * math.sqrt(middle + half)
