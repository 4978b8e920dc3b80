"""The schematic map of a visit: no tiles, only what was measured, to scale and north up.

Points are laid on a plane around the address (equirectangular; the error over a city is far below the
accuracy of a phone). When the way there is much longer than the door, a second panel shows the surroundings of
the address.
All lengths leaving this module are millimetres on paper, x to the right and y downwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.papers.data import Position, Visit
from server.papers.errors import mixed_datum
from server.papers.payload import Tree
from server.papers.text import coordinates

EARTH_RADIUS_M = 6_371_008.8
HEIGHT_MM = 60.0
FULL_WIDTH_MM = 161.0
HALF_WIDTH_MM = 78.5
PADDING_MM = 9.0
MIN_EXTENT_M = 40.0  # a smaller map would magnify noise
NEAR_MIN_M, NEAR_MAX_M = 60.0, 300.0
NEAR_PAYS_RATIO = 2.5  # a second panel is worth its place when the way is this much wider than the door
BADGE_MM = 5.0
TRACK_STEP_MM = 0.3

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Plane:
    """Metres east and north of an origin."""

    longitude: float
    latitude: float

    def point(self, position: Position) -> Point:
        radius = math.radians(1) * EARTH_RADIUS_M
        east = (position.longitude - self.longitude) * radius * math.cos(math.radians(self.latitude))
        return east, (position.latitude - self.latitude) * radius


@dataclass(frozen=True, slots=True)
class _Mark:
    number: int
    at: Point
    accuracy_m: float


@dataclass(frozen=True, slots=True)
class _Scene:
    address: Point | None
    marks: tuple[_Mark, ...]
    track: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class _View:
    """A window on the plane: centre in metres, size on paper, millimetres per metre."""

    centre: Point
    width_mm: float
    height_mm: float
    mm_per_m: float

    def place(self, point: Point) -> Point:
        x = self.width_mm / 2 + (point[0] - self.centre[0]) * self.mm_per_m
        y = self.height_mm / 2 - (point[1] - self.centre[1]) * self.mm_per_m
        return round(x, 2), round(y, 2)

    def holds(self, point: Point) -> bool:
        x, y = self.place(point)
        return 0 <= x <= self.width_mm and 0 <= y <= self.height_mm


def sketch(visit: Visit) -> Tree | None:
    """The panels of the map, or None when nothing was measured.

    Raises: DomainError `papers.mixed_datum`.
    """
    positions = [event.position for event in visit.events if event.position is not None]
    anchors = [visit.address_point] if visit.address_point else []
    everything = [*anchors, *positions, *visit.track]
    if not everything:
        return None
    datums = list(dict.fromkeys(position.datum for position in everything))
    if len(datums) > 1:
        raise mixed_datum(datums)
    scene = _scene(visit, _Plane(everything[0].longitude, everything[0].latitude))
    return {
        "datum": datums[0],
        "address": coordinates(visit.address_point),
        "panels": _panels(scene),
    }


def _scene(visit: Visit, plane: _Plane) -> _Scene:
    marks = tuple(
        _Mark(number, plane.point(event.position), event.position.accuracy_m or 0.0)
        for number, event in enumerate(visit.events, 1)
        if event.position is not None
    )
    address = plane.point(visit.address_point) if visit.address_point else None
    return _Scene(address, marks, tuple(plane.point(position) for position in visit.track))


def _panels(scene: _Scene) -> list[Tree]:
    points = [*scene.track, *(mark.at for mark in scene.marks)]
    if scene.address is not None:
        points.append(scene.address)
        reach = _near_reach(scene, scene.address)
        if _extent(points) > NEAR_PAYS_RATIO * 2 * reach:
            near = [_shift(scene.address, reach * east, reach * north) for east, north in ((-1, -1), (1, 1))]
            return [
                _panel("全程", scene, _view(points, HALF_WIDTH_MM)),
                _panel("送达地址附近", scene, _view(near, HALF_WIDTH_MM)),
            ]
    return [_panel("送达位置", scene, _view([*points, *_circle_edges(scene)], FULL_WIDTH_MM))]


def _near_reach(scene: _Scene, address: Point) -> float:
    """Half the side of the second panel in metres: every event at the door with its accuracy circle fits."""
    reaches = [math.dist(mark.at, address) + min(mark.accuracy_m, NEAR_MAX_M / 2) for mark in scene.marks]
    close = [reach for reach in reaches if reach <= NEAR_MAX_M]
    return max([NEAR_MIN_M, *close])


def _circle_edges(scene: _Scene) -> list[Point]:
    """Corners of the accuracy circles, so that they are inside the picture unless absurdly large."""
    edges = []
    for mark in scene.marks:
        radius = min(mark.accuracy_m, NEAR_MAX_M / 2)
        edges += [_shift(mark.at, -radius, -radius), _shift(mark.at, radius, radius)]
    return edges


def _shift(point: Point, east: float, north: float) -> Point:
    return point[0] + east, point[1] + north


def _bounds(points: Sequence[Point]) -> tuple[Point, Point]:
    east, north = [p[0] for p in points], [p[1] for p in points]
    return (min(east), min(north)), (max(east), max(north))


def _extent(points: Sequence[Point]) -> float:
    low, high = _bounds(points)
    return max(high[0] - low[0], high[1] - low[1])


def _view(points: Sequence[Point], width_mm: float) -> _View:
    low, high = _bounds(points)
    wide, tall = max(high[0] - low[0], MIN_EXTENT_M), max(high[1] - low[1], MIN_EXTENT_M)
    scale = min((width_mm - 2 * PADDING_MM) / wide, (HEIGHT_MM - 2 * PADDING_MM) / tall)
    centre = ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2)
    return _View(centre, width_mm, HEIGHT_MM, scale)


def _panel(title: str, scene: _Scene, view: _View) -> Tree:
    visible = [mark for mark in scene.marks if view.holds(mark.at)]
    return {
        "title": title,
        "width": view.width_mm,
        "height": view.height_mm,
        "track": [_thinned(run) for run in _clipped(map(view.place, scene.track), view)],
        "address": view.place(scene.address) if scene.address else None,
        "circles": [
            {"at": view.place(mark.at), "radius": round(mark.accuracy_m * view.mm_per_m, 2)}
            for mark in visible
            if mark.accuracy_m * view.mm_per_m <= view.width_mm
        ],
        "badges": _badges(visible, view),
        "scale": _scale_bar(view),
    }


def _badges(marks: Sequence[_Mark], view: _View) -> list[Tree]:
    """Numbers of events; those that would overlap share one badge (`3、4`)."""
    groups: list[tuple[Point, list[int]]] = []
    for mark in marks:
        at = view.place(mark.at)
        for place, numbers in groups:
            if math.dist(place, at) < BADGE_MM:
                numbers.append(mark.number)
                break
        else:
            groups.append((at, [mark.number]))
    return [{"at": place, "label": "、".join(map(str, numbers))} for place, numbers in groups]


def _scale_bar(view: _View) -> Tree:
    """The longest 1-2-5 length of at most a quarter of the width."""
    limit = view.width_mm / 4 / view.mm_per_m
    power = 10 ** math.floor(math.log10(limit))
    length_m = max(step * power for step in (1, 2, 5) if step * power <= limit)
    label = f"{length_m:g} 米" if length_m < 1000 else f"{length_m / 1000:g} 公里"
    return {"length": round(length_m * view.mm_per_m, 2), "label": label}


def _clipped(points: Iterable[Point], view: _View) -> list[list[Point]]:
    """The parts of a polyline inside the view."""
    runs: list[list[Point]] = []
    previous: Point | None = None
    for point in points:
        segment = _clip(previous, point, view) if previous is not None else None
        if segment is not None:
            if runs and runs[-1][-1] == segment[0]:
                runs[-1].append(segment[1])
            else:
                runs.append(list(segment))
        previous = point
    return runs


def _clip(a: Point, b: Point, view: _View) -> tuple[Point, Point] | None:
    """Liang-Barsky clipping of one segment to the view's rectangle."""
    enter, leave = 0.0, 1.0
    for axis, limit in ((0, view.width_mm), (1, view.height_mm)):
        step = b[axis] - a[axis]
        for toward, room in ((-step, a[axis]), (step, limit - a[axis])):
            if toward == 0:
                if room < 0:
                    return None
            elif toward < 0:
                enter = max(enter, room / toward)
            else:
                leave = min(leave, room / toward)
    if enter > leave:
        return None
    return _along(a, b, enter), _along(a, b, leave)


def _along(a: Point, b: Point, share: float) -> Point:
    return round(a[0] + (b[0] - a[0]) * share, 2), round(a[1] + (b[1] - a[1]) * share, 2)


def _thinned(run: list[Point]) -> list[Point]:
    """Drops points closer than the pen is wide; the ends stay."""
    kept = [run[0]]
    for point in run[1:-1]:
        if math.dist(point, kept[-1]) >= TRACK_STEP_MM:
            kept.append(point)
    return [*kept, run[-1]]
