"""What is under way is finished, whatever the rules of the day say: the rules give way and not the visit."""

from collections.abc import Sequence
from dataclasses import replace

from routing.instance import UNDER_WAY, Instance, Order
from routing.problem import Break, Problem, Server, Window
from routing.timeline import RouteTimes, time_route, too_far

# Far beyond any planning day.
_ENDLESS_S = 10**7


def let_finish(problem: Problem, orders: Sequence[Order], instance: Instance) -> Problem | None:
    """The problem in which every server can finish what is under way, None if it is this one.

    Breaks come after it, later than their window if they must, the shift runs over as far as it must and the longest
    distance is lifted. `orders` are the published ones; what is under way there keeps its sequence.
    """
    changed: dict[str, Server] = {}
    for k, server in enumerate(instance.servers):
        under_way = _under_way(instance, k, orders[k])
        if under_way and _hindered(instance, k, under_way):
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


def _free(instance: Instance, k: int, under_way: Order) -> RouteTimes:
    """Times of what is under way if nothing else were asked of the server."""
    breaks, shift, max_m = list(instance.breaks), list(instance.shift), list(instance.max_m)
    breaks[k], shift[k], max_m[k] = [], (shift[k][0], _ENDLESS_S), -1
    times = time_route(replace(instance, breaks=breaks, shift=shift, max_m=max_m), k, under_way)
    if times is None:
        raise ValueError("visits under way have neither windows nor an end")
    return times


def _hindered(instance: Instance, k: int, under_way: Order) -> bool:
    """Whether a rule forbids what is under way, or would have it wait for a break."""
    times = time_route(instance, k, under_way)
    most = instance.servers[k].max_visits
    if times is None or (most is not None and most < len(under_way)):
        return True
    return times.starts != _free(instance, k, under_way).starts


def _finishing(instance: Instance, k: int, under_way: Order) -> Server:
    """The server with as much leave as the visits under way need: breaks come after them."""
    server, times = instance.servers[k], _free(instance, k, under_way)
    finish = times.starts[-1] + int(instance.service[under_way[-1]])
    breaks: list[Break] = []
    for pause in server.breaks_due:
        opens = max(pause.window.start_s, finish)
        closes = max(pause.window.end_s, opens + pause.duration_s)
        breaks.append(Break(Window(opens, closes), pause.duration_s))
        finish = opens + pause.duration_s if closes > pause.window.end_s else finish
    most = server.max_visits if server.max_visits is None else max(server.max_visits, len(under_way))
    late = max(0, times.back_s - server.shift.end_s)
    return replace(
        server,
        max_visits=most,
        max_km=None if too_far(instance, k, under_way) else server.max_km,
        breaks=tuple(breaks),
        overtime_s=max(server.overtime_s, late),
    )
