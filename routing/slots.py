"""Where a visit fits: exact insertion checks for many visits and all gaps of a route at once (numpy).

A `RouteState` keeps, per position and number of breaks done, the earliest leaving (forward) and the latest arrival
that still lets the rest of the route happen (backward). A visit fits into a gap exactly if its earliest start in
the gap lets the next door be reached no later than its latest arrival, for some split of the breaks.
Crew visits already in the route keep the time they have (`appointments`), which keeps routes independent.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .instance import Instance, Order
from .timeline import Breaks, legs_of, next_start, travel_with_breaks

Floats = NDArray[np.float64]
# "Never" and "always" as large finite numbers: arrays of infinities would make NaN when subtracted.
FAR = 1e9
ENDLESS = 1e8


@dataclass(slots=True)
class RouteState:
    """Forward and backward times of one route; see the module. Positions: 0 start, 1…m doors, m+1 end."""

    server: int
    order: Order
    leave: Floats
    latest: Floats
    points: NDArray[np.int32]
    base: NDArray[np.int64]


def latest_leaving(latest_arrival: float, travel_s: int, pauses: Breaks) -> float:
    """Latest leaving such that `travel_with_breaks` arrives by `latest_arrival`; -inf if none does."""
    if not pauses:
        return latest_arrival - travel_s
    total = sum(length for _, _, length in pauses)
    answer = latest_arrival - travel_s - total
    earliest, used = -math.inf, 0
    for opens, closes, length in pauses:
        earliest = max(earliest, opens) + length
        if earliest > closes:
            return -math.inf
        used += length
        answer = min(answer, closes - used)
    return answer if earliest <= latest_arrival else -math.inf


def latest_start(limit_s: float, windows: Sequence[tuple[int, int]]) -> float:
    """Latest start at or before `limit_s` inside one of the windows; -inf if every window opens later."""
    if not windows:
        return limit_s
    for opens, closes in reversed(windows):
        if opens <= limit_s:
            return min(limit_s, closes)
    return -math.inf


def windows_at(instance: Instance, visit: int, appointments: dict[int, int]) -> Sequence[tuple[int, int]]:
    """The visit's windows, or its fixed appointment."""
    if visit in appointments:
        return [(appointments[visit], appointments[visit])]
    return instance.windows[visit]


def route_state(instance: Instance, server: int, order: Order, appointments: dict[int, int]) -> RouteState:
    """Forward and backward times of a feasible order."""
    pauses = instance.breaks[server]
    states = range(len(pauses) + 1)
    legs = legs_of(instance, server, order)
    doors = [
        (windows_at(instance, instance.visit_of(node), appointments), int(instance.service[node])) for node in order
    ]
    leave = [[float(instance.shift[server][0])] + [FAR] * len(pauses)]
    for travel_s, (windows, service) in zip(legs, doors, strict=False):
        left = leave[-1]
        ready = [left[done] + travel_s for done in states]
        for done in states:
            for before in range(done):
                there = travel_with_breaks(left[before], travel_s, pauses[before:done])
                ready[done] = min(ready[done], there)
        leave.append([min(next_start(moment, windows) + service, FAR) for moment in ready])
    end = float(instance.latest_end(server))
    latest = [[min(latest_leaving(FAR, 0, pauses[done:]), end) for done in states]]
    for travel_s, (windows, service) in zip(reversed(legs), reversed(doors), strict=False):
        by = latest[-1]
        limits = [by[done] - travel_s for done in states]
        for done in states:
            for after in states[done + 1 :]:
                limits[done] = max(limits[done], latest_leaving(by[after], travel_s, pauses[done:after]))
        latest.append([max(latest_start(limit - service, windows), -FAR) for limit in limits])
    latest.append([-FAR] * len(states))
    points = [instance.start_point[server], *(int(instance.point_of[node]) for node in order)]
    points.append(instance.end_point[server])
    base = np.array(legs, dtype=np.int64)
    return RouteState(server, order, np.array(leave), np.array(latest[::-1]), np.array(points, dtype=np.int32), base)


def arrive_with_breaks(leave: Floats, travel: Floats, pauses: Breaks) -> Floats:
    """`travel_with_breaks` on arrays."""
    now, left = leave, travel
    for opens, closes, length in pauses:
        begin = np.maximum(now, opens)
        left = np.maximum(0.0, left - (begin - now))
        now = np.where(begin + length > closes, FAR, begin + length)
    return np.asarray(now + left, dtype=np.float64)


@dataclass(slots=True)
class WindowTable:
    """Windows of all visits as two padded arrays (visits × most windows); open visits hold one endless window."""

    opens: Floats
    closes: Floats


def window_table(instance: Instance) -> WindowTable:
    """Padded windows of every visit; padding never admits a start."""
    width = max((len(windows) for windows in instance.windows), default=1) or 1
    opens = np.full((instance.n, width), FAR)
    closes = np.full((instance.n, width), -FAR)
    for visit, windows in enumerate(instance.windows):
        for column, (first, last) in enumerate(windows or [(0, ENDLESS)]):
            opens[visit, column], closes[visit, column] = first, last
    return WindowTable(opens, closes)


@dataclass(slots=True)
class Fits:
    """For candidates × gaps: extra travel seconds (FAR: does not fit), earliest and latest possible start."""

    extra: Floats
    earliest: Floats
    latest: Floats


def fits(instance: Instance, table: WindowTable, state: RouteState, visits: NDArray[np.int64]) -> Fits:
    """Exact insertion of each visit into each gap of the route. Shapes (len(visits), len(order) + 1)."""
    matrix = instance.seconds[state.server]
    here = state.points[:-1]
    doors = instance.point_of[visits]
    to_door = matrix[np.ix_(here, doors)].T.astype(np.float64)
    onward = np.zeros_like(to_door)
    onward[:, :-1] = matrix[np.ix_(doors, state.points[1:-1])]
    if state.points[-1] >= 0:
        onward[:, -1] = matrix[doors, state.points[-1]]
    service = instance.service[visits].astype(np.float64)[:, None]
    pauses = instance.breaks[state.server]
    opens, closes = table.opens[visits], table.closes[visits]
    earliest = np.full(to_door.shape, FAR)
    latest = np.full(to_door.shape, -FAR)
    for at in range(len(pauses) + 1):
        # Both window functions are monotone, so the best split of the breaks is found before they are applied.
        ready, limit = ready_at(state, to_door, pauses, at), limit_at(state, onward, pauses, at) - service
        start = first_start(ready, opens, closes)
        limit = _latest_start(limit, opens, closes)
        good = start <= limit
        start, limit = np.where(good, start, FAR), np.where(good, limit, -FAR)
        earliest = np.minimum(earliest, start)
        latest = np.maximum(latest, limit)
    extra = to_door + onward - _removed(state)[None, :]
    extra[earliest >= ENDLESS] = FAR
    return Fits(extra, earliest, latest)


def ready_at(state: RouteState, to_door: Floats, pauses: Breaks, at: int) -> Floats:
    """Earliest arrival at the visit with `at` breaks done, over all ways to get there."""
    ready = state.leave[None, :, at] + to_door
    for before in range(at):
        there = arrive_with_breaks(
            np.broadcast_to(state.leave[None, :, before], to_door.shape), to_door, pauses[before:at]
        )
        ready = np.minimum(ready, there)
    return ready


def limit_at(state: RouteState, onward: Floats, pauses: Breaks, at: int) -> Floats:
    """Latest leaving of the visit with `at` breaks done that still reaches the next door in time."""
    limit = state.latest[None, 1:, at] - onward
    for after in range(at + 1, len(pauses) + 1):
        limit = np.maximum(limit, _latest_leaving(state.latest[None, 1:, after], onward, pauses[at:after]))
    return limit


def _removed(state: RouteState) -> Floats:
    # An empty route costs nothing until it has a first visit.
    return np.zeros(1) if not state.order else state.base.astype(np.float64)


def first_start(ready: Floats, opens: Floats, closes: Floats) -> Floats:
    best: Floats | None = None
    for column in range(opens.shape[1]):
        start = np.maximum(ready, opens[:, column, None])
        start = np.where(start <= closes[:, column, None], start, FAR)
        best = start if best is None else np.minimum(best, start)
    return ready if best is None else best


def _latest_start(limit: Floats, opens: Floats, closes: Floats) -> Floats:
    best: Floats | None = None
    for column in range(opens.shape[1]):
        start = np.minimum(limit, closes[:, column, None])
        start = np.where(start >= opens[:, column, None], start, -FAR)
        best = start if best is None else np.maximum(best, start)
    return limit if best is None else best


def _latest_leaving(latest_arrival: Floats, travel: Floats, pauses: Breaks) -> Floats:
    """`latest_leaving` on arrays."""
    if not pauses:
        return np.asarray(latest_arrival - travel, dtype=np.float64)
    total = sum(length for _, _, length in pauses)
    last_chance = latest_leaving(FAR, 0, pauses)
    floor = _breaks_over(pauses)
    leaving = np.minimum(latest_arrival - travel - total, last_chance)
    return np.asarray(np.where(latest_arrival >= floor, leaving, -FAR), dtype=np.float64)


def _breaks_over(pauses: Breaks) -> float:
    """Earliest moment at which all the breaks can be over."""
    over = -math.inf
    for opens, _, length in pauses:
        over = max(over, opens) + length
    return over
