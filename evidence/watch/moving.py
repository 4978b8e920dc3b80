"""One person cannot be in two places, nor go from one to the other faster than the roads allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from evidence.geo import GeoPoint, distance_m
from evidence.place.geometry import reach_m
from evidence.place.reasons import metres, span
from evidence.watch.hits import Hit, key_of
from evidence.watch.values import Moment, Visit

# 144 km/h in a straight line, door to door, within a city and its suburbs: no working day of a process server has it.
MAX_SPEED_M_S = 40.0
AT_ONCE_S = 300.0  # clocks of phones and the time it takes to enter something
LONGEST_S = 4 * 3600.0
APART_M = 1_000.0
_STRAY_M = 500.0


@dataclass(frozen=True, slots=True)
class Stay:
    """Where and between which moments somebody was at a visit."""

    visit: Visit
    point: GeoPoint
    reach: float
    begin: datetime
    end: datetime


def impossible_ways(visits: Iterable[Visit]) -> Iterator[Hit]:
    """Pairs of visits of one server: `two_places` when they overlap or nearly so, else `speed`."""
    for stays in _by_server(visits).values():
        for a, b in pairwise(stays):
            yield from _way(a, b)


def _by_server(visits: Iterable[Visit]) -> dict[str, list[Stay]]:
    found: dict[str, list[Stay]] = defaultdict(list)
    for visit in visits:
        stay = stay_of(visit)
        if stay is not None:
            found[visit.server_id].append(stay)
    for stays in found.values():
        stays.sort(key=lambda one: (one.begin, one.visit.visit_id))
    return found


def stay_of(visit: Visit) -> Stay | None:
    """The middle of the visit's positions; strays (a receiver throws one across the town) are left out."""
    if not visit.moments:
        return None
    middle = _medoid(visit.moments)
    near = [one for one in visit.moments if distance_m(one.point, middle.point) <= _STRAY_M]
    return Stay(
        visit, middle.point, reach_m(middle.accuracy_m), min(one.at for one in near), max(one.at for one in near)
    )


def _medoid(moments: Sequence[Moment]) -> Moment:
    if len(moments) < 3:
        return min(moments, key=lambda one: one.accuracy_m)
    return min(moments, key=lambda one: sum(distance_m(one.point, other.point) for other in moments))


def _way(a: Stay, b: Stay) -> Iterator[Hit]:
    gap = (b.begin - a.end).total_seconds()
    apart = distance_m(a.point, b.point)
    beyond = apart - a.reach - b.reach
    speed = beyond / max(gap, 1.0)
    if beyond < APART_M or speed <= MAX_SPEED_M_S or gap > LONGEST_S:
        return
    kind = "two_places" if gap <= AT_ONCE_S else "speed"
    when = f"在 {span(gap)}之内" if gap > 0 else "同一时段"
    text = f"{a.visit.server_name}{when}先后出现在相距 {metres(apart)}的两处上门地点"
    if kind == "speed":
        text += f"，折合每小时 {speed * 3.6:.0f} 公里"
    figures = {"distance_m": round(apart), "seconds": round(gap), "speed_m_s": round(speed, 1)}
    score = 1.0 if kind == "two_places" else min(1.0, 0.5 + 0.5 * (speed / MAX_SPEED_M_S - 1))
    yield Hit(
        kind, key_of(kind, a.visit.visit_id, b.visit.visit_id), score, text,
        (a.visit.server_id,), (a.visit.visit_id, b.visit.visit_id), figures=figures,
    )  # fmt: skip


def witnesses_in_two_places(visits: Iterable[Visit]) -> Iterator[Hit]:
    """One witness at two doors that nobody reaches in the time between."""
    found: dict[str, list[Visit]] = defaultdict(list)
    for visit in visits:
        if visit.witness and visit.point is not None:
            found[visit.witness].append(visit)
    for seen in found.values():
        seen.sort(key=lambda one: (one.at, one.visit_id))
        for a, b in pairwise(seen):
            yield from _witness(a, b)


def _witness(a: Visit, b: Visit) -> Iterator[Hit]:
    if a.point is None or b.point is None:
        return
    apart, gap = distance_m(a.point, b.point), (b.at - a.at).total_seconds()
    if apart < APART_M or (apart - APART_M) / max(gap, 1.0) <= MAX_SPEED_M_S:
        return
    names = "、".join(dict.fromkeys((a.server_name, b.server_name)))
    text = f"{names}登记的同一见证人，{span(gap)}之内出现在相距 {metres(apart)}的两处"
    yield Hit(
        "witness_two_places", key_of("witness_two_places", a.visit_id, b.visit_id), 0.9, text,
        tuple(dict.fromkeys((a.server_id, b.server_id))), (a.visit_id, b.visit_id),
        figures={"distance_m": round(apart), "seconds": round(gap)},
    )  # fmt: skip
