"""The rules of a single route that have nothing to do with the clock: who may come, how many, in which place."""

from collections.abc import Iterator, Mapping, Sequence

from routing.plan import PlannedStop, Violation
from routing.problem import Server, Visit


def staff_rules(server: Server, stops: Sequence[PlannedStop], visits: Mapping[str, Visit]) -> Iterator[Violation]:
    """Maximum, recusal, crews, skills, locks."""
    if server.max_visits is not None and len(stops) > server.max_visits:
        yield Violation("server.max_visits", server.id, params={"max": server.max_visits, "planned": len(stops)})
    for stop in stops:
        visit = visits[stop.visit_id]
        if visit.crew == 2 and not server.crew_ok:
            yield Violation("crew.not_allowed", server.id, visit.id)
        if visit.crew == 1 and stop.role != "lead":
            yield Violation("crew.roles", server.id, visit.id)
        if server.id in visit.forbidden_servers:
            yield Violation("server.forbidden", server.id, visit.id)
        # Who comes along as second needs neither the skill nor the lock. Whoever comes alone leads.
        if stop.role == "second" and visit.crew == 2:
            continue
        if not visit.skills <= server.skills:
            yield Violation("skill.missing", server.id, visit.id, {"skills": sorted(visit.skills - server.skills)})
        if visit.locked_server is not None and visit.locked_server != server.id:
            yield Violation("lock.broken", server.id, visit.id, {"locked": visit.locked_server})


def place_rules(server: Server, stops: Sequence[PlannedStop], visits: Mapping[str, Visit]) -> Iterator[Violation]:
    """Visits under way before all others; the fixed first one right behind them, the fixed last one at the end."""
    behind_free = behind_any = False
    for place, stop in enumerate(stops):
        visit = visits[stop.visit_id]
        leads = stop.role == "lead"
        if leads and visit.pinned:
            if behind_any:
                yield Violation("pinned.not_first", server.id, visit.id)
            continue
        if leads and visit.position == "first" and behind_free:
            yield Violation("position.not_first", server.id, visit.id)
        if leads and visit.position == "last" and place + 1 < len(stops):
            yield Violation("position.not_last", server.id, visit.id)
        behind_any = True
        behind_free = behind_free or not (leads and visit.position == "first")
