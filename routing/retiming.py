"""Times of orders a person made: never refused; what they break is said instead."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from .assemble import make_route
from .check.rules import place_rules, staff_rules
from .instance import FREE, Instance, Order, compile_problem
from .plan import PlannedStop, Retimed, Violation
from .problem import Problem, ProblemError, Visit, Window
from .timeline import RouteTimes, crew_places, metres_of, time_all, time_route

# A closing time nothing ever reaches.
_ENDLESS_S = 10**7
# A break gives way by so much before a window does: people eat later rather than miss an appointment.
_LUNCH_LATER_S = (900, 1800, 3600)


def retime(
    problem: Problem,
    server_id: str,
    visit_ids: Sequence[str],
    *,
    meet: Mapping[str, int] | None = None,
    second_in: Collection[str] = (),
) -> Retimed:
    """Times of a server's visits in a hand-made order, with everything that order breaks.

    `meet` gives, for crew visits, the second since midnight at which the other server starts; `second_in` names the
    visits this server joins as second. Raises ProblemError for an unknown server or visit, or a visit named twice.
    """
    server = next((one for one in problem.servers if one.id == server_id), None)
    if server is None:
        raise ProblemError("server.unknown", "送达员不在今日计划范围内", server_id)
    by_id = {visit.id: visit for visit in problem.visits}
    unknown = [visit_id for visit_id in visit_ids if visit_id not in by_id]
    if unknown:
        raise ProblemError("visit.unknown", "任务不在今日计划范围内", unknown[0])
    if len(set(visit_ids)) != len(visit_ids):
        raise ProblemError("visit.twice", "同一任务在一条路线中出现两次", server_id)
    # The sequence alone matters here: a small problem of one server keeps this in the low milliseconds.
    visits = tuple(by_id[visit_id] for visit_id in visit_ids)
    instance = compile_problem(replace(problem, visits=visits, servers=(server,)))
    order = [n + len(visits) if visit.id in second_in else n for n, visit in enumerate(visits)]
    rules = tuple(route_rules(instance, 0, order))
    waits: dict[int, int] = {n: (meet or {}).get(visit.id, 0) for n, visit in enumerate(visits)}
    loose = _alone(instance, order, waits)
    met = _missed_meetings(server_id, visits, loose.times[0].starts, waits)
    route = make_route(loose.instance, 0, order, loose.times[0])
    return Retimed(route, (*rules, *broken_times(instance, loose, [order], [0]), *met))


@dataclass(frozen=True, slots=True)
class Loose:
    """Times of orders that need not hold, and the instance with the rules that had to give way."""

    instance: Instance
    times: list[RouteTimes]


def route_rules(instance: Instance, server: int, order: Order) -> Iterator[Violation]:
    """Rules that have nothing to do with time: staff, fixed places, the longest distance."""
    who = instance.servers[server]
    visits = {instance.visits[instance.visit_of(node)].id: instance.visits[instance.visit_of(node)] for node in order}
    stops = [
        PlannedStop(
            instance.visits[instance.visit_of(node)].id, 0, 0, 0, 0, 0, "second" if node >= instance.n else "lead"
        )
        for node in order
    ]
    yield from staff_rules(who, stops, visits)
    yield from place_rules(who, stops, visits)
    metres = metres_of(instance, server, order)
    if who.max_km is not None and 0 <= instance.max_m[server] < metres:
        yield Violation("server.max_km", who.id, params={"max_km": who.max_km, "km": round(metres / 1000, 1)})


def crew_rules(instance: Instance, orders: Sequence[Order], visits: Collection[int]) -> Iterator[Violation]:
    """Crews of these visits that are not two different servers who make crews with each other."""
    places = crew_places(instance, orders)
    for visit in sorted(visits):
        comers = [server for server, _ in places.get(visit, [])]
        if instance.visits[visit].crew != 2 or not comers:
            continue
        name, pair = instance.visits[visit].id, frozenset(comers)
        if len(comers) != 2:
            yield Violation("crew.size", visit_id=name, params={"needed": 2, "planned": len(comers)})
        elif len(pair) == 1:
            yield Violation("crew.same_server", instance.servers[comers[0]].id, name)
        elif pair in instance.apart:
            ids = [instance.servers[server].id for server in sorted(pair)]
            yield Violation("crew.apart", ids[0], name, {"servers": ids})


def loosely(
    instance: Instance, orders: Sequence[Order], known: Sequence[RouteTimes | None], touched: Collection[int]
) -> Loose:
    """Times of the whole day with crews meeting, whatever the touched routes break.

    In these routes fixed places and distance give way first, then the end of the shift, then breaks by up to an hour,
    then the closing of windows and at last all of breaks. `known` holds the times of routes that are not touched.
    Raises ProblemError if an untouched route does not hold.
    """
    meet = _can_meet(instance, orders)
    for eased in _easing(instance, touched, orders):
        times = time_all(eased, orders, known) if meet else _each_alone(eased, orders, known)
        if times is not None:
            return Loose(eased, times)
    raise ProblemError("route.impossible", "这条路线无法计算时间")


def _can_meet(instance: Instance, orders: Sequence[Order]) -> bool:
    """Whether crews come in an order all their servers can keep: nobody waits for somebody who waits for them."""
    graph: TopologicalSorter[int] = TopologicalSorter()
    for order in orders:
        crews = [instance.visit_of(node) for node in order if instance.visits[instance.visit_of(node)].crew == 2]
        for earlier, later in pairwise(crews):
            graph.add(later, earlier)
    try:
        graph.prepare()
    except CycleError:
        return False
    return True


def _each_alone(
    instance: Instance, orders: Sequence[Order], known: Sequence[RouteTimes | None]
) -> list[RouteTimes] | None:
    """Times of routes that do not wait for each other."""
    made = [time_route(instance, k, order) if known[k] is None else known[k] for k, order in enumerate(orders)]
    times = [one for one in made if one is not None]
    return times if len(times) == len(orders) else None


def _alone(instance: Instance, order: Order, waits: dict[int, int]) -> Loose:
    """`loosely` for one route whose partners' times are given."""
    for eased in _easing(instance, [0], [order]):
        times = time_route(eased, 0, order, waits)
        if times is not None:
            return Loose(eased, [times])
    raise ProblemError("route.impossible", "这条路线无法计算时间", instance.servers[0].id)


def _easing(instance: Instance, touched: Collection[int], orders: Sequence[Order]) -> Iterator[Instance]:
    """The instance with ever more rules of the touched routes given way."""
    eased = replace(
        instance,
        rank=[FREE] * len(instance.rank),
        max_m=[-1 if k in touched else most for k, most in enumerate(instance.max_m)],
    )
    yield eased
    eased = replace(
        eased, shift=[(opens, _ENDLESS_S if k in touched else ends) for k, (opens, ends) in enumerate(eased.shift)]
    )
    yield eased
    for later_s in _LUNCH_LATER_S:
        yield replace(eased, breaks=_later(eased, touched, later_s))
    visits = {instance.visit_of(node) for k in touched for node in orders[k]}
    windows = [_never_closing(own) if visit in visits else own for visit, own in enumerate(instance.windows)]
    eased = replace(eased, windows=windows)
    yield eased
    yield replace(eased, breaks=_later(eased, touched, _ENDLESS_S))


def _later(instance: Instance, touched: Collection[int], later_s: int) -> list[list[tuple[int, int, int]]]:
    """The breaks, which those of the touched routes may end so much later."""
    return [
        [(opens, closes + later_s, length) for opens, closes, length in own] if k in touched else own
        for k, own in enumerate(instance.breaks)
    ]


def _never_closing(windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    # A window that can never be met opens at once here: how late that is, the broken rule says.
    return [*windows[:-1], (max(0, windows[-1][0]), _ENDLESS_S)] if windows else []


def broken_times(
    instance: Instance, loose: Loose, orders: Sequence[Order], servers: Collection[int]
) -> Iterator[Violation]:
    """The promises of time the routes break: windows, witnesses, the shift, breaks."""
    for server in servers:
        name, times = instance.servers[server].id, loose.times[server]
        for node, start in zip(orders[server], times.starts, strict=True):
            visit = instance.visit_of(node)
            if instance.windows[visit] and not any(first <= start <= last for first, last in instance.windows[visit]):
                yield _missed(instance.visits[visit], name, start)
        late_s = times.back_s - instance.latest_end(server)
        if late_s > 0 and orders[server]:
            yield Violation("shift.late", name, params={"late_s": late_s})
        yield from _late_breaks(instance, loose, server, orders[server])


def missed_meetings(instance: Instance, loose: Loose, orders: Sequence[Order]) -> Iterator[Violation]:
    """Crews whose two servers do not start together."""
    for visit, places in sorted(crew_places(instance, orders).items()):
        starts = [loose.times[server].starts[position] for server, position in places]
        if max(starts) > min(starts):
            name = instance.servers[places[starts.index(max(starts))][0]].id
            late = {"late_s": max(starts) - min(starts)}
            yield Violation("crew.not_together", name, instance.visits[visit].id, late)


def _late_breaks(instance: Instance, loose: Loose, server: int, order: Order) -> Iterator[Violation]:
    taken = make_route(loose.instance, server, order, loose.times[server]).breaks if order else ()
    for (_, ends), (_, closes, _) in zip(taken, instance.breaks[server], strict=False):
        if ends > closes:
            yield Violation("break.late", instance.servers[server].id, params={"late_s": ends - closes})


def _missed(visit: Visit, server_id: str, start: int) -> Violation:
    """Which kind of window a start misses, and by how much."""
    own = [window for window in visit.windows if window.start_s <= start <= window.end_s]
    if visit.windows and not own:
        late_s = start - max(window.end_s for window in visit.windows)
        if late_s > 0:
            return Violation("window.late", server_id, visit.id, {"late_s": late_s})
        return Violation("window.missed", server_id, visit.id, {"by_s": _away(visit.windows, start)})
    return Violation("witness.missed", server_id, visit.id, {"by_s": _away(visit.witness_windows, start)})


def _away(windows: Sequence[Window], start: int) -> int:
    edges = [edge for window in windows for edge in (window.start_s, window.end_s)]
    return min((abs(start - edge) for edge in edges), default=0)


def _missed_meetings(
    server_id: str, visits: Sequence[Visit], starts: Sequence[int], waits: Mapping[int, int]
) -> list[Violation]:
    return [
        Violation("crew.not_together", server_id, visit.id, {"late_s": starts[n] - waits[n]})
        for n, visit in enumerate(visits)
        if waits[n] and starts[n] > waits[n]
    ]
