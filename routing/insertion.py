"""Changes by hand: put a visit with a server, take it out, and what either costs. Nobody else is re-ordered.

All times are exact: every route the change touches, and every route that meets one of these for a crew, is timed
again. A change that cannot hold is refused with its reasons and with what it would break if it were forced.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from .assemble import orders_of
from .construct import Builder
from .explain import reasons_for
from .handwork import Desk, forced, held, settled
from .instance import Instance, Order, compile_problem
from .plan import Plan, Reason, Refusal
from .problem import Problem, ProblemError
from .retiming import retime
from .slots import ENDLESS
from .timeline import legs_of, retime_changed, time_all, time_route

# How many of the cheapest pairs of places of a crew are timed exactly.
_PAIRS_TRIED = 40

__all__ = ["insert", "rearrange", "remove", "retime", "swap"]


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
        return Refusal(visit_id, server_id, (Reason("plan.broken"),))
    desk = Desk(instance, plan, orders, times)
    seconds = [k for k, order in enumerate(orders) if visit + instance.n in order]
    bare = [[node for node in order if instance.visit_of(node) != visit] for order in orders]
    rule = _rule_against(instance, bare, visit, server)
    if rule is None and position is not None and not 0 <= position <= len(bare[server]):
        rule = Reason("position.invalid", {"position": position})
    if rule is None:
        found = _best(desk, bare, visit, server, position, seconds)
        if found is not None:
            made = settled(desk, found)
            if made is not None:
                return made
    reasons = (rule,) if rule is not None else _why(instance, bare, visit, server, position)
    price = forced(desk, _put_by_force(desk, bare, visit, server, position, seconds))
    return Refusal(visit_id, server_id, reasons, price)


def _put_by_force(
    desk: Desk, bare: Sequence[Order], visit: int, server: int, position: int | None, seconds: Sequence[int]
) -> list[Order]:
    """The orders with the visit at the position (or where it adds least travel) whatever that breaks; a second server
    who is another stays."""
    instance, order = desk.instance, bare[server]
    if position is None:
        gaps = range(held(instance, order), len(order) + 1)
        spot = min(gaps, key=lambda gap: sum(legs_of(instance, server, [*order[:gap], visit, *order[gap:]])))
    else:
        spot = min(max(position, 0), len(order))
    orders = [list(one) for one in bare]
    orders[server] = [*order[:spot], visit, *order[spot:]]
    for other in seconds:
        if other != server:
            second = visit + instance.n
            at = min(desk.orders[other].index(second), len(orders[other]))
            orders[other] = [*orders[other][:at], second, *orders[other][at:]]
    return orders


def rearrange(problem: Problem, plan: Plan, routes: Mapping[str, Sequence[str]]) -> Plan | Refusal:
    """The plan with these servers' visits in this order, others as they are; what no route holds is left out.

    A visit named for a server keeps its role there; one that is new there is led by that server, unless somebody
    already leads it (then it is seconded). Refused, with the price, if the day would not hold. Raises ProblemError for
    unknown servers and visits.
    """
    instance = compile_problem(problem)
    old = orders_of(instance, plan)
    for server_id in routes:
        if server_id not in instance.server_index:
            raise ProblemError("server.unknown", "送达员不在今日计划范围内", server_id)
    given = {instance.server_index[server_id]: visit_ids for server_id, visit_ids in routes.items()}
    orders = [[] if k in given else list(order) for k, order in enumerate(old)]
    led = {node for order in orders for node in order if node < instance.n}
    for k, visit_ids in given.items():
        for visit_id in visit_ids:
            visit = instance.visit_index.get(visit_id)
            if visit is None:
                raise ProblemError("visit.unknown", "任务不在今日计划范围内", visit_id)
            if instance.visit_of(visit) in {instance.visit_of(node) for node in orders[k]}:
                raise ProblemError("visit.twice", "同一任务在一条路线中出现两次", visit_id)
            second = visit + instance.n
            follows = second in old[k] or (visit not in old[k] and visit in led)
            led |= set() if follows else {visit}
            orders[k].append(second if follows else visit)
    return _changed(instance, plan, old, orders, next(iter(routes), ""), "position.infeasible")


def swap(problem: Problem, plan: Plan, one_id: str, other_id: str) -> Plan | Refusal:
    """The plan with the routes of two servers exchanged (what is under way stays), or why not and at what price.

    Raises ProblemError for unknown servers.
    """
    instance = compile_problem(problem)
    for server_id in (one_id, other_id):
        if server_id not in instance.server_index:
            raise ProblemError("server.unknown", "送达员不在今日计划范围内", server_id)
    if one_id == other_id:
        return Refusal("", one_id, (Reason("swap.same"),))
    old = orders_of(instance, plan)
    one, other = instance.server_index[one_id], instance.server_index[other_id]
    orders = [list(order) for order in old]
    kept, also = held(instance, old[one]), held(instance, old[other])
    orders[one] = [*old[one][:kept], *old[other][also:]]
    orders[other] = [*old[other][:also], *old[one][kept:]]
    return _changed(instance, plan, old, orders, one_id, "swap.infeasible")


def _changed(
    instance: Instance, plan: Plan, old: list[Order], orders: list[Order], server_id: str, code: str
) -> Plan | Refusal:
    """The plan with other orders, if they keep every rule."""
    times = time_all(instance, old)
    if times is None:
        return Refusal("", server_id, (Reason("plan.broken"),))
    desk = Desk(instance, plan, old, times)
    price = forced(desk, orders)
    made = None if price.broken else settled(desk, orders)
    return Refusal("", server_id, (Reason(code),), price) if made is None else made


def remove(problem: Problem, plan: Plan, visit_id: str) -> Plan:
    """The plan without the visit (both servers of a crew). Raises ProblemError if it is not planned."""
    instance = compile_problem(problem)
    visit = instance.visit_index.get(visit_id)
    if visit is None or not plan.servers_of(visit_id):
        raise ProblemError("visit.not_planned", "该任务不在当前计划中", visit_id)
    orders = orders_of(instance, plan)
    times = time_all(instance, orders)
    if times is None:
        raise ProblemError("plan.broken", "当前计划本身不可行，请重新规划", visit_id)
    bare = [[node for node in order if instance.visit_of(node) != visit] for order in orders]
    made = settled(Desk(instance, plan, orders, times), bare, removed=visit_id)
    if made is None:
        raise ProblemError("plan.broken", "当前计划本身不可行，请重新规划", visit_id)
    return made


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
    desk: Desk, bare: list[Order], visit: int, server: int, position: int | None, seconds: list[int]
) -> list[Order] | None:
    """The orders with the least extra travel that hold. A crew's second server who is there keeps the place."""
    instance = desk.instance
    spots = range(len(bare[server]) + 1) if position is None else [position]
    leads = _places(instance, bare, visit, {server: spots})
    if instance.visits[visit].crew == 1:
        return _first_that_holds(desk, bare, [(lead,) for lead in leads])
    second = visit + instance.n
    for other in seconds:
        if other == server or frozenset((server, other)) in instance.apart:
            continue
        kept = _places(instance, bare, second, {other: [desk.orders[other].index(second)]})
        found = _first_that_holds(desk, bare, list(product(leads, kept)))
        if found is not None:
            return found
    return _first_that_holds(desk, bare, _meetings(instance, bare, visit, server, spots))


def _meetings(
    instance: Instance, bare: list[Order], visit: int, server: int, spots: Iterable[int]
) -> list[tuple[_Place, ...]]:
    """The cheapest pairs of places of a crew led by the server whose times meet, other crews kept to theirs."""
    builder = Builder(instance, bare)
    one, second = np.array([visit]), visit + instance.n
    led = builder.fits(server, one)
    pairs: list[tuple[float, int, int, int]] = []
    for other in sorted(instance.allowed[second] - {server}):
        if not builder.room(other) or frozenset((server, other)) in instance.apart:
            continue
        fit = builder.fits(other, one)
        for spot in spots:
            meets = np.maximum(led.earliest[0, spot], fit.earliest[0]) <= np.minimum(led.latest[0, spot], fit.latest[0])
            extra = led.extra[0, spot] + fit.extra[0]
            pairs += [(float(extra[gap]), spot, other, int(gap)) for gap in np.flatnonzero(meets & (extra < ENDLESS))]
    return [
        (
            _Place(int(extra), server, [*bare[server][:spot], visit, *bare[server][spot:]]),
            _Place(0, other, [*bare[other][:gap], second, *bare[other][gap:]]),
        )
        for extra, spot, other, gap in sorted(pairs)[:_PAIRS_TRIED]
    ]


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


def _first_that_holds(desk: Desk, bare: list[Order], choices: Sequence[tuple[_Place, ...]]) -> list[Order] | None:
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
