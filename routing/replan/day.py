"""The changed day: what events make of a problem and of the plan that was published for it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from routing.plan import Plan, Route
from routing.problem import Break, Problem, ProblemError, Server, Visit, Window

from .events import (
    Event,
    NeedsSecond,
    NewWindow,
    ServerAbsent,
    ServerLate,
    TakesLonger,
    UrgentVisit,
    VisitCancelled,
)

# What a change to a published day costs at least, in objective seconds: ten minutes of travel for another server at
# the door, two for another order. A caller's own, higher weights stand.
DISRUPTION_S, REORDER_S = 600, 120


def changed_problem(problem: Problem, published: Plan, events: Sequence[Event], now_s: int) -> Problem:
    """The problem after the events, at `now_s`: nobody leaves before now, breaks already taken are not owed.

    Raises ProblemError if an event names a visit or server the problem does not have, or adds one it has.
    """
    visits = {visit.id: visit for visit in problem.visits}
    routes = {route.server_id: route for route in published.routes}
    servers = {one.id: _at(one, routes.get(one.id), now_s) for one in problem.servers}
    for event in events:
        _happen(event, visits, servers)
    servers = {key: _not_past_the_end(one) for key, one in servers.items()}
    weights = problem.weights
    weights = replace(
        weights,
        disruption=max(weights.disruption, DISRUPTION_S),
        reorder=max(weights.reorder, REORDER_S),
    )
    return replace(problem, visits=tuple(visits.values()), servers=tuple(servers.values()), weights=weights)


def _at(server: Server, route: Route | None, now_s: int) -> Server:
    """The server at this moment: breaks the published route has begun are no longer owed, a running one is sat out."""
    taken = [pause for pause in (route.breaks if route is not None else ()) if pause[0] < now_s]
    ready = max([now_s, server.ready_s or 0, *(ends for _, ends in taken)])
    return replace(server, ready_s=ready, breaks=_owed(server, taken))


def _not_past_the_end(server: Server) -> Server:
    """Who is ready only after the day is over has no time left, which is not the same as a route that cannot hold."""
    last = server.shift.end_s + server.overtime_s
    return server if server.begin_s <= last else replace(server, ready_s=last)


def _owed(server: Server, taken: Sequence[tuple[int, int]]) -> tuple[Break, ...]:
    """The breaks none of the taken ones was."""
    return tuple(
        pause
        for pause in server.breaks
        if not any(
            pause.window.start_s <= begins and ends <= pause.window.end_s and ends - begins >= pause.duration_s
            for begins, ends in taken
        )
    )


def _happen(event: Event, visits: dict[str, Visit], servers: dict[str, Server]) -> None:
    """Applies one event in place."""
    match event:
        case UrgentVisit(visit):
            if visit.id in visits:
                raise ProblemError("problem.id_twice", "上门任务编号重复", visit.id)
            visits[visit.id] = visit
        case VisitCancelled(visit_id):
            del visits[_known(visit_id, visits, "visit.unknown", "任务不在今日计划范围内")]
        case ServerAbsent(server_id, from_s):
            _absent(_known(server_id, servers, "server.unknown", "送达员不在今日计划范围内"), from_s, visits, servers)
        case ServerLate(server_id, until_s, at):
            one = servers[_known(server_id, servers, "server.unknown", "送达员不在今日计划范围内")]
            ready = max(one.begin_s, until_s)
            servers[server_id] = replace(one, ready_s=ready, start=one.start if at is None else at)
        case NeedsSecond(visit_id):
            _change(visits, visit_id, crew=2)
        case NewWindow(visit_id, windows, witness_windows):
            given: dict[str, tuple[Window, ...] | None] = {"windows": windows, "witness_windows": witness_windows}
            _change(visits, visit_id, **{key: value for key, value in given.items() if value is not None})
        case TakesLonger(visit_id, service_s):
            _change(visits, visit_id, service_s=service_s)


def _known(key: str, among: Mapping[str, object], code: str, message_zh: str) -> str:
    if key not in among:
        raise ProblemError(code, message_zh, key)
    return key


def _change(visits: dict[str, Visit], visit_id: str, **fields: object) -> None:
    _known(visit_id, visits, "visit.unknown", "任务不在今日计划范围内")
    visits[visit_id] = replace(visits[visit_id], **fields)  # type: ignore[arg-type]  # field names are ours


def _absent(server_id: str, from_s: int | None, visits: dict[str, Visit], servers: dict[str, Server]) -> None:
    """Who leaves later has a shorter shift; who is gone takes nobody's lock along except a lawful one."""
    one = servers[server_id]
    if from_s is not None and from_s > one.begin_s:
        end = min(from_s, one.shift.end_s)
        overtime = max(0, min(one.overtime_s, from_s - one.shift.end_s))
        servers[server_id] = replace(one, shift=Window(one.shift.start_s, end), overtime_s=overtime)
        return
    del servers[server_id]
    for visit in list(visits.values()):
        # What was under way with somebody who is gone is open again; a lock that was wanted stays and is told.
        if visit.pinned and visit.locked_server == server_id:
            visits[visit.id] = replace(visit, pinned=False, locked_server=None)


def as_it_stands(problem: Problem, plan: Plan, now_s: int) -> Problem:
    """The problem at `now_s` if everything went as planned: visits made are gone, each server stands at the door of
    the last one, and whoever is on the way to a door or at one has this visit pinned.

    A caller who tracks the day knows better and says so with the problem itself; this is for simulations.
    """
    visits = {visit.id: visit for visit in problem.visits}
    servers = []
    for server in problem.servers:
        route = plan.route_of(server.id)
        servers.append(server if route is None else _moved_on(server, route, visits, now_s))
    over = {stop.visit_id for route in plan.routes for stop in route.stops if stop.leave_s <= now_s}
    left = tuple(visit for visit in visits.values() if visit.id not in over)
    return replace(problem, visits=left, servers=tuple(servers))


def _moved_on(server: Server, route: Route, visits: dict[str, Visit], now_s: int) -> Server:
    """The server after the stops that are over and, if one is under way, at its door; pins that visit in place."""
    over = [stop for stop in route.stops if stop.leave_s <= now_s]
    ahead = route.stops[len(over) :]
    left_s = over[-1].leave_s if over else route.depart_s
    here, ready, metres = server.start, server.ready_s, sum(stop.travel_m for stop in over)
    if over:
        here = visits[over[-1].visit_id].point
    if ahead and left_s <= now_s:
        stop = ahead[0]
        here, ready, metres = visits[stop.visit_id].point, stop.arrive_s, metres + stop.travel_m
        if stop.role == "lead":
            spent = max(0, now_s - stop.start_s)
            one = visits[stop.visit_id]
            visits[stop.visit_id] = replace(
                one, pinned=True, position=None, locked_server=server.id, service_s=one.service_s - spent
            )
    begun = [pause for pause in route.breaks if pause[0] < max(now_s, ready or 0)]
    return replace(
        server,
        start=here,
        ready_s=ready,
        breaks=_owed(server, begun),
        max_visits=None if server.max_visits is None else server.max_visits - len(over),
        max_km=None if server.max_km is None else max(0.0, server.max_km - metres / 1000),
        fixed_cost=server.fixed_cost if server.start == here else 0,
    )
