"""Outcomes that were entered somewhere else than at the doors: from one chair, or all at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from shapely import STRtree

from evidence.geo import distance_m
from evidence.place.geometry import Plane, reach_m
from evidence.place.reasons import metres, span
from evidence.watch.hits import Hit, key_of
from evidence.watch.images import neighbours
from evidence.watch.values import Visit

LEAST = 3
ONE_POINT_M = 60.0
AWAY_M = 300.0
BURST_S = 300.0


def from_one_point(visits: Iterable[Visit]) -> Iterator[Hit]:
    """Three or more outcomes entered within 60 m of each other, away from their own addresses."""
    for mine in _by_server(one for one in visits if _away(one)).values():
        for group in _groups(mine):
            points = [one.entered.point for one in group if one.entered]
            furthest = max(distance_m(here, one.point) for here, one in zip(points, group, strict=True) if one.point)
            text = (
                f"{group[0].server_name}有 {len(group)} 次上门的结果在同一地点登记，该处不在各自的送达地址附近"
                f"（最远相距 {metres(furthest)}）"
            )
            figures = {"count": len(group), "furthest_m": round(furthest)}
            yield _hit("one_point", group, 0.8, text, figures)


def _away(visit: Visit) -> bool:
    if visit.entered is None or visit.point is None:
        return False
    return distance_m(visit.entered.point, visit.point) > AWAY_M + reach_m(visit.entered.accuracy_m)


def _groups(mine: Sequence[Visit]) -> Iterator[list[Visit]]:
    """Connected groups of entry points, largest distance between linked ones 60 m."""
    entered = [one.entered.point for one in mine if one.entered]
    plane = Plane(entered[0])
    spots = [plane.of(one) for one in entered]
    pairs = STRtree(spots).query(spots, predicate="dwithin", distance=ONE_POINT_M)
    head = list(range(len(mine)))

    def root(place: int) -> int:
        while head[place] != place:
            place = head[place]
        return place

    for a, b in zip(*pairs.tolist(), strict=True):
        head[root(a)] = root(b)
    groups: dict[int, list[Visit]] = defaultdict(list)
    for place, visit in enumerate(mine):
        groups[root(place)].append(visit)
    yield from (group for group in groups.values() if len(group) >= LEAST)


def in_bursts(visits: Iterable[Visit]) -> Iterator[Hit]:
    """Three or more outcomes in different buildings within five minutes."""
    for mine in _by_server(visits).values():
        group: list[Visit] = []
        for visit in mine:
            if group and (visit.at - group[0].at).total_seconds() > BURST_S:
                yield from _burst(group)
                group = _tail(group, visit)
            group.append(visit)
        yield from _burst(group)


def _tail(group: Sequence[Visit], visit: Visit) -> list[Visit]:
    """What may begin the next group: nothing, once a group has been named."""
    if len(_places(group)) >= LEAST:
        return []
    return [one for one in group if (visit.at - one.at).total_seconds() <= BURST_S]


def _burst(group: Sequence[Visit]) -> Iterator[Hit]:
    places = _places(group)
    if len(places) < LEAST:
        return
    seconds = (group[-1].at - group[0].at).total_seconds()
    text = (
        f"{group[0].server_name}在 {span(seconds)}内登记了 {len(group)} 次上门的结果，分布在 {len(places)} 处不同地点"
    )
    figures = {"count": len(group), "places": len(places), "seconds": round(seconds)}
    yield _hit("burst", group, min(1.0, 0.5 + 0.1 * len(places)), text, figures)


def _places(group: Sequence[Visit]) -> list[Visit]:
    """One visit for each place: doors of one building are one."""
    found: list[Visit] = []
    for visit in group:
        if (visit.point or visit.place) and not any(neighbours(visit, one) for one in found):
            found.append(visit)
    return found


def _by_server(visits: Iterable[Visit]) -> dict[str, list[Visit]]:
    found: dict[str, list[Visit]] = defaultdict(list)
    for visit in visits:
        found[visit.server_id].append(visit)
    for mine in found.values():
        mine.sort(key=lambda one: (one.at, one.visit_id))
    return found


def _hit(kind: str, group: Sequence[Visit], score: float, text: str, figures: dict[str, int]) -> Hit:
    # Named by the first of the group: a visit that joins later does not make another finding of it.
    first = group[0]
    ids = tuple(one.visit_id for one in group)
    key = key_of(kind, first.server_id, first.visit_id)
    return Hit(kind, key, round(score, 2), text, (first.server_id,), ids, (), figures, len(group))
