"""The books of a plan: every visit accounted for once, every number a whole one, every sum right."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from routing.plan import Plan, Route, Violation
from routing.problem import Problem


def books(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Every visit exactly once: planned by as many servers as its crew, or listed as unplanned; ids known."""
    visits = {visit.id for visit in problem.visits}
    servers = {server.id for server in problem.servers}
    made = Counter(stop.visit_id for route in plan.routes for stop in route.stops)
    left = Counter(item.visit_id for item in plan.unplanned)
    for visit_id in sorted((made.keys() | left.keys()) - visits):
        yield Violation("visit.unknown", visit_id=visit_id)
    for server_id, times in Counter(route.server_id for route in plan.routes).items():
        if server_id not in servers:
            yield Violation("server.unknown", server_id)
        if times > 1:
            yield Violation("server.twice", server_id)
    for visit in problem.visits:
        count = made[visit.id]
        if count and left[visit.id]:
            yield Violation("visit.planned_and_left_out", visit_id=visit.id)
        if not count and not left[visit.id]:
            yield Violation("visit.lost", visit_id=visit.id)
        if left[visit.id] > 1:
            yield Violation("visit.listed_twice", visit_id=visit.id)
        if count and count != visit.crew:
            yield Violation("crew.size", visit_id=visit.id, params={"needed": visit.crew, "planned": count})


def whole_numbers(plan: Plan) -> Iterator[Violation]:
    """Every time and length is a whole number: comparisons with a NaN would let anything pass."""
    if not _whole((plan.objective, plan.distance_m, plan.travel_s)):
        yield Violation("plan.not_whole")
    for route in plan.routes:
        told = [route.depart_s, route.back_s, route.distance_m, route.travel_s]
        told += [moment for pause in route.breaks for moment in pause]
        for stop in route.stops:
            told += (stop.arrive_s, stop.start_s, stop.leave_s, stop.travel_s, stop.travel_m)
        if not _whole(told):
            yield Violation("plan.not_whole", route.server_id)


def _whole(values: list[int] | tuple[int, ...]) -> bool:
    kinds = set(map(type, values))
    return kinds <= {int} or all(issubclass(kind, int | np.integer) and kind is not bool for kind in kinds)


def totals(plan: Plan) -> Iterator[Violation]:
    """The plan's sums are those of its routes."""
    if plan.travel_s != sum(route.travel_s for route in plan.routes):
        yield Violation("totals.travel")
    if plan.distance_m != sum(route.distance_m for route in plan.routes):
        yield Violation("totals.distance")


def route_totals(route: Route, home_s: int, home_m: int) -> Iterator[Violation]:
    """A route's sums are those of its stops and the way back."""
    travel_s = sum(stop.travel_s for stop in route.stops) + home_s
    distance_m = sum(stop.travel_m for stop in route.stops) + home_m
    if (route.travel_s, route.distance_m) != (travel_s, distance_m):
        params = {"travel_s": travel_s, "distance_m": distance_m}
        yield Violation("totals.route", route.server_id, params=params)
