"""Good plans made wrong, one way at a time: the judge must find every one of them.

Each maker yields all the mutants of its kind for a plan whose times are the earliest possible. It yields only what is
wrong beyond doubt: where a second more or less might be hidden in waiting or in a break, it yields nothing.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations, permutations
from typing import Any

from routing import Plan, PlannedStop, Problem, Route, Unplanned
from routing.check.day import route_ways

Maker = Callable[[Problem, Plan], Iterator[Plan]]
PLANS: dict[str, Maker] = {}


def mutation(make: Maker) -> Maker:
    PLANS[make.__name__] = make
    return make


def with_route(plan: Plan, number: int, **changes: Any) -> Plan:
    routes = list(plan.routes)
    routes[number] = replace(routes[number], **changes)
    return replace(plan, routes=tuple(routes))


def with_stop(plan: Plan, number: int, place: int, **changes: Any) -> Plan:
    stops = list(plan.routes[number].stops)
    stops[place] = replace(stops[place], **changes)
    return with_route(plan, number, stops=tuple(stops))


def each_stop(plan: Plan) -> Iterator[tuple[int, int, PlannedStop]]:
    for number, route in enumerate(plan.routes):
        for place, stop in enumerate(route.stops):
            yield number, place, stop


def quiet(route: Route, place: int) -> bool:
    """Whether no break falls into the leg to this stop (to the end of the route for the place behind the last)."""
    since = route.stops[place - 1].leave_s if place else route.depart_s
    until = route.stops[place].start_s if place < len(route.stops) else route.back_s
    return all(last <= since or first >= until for first, last in route.breaks)


def used(plan: Plan) -> Iterator[tuple[int, Route]]:
    return ((number, route) for number, route in enumerate(plan.routes) if route.stops)


@mutation
def arrives_a_second_early(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, place, stop in each_stop(plan):
        if quiet(plan.routes[number], place):
            yield with_stop(plan, number, place, arrive_s=stop.arrive_s - 1)


@mutation
def starts_a_second_early(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, place, stop in each_stop(plan):
        if quiet(plan.routes[number], place):
            yield with_stop(plan, number, place, start_s=stop.start_s - 1, leave_s=stop.leave_s - 1)


@mutation
def starts_a_second_late(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, place, stop in each_stop(plan):
        if quiet(plan.routes[number], place + 1):
            yield with_stop(plan, number, place, start_s=stop.start_s + 1, leave_s=stop.leave_s + 1)


@mutation
def starts_before_arriving(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, place, stop in each_stop(plan):
        yield with_stop(plan, number, place, arrive_s=stop.start_s + 1)


@mutation
def stays_a_second_less(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, place, stop in each_stop(plan):
        yield with_stop(plan, number, place, leave_s=stop.leave_s - 1)


@mutation
def departs_a_second_late(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, route in used(plan):
        if quiet(route, 0):
            yield with_route(plan, number, depart_s=route.depart_s + 1)


@mutation
def departs_before_the_shift(problem: Problem, plan: Plan) -> Iterator[Plan]:
    begins = {server.id: max(server.shift.start_s, server.ready_s or 0) for server in problem.servers}
    for number, route in used(plan):
        yield with_route(plan, number, depart_s=begins[route.server_id] - 1)


@mutation
def is_back_a_second_early(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, route in used(plan):
        if quiet(route, len(route.stops)):
            yield with_route(plan, number, back_s=route.back_s - 1)


@mutation
def is_back_too_late(problem: Problem, plan: Plan) -> Iterator[Plan]:
    ends = {server.id: server.shift.end_s + server.overtime_s for server in problem.servers}
    for number, route in used(plan):
        yield with_route(plan, number, back_s=ends[route.server_id] + 1)


@mutation
def a_stop_dropped(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, place, _stop in each_stop(plan):
        stops = plan.routes[number].stops
        yield with_route(plan, number, stops=(*stops[:place], *stops[place + 1 :]))


@mutation
def a_stop_dropped_and_listed(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, place, stop in each_stop(plan):
        stops = plan.routes[number].stops
        less = with_route(plan, number, stops=(*stops[:place], *stops[place + 1 :]))
        yield replace(less, unplanned=(*plan.unplanned, Unplanned(stop.visit_id)))


@mutation
def a_stop_twice(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, place, stop in each_stop(plan):
        stops = plan.routes[number].stops
        yield with_route(plan, number, stops=(*stops[:place], stop, *stops[place:]))


@mutation
def a_stop_with_another_server_too(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, _place, stop in each_stop(plan):
        for other in range(len(plan.routes)):
            if other != number:
                yield with_route(plan, other, stops=(*plan.routes[other].stops, stop))


@mutation
def a_stop_handed_over(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, place, stop in each_stop(plan):
        stops = plan.routes[number].stops
        for other in range(len(plan.routes)):
            if other != number:
                less = with_route(plan, number, stops=(*stops[:place], *stops[place + 1 :]))
                yield with_route(less, other, stops=(*plan.routes[other].stops, stop))


@mutation
def two_stops_of_a_route_swapped(problem: Problem, plan: Plan) -> Iterator[Plan]:
    for number, route in enumerate(plan.routes):
        for a, b in combinations(range(len(route.stops)), 2):
            changed = with_stop(plan, number, a, visit_id=route.stops[b].visit_id)
            yield from on_other_ways(problem, plan, with_stop(changed, number, b, visit_id=route.stops[a].visit_id))


@mutation
def two_servers_stops_swapped(problem: Problem, plan: Plan) -> Iterator[Plan]:
    for (k, a, one), (j, b, other) in combinations(each_stop(plan), 2):
        if k != j and one.visit_id != other.visit_id:
            changed = with_stop(plan, k, a, visit_id=other.visit_id)
            yield from on_other_ways(problem, plan, with_stop(changed, j, b, visit_id=one.visit_id))


@mutation
def two_servers_routes_swapped(problem: Problem, plan: Plan) -> Iterator[Plan]:
    for (k, one), (j, other) in permutations(used(plan), 2):
        if k < j:
            changed = with_route(plan, k, server_id=other.server_id)
            yield from on_other_ways(problem, plan, with_route(changed, j, server_id=one.server_id))


def on_other_ways(problem: Problem, plan: Plan, mutant: Plan) -> Iterator[Plan]:
    """The mutant, if the map knows the difference: mirrored doors and twin servers may be as good as the right ones."""
    if _legs(problem, plan) != _legs(problem, mutant):
        yield mutant


def _legs(problem: Problem, plan: Plan) -> list[Any]:
    ways = route_ways(problem, plan)
    return [(ways[route.server_id].seconds, ways[route.server_id].metres) for route in plan.routes]


@mutation
def a_role_exchanged(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, place, stop in each_stop(plan):
        yield with_stop(plan, number, place, role="second" if stop.role == "lead" else "lead")


@mutation
def half_a_crew_comes_a_minute_later(problem: Problem, plan: Plan) -> Iterator[Plan]:
    crews = {visit.id for visit in problem.visits if visit.crew == 2}
    for number, place, stop in each_stop(plan):
        if stop.visit_id in crews:
            yield with_stop(plan, number, place, start_s=stop.start_s + 60, leave_s=stop.leave_s + 60)


@mutation
def a_server_nobody_knows(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number in range(len(plan.routes)):
        yield with_route(plan, number, server_id="nobody")


@mutation
def a_visit_nobody_asked_for(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, place, _stop in each_stop(plan):
        yield with_stop(plan, number, place, visit_id="nothing")
    yield replace(plan, unplanned=(*plan.unplanned, Unplanned("nothing")))


@mutation
def a_route_twice(_: Problem, plan: Plan) -> Iterator[Plan]:
    for route in plan.routes:
        yield replace(plan, routes=(*plan.routes, route))


@mutation
def a_route_missing(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, _route in used(plan):
        yield replace(plan, routes=(*plan.routes[:number], *plan.routes[number + 1 :]))


@mutation
def a_missing_visit_not_listed(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number in range(len(plan.unplanned)):
        yield replace(plan, unplanned=(*plan.unplanned[:number], *plan.unplanned[number + 1 :]))


@mutation
def a_missing_visit_listed_twice(_: Problem, plan: Plan) -> Iterator[Plan]:
    for item in plan.unplanned:
        yield replace(plan, unplanned=(*plan.unplanned, item))


@mutation
def a_planned_visit_listed_as_missing(_: Problem, plan: Plan) -> Iterator[Plan]:
    for _number, _place, stop in each_stop(plan):
        yield replace(plan, unplanned=(*plan.unplanned, Unplanned(stop.visit_id)))


@mutation
def a_break_not_taken(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, route in used(plan):
        for place in range(len(route.breaks)):
            yield with_route(plan, number, breaks=(*route.breaks[:place], *route.breaks[place + 1 :]))


@mutation
def a_break_too_many(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, route in used(plan):
        yield with_route(plan, number, breaks=(*route.breaks, (route.back_s, route.back_s + 60)))


def _other_breaks(plan: Plan, change: Callable[[Route, int, int], list[tuple[int, int]]]) -> Iterator[Plan]:
    for number, route in used(plan):
        for place, (first, last) in enumerate(route.breaks):
            for other in change(route, first, last):
                yield with_route(plan, number, breaks=(*route.breaks[:place], other, *route.breaks[place + 1 :]))


@mutation
def a_break_cut_short(_: Problem, plan: Plan) -> Iterator[Plan]:
    return _other_breaks(plan, lambda _route, first, last: [(first, last - 1), (first + 1, last)])


@mutation
def a_break_at_another_time_of_day(_: Problem, plan: Plan) -> Iterator[Plan]:
    return _other_breaks(
        plan, lambda _route, first, last: [(first - 21_600, last - 21_600), (first + 28_800, last + 28_800)]
    )


@mutation
def a_break_during_a_visit(_: Problem, plan: Plan) -> Iterator[Plan]:
    def into(route: Route, first: int, last: int) -> list[tuple[int, int]]:
        return [(stop.start_s, stop.start_s + last - first) for stop in route.stops if stop.leave_s > stop.start_s]

    return _other_breaks(plan, into)


@mutation
def forged_sums(_: Problem, plan: Plan) -> Iterator[Plan]:
    yield replace(plan, travel_s=plan.travel_s - 1)
    yield replace(plan, distance_m=plan.distance_m - 1)


@mutation
def forged_objective(_: Problem, plan: Plan) -> Iterator[Plan]:
    yield replace(plan, objective=plan.objective - 1)
    yield replace(plan, objective=plan.objective + 1)


@mutation
def forged_route_sums(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, route in enumerate(plan.routes):
        yield replace(with_route(plan, number, travel_s=route.travel_s - 1), travel_s=plan.travel_s - 1)
        yield replace(with_route(plan, number, distance_m=route.distance_m - 1), distance_m=plan.distance_m - 1)


@mutation
def forged_ways(_: Problem, plan: Plan) -> Iterator[Plan]:
    for number, place, stop in each_stop(plan):
        route = plan.routes[number]
        seconds = with_stop(plan, number, place, travel_s=stop.travel_s - 1)
        yield replace(with_route(seconds, number, travel_s=route.travel_s - 1), travel_s=plan.travel_s - 1)
        metres = with_stop(plan, number, place, travel_m=stop.travel_m - 1)
        yield replace(with_route(metres, number, distance_m=route.distance_m - 1), distance_m=plan.distance_m - 1)


@mutation
def what_is_no_number(_: Problem, plan: Plan) -> Iterator[Plan]:
    for bad in (math.nan, math.inf, 0.5, True):
        for name in ("objective", "travel_s", "distance_m"):
            yield replace(plan, **{name: bad})  # type: ignore[arg-type]  # that is the point
        for number, _route in used(plan):
            for name in ("depart_s", "back_s"):
                yield with_route(plan, number, **{name: bad})
            yield with_stop(plan, number, 0, start_s=bad, arrive_s=bad, leave_s=bad)
