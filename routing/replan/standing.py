"""What of the published routes still holds in the changed day: as much value as can keep its place and sequence."""

from collections.abc import Sequence

from routing.instance import Instance, Order
from routing.timeline import RouteTimes, crew_places, time_all, time_route


def standing_orders(instance: Instance, orders: Sequence[Order]) -> tuple[list[Order], list[RouteTimes]]:
    """Feasible orders made of the given ones without adding or re-ordering (visits under way go first); their times.

    A route that no longer holds keeps its dearest visits: they are taken over one by one, mandatory ones first, where
    they stood. Routes the change does not touch come back as they are.
    """
    kept = _whole_crews(instance, [_permitted(instance, k, order) for k, order in enumerate(orders)])
    times = time_all(instance, kept)
    if times is not None:
        return kept, times
    meetings: dict[int, int] = {}
    singles = [[node for node in order if _single(instance, node)] for order in kept]
    built = [_dearest(instance, k, order, meetings) for k, order in enumerate(singles)]
    times = time_all(instance, built)
    if times is None:
        raise ValueError("routes that hold one by one do not hold together")
    # Crews couple routes: they come last, dear ones first, each only if the whole day holds with it.
    crews = sorted(crew_places(instance, kept), key=lambda visit: -instance.penalty[visit])
    for visit in crews:
        trial = [
            [node for node in order if node in own or instance.visit_of(node) == visit]
            for order, own in zip(kept, map(set, built), strict=True)
        ]
        timed = time_all(instance, trial)
        if timed is not None:
            built, times = trial, timed
    return built, times


def _single(instance: Instance, node: int) -> bool:
    return instance.visits[instance.visit_of(node)].crew == 1


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


def _dearest(instance: Instance, server: int, order: Order, meetings: dict[int, int]) -> Order:
    """The part of the order that can be kept, by value; an order that holds comes back whole."""
    if time_route(instance, server, order, meetings) is not None:
        return order
    place = {node: position for position, node in enumerate(order)}
    kept: Order = []
    for node in sorted(order, key=lambda one: (instance.rank[one], -instance.penalty[instance.visit_of(one)])):
        trial = sorted([*kept, node], key=lambda one: place[one])
        if time_route(instance, server, trial, meetings) is not None:
            kept = trial
    return kept
