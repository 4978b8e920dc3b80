"""Changes by hand: put a visit with a server, take it out, and what either costs. Nobody else is re-ordered.

All times are exact: every route the change touches, and every route that meets one of these for a crew, is timed
again. A change that cannot hold is refused with its reasons and with what it would break if it were forced.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from .assemble import make_plan, orders_of
from .construct import Builder
from .explain import reasons_for
from .instance import Instance, Order, compile_problem
from .plan import Plan, Price, Reason, Refusal
from .problem import Problem, ProblemError
from .retiming import retime
from .timeline import RouteTimes, legs_of, retime_changed, time_all, time_route

__all__ = ["insert", "remove", "retime"]


@dataclass(slots=True)
class _Desk:
    """A plan opened for changes: its orders and exact times."""

    instance: Instance
    orders: list[Order]
    times: list[RouteTimes]


@dataclass(frozen=True, slots=True)
class _Place:
    """A route with one node put in, and the travel seconds that adds."""

    extra_s: int
    server: int
    order: Order


def insert(problem: Problem, plan: Plan, visit_id: str, server_id: str, position: int | None = None) -> Plan | Refusal:
    """The plan with the visit led by `server_id` before position `position` (0 = first door; None = cheapest).

    A visit that is already planned moves; a crew visit keeps its second server if it can, else gets the cheapest.
    The answer carries the `price` against the given plan. Refused if the day would not hold.
    """
    instance = compile_problem(problem)
    if visit_id not in instance.visit_index:
        return Refusal(visit_id, server_id, (Reason("visit.unknown"),))
    if server_id not in instance.server_index:
        return Refusal(visit_id, server_id, (Reason("server.unknown"),))
    visit, server = instance.visit_index[visit_id], instance.server_index[server_id]
    orders = orders_of(instance, plan)
    times = time_all(instance, orders)
    if times is None:
        return _refused(instance, plan, orders, visit, server, position, (Reason("plan.broken"),))
    seconds = [k for k, order in enumerate(orders) if visit + instance.n in order]
    bare = [[node for node in order if instance.visit_of(node) != visit] for order in orders]
    rule = _rule_against(instance, bare, visit, server)
    if rule is None and position is not None and not 0 <= position <= len(bare[server]):
        rule = Reason("position.invalid", {"position": position})
    if rule is not None:
        return _refused(instance, plan, bare, visit, server, position, (rule,))
    desk = _Desk(instance, orders, times)
    found = _best(desk, bare, visit, server, position, seconds)
    if found is None:
        reasons = _why(instance, bare, visit, server, position)
        return _refused(instance, plan, bare, visit, server, position, reasons)
    return _priced(instance, plan, found, None)


def remove(problem: Problem, plan: Plan, visit_id: str) -> Plan:
    """The plan without the visit (both servers of a crew). Raises ProblemError if it is not planned."""
    instance = compile_problem(problem)
    visit = instance.visit_index.get(visit_id)
    if visit is None or not plan.servers_of(visit_id):
        raise ProblemError("visit.not_planned", "该任务不在当前计划中", visit_id)
    orders = [[node for node in order if instance.visit_of(node) != visit] for order in orders_of(instance, plan)]
    if time_all(instance, orders) is None:
        raise ProblemError("plan.broken", "当前计划本身不可行，请重新规划", visit_id)
    return _priced(instance, plan, orders, visit_id)


def _rule_against(instance: Instance, bare: Sequence[Order], visit: int, server: int) -> Reason | None:
    """A rule that forbids this server whatever the times."""
    wanted, who = instance.visits[visit], instance.servers[server]
    if wanted.locked_server not in (None, who.id):
        return Reason("lock.other", {"locked": wanted.locked_server})
    if not wanted.skills <= who.skills:
        return Reason("skill.missing", {"skills": sorted(wanted.skills - who.skills)})
    if who.id in wanted.forbidden_servers:
        return Reason("server.forbidden")
    if wanted.crew == 2 and not who.crew_ok:
        return Reason("crew.not_allowed")
    if server not in instance.allowed[visit]:
        return Reason("crew.too_few", {"able": sum(one.crew_ok for one in instance.servers)})
    if who.max_visits is not None and len(bare[server]) >= who.max_visits:
        return Reason("server.max_visits", {"count": 1, "eligible": 1, "max": who.max_visits})
    return None


def _best(
    desk: _Desk, bare: list[Order], visit: int, server: int, position: int | None, seconds: list[int]
) -> list[Order] | None:
    """The orders with the least extra travel that hold. A crew's second server who is there keeps the place."""
    instance = desk.instance
    spots = range(len(bare[server]) + 1) if position is None else [position]
    leads = _places(instance, bare, visit, {server: spots})
    if instance.visits[visit].crew == 1:
        return _first_that_holds(desk, bare, [(lead,) for lead in leads])
    second = visit + instance.n
    for other in (other for other in seconds if other != server):
        kept = _places(instance, bare, second, {other: [desk.orders[other].index(second)]})
        found = _first_that_holds(desk, bare, list(product(leads, kept)))
        if found is not None:
            return found
    others = {
        other: range(len(bare[other]) + 1)
        for other in sorted(instance.allowed[second] - {server})
        if _has_room(instance, bare, other)
    }
    return _first_that_holds(desk, bare, list(product(leads, _places(instance, bare, second, others))))


def _has_room(instance: Instance, bare: Sequence[Order], server: int) -> bool:
    most = instance.servers[server].max_visits
    return most is None or len(bare[server]) < most


def _places(instance: Instance, bare: Sequence[Order], node: int, spots: Mapping[int, Iterable[int]]) -> list[_Place]:
    """Places for a node in routes that hold on their own with it (a crew's meeting time not yet considered)."""
    made = []
    for server, own in spots.items():
        before_s = sum(legs_of(instance, server, bare[server]))
        for spot in own:
            order = [*bare[server][:spot], node, *bare[server][spot:]]
            if time_route(instance, server, order) is not None:
                made.append(_Place(sum(legs_of(instance, server, order)) - before_s, server, order))
    return made


def _first_that_holds(desk: _Desk, bare: list[Order], choices: Sequence[tuple[_Place, ...]]) -> list[Order] | None:
    """Of the choices, least extra travel first, the first with which all touched routes hold exactly."""
    for choice in sorted(choices, key=lambda places: sum(place.extra_s for place in places)):
        orders = list(bare)
        for place in choice:
            orders[place.server] = place.order
        changed = {k for k, order in enumerate(desk.orders) if order != orders[k]}
        if retime_changed(desk.instance, orders, desk.times, changed) is not None:
            return orders
    return None


def _why(instance: Instance, bare: list[Order], visit: int, server: int, position: int | None) -> tuple[Reason, ...]:
    """Reasons for a refusal on grounds of time, as `explain` would give them for this server alone."""
    if position is not None:
        return (Reason("position.infeasible", {"position": position}),)
    instance.allowed[visit] = frozenset({server})
    return reasons_for(Builder(instance, bare), visit)


def _refused(
    instance: Instance,
    plan: Plan,
    bare: list[Order],
    visit: int,
    server: int,
    position: int | None,
    reasons: tuple[Reason, ...],
) -> Refusal:
    """A refusal that also says what forcing the visit into this place would cost and break."""
    visit_id, server_id = instance.visits[visit].id, instance.servers[server].id
    own = [node for node in bare[server] if instance.visit_of(node) != visit]
    ids = [instance.visits[instance.visit_of(node)].id for node in own]
    seconds = {instance.visits[node - instance.n].id for node in own if node >= instance.n}
    spot = len(ids) if position is None else min(max(position, 0), len(ids))
    forced = retime(instance.problem, server_id, [*ids[:spot], visit_id, *ids[spot:]], second_in=seconds)
    before = plan.route_of(server_id)
    travel_s = before.travel_s if before else 0
    distance_m = before.distance_m if before else 0
    price = Price(
        round((forced.route.travel_s - travel_s) / 60, 1),
        round((forced.route.distance_m - distance_m) / 1000, 2),
        forced.violations,
    )
    return Refusal(visit_id, server_id, reasons, price)


def _priced(instance: Instance, plan: Plan, orders: list[Order], removed: str | None) -> Plan:
    """The new plan with its price against the old one."""
    reasons = {item.visit_id: item.reasons for item in plan.unplanned}
    if removed is not None:
        reasons[removed] = (Reason("removed.by_hand"),)
    made = make_plan(instance, orders, engine="hand", seed=plan.seed, elapsed_s=0.0, reasons=reasons)
    old = {(route.server_id, stop.visit_id): stop.start_s for route in plan.routes for stop in route.stops}
    shifted = tuple(
        (stop.visit_id, stop.start_s - old[route.server_id, stop.visit_id])
        for route in made.routes
        for stop in route.stops
        if old.get((route.server_id, stop.visit_id), stop.start_s) != stop.start_s
    )
    price = Price(
        round((made.travel_s - plan.travel_s) / 60, 1),
        round((made.distance_m - plan.distance_m) / 1000, 2),
        (),
        shifted,
    )
    return replace(made, price=price)
