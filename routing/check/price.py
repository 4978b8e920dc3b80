"""The objective of a plan, worked out again from the plan itself: its stated times, the problem and its weights.

Written against the definition of `Weights` and the fields of the problem, not against the optimiser's code.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from routing.plan import Plan, Route
from routing.problem import Problem, Server, Visit

# A mandatory visit left out (and the most any visit left out can count for).
MOST_FOR_ONE_VISIT = 10**8


@dataclass(frozen=True, slots=True)
class Parts:
    """Objective seconds by what they are paid for."""

    value: int
    travel: int
    overtime: int
    fairness: int
    split_building: int
    unknown_area: int
    fixed_cost: int
    disruption: int
    reorder: int

    @property
    def total(self) -> int:
        return sum(getattr(self, part.name) for part in fields(self))


@dataclass(frozen=True, slots=True)
class Changes:
    """Against a published plan: visits with another server, and visits that follow another visit than they did."""

    moved: int = 0
    reordered: int = 0


def parts(problem: Problem, plan: Plan, travel_s: Mapping[str, int], published: Plan | None) -> Parts:
    """What the plan costs. `travel_s` holds each route's seconds on the way by server id, the way back included."""
    weights = problem.weights
    visits = {visit.id: visit for visit in problem.visits}
    servers = {server.id: server for server in problem.servers}
    used = [route for route in plan.routes if route.stops]
    shares = _fair_shares(problem)
    changed = changes(problem, plan, published) if published is not None else Changes()
    late_s = sum(max(0, route.back_s - servers[route.server_id].shift.end_s) for route in used)
    above = sum(max(0, len(route.stops) - shares[route.server_id]) for route in used)
    return Parts(
        value=_left_out(problem, plan),
        travel=weights.travel_s * sum(travel_s[route.server_id] for route in used),
        overtime=weights.overtime_s * late_s,
        fairness=weights.fairness * above,
        split_building=weights.split_building * _splits(used, visits),
        unknown_area=weights.unknown_area * sum(_strange(route, servers, visits) for route in used),
        fixed_cost=sum(servers[route.server_id].fixed_cost for route in used),
        disruption=weights.disruption * changed.moved,
        reorder=weights.reorder * changed.reordered,
    )


def _left_out(problem: Problem, plan: Plan) -> int:
    made = {stop.visit_id for route in plan.routes for stop in route.stops}
    return sum(_worth(visit, problem.weights.value) for visit in problem.visits if visit.id not in made)


def _worth(visit: Visit, value: int) -> int:
    if visit.pinned or visit.drop_penalty is None or visit.drop_penalty >= MOST_FOR_ONE_VISIT:
        return MOST_FOR_ONE_VISIT
    return min(MOST_FOR_ONE_VISIT, visit.drop_penalty * value)


def _fair_shares(problem: Problem) -> dict[str, int]:
    """Work (both halves of crews) by length of shift, rounded up, no more than a server may make."""
    spans = {server.id: max(1, server.shift.end_s - server.shift.start_s) for server in problem.servers}
    whole, work = sum(spans.values()), sum(visit.crew for visit in problem.visits)
    shares = {}
    for server in problem.servers:
        share = (work * spans[server.id] + whole - 1) // whole
        shares[server.id] = share if server.max_visits is None else min(share, server.max_visits)
    return shares


def _splits(used: Sequence[Route], visits: Mapping[str, Visit]) -> int:
    """Servers who lead visits at a building beyond its first, over all buildings."""
    comers: dict[str, set[str]] = defaultdict(set)
    for route in used:
        for stop in route.stops:
            building = visits[stop.visit_id].building
            if building is not None and stop.role == "lead":
                comers[building].add(route.server_id)
    return sum(len(who) - 1 for who in comers.values())


def _strange(route: Route, servers: Mapping[str, Server], visits: Mapping[str, Visit]) -> int:
    """Visits led in areas the server does not know; who names no area knows all."""
    known = servers[route.server_id].areas
    if not known:
        return 0
    areas = (visits[stop.visit_id].area for stop in route.stops if stop.role == "lead")
    return sum(1 for area in areas if area and area not in known)


def changes(problem: Problem, plan: Plan, published: Plan) -> Changes:
    """Visits led by another server than published (who is still there), and, of those led by the same one, visits
    that follow another led visit than published. Published visits no longer in the problem are left out of account.
    """
    asked = {visit.id for visit in problem.visits}
    there = {server.id for server in problem.servers}
    was: dict[str, tuple[str, str | None]] = {}
    for route in published.routes:
        before = None
        for visit_id in _led(route):
            if visit_id in asked:
                was[visit_id] = (route.server_id, before)
                before = visit_id
    moved = reordered = 0
    for route in plan.routes:
        before = None
        for visit_id in _led(route):
            home, after = was.get(visit_id, (None, None))
            moved += home in there and home != route.server_id
            reordered += home == route.server_id and after != before
            before = visit_id
    return Changes(moved, reordered)


def _led(route: Route) -> list[str]:
    return [stop.visit_id for stop in route.stops if stop.role == "lead"]


def possible_without_published(stated: int, known: int, problem: Problem, plan: Plan) -> bool:
    """Whether a stated objective can be `known` plus some disruption and reordering against a plan not at hand."""
    led = sum(len(_led(route)) for route in plan.routes)
    moved_price, reorder_price = problem.weights.disruption, problem.weights.reorder
    rest = stated - known
    if rest == 0 or rest < 0:
        return rest == 0
    # A visit is moved or reordered, not both.
    for moved in range(led + 1 if moved_price else 1):
        over = rest - moved * moved_price
        if over == 0:
            return True
        if over > 0 and reorder_price and over % reorder_price == 0 and over // reorder_price <= led - moved:
            return True
    return False
