"""Times of an order a person made: never refused; what it breaks is said instead."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from .assemble import make_route
from .instance import FREE, Instance, Order, compile_problem
from .plan import Retimed, Violation
from .problem import Problem, ProblemError, Server, Visit
from .timeline import time_route

# A closing time nothing ever reaches.
_ENDLESS_S = 10**7


def retime(
    problem: Problem,
    server_id: str,
    visit_ids: Sequence[str],
    *,
    meet: Mapping[str, int] | None = None,
    second_in: Collection[str] = (),
) -> Retimed:
    """Times of a server's visits in a hand-made order, with everything that order breaks.

    `meet` gives, for crew visits, the second since midnight at which the other server starts; `second_in` names the
    visits this server joins as second. Raises ProblemError for an unknown server or visit, or a visit named twice.
    """
    server = next((one for one in problem.servers if one.id == server_id), None)
    if server is None:
        raise ProblemError("server.unknown", "送达员不在今日计划范围内", server_id)
    by_id = {visit.id: visit for visit in problem.visits}
    unknown = [visit_id for visit_id in visit_ids if visit_id not in by_id]
    if unknown:
        raise ProblemError("visit.unknown", "任务不在今日计划范围内", unknown[0])
    if len(set(visit_ids)) != len(visit_ids):
        raise ProblemError("visit.twice", "同一任务在一条路线中出现两次", server_id)
    # The sequence alone matters here: a small problem of one server keeps this in the low milliseconds.
    visits = tuple(by_id[visit_id] for visit_id in visit_ids)
    instance = compile_problem(replace(problem, visits=visits, servers=(server,)))
    # Fixed places and the longest distance are told as violations, not as a route without times.
    instance.rank, instance.max_m = [FREE] * len(instance.rank), [-1]
    order = [n + len(visits) if visit.id in second_in else n for n, visit in enumerate(visits)]
    violations = _rules(server, visits, second_in)
    waits: dict[int, int] = {n: (meet or {}).get(visit.id, 0) for n, visit in enumerate(visits)}
    times = time_route(instance, 0, order, waits)
    if times is not None:
        met = _missed_meetings(server_id, visits, times.starts, waits)
        return Retimed(make_route(instance, 0, order, times), (*violations, *met))
    return _loose(instance, order, waits, violations)


def _rules(server: Server, visits: Sequence[Visit], second_in: Collection[str]) -> tuple[Violation, ...]:
    """Rules that have nothing to do with time."""
    found = []
    if server.max_visits is not None and len(visits) > server.max_visits:
        params = {"max": server.max_visits, "planned": len(visits)}
        found.append(Violation("server.max_visits", server.id, params=params))
    free_seen = False
    for visit in visits:
        if visit.crew == 2 and not server.crew_ok:
            found.append(Violation("crew.not_allowed", server.id, visit.id))
        leads = visit.id not in second_in
        if leads and not visit.skills <= server.skills:
            missing = sorted(visit.skills - server.skills)
            found.append(Violation("skill.missing", server.id, visit.id, {"skills": missing}))
        if server.id in visit.forbidden_servers:
            found.append(Violation("server.forbidden", server.id, visit.id))
        if leads and visit.locked_server not in (None, server.id):
            found.append(Violation("lock.broken", server.id, visit.id, {"locked": visit.locked_server}))
        if visit.pinned and free_seen:
            found.append(Violation("pinned.not_first", server.id, visit.id))
        free_seen = free_seen or not visit.pinned
    return tuple(found)


def _missed_meetings(
    server_id: str, visits: Sequence[Visit], starts: Sequence[int], waits: Mapping[int, int]
) -> list[Violation]:
    return [
        Violation("crew.not_together", server_id, visit.id, {"late_s": starts[n] - waits[n]})
        for n, visit in enumerate(visits)
        if waits[n] and starts[n] > waits[n]
    ]


def _loose(instance: Instance, order: Order, waits: dict[int, int], rules: tuple[Violation, ...]) -> Retimed:
    """Times of an order that cannot hold: the shift is let run over first, then windows are let pass.

    Breaks always hold: with no closing time a door can wait until after lunch.
    """
    server = instance.servers[0]
    closes = instance.latest_end(0)
    windows = instance.windows
    instance.shift = [(instance.shift[0][0], _ENDLESS_S)]
    times = time_route(instance, 0, order, waits)
    if times is None:
        instance.windows = [_never_closing(own) for own in windows]
        times = time_route(instance, 0, order, waits)
    if times is None:
        raise ProblemError("route.impossible", "这条路线无法计算时间", server.id)
    found = list(rules)
    for visit, start in enumerate(times.starts):
        if windows[visit] and start > windows[visit][-1][1]:
            late = {"late_s": start - windows[visit][-1][1]}
            found.append(Violation("window.late", server.id, instance.visits[visit].id, late))
    found += _missed_meetings(server.id, instance.visits, times.starts, waits)
    if times.back_s > closes:
        found.append(Violation("shift.late", server.id, params={"late_s": times.back_s - closes}))
    return Retimed(make_route(instance, 0, order, times), tuple(found))


def _never_closing(windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [*windows[:-1], (windows[-1][0], _ENDLESS_S)] if windows else []
