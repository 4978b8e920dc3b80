"""What a change by hand makes of a plan, and its price: exactly if the day holds, else with all it would break."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .assemble import make_plan, make_route
from .instance import UNDER_WAY, Instance, Order
from .objective import objective
from .plan import Plan, Price, Reason, Route
from .retiming import broken_times, crew_rules, loosely, missed_meetings, route_rules
from .timeline import RouteTimes, crew_places, legs_of, metres_of, retime_changed


@dataclass(slots=True)
class Desk:
    """A plan opened for changes: its orders and exact times."""

    instance: Instance
    plan: Plan
    orders: list[Order]
    times: list[RouteTimes]

    def value(self) -> int:
        """The objective of the plan as it is, under this instance."""
        return objective(self.instance, self.orders, self.times)


def held(instance: Instance, order: Order) -> int:
    """How many visits under way an order begins with."""
    return sum(1 for node in order if instance.rank[node] == UNDER_WAY)


def settled(desk: Desk, orders: list[Order], *, removed: str | None = None) -> Plan | None:
    """The plan of other orders with its price against the one on the desk; None if it does not hold."""
    instance, plan = desk.instance, desk.plan
    changed = {k for k, order in enumerate(orders) if order != desk.orders[k]}
    times = retime_changed(instance, orders, desk.times, changed)
    if times is None:
        return None
    reasons = {item.visit_id: item.reasons for item in plan.unplanned}
    planned = {instance.visit_of(node) for order in orders for node in order}
    for visit in {instance.visit_of(node) for order in desk.orders for node in order} - planned:
        reasons[instance.visits[visit].id] = (Reason("removed.by_hand"),)
    if removed is not None:
        reasons[removed] = (Reason("removed.by_hand"),)
    made = make_plan(instance, orders, engine="hand", seed=plan.seed, elapsed_s=0.0, reasons=reasons, times=times)
    return replace(made, price=_price(desk, made.routes, made.objective))


def forced(desk: Desk, orders: Sequence[Order]) -> Price:
    """The price of other orders whatever they break; `broken` is empty if the day holds."""
    instance = desk.instance
    changed = {k for k, order in enumerate(orders) if order != desk.orders[k]}
    touched = sorted(_meeting(instance, orders, changed))
    known: list[RouteTimes | None] = [None if k in touched else times for k, times in enumerate(desk.times)]
    loose = loosely(instance, orders, known, touched)
    rules = [violation for k in sorted(changed) for violation in route_rules(instance, k, orders[k])]
    visits = {instance.visit_of(node) for k in changed for node in (*orders[k], *desk.orders[k])}
    late = [*broken_times(instance, loose, orders, touched), *missed_meetings(instance, loose, orders)]
    routes = [make_route(loose.instance, k, orders[k], loose.times[k]) for k in range(len(orders))]
    value = objective(instance, orders, loose.times)
    return replace(_price(desk, routes, value), broken=(*rules, *crew_rules(instance, orders, visits), *late))


def _meeting(instance: Instance, orders: Sequence[Order], changed: set[int]) -> set[int]:
    """The changed routes and all that meet one of them for a crew, directly or through others."""
    touched, pairs = set(changed), [{k for k, _ in places} for places in crew_places(instance, orders).values()]
    grown = True
    while grown:
        more = {k for pair in pairs if pair & touched for k in pair} - touched
        touched |= more
        grown = bool(more)
    return touched


def _price(desk: Desk, routes: Sequence[Route], value: int) -> Price:
    """Differences against the plan on the desk."""
    instance = desk.instance
    old = {
        (instance.servers[k].id, instance.visits[instance.visit_of(node)].id): start
        for k, order in enumerate(desk.orders)
        for node, start in zip(order, desk.times[k].starts, strict=True)
    }
    metres = sum(metres_of(instance, k, order) for k, order in enumerate(desk.orders))
    travel_s = sum(sum(legs_of(instance, k, order)) for k, order in enumerate(desk.orders))
    shifted = tuple(
        (stop.visit_id, stop.start_s - old[route.server_id, stop.visit_id])
        for route in routes
        for stop in route.stops
        if old.get((route.server_id, stop.visit_id), stop.start_s) != stop.start_s
    )
    return Price(
        round((sum(route.travel_s for route in routes) - travel_s) / 60, 1),
        round((sum(route.distance_m for route in routes) - metres) / 1000, 2),
        (),
        shifted,
        value - desk.value(),
    )
