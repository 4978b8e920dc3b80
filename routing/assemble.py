"""From orders to a Plan: exact times, breaks placed where people would take them, totals."""

from collections.abc import Sequence

from .instance import Instance, Order
from .objective import objective
from .plan import Plan, PlannedStop, Reason, Role, Route, Unplanned
from .timeline import Breaks, RouteTimes, time_all, travel_with_breaks


def place_breaks(leave_s: int, travel_s: int, start_s: int, pauses: Breaks) -> tuple[int, list[tuple[int, int]]]:
    """Arrival and break times of one leg that must end by `start_s`: after arriving if that works, else on the way."""
    arrive_first = leave_s + travel_s
    taken: list[tuple[int, int]] = []
    now = arrive_first
    for opens, closes, length in pauses:
        begin = max(now, opens)
        now = begin + length
        if now > min(closes, start_s):
            break
        taken.append((begin, now))
    else:
        return arrive_first, taken
    taken, now = [], leave_s
    for opens, _, length in pauses:
        begin = max(now, opens)
        now = begin + length
        taken.append((begin, now))
    return int(travel_with_breaks(leave_s, travel_s, pauses)), taken


def make_route(instance: Instance, server: int, order: Order, times: RouteTimes) -> Route:
    """A route with times, from a timed order."""
    opens = instance.shift[server][0]
    if not order:
        return Route(instance.servers[server].id, (), (), opens, opens, 0, 0)
    pauses = instance.breaks[server]
    first_leg = int(instance.seconds[server][instance.start_point[server], instance.point_of[order[0]]])
    depart = opens if times.breaks_before[0] else max(opens, times.starts[0] - first_leg)
    now, here, done = depart, instance.start_point[server], 0
    stops: list[PlannedStop] = []
    breaks: list[tuple[int, int]] = []
    for node, start, before in zip(order, times.starts, times.breaks_before, strict=True):
        there = int(instance.point_of[node])
        travel_s = int(instance.seconds[server][here, there])
        arrive, taken = place_breaks(now, travel_s, start, pauses[done:before])
        breaks += taken
        now = start + int(instance.service[node])
        visit = instance.visits[instance.visit_of(node)]
        role: Role = "second" if node >= instance.n else "lead"
        metres = int(instance.metres[server][here, there])
        stops.append(PlannedStop(visit.id, arrive, start, now, travel_s, metres, role))
        here, done = there, before
    end = instance.end_point[server]
    home_s = int(instance.seconds[server][here, end]) if end >= 0 else 0
    home_m = int(instance.metres[server][here, end]) if end >= 0 else 0
    _, taken = place_breaks(now, home_s, times.back_s, pauses[done : times.breaks_by_back])
    breaks += taken + place_breaks(times.back_s, 0, 10**6, pauses[times.breaks_by_back :])[1]
    return Route(
        instance.servers[server].id,
        tuple(stops),
        tuple(breaks),
        depart,
        times.back_s,
        sum(stop.travel_m for stop in stops) + home_m,
        sum(stop.travel_s for stop in stops) + home_s,
    )


def make_plan(
    instance: Instance,
    orders: Sequence[Order],
    *,
    engine: str,
    seed: int,
    elapsed_s: float,
    reasons: dict[str, tuple[Reason, ...]] | None = None,
    times: Sequence[RouteTimes] | None = None,
) -> Plan:
    """A plan from orders that hold (`times` if they are known). Raises ValueError if they do not."""
    times = time_all(instance, orders) if times is None else times
    if times is None:
        raise ValueError("orders are not feasible")
    routes = tuple(make_route(instance, k, order, times[k]) for k, order in enumerate(orders))
    planned = {stop.visit_id for route in routes for stop in route.stops}
    left = [visit.id for visit in instance.visits if visit.id not in planned]
    return Plan(
        routes=routes,
        unplanned=tuple(Unplanned(visit_id, (reasons or {}).get(visit_id, ())) for visit_id in left),
        objective=objective(instance, orders, times),
        distance_m=sum(route.distance_m for route in routes),
        travel_s=sum(route.travel_s for route in routes),
        engine=engine,
        seed=seed,
        elapsed_s=elapsed_s,
    )


def orders_of(instance: Instance, plan: Plan) -> list[Order]:
    """The orders of a plan, as far as its servers and visits are still part of the problem."""
    orders: list[Order] = [[] for _ in instance.servers]
    for route in plan.routes:
        server = instance.server_index.get(route.server_id)
        if server is None:
            continue
        for stop in route.stops:
            visit = instance.visit_index.get(stop.visit_id)
            if visit is not None:
                orders[server].append(visit + instance.n if stop.role == "second" else visit)
    return orders
