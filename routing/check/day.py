"""`check`: is a plan of the day true to its problem? Reads problem and plan, shares no scheduling code with any engine.

Only the travel matrices (data) come from the library. Every rule is checked on the times the plan states, so a plan
whose times were made up fails as surely as one whose order cannot work; so does one with a made-up objective.
"""

from collections.abc import Iterator

from routing.instance import travel_matrices
from routing.plan import Plan, Violation
from routing.problem import Problem

from .books import books, route_totals, totals, whole_numbers
from .clock import Ways, breaks, times, ways
from .crews import crews
from .price import Parts, parts, possible_without_published
from .rules import place_rules, staff_rules

# Faults after which a sum of prices would mean nothing.
_NO_SUM_AFTER = frozenset({"visit.unknown", "server.unknown", "server.twice", "plan.not_whole"})


def check(problem: Problem, plan: Plan, published: Plan | None = None) -> list[Violation]:
    """Every broken rule of the plan; empty means the plan holds. Codes are listed in `wording.VIOLATIONS_ZH`.

    `published` is the plan that disruption and reordering were measured against. Without it the stated objective may
    hold any number of such changes, if these have a price; everything else must add up all the same.
    """
    found = [*whole_numbers(plan), *books(problem, plan)]
    if any(violation.code == "plan.not_whole" for violation in found):
        return found
    visits = {visit.id: visit for visit in problem.visits}
    servers = {server.id: server for server in problem.servers}
    legs = route_ways(problem, plan)
    for route in plan.routes:
        server = servers.get(route.server_id)
        if server is None:
            continue
        known = [stop for stop in route.stops if stop.visit_id in visits]
        own = legs[server.id]
        found += staff_rules(server, known, visits)
        found += place_rules(server, known, visits)
        if known:
            found += times(server, route, known, visits, own)
            found += breaks(server, route, known)
        found += route_totals(route, own.seconds[-1], own.metres[-1])
    found += crews(plan, visits, servers)
    found += totals(plan)
    if not any(violation.code in _NO_SUM_AFTER for violation in found):
        found += _objective(problem, plan, legs, published)
    return found


def objective_parts(problem: Problem, plan: Plan, published: Plan | None = None) -> Parts:
    """The plan's objective by what it is paid for. The plan must name known servers and visits only (KeyError)."""
    legs = route_ways(problem, plan)
    return parts(problem, plan, {server_id: sum(own.seconds) for server_id, own in legs.items()}, published)


def route_ways(problem: Problem, plan: Plan) -> dict[str, Ways]:
    """The legs of every route by server id, as the problem's map has them; unknown servers and visits are passed."""
    places, per_server = travel_matrices(problem)
    visits = {visit.id: visit for visit in problem.visits}
    by_id = {server.id: (server, own) for server, own in zip(problem.servers, per_server, strict=True)}
    made = {}
    for route in plan.routes:
        if route.server_id in by_id:
            server, matrices = by_id[route.server_id]
            stops = [stop for stop in route.stops if stop.visit_id in visits]
            made[server.id] = ways(server, stops, visits, places, matrices)
    return made


def _objective(problem: Problem, plan: Plan, legs: dict[str, Ways], published: Plan | None) -> Iterator[Violation]:
    right = parts(problem, plan, {server_id: sum(own.seconds) for server_id, own in legs.items()}, published).total
    if plan.objective == right:
        return
    if published is None and possible_without_published(plan.objective, right, problem, plan):
        return
    yield Violation("objective.wrong", params={"stated": plan.objective, "right": right})
