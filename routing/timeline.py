"""Exact times of a hand of routes: earliest starts, breaks placed where they cost least, crews meeting.

For one route a forward pass keeps, per door and per number of breaks already taken, the earliest start; travel may
be interrupted by a break, service may not. Earliest is best because waiting is free, so the pass is exact. Crews
couple routes: both servers' starts are raised to the later one until nothing moves (or a route breaks).
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from .instance import Instance, Order

NEVER = math.inf
Breaks = Sequence[tuple[int, int, int]]


@dataclass(slots=True)
class RouteTimes:
    """Times of one order: start of service per door, breaks done before each, end of route, breaks done by then."""

    starts: list[int]
    breaks_before: list[int]
    back_s: int
    breaks_by_back: int


def travel_with_breaks(leave_s: float, travel_s: int, pauses: Breaks) -> float:
    """Earliest arrival after `travel_s` on the way and all `pauses` taken during it; NEVER if one cannot fit."""
    now, left = leave_s, float(travel_s)
    for opens, closes, length in pauses:
        begin = max(now, opens)
        if begin + length > closes:
            return NEVER
        left = max(0.0, left - (begin - now))
        now = begin + length
    return now + left


def next_start(ready_s: float, windows: Sequence[tuple[int, int]]) -> float:
    """Earliest start at or after `ready_s` inside one of the sorted windows (none: at once); NEVER if all closed."""
    if not windows:
        return ready_s
    for opens, closes in windows:
        if ready_s <= closes:
            return max(ready_s, opens)
    return NEVER


def legs_of(instance: Instance, server: int, order: Order) -> list[int]:
    """Travel seconds of each leg: start to first door, …, last door to the end point (0 if the route just ends)."""
    matrix = instance.seconds[server]
    points = [instance.start_point[server], *(int(instance.point_of[node]) for node in order)]
    legs = [int(matrix[here, there]) for here, there in itertools.pairwise(points)]
    end = instance.end_point[server]
    return [*legs, int(matrix[points[-1], end]) if end >= 0 and order else 0]


def metres_of(instance: Instance, server: int, order: Order) -> int:
    """Metres of a route, the way back included."""
    if not order:
        return 0
    matrix = instance.metres[server]
    points = [instance.start_point[server], *(int(instance.point_of[node]) for node in order)]
    points += [instance.end_point[server]] if instance.end_point[server] >= 0 else []
    return sum(int(matrix[here, there]) for here, there in itertools.pairwise(points))


def in_place(instance: Instance, order: Order) -> bool:
    """Whether visits under way come first and visits with a fixed place have it."""
    rank = instance.rank
    return all(rank[one] <= rank[two] for one, two in itertools.pairwise(order))


def too_far(instance: Instance, server: int, order: Order) -> bool:
    """Whether the route is longer than its server may go."""
    return 0 <= instance.max_m[server] < metres_of(instance, server, order)


def _step(instance: Instance, server: int, leaves: list[float], travel_s: int) -> tuple[list[float], list[int]]:
    """Earliest arrivals by breaks done, and from how many breaks done before each came."""
    pauses = instance.breaks[server]
    count = len(pauses)
    arrivals = [NEVER] * (count + 1)
    parents = [0] * (count + 1)
    for done in range(count + 1):
        for before in range(done + 1):
            if leaves[before] == NEVER:
                continue
            arrival = travel_with_breaks(leaves[before], travel_s, pauses[before:done])
            if arrival < arrivals[done]:
                arrivals[done], parents[done] = arrival, before
    return arrivals, parents


def time_route(
    instance: Instance, server: int, order: Order, not_before: dict[int, int] | None = None
) -> RouteTimes | None:
    """Earliest feasible times of one order; None if windows, breaks or the shift cannot all hold (or the order breaks
    a fixed place or the server's longest distance).

    `not_before` raises the start of single visits (by visit number), which is how crews wait for each other.
    """
    if not order:
        # Staying at home always holds, even for who becomes free only after the shift or cannot fit both breaks.
        return RouteTimes([], [], instance.shift[server][0], 0)
    if not in_place(instance, order) or too_far(instance, server, order):
        return None
    waits = not_before or {}
    legs = legs_of(instance, server, order)
    leaves: list[float] = [float(instance.shift[server][0])] + [NEVER] * len(instance.breaks[server])
    all_starts: list[list[float]] = []
    all_parents: list[list[int]] = []
    for node, travel_s in zip(order, legs, strict=False):
        visit = instance.visit_of(node)
        arrivals, parents = _step(instance, server, leaves, travel_s)
        floor = waits.get(visit, 0)
        starts = [next_start(max(arrival, floor), instance.windows[visit]) for arrival in arrivals]
        all_starts.append(starts)
        all_parents.append(parents)
        leaves = [start + int(instance.service[node]) for start in starts]
    arrivals, parents = _step(instance, server, leaves, legs[-1])
    return _best_end(instance, server, arrivals, [*all_parents, parents], all_starts)


def _best_end(
    instance: Instance,
    server: int,
    arrivals: list[float],
    all_parents: list[list[int]],
    all_starts: list[list[float]],
) -> RouteTimes | None:
    pauses = instance.breaks[server]
    latest = instance.latest_end(server)
    best, best_done = NEVER, -1
    for done, back in enumerate(arrivals):
        # A break still owed when the route is over is taken then, if its window allows.
        if back <= latest and back < best and travel_with_breaks(back, 0, pauses[done:]) < NEVER:
            best, best_done = back, done
    if best_done < 0:
        return None
    done = all_parents[-1][best_done]
    starts: list[int] = []
    before: list[int] = []
    for position in range(len(all_starts) - 1, -1, -1):
        starts.append(int(all_starts[position][done]))
        before.append(done)
        done = all_parents[position][done]
    return RouteTimes(starts[::-1], before[::-1], int(best), best_done)


def time_all(
    instance: Instance, orders: Sequence[Order], known: Sequence[RouteTimes | None] = ()
) -> list[RouteTimes] | None:
    """Times of all routes with crews meeting; None if any route cannot hold.

    `known` may hold times of routes that have not changed; they must not meet a crew with any route that has.
    """
    waits: dict[int, int] = {}
    times: list[RouteTimes] = []
    for server, order in enumerate(orders):
        have = known[server] if known else None
        timed = have if have is not None else time_route(instance, server, order, waits)
        if timed is None:
            return None
        times.append(timed)
    crews = crew_places(instance, orders)
    while True:
        late = _unequal(crews, times)
        if not late:
            return times
        waits |= late
        for server in {server for visit in late for server, _ in crews[visit]}:
            timed = time_route(instance, server, orders[server], waits)
            if timed is None:
                return None
            times[server] = timed


def retime_changed(
    instance: Instance, orders: Sequence[Order], before: Sequence[RouteTimes], changed: set[int]
) -> list[RouteTimes] | None:
    """`time_all` after a change to a few routes: only these and the routes they meet with are timed again."""
    touched = set(changed)
    pairs = [{server for server, _ in places} for places in crew_places(instance, orders).values()]
    grown = True
    while grown:
        grown = False
        for pair in pairs:
            if pair & touched and not pair <= touched:
                touched |= pair
                grown = True
    return time_all(instance, orders, [None if k in touched else times for k, times in enumerate(before)])


def crew_places(instance: Instance, orders: Sequence[Order]) -> dict[int, list[tuple[int, int]]]:
    """(server, position) of both servers of every crew visit in the orders."""
    places: dict[int, list[tuple[int, int]]] = {}
    for server, order in enumerate(orders):
        for position, node in enumerate(order):
            visit = instance.visit_of(node)
            if instance.visits[visit].crew == 2:
                places.setdefault(visit, []).append((server, position))
    return places


def _unequal(crews: dict[int, list[tuple[int, int]]], times: list[RouteTimes]) -> dict[int, int]:
    """Crew visits whose two starts differ, with the later start."""
    late: dict[int, int] = {}
    for visit, places in crews.items():
        starts = [times[server].starts[position] for server, position in places]
        if min(starts) != max(starts):
            late[visit] = max(starts)
    return late
