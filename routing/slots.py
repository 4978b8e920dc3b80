"""Where a visit fits: exact insertion checks for many visits and all gaps of a route at once (numpy).

A `RouteState` keeps, per position and number of breaks done, the earliest leaving (forward) and the latest arrival
that still lets the rest of the route happen (backward). A visit fits into a gap exactly if its earliest start in
the gap lets the next door be reached no later than its latest arrival, for some split of the breaks.
Crew visits already in the route keep the time they have (`appointments`), which keeps routes independent.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

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
    states = len(pauses) + 1
    legs = legs_of(instance, server, order)
    m = len(order)
    leave = np.full((m + 1, states), FAR)
    leave[0, 0] = instance.shift[server][0]
    for position, node in enumerate(order, start=1):
        windows = windows_at(instance, instance.visit_of(node), appointments)
        service = int(instance.service[node])
        for done in range(states):
            arrival = min(
                travel_with_breaks(leave[position - 1, before], legs[position - 1], pauses[before:done])
                for before in range(done + 1)
            )
            leave[position, done] = min(next_start(arrival, windows) + service, FAR)
    latest = np.full((m + 2, states), -FAR)
    for done in range(states):
        latest[m + 1, done] = min(latest_leaving(FAR, 0, pauses[done:]), float(instance.latest_end(server)))
    for position in range(m, 0, -1):
        node = order[position - 1]
        windows = windows_at(instance, instance.visit_of(node), appointments)
        for done in range(states):
            go = max(
                latest_leaving(latest[position + 1, after], legs[position], pauses[done:after])
                for after in range(done, states)
            )
            latest[position, done] = max(latest_start(go - int(instance.service[node]), windows), -FAR)
    points = [instance.start_point[server], *(int(instance.point_of[node]) for node in order)]
    points.append(instance.end_point[server])
    base = np.array(legs, dtype=np.int64)
    return RouteState(server, order, leave, latest, np.array(points, dtype=np.int32), base)


def _travel(leave: Floats, travel: Floats, pauses: Breaks) -> Floats:
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
    earliest = np.full(to_door.shape, FAR)
    latest = np.full(to_door.shape, -FAR)
    starts: dict[tuple[int, int], Floats] = {}
    for before, at, after in combinations_with_replacement(range(len(pauses) + 1), 3):
        if (before, at) not in starts:
            arrival = _travel(state.leave[None, :, before] + 0.0 * to_door, to_door, pauses[before:at])
            starts[before, at] = _next_start(arrival, table.opens[visits], table.closes[visits])
        start = starts[before, at]
        limit = _latest_leaving(state.latest[None, 1:, after], onward, pauses[at:after]) - service
        limit = _latest_start(limit, table.opens[visits], table.closes[visits])
        good = start <= limit
        earliest = np.where(good, np.minimum(earliest, start), earliest)
        latest = np.where(good, np.maximum(latest, limit), latest)
    extra = to_door + onward - _removed(state)[None, :]
    extra[earliest >= ENDLESS] = FAR
    return Fits(extra, earliest, latest)


def _removed(state: RouteState) -> Floats:
    # An empty route costs nothing until it has a first visit.
    return np.zeros(1) if not state.order else state.base.astype(np.float64)


def _next_start(ready: Floats, opens: Floats, closes: Floats) -> Floats:
    best = np.full(ready.shape, FAR)
    for column in range(opens.shape[1]):
        start = np.maximum(ready, opens[:, column, None])
        best = np.minimum(best, np.where(start <= closes[:, column, None], start, FAR))
    return best


def _latest_start(limit: Floats, opens: Floats, closes: Floats) -> Floats:
    best = np.full(limit.shape, -FAR)
    for column in range(opens.shape[1]):
        start = np.minimum(limit, closes[:, column, None])
        best = np.maximum(best, np.where(start >= opens[:, column, None], start, -FAR))
    return best


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
