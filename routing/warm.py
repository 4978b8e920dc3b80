"""Turning yesterday's orders into feasible ones: what no longer holds is dropped, the rest keeps its sequence."""

from collections.abc import Sequence

from .instance import Instance, Order
from .timeline import time_all, time_route


def repair_orders(instance: Instance, orders: Sequence[Order]) -> list[Order]:
    """Feasible orders that keep as much of the given ones as a single pass can; feasible input comes back as it is."""
    kept = _complete_crews(instance, _permitted(instance, orders))
    if time_all(instance, kept) is not None:
        return kept
    return _rebuilt(instance, kept)


def _permitted(instance: Instance, orders: Sequence[Order]) -> list[Order]:
    """Without repeated nodes, servers who may not come, and visits past a server's maximum; pinned visits first."""
    seen: set[int] = set()
    kept: list[Order] = []
    for server, order in enumerate(orders):
        own: Order = []
        for node in order:
            if node not in seen and server in instance.allowed[node]:
                seen.add(node)
                own.append(node)
        own.sort(key=lambda node: instance.rank[node])
        most = instance.servers[server].max_visits
        kept.append(own if most is None else own[:most])
    return kept


def _complete_crews(instance: Instance, orders: list[Order]) -> list[Order]:
    """Without halves of crews."""
    here = {node: server for server, order in enumerate(orders) for node in order}

    def whole(node: int) -> bool:
        nodes = instance.nodes_of(instance.visit_of(node))
        if not all(one in here for one in nodes):
            return False
        comers = frozenset(here[one] for one in nodes)
        return len(comers) == len(nodes) and comers not in instance.apart

    return [[node for node in order if whole(node)] for order in orders]


def _rebuilt(instance: Instance, orders: list[Order]) -> list[Order]:
    """Take visits over one by one, in their order, skipping those after which the day would not hold."""
    built: list[Order] = [[] for _ in orders]
    position_of = {
        node: (server, position) for server, order in enumerate(orders) for position, node in enumerate(order)
    }
    crews = sorted(
        (node for node in position_of if node < instance.n and instance.visits[node].crew == 2),
        key=lambda node: position_of[node][1],
    )
    singles = [node for order in orders for node in order if instance.visits[instance.visit_of(node)].crew == 1]
    pinned_first = sorted(singles, key=lambda node: instance.rank[node])
    for visit in [*pinned_first, *crews]:
        trial = list(built)
        for node in instance.nodes_of(visit):
            server = position_of[node][0]
            trial[server] = sorted([*trial[server], node], key=lambda one: position_of[one][1])
        if _holds(instance, trial, [position_of[node][0] for node in instance.nodes_of(visit)]):
            built = trial
    return built


def _holds(instance: Instance, orders: list[Order], touched: list[int]) -> bool:
    if len(touched) == 1 and not any(instance.visits[instance.visit_of(node)].crew == 2 for node in orders[touched[0]]):
        return time_route(instance, touched[0], orders[touched[0]]) is not None
    return time_all(instance, orders) is not None
