"""The clock of a single route: is every stated time possible, given the roads, the doors, the shift and the breaks?"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routing.plan import PlannedStop, Route, Violation
from routing.problem import Point, Server, Visit, Window
from routing.travel import IntMatrix


@dataclass(frozen=True, slots=True)
class Ways:
    """Seconds and metres of each leg of a route: to the first stop, …, to the last, and back (0 if there is none)."""

    seconds: list[int]
    metres: list[int]


def ways(
    server: Server,
    stops: Sequence[PlannedStop],
    visits: Mapping[str, Visit],
    places: Mapping[Point, int],
    matrices: tuple[IntMatrix, IntMatrix],
) -> Ways:
    """What the map says about the route's legs."""
    line = [places[server.start], *(places[visits[stop.visit_id].point] for stop in stops)]
    if server.end is not None and stops:
        line.append(places[server.end])
    here, there = np.array(line[:-1], dtype=np.intp), np.array(line[1:], dtype=np.intp)
    seconds, metres = (matrix[here, there].tolist() for matrix in matrices)
    back = [] if server.end is not None and stops else [0]
    return Ways(seconds + back, metres + back)


def times(
    server: Server, route: Route, stops: Sequence[PlannedStop], visits: Mapping[str, Visit], legs: Ways
) -> Iterator[Violation]:
    """Shift, longest way, travel, service and windows as stated."""
    if route.depart_s < server.begin_s:
        yield Violation("shift.early", server.id, params={"early_s": server.begin_s - route.depart_s})
    over_s = route.back_s - server.shift.end_s - server.overtime_s
    if over_s > 0:
        yield Violation("shift.late", server.id, params={"late_s": over_s})
    metres = sum(legs.metres)
    if server.max_km is not None and metres > int(server.max_km * 1000):
        yield Violation("server.max_km", server.id, params={"max_km": server.max_km, "km": round(metres / 1000, 2)})
    now = route.depart_s
    for stop, need_s, need_m in zip(stops, legs.seconds, legs.metres, strict=False):
        visit = visits[stop.visit_id]
        if (stop.travel_s, stop.travel_m) != (need_s, need_m):
            yield Violation("travel.wrong", server.id, visit.id, {"travel_s": need_s, "travel_m": need_m})
        if stop.arrive_s - now - _paused(route, now, stop.arrive_s) < need_s:
            yield Violation("travel.too_fast", server.id, visit.id)
        if stop.start_s < stop.arrive_s or stop.leave_s != stop.start_s + visit.service_s:
            yield Violation("service.times", server.id, visit.id)
        yield from _windows(server, stop, visit)
        now = stop.leave_s
    if route.back_s - now - _paused(route, now, route.back_s) < legs.seconds[-1]:
        yield Violation("travel.too_fast_home", server.id)


def _windows(server: Server, stop: PlannedStop, visit: Visit) -> Iterator[Violation]:
    """Inside one of the visit's windows and inside one of its witness's; a visit under way has none."""
    if visit.pinned:
        return
    if _outside(stop.start_s, visit.windows):
        yield Violation("window.missed", server.id, visit.id, {"by_s": _apart(stop.start_s, visit.windows)})
    if _outside(stop.start_s, visit.witness_windows):
        yield Violation("witness.missed", server.id, visit.id, {"by_s": _apart(stop.start_s, visit.witness_windows)})


def _outside(moment_s: int, spans: Sequence[Window]) -> bool:
    return bool(spans) and not any(span.start_s <= moment_s <= span.end_s for span in spans)


def _apart(moment_s: int, spans: Sequence[Window]) -> int:
    return min(abs(moment_s - edge) for span in spans for edge in (span.start_s, span.end_s))


def _paused(route: Route, since_s: int, until_s: int) -> int:
    return sum(max(0, min(last, until_s) - max(first, since_s)) for first, last in route.breaks)


def breaks(server: Server, route: Route, stops: Sequence[PlannedStop]) -> Iterator[Violation]:
    """Every break owed is taken in its window, after the day has begun, apart from the others and never in service.

    Breaks of one server are told apart by their order; who makes no visit owes none.
    """
    if not stops:
        return
    owed, taken = server.breaks_due, sorted(route.breaks)
    if len(taken) != len(owed):
        yield Violation("break.count", server.id, params={"needed": len(owed), "taken": len(taken)})
        return
    for (first, last), pause in zip(taken, owed, strict=True):
        opens = max(pause.window.start_s, server.begin_s)
        if last - first < pause.duration_s or first < opens or last > pause.window.end_s:
            yield Violation("break.window", server.id, params={"start_s": first, "end_s": last})
        for stop in stops:
            if first < stop.leave_s and stop.start_s < last:
                yield Violation("break.during_service", server.id, stop.visit_id)
    for (_, last), (first, _) in itertools.pairwise(taken):
        if first < last:
            yield Violation("break.overlap", server.id)
