"""Travel times in a file: the embedded default with its settings, or matrices over listed points."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.instance import travel_asked, travel_places
from routing.problem import MODES, Point, Problem, ProblemError
from routing.travel import (
    DEFAULT_PACES,
    UNREACHABLE_S,
    Asked,
    HasLngLat,
    HaversineTravel,
    IntMatrix,
    Pace,
    TravelTimes,
    mean_matrices,
)

from .reading import Field

Matrices = tuple[IntMatrix, IntMatrix]
Entry = tuple[str, tuple[int, ...] | None, Matrices]


class ListedTravel:
    """Travel times somebody has worked out: (mode, hours or None for any, (seconds, metres)) over listed points."""

    def __init__(self, points: Sequence[Point], entries: Sequence[Entry]) -> None:
        self.points = tuple(points)
        self.entries = tuple(entries)
        self._place = {(point.lng, point.lat): place for place, point in enumerate(points)}

    def matrix(self, points: Sequence[HasLngLat], mode: str, hour: int) -> Matrices:
        """See TravelTimes.matrix. Raises ProblemError for a point or mode that is not listed."""
        return self.matrices(points, [(mode, (hour,))])[0]

    def matrices(self, points: Sequence[HasLngLat], asked: Sequence[Asked]) -> list[Matrices]:
        """See SeveralTravelTimes: the entry for these very hours, or for any, or for most of them."""
        try:
            places = np.array([self._place[point.lng, point.lat] for point in points], dtype=np.int64)
        except KeyError as error:
            raise ProblemError("travel.point_unlisted", "路程矩阵中没有该坐标", str(error)) from error
        grid = np.ix_(places, places)
        found = [self._entry(mode, hours) for mode, hours in asked]
        return [(seconds[grid], metres[grid]) for seconds, metres in found]

    def _entry(self, mode: str, hours: tuple[int, ...]) -> Matrices:
        own = [(listed, matrices) for name, listed, matrices in self.entries if name == mode]
        if not own:
            raise ProblemError("travel.mode_unlisted", "路程矩阵中没有该交通方式", mode)

        def fits(listed: tuple[int, ...] | None) -> tuple[bool, int]:
            return listed == hours, 0 if listed is None else len(set(listed) & set(hours))

        return max(own, key=lambda entry: fits(entry[0]))[1]


def travel_to_json(problem: Problem) -> dict[str, Any]:
    """The travel times of a problem; sources that live elsewhere (road engines) become matrices."""
    travel = problem.travel
    if type(travel) is HaversineTravel:
        return {
            "kind": "embedded",
            "detour": dict(travel.detour),
            "speed_kmh": [
                {"mode": mode, "hour": hour, "kmh": kmh} for (mode, hour), kmh in sorted(travel.speed_kmh.items())
            ],
            "paces": {
                mode: [pace.off_peak_kmh, pace.peak_kmh, pace.overhead_s, pace.detour]
                for mode, pace in travel.paces.items()
                if pace != DEFAULT_PACES.get(mode)
            },
        }
    points = list(travel_places(problem))
    asked = travel_asked(problem)
    made = mean_matrices(travel, points, asked)
    return {
        "kind": "matrices",
        "points": [point_to_json(point) for point in points],
        "matrices": [
            {"mode": mode, "hours": list(hours), "seconds": seconds.tolist(), "metres": metres.tolist()}
            for (mode, hours), (seconds, metres) in zip(asked, made, strict=True)
        ],
    }


def travel_from_json(field: Field) -> TravelTimes:
    """Travel times of a file. Raises FileError."""
    field.record({"kind", "detour", "speed_kmh", "paces", "points", "matrices"})
    kind = field.get("kind").text()
    if kind == "embedded":
        return _embedded(field.record({"kind", "detour", "speed_kmh", "paces"}))
    if kind != "matrices":
        field.get("kind").refuse("file.value", "路程来源应为 embedded 或 matrices")
    return _listed(field.record({"kind", "points", "matrices"}))


def _embedded(field: Field) -> HaversineTravel:
    paces: dict[str, Pace] = field.optional("paces", _paces, {})
    return HaversineTravel(
        detour=field.optional("detour", _detours, {}),
        speed_kmh=field.optional("speed_kmh", _speeds, {}),
        paces={**DEFAULT_PACES, **paces} if paces else DEFAULT_PACES,
    )


def _mode(field: Field) -> str:
    mode = field.text()
    if mode not in MODES:
        field.refuse("file.value", f"交通方式应为 {'、'.join(MODES)} 之一")
    return mode


def _by_mode(field: Field) -> list[tuple[str, Field]]:
    field.record(set(MODES))
    return [(mode, field.get(mode)) for mode in field.value]


def _positive(field: Field) -> float:
    value = field.number()
    if not 0.0 < value <= 1000.0:
        field.refuse("file.value", "应大于 0，且不超过 1000")
    return value


def _detours(field: Field) -> dict[str, float]:
    return {mode: _positive(one) for mode, one in _by_mode(field)}


def _speeds(field: Field) -> dict[tuple[str, int], float]:
    made = {}
    for item in field.items():
        item.record({"mode", "hour", "kmh"})
        hour = item.get("hour").whole()
        if not 0 <= hour <= 23:
            item.get("hour").refuse("file.value", "小时应在 0 到 23 之间")
        made[_mode(item.get("mode")), hour] = _positive(item.get("kmh"))
    return made


def _paces(field: Field) -> dict[str, Pace]:
    made = {}
    for mode, item in _by_mode(field):
        parts = list(item.items())
        if len(parts) != 4:
            item.refuse("file.value", "应为四项：平时时速、高峰时速、每程固定秒数、绕行系数")
        off_peak, peak, overhead, detour = parts
        overhead_s = overhead.number()
        if not 0.0 <= overhead_s <= 3600.0:
            overhead.refuse("file.value", "每程固定秒数应在 0 到 3600 之间")
        made[mode] = Pace(_positive(off_peak), _positive(peak), overhead_s, _positive(detour))
    return made


def _listed(field: Field) -> ListedTravel:
    points = field.get("points").each(point_from_json)
    if len(set(points)) < len(points):
        field.get("points").refuse("file.value", "坐标重复")
    entries = []
    for item in field.get("matrices").items():
        item.record({"mode", "hours", "seconds", "metres"})
        hours = item.optional("hours", lambda one: one.each(Field.whole), None)
        size = len(points)
        matrices = (_matrix(item.get("seconds"), size), _matrix(item.get("metres"), size))
        entries.append((_mode(item.get("mode")), hours, matrices))
    return ListedTravel(points, entries)


def _matrix(field: Field, size: int) -> IntMatrix:
    """A square matrix of whole numbers from 0 to UNREACHABLE_S."""
    if not isinstance(field.value, list) or len(field.value) != size:
        field.refuse("file.value", f"应有 {size} 行")
    for row in field.items():
        if not isinstance(row.value, list) or len(row.value) != size:
            row.refuse("file.value", f"应有 {size} 项")
        # Checked by type in one go: a million entries as a million objects with paths would take seconds.
        if not set(map(type, row.value)) <= {int}:
            next(item for item in row.items() if type(item.value) is not int).whole()
        if row.value and not 0 <= min(row.value) <= max(row.value) <= UNREACHABLE_S:
            row.refuse("file.value", f"应在 0 到 {UNREACHABLE_S} 之间")
    made: NDArray[np.int32] = np.array(field.value, dtype=np.int32).reshape(size, size)
    return made


def point_from_json(field: Field) -> Point:
    """[longitude, latitude], WGS-84 degrees."""
    lng, lat = field.pair()
    return field.made(lambda: Point(lng.number(), lat.number()))


def point_to_json(point: Point) -> list[float]:
    """[longitude, latitude]."""
    return [point.lng, point.lat]
