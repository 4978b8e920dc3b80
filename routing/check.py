"""An independent judge of plans: reads problem and plan, shares no scheduling code with any engine.

Only the travel matrices (data) come from the library. Every rule of the problem is checked on the times the plan
states, so a plan whose times were made up fails as surely as one whose order cannot work.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator

from .instance import travel_matrices
from .plan import Plan, PlannedStop, Route, Violation
from .problem import Point, Problem, Server, Visit
from .travel import IntMatrix

Matrices = tuple[dict[Point, int], dict[str, tuple[IntMatrix, IntMatrix]]]


def check(problem: Problem, plan: Plan) -> list[Violation]:
    """Every broken rule of the plan; empty means the plan holds. Codes are listed in `explain.VIOLATIONS_ZH`."""
    points, per_server = travel_matrices(problem)
    servers = {server.id: server for server in problem.servers}
    visits = {visit.id: visit for visit in problem.visits}
    matrices = dict(zip((server.id for server in problem.servers), per_server, strict=True))
    found: list[Violation] = list(_books(problem, plan))
    for route in plan.routes:
        server = servers.get(route.server_id)
        if server is None:
            found.append(Violation("server.unknown", route.server_id))
            continue
        known = [stop for stop in route.stops if stop.visit_id in visits]
        found += _route_rules(server, known, visits)
        found += _times(server, route, known, visits, (points, matrices))
        found += _breaks(server, route)
    found += _crews(plan, visits)
    found += _totals(plan)
    return found


def _books(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Every visit exactly once: planned by as many servers as its crew, or listed as unplanned."""
    known = {visit.id for visit in problem.visits}
    made = Counter(stop.visit_id for route in plan.routes for stop in route.stops)
    left = Counter(item.visit_id for item in plan.unplanned)
    for visit_id in (made.keys() | left.keys()) - known:
        yield Violation("visit.unknown", visit_id=visit_id)
    for server_id, times in Counter(route.server_id for route in plan.routes).items():
        if times > 1:
            yield Violation("server.twice", server_id)
    for visit in problem.visits:
        count = made[visit.id]
        if count and left[visit.id]:
            yield Violation("visit.planned_and_left_out", visit_id=visit.id)
        if not count and left[visit.id] != 1:
            yield Violation("visit.lost", visit_id=visit.id)
        if count and count != visit.crew:
            yield Violation("crew.size", visit_id=visit.id, params={"needed": visit.crew, "planned": count})


def _route_rules(server: Server, stops: list[PlannedStop], visits: dict[str, Visit]) -> Iterator[Violation]:
    """Skills, locks, maximum, pinned visits first."""
    if server.max_visits is not None and len(stops) > server.max_visits:
        yield Violation("server.max_visits", server.id, params={"max": server.max_visits, "planned": len(stops)})
    free_seen = False
    for stop in stops:
        visit = visits[stop.visit_id]
        if visit.crew == 2 and not server.crew_ok:
            yield Violation("crew.not_allowed", server.id, visit.id)
        if server.id in visit.forbidden_servers:
            yield Violation("server.forbidden", server.id, visit.id)
        if stop.role == "second":
            continue
        if not visit.skills <= server.skills:
            yield Violation("skill.missing", server.id, visit.id, {"skills": sorted(visit.skills - server.skills)})
        if visit.locked_server is not None and visit.locked_server != server.id:
            yield Violation("lock.broken", server.id, visit.id, {"locked": visit.locked_server})
        if visit.pinned and free_seen:
            yield Violation("pinned.not_first", server.id, visit.id)
        free_seen = free_seen or not visit.pinned


def _times(
    server: Server, route: Route, stops: list[PlannedStop], visits: dict[str, Visit], matrices: Matrices
) -> Iterator[Violation]:
    """Shift, windows, service and travel times as stated."""
    points, by_server = matrices
    seconds, metres = by_server[server.id]
    if route.depart_s < server.shift.start_s:
        yield Violation("shift.early", server.id, params={"early_s": server.shift.start_s - route.depart_s})
    over_s = route.back_s - server.shift.end_s - server.overtime_s
    if over_s > 0:
        yield Violation("shift.late", server.id, params={"late_s": over_s})
    now, here = route.depart_s, points[server.start]
    for stop in stops:
        visit = visits[stop.visit_id]
        there = points[visit.point]
        need_s, need_m = int(seconds[here, there]), int(metres[here, there])
        if (stop.travel_s, stop.travel_m) != (need_s, need_m):
            yield Violation("travel.wrong", server.id, visit.id, {"travel_s": need_s, "travel_m": need_m})
        if stop.arrive_s - now - _paused(route, now, stop.arrive_s) < need_s:
            yield Violation("travel.too_fast", server.id, visit.id)
        if stop.start_s < stop.arrive_s or stop.leave_s != stop.start_s + visit.service_s:
            yield Violation("service.times", server.id, visit.id)
        yield from _window(server, stop, visit)
        now, here = stop.leave_s, there
    if stops:
        home_s = int(seconds[here, points[server.end]]) if server.end is not None else 0
        if route.back_s - now - _paused(route, now, route.back_s) < home_s:
            yield Violation("travel.too_fast_home", server.id)


def _window(server: Server, stop: PlannedStop, visit: Visit) -> Iterator[Violation]:
    if not visit.windows or visit.pinned:
        return
    if any(window.start_s <= stop.start_s <= window.end_s for window in visit.windows):
        return
    late_s = min(abs(stop.start_s - edge) for window in visit.windows for edge in (window.start_s, window.end_s))
    yield Violation("window.missed", server.id, visit.id, {"by_s": late_s})


def _paused(route: Route, since_s: int, until_s: int) -> int:
    return sum(max(0, min(last, until_s) - max(first, since_s)) for first, last in route.breaks)


def _breaks(server: Server, route: Route) -> Iterator[Violation]:
    """Every break owed is taken inside its window, apart from the others, and never during service."""
    if not route.stops:
        return
    taken = sorted(route.breaks)
    if len(taken) != len(server.breaks_due):
        yield Violation("break.count", server.id, params={"needed": len(server.breaks_due), "taken": len(taken)})
        return
    for (first, last), pause in zip(taken, server.breaks_due, strict=True):
        if last - first < pause.duration_s or first < pause.window.start_s or last > pause.window.end_s:
            yield Violation("break.window", server.id, params={"start_s": first, "end_s": last})
        for stop in route.stops:
            if first < stop.leave_s and stop.start_s < last:
                yield Violation("break.during_service", server.id, stop.visit_id)
    for (_, last), (first, _) in itertools.pairwise(taken):
        if first < last:
            yield Violation("break.overlap", server.id)


def _crews(plan: Plan, visits: dict[str, Visit]) -> Iterator[Violation]:
    """Two servers, one leading, starting together."""
    meetings: dict[str, list[tuple[str, PlannedStop]]] = defaultdict(list)
    for route in plan.routes:
        for stop in route.stops:
            if stop.visit_id in visits and visits[stop.visit_id].crew == 2:
                meetings[stop.visit_id].append((route.server_id, stop))
    for visit_id, pair in meetings.items():
        if len({server_id for server_id, _ in pair}) != len(pair):
            yield Violation("crew.same_server", visit_id=visit_id)
        if len({stop.start_s for _, stop in pair}) != 1:
            yield Violation("crew.not_together", visit_id=visit_id)
        if sorted(stop.role for _, stop in pair) != ["lead", "second"]:
            yield Violation("crew.roles", visit_id=visit_id)


def _totals(plan: Plan) -> Iterator[Violation]:
    if plan.travel_s != sum(route.travel_s for route in plan.routes):
        yield Violation("totals.travel")
    if plan.distance_m != sum(route.distance_m for route in plan.routes):
        yield Violation("totals.distance")
