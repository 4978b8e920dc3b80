"""Why a planned visit is with this server at this time: its cost here, who comes next, what its time hangs on."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from routing.construct import Builder
from routing.instance import Instance
from routing.plan import Plan, PlannedStop, Reason, Route
from routing.problem import Problem, ProblemError, Window
from routing.slots import ENDLESS, fits, route_state
from routing.timeline import time_all

from .candidates import put
from .desk import Desk

# Gaps of another server that are timed exactly before the server is given up.
_GAPS_TRIED = 4


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another leader, nobody else moved: position in that route, start, and what the day's objective would rise by."""

    server_id: str
    position: int
    start_s: int
    extra_s: int


@dataclass(frozen=True, slots=True)
class Placement:
    """Why a visit is where it is.

    `cost_s` is what the day's objective would fall by without the visit, its own worth apart. `alternatives` are the
    other leaders who could take it, cheapest first. `bound_by` is what its start hangs on. `slack_s` is how much later
    it could start before any promise of the day breaks.
    """

    visit_id: str
    servers: tuple[str, ...]
    start_s: int
    cost_s: int
    alternatives: tuple[Alternative, ...]
    bound_by: tuple[Reason, ...]
    slack_s: int


def why(problem: Problem, plan: Plan, visit_id: str) -> Placement:
    """The placement of a planned visit, computed against the plan as it is.

    Raises ProblemError if the visit is unknown or not planned, or the plan does not hold.
    """
    desk = Desk.open(problem, plan)
    visit = desk.visit(visit_id)
    if not desk.builder.planned[visit]:
        raise ProblemError("visit.not_planned", "该任务不在当前计划中", visit_id)
    bare = desk.without(visit)
    times = time_all(desk.instance, bare)
    rest = None if times is None else desk.timed(bare)
    if rest is None:
        raise ProblemError("plan.broken", "当前计划本身不可行，请先重新规划")
    servers = plan.servers_of(visit_id)
    start = desk.times[desk.instance.server_index[servers[0]]].starts[_position(desk, visit, servers[0])]
    cost = desk.value - (rest[1] - desk.instance.penalty[visit])
    others = sorted(_alternatives(desk, visit, servers), key=lambda one: one.extra_s)
    bound = tuple(_bound(desk, plan, visit_id, servers))
    return Placement(visit_id, servers, start, cost, tuple(others), bound, _slack(desk, visit, servers, start))


def _position(desk: Desk, visit: int, server_id: str) -> int:
    order = desk.orders[desk.instance.server_index[server_id]]
    return next(k for k, node in enumerate(order) if desk.instance.visit_of(node) == visit)


def _alternatives(desk: Desk, visit: int, servers: tuple[str, ...]) -> Iterator[Alternative]:
    """The cheapest place with every other leader; a crew keeps its second."""
    instance = desk.instance
    bare = [[node for node in order if node != visit] for order in desk.orders]
    # The second's half stays in place without a partner: it counts as any visit of that server here.
    single = [[node for node in order if instance.visit_of(node) != visit] for order in desk.orders]
    builder = Builder(instance, single)
    here = {instance.server_index[server_id] for server_id in servers}
    for k in sorted(instance.allowed[visit] - here):
        if not builder.room(k) or any(frozenset((k, other)) in instance.apart for other in list(here)[1:]):
            continue
        extra = builder.fits(k, np.array([visit])).extra[0]
        for gap in np.argsort(extra, kind="stable")[:_GAPS_TRIED]:
            if extra[gap] >= ENDLESS:
                break
            timed = desk.timed(put(bare, visit, k, int(gap)))
            if timed is not None:
                start = timed[0][k].starts[int(gap)]
                yield Alternative(instance.servers[k].id, int(gap), start, timed[1] - desk.value)
                break


def _slack(desk: Desk, visit: int, servers: tuple[str, ...], start_s: int) -> int:
    """Latest start in its place, over both routes of a crew, less its start."""
    instance = desk.instance
    appointments = {key: at for key, at in desk.builder.appointments.items() if key != visit}
    latest = []
    for server_id in servers:
        k, gap = instance.server_index[server_id], _position(desk, visit, server_id)
        rest = [node for node in desk.orders[k] if instance.visit_of(node) != visit]
        state = route_state(instance, k, rest, appointments)
        latest.append(float(fits(instance, desk.builder.table, state, np.array([visit])).latest[0, gap]))
    return max(0, int(min(latest)) - start_s)


def _bound(desk: Desk, plan: Plan, visit_id: str, servers: tuple[str, ...]) -> Iterator[Reason]:
    """What the start hangs on: the leader's way there, the second's, or whoever opens the door."""
    instance = desk.instance
    visit = instance.visits[instance.visit_index[visit_id]]
    stops = [_stop(plan, server_id, visit_id) for server_id in servers]
    route, stop = stops[0]
    if _tight(instance, route, stop):
        yield from _on_the_way(instance, route, stop)
        return
    hurried = [one.server_id for one, other in stops[1:] if _tight(instance, one, other)]
    if hurried:
        yield Reason("time.partner", {"server": hurried[0], "at_s": stop.start_s})
    elif not visit.pinned and _opens(visit.witness_windows, stop.start_s):
        yield Reason("time.witness", {"at_s": stop.start_s})
    elif not visit.pinned and _opens(visit.windows, stop.start_s):
        yield Reason("time.window", {"at_s": stop.start_s})
    else:
        yield Reason("time.published")


def _tight(instance: Instance, route: Route, stop: PlannedStop) -> bool:
    """Whether this server could not have started sooner: straight from the last door, or from a break."""
    if route.stops[0].visit_id == stop.visit_id:
        # The first departure waits at home for as long as it can.
        early = instance.servers[instance.server_index[route.server_id]].begin_s
        return route.depart_s <= early and (stop.arrive_s == stop.start_s or _paused_until(route, stop))
    return stop.arrive_s == stop.start_s or _paused_until(route, stop)


def _stop(plan: Plan, server_id: str, visit_id: str) -> tuple[Route, PlannedStop]:
    return next(
        (route, stop)
        for route in plan.routes
        if route.server_id == server_id
        for stop in route.stops
        if stop.visit_id == visit_id
    )


def _paused_until(route: Route, stop: PlannedStop) -> bool:
    """Whether a break taken at the door lasts until the start."""
    return any(stop.arrive_s <= begins and ends == stop.start_s for begins, ends in route.breaks)


def _opens(windows: tuple[Window, ...], at_s: int) -> bool:
    return any(window.start_s == at_s for window in windows)


def _on_the_way(instance: Instance, route: Route, stop: PlannedStop) -> Iterator[Reason]:
    """Breaks before the door, and where the server came from."""
    place = route.stops.index(stop)
    left = route.stops[place - 1].leave_s if place else route.depart_s
    for begins, ends in route.breaks:
        if left <= begins and ends <= stop.start_s:
            yield Reason("time.break", {"span": [begins, ends]})
    if place:
        yield Reason("time.travel", {"visit": route.stops[place - 1].visit_id, "travel_s": stop.travel_s})
        return
    server = instance.servers[instance.server_index[route.server_id]]
    late = server.begin_s > server.shift.start_s
    yield Reason("time.ready" if late else "time.shift", {"at_s": server.begin_s})
