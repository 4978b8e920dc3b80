"""What of the published routes still holds in the changed day: as much value as can keep its place and sequence."""

from collections.abc import Sequence

from routing.instance import Instance, Order
from routing.timeline import RouteTimes, crew_places, retime_changed, time_all, time_route


def standing_orders(instance: Instance, orders: Sequence[Order]) -> tuple[list[Order], list[RouteTimes]]:
    """Feasible orders made of the given ones without adding or re-ordering (visits under way go first); their times.

    A route that no longer holds keeps its dearest visits: they are taken over one by one, mandatory ones first, where
    they stood. Routes the change does not touch come back as they are.
    """
    kept = _whole_crews(instance, [_permitted(instance, k, order) for k, order in enumerate(orders)])
    times = time_all(instance, kept)
    if times is not None:
        return kept, times
    kept = _whole_crews(instance, [_dearest(instance, k, order) for k, order in enumerate(kept)])
    times = time_all(instance, kept)
    return (kept, times) if times is not None else _one_by_one(instance, kept)


def _one_by_one(instance: Instance, orders: list[Order]) -> tuple[list[Order], list[RouteTimes]]:
    """Routes that hold alone but whose crews cannot all meet: what is under way, then the dearest visits first."""
    crews = crew_places(instance, orders)
    coupled = {server for places in crews.values() for server, _ in places}
    built = [[] if k in coupled else list(order) for k, order in enumerate(orders)]
    times = time_all(instance, built)
    if times is None:
        raise ValueError("routes that hold one by one do not hold together")
    place = [{node: position for position, node in enumerate(order)} for order in orders]
    waiting = {instance.visit_of(node) for k in coupled for node in orders[k]}
    for visit in sorted(waiting, key=lambda one: (_urgency(instance, one), one)):
        touched = {k for k in coupled for node in instance.nodes_of(visit) if node in place[k]}
        trial = [
            sorted([*order, *(node for node in instance.nodes_of(visit) if node in place[k])], key=place[k].__getitem__)
            if k in touched
            else order
            for k, order in enumerate(built)
        ]
        timed = retime_changed(instance, trial, times, touched)
        if timed is not None:
            built, times = trial, timed
    return built, times


def _urgency(instance: Instance, visit: int) -> tuple[bool, int]:
    """Under way first, then by value."""
    return not instance.visits[visit].pinned, -instance.penalty[visit]


def _permitted(instance: Instance, server: int, order: Order) -> Order:
    """Without visits this server may not make any more and those past its maximum; fixed places first."""
    own = sorted(
        (node for node in order if server in instance.allowed[node]),
        key=lambda node: instance.rank[node],
    )
    most = instance.servers[server].max_visits
    if most is None or len(own) <= most:
        return own
    dear = set(sorted(own, key=lambda node: -instance.penalty[instance.visit_of(node)])[:most])
    return [node for node in own if node in dear]


def _whole_crews(instance: Instance, orders: list[Order]) -> list[Order]:
    """Without halves of crews, and without seconds of visits that need none."""
    here = {node: server for server, order in enumerate(orders) for node in order}

    def whole(node: int) -> bool:
        nodes = instance.nodes_of(instance.visit_of(node))
        comers = frozenset(here[one] for one in nodes if one in here)
        return node in nodes and len(comers) == len(nodes) and comers not in instance.apart

    return [[node for node in order if whole(node)] for order in orders]


def _dearest(instance: Instance, server: int, order: Order) -> Order:
    """The part of the order that can be kept, by value; an order that holds comes back whole."""
    if time_route(instance, server, order) is not None:
        return order
    place = {node: position for position, node in enumerate(order)}
    kept: Order = []
    for node in sorted(order, key=lambda one: _urgency(instance, instance.visit_of(one))):
        trial = sorted([*kept, node], key=place.__getitem__)
        if time_route(instance, server, trial) is not None:
            kept = trial
    return kept
