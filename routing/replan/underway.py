"""What is under way is finished, whatever the rules of the day say: the rules give way and not the visit."""

from collections.abc import Sequence
from dataclasses import replace

from routing.instance import UNDER_WAY, Instance, Order, compile_problem
from routing.problem import Problem, Server
from routing.timeline import time_route

# Far beyond any planning day.
_ENDLESS_S = 10**7


def let_finish(problem: Problem, orders: Sequence[Order], instance: Instance) -> Problem | None:
    """The problem in which every server can finish what is under way, None if it is this one.

    A break that cannot be taken any more is not owed, the shift runs over as far as it must and the longest distance
    is lifted. `orders` are the published ones; what is under way there keeps its sequence.
    """
    changed: dict[str, Server] = {}
    for k, server in enumerate(instance.servers):
        under_way = _under_way(instance, k, orders[k])
        if under_way and time_route(instance, k, under_way) is None:
            changed[server.id] = _finishing(instance, k, under_way)
    if not changed:
        return None
    return replace(problem, servers=tuple(changed.get(server.id, server) for server in problem.servers))


def _under_way(instance: Instance, k: int, order: Order) -> Order:
    """The server's visits under way, those of its published order first."""
    mine = [node for node in order if instance.rank[node] == UNDER_WAY and k in instance.allowed[node]]
    return mine + [
        node
        for node, visit in enumerate(instance.visits)
        if visit.pinned and k in instance.allowed[node] and node not in mine
    ]


def _finishing(instance: Instance, k: int, under_way: Order) -> Server:
    """The server with as much leave as the visits under way need."""
    server = instance.servers[k]
    most = server.max_visits if server.max_visits is None else max(server.max_visits, len(under_way))
    server = replace(server, max_visits=most, max_km=None)
    for breaks in (server.breaks, ()):
        server = replace(server, breaks=breaks)
        alone = compile_problem(
            replace(
                instance.problem,
                servers=tuple(server if one.id == server.id else one for one in instance.problem.servers),
            )
        )
        alone.shift[k] = (alone.shift[k][0], _ENDLESS_S)
        times = time_route(alone, k, under_way)
        if times is not None:
            late = times.back_s - server.shift.end_s
            return replace(server, overtime_s=max(server.overtime_s, late))
    return server
