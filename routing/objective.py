"""The objective of a set of orders, in one place: every engine is judged by this sum and no other."""

from collections import Counter
from collections.abc import Sequence

from .instance import Instance, Order
from .timeline import RouteTimes, legs_of


def planned_visits(instance: Instance, orders: Sequence[Order]) -> set[int]:
    """Visits (not nodes) that some route makes."""
    return {instance.visit_of(node) for order in orders for node in order}


def objective(instance: Instance, orders: Sequence[Order], times: Sequence[RouteTimes]) -> int:
    """Objective seconds of timed orders: see `Weights` for the parts."""
    total = sum(route_price(instance, server, order, times[server].back_s) for server, order in enumerate(orders))
    return total + day_price(instance, orders)


def route_price(instance: Instance, server: int, order: Order, back_s: float) -> int:
    """The part of the objective one route decides: travel, overtime, fairness, disruption, areas, attendance."""
    weights = instance.problem.weights
    overtime_s = max(0, int(back_s) - instance.shift[server][1]) if order else 0
    total = weights.travel_s * sum(legs_of(instance, server, order)) + weights.overtime_s * overtime_s
    total += weights.fairness * max(0, len(order) - instance.fair_share[server])
    total += instance.fixed_cost[server] if order else 0
    total += sum(instance.extra[node][server] for node in order)
    return total + (weights.reorder * reordered(instance, server, order) if weights.reorder else 0)


def day_price(instance: Instance, orders: Sequence[Order]) -> int:
    """The part of the objective only the whole day decides: visits left out, split buildings."""
    weights = instance.problem.weights
    planned = planned_visits(instance, orders)
    total = sum(instance.penalty[visit] for visit in range(instance.n) if visit not in planned)
    return total + weights.split_building * split_buildings(instance, orders)


def moved(instance: Instance, node: int, server: int) -> bool:
    """Whether the node's leading visit sits with another server than in the plan disruption is measured against."""
    return node < instance.n and instance.home[node] not in (-1, server)


def reordered(instance: Instance, server: int, order: Order) -> int:
    """How many of the server's published visits still led here follow another visit than published."""
    count, last = 0, -1
    for node in order:
        if node >= instance.n:
            continue
        if instance.home[node] == server and instance.before[node] != last:
            count += 1
        last = node
    return count


def split_buildings(instance: Instance, orders: Sequence[Order]) -> int:
    """How many servers come to a building that another server visits already, summed over buildings."""
    comers: Counter[str] = Counter()
    for order in orders:
        here = {instance.visits[node].building for node in order if node < instance.n}
        comers.update(building for building in here if building is not None)
    return sum(count - 1 for count in comers.values())
