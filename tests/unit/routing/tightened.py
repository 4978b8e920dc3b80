"""Problems made stricter than a plan was made for, one rule at a time: the judge must hold the plan against each."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

from routing import Break, Plan, Problem, Window
from routing.check import objective_parts

from .mutants import each_stop, used

# (code the judge must name, the stricter problem)
Stricter = Iterator[tuple[str, Problem]]
RULES: dict[str, Callable[[Problem, Plan], Stricter]] = {}
MINUTE, DAY_S = 60, 86_400


def rule(make: Callable[[Problem, Plan], Stricter]) -> Callable[[Problem, Plan], Stricter]:
    RULES[make.__name__] = make
    return make


def with_visit(problem: Problem, visit_id: str, **changes: Any) -> Problem:
    visits = (replace(visit, **changes) if visit.id == visit_id else visit for visit in problem.visits)
    return replace(problem, visits=tuple(visits))


def with_server(problem: Problem, server_id: str, **changes: Any) -> Problem:
    servers = (replace(one, **changes) if one.id == server_id else one for one in problem.servers)
    return replace(problem, servers=tuple(servers))


def free_leads(problem: Problem, plan: Plan) -> Iterator[tuple[int, int, str]]:
    """(route, place, visit) of the visits led that are neither under way nor locked nor held in place."""
    visits = {visit.id: visit for visit in problem.visits}
    for number, place, stop in each_stop(plan):
        visit = visits[stop.visit_id]
        if stop.role == "lead" and not visit.pinned and visit.locked_server is None and visit.position is None:
            yield number, place, stop.visit_id


@rule
def doors_open_elsewhen(problem: Problem, plan: Plan) -> Stricter:
    for number, place, visit_id in free_leads(problem, plan):
        start = plan.routes[number].stops[place].start_s
        yield "window.missed", with_visit(problem, visit_id, windows=(Window(0, start - 1), Window(start + 1, DAY_S)))


@rule
def witnesses_come_elsewhen(problem: Problem, plan: Plan) -> Stricter:
    for number, place, visit_id in free_leads(problem, plan):
        start = plan.routes[number].stops[place].start_s
        yield "witness.missed", with_visit(problem, visit_id, witness_windows=(Window(start + 1, DAY_S),))


@rule
def servers_recused(problem: Problem, plan: Plan) -> Stricter:
    visits = {visit.id: visit for visit in problem.visits}
    for number, _place, stop in each_stop(plan):
        server_id = plan.routes[number].server_id
        if visits[stop.visit_id].locked_server != server_id:
            forbidden = visits[stop.visit_id].forbidden_servers | {server_id}
            yield "server.forbidden", with_visit(problem, stop.visit_id, forbidden_servers=forbidden)


@rule
def visits_locked_to_others(problem: Problem, plan: Plan) -> Stricter:
    for _number, _place, visit_id in free_leads(problem, plan):
        yield "lock.broken", with_visit(problem, visit_id, locked_server="somebody else")


@rule
def skills_nobody_has(problem: Problem, plan: Plan) -> Stricter:
    for _number, _place, visit_id in free_leads(problem, plan):
        yield "skill.missing", with_visit(problem, visit_id, skills=frozenset({"飞行"}))


@rule
def crews_of_another_size(problem: Problem, plan: Plan) -> Stricter:
    for visit in problem.visits:
        if plan.servers_of(visit.id):
            yield "crew.size", with_visit(problem, visit.id, crew=3 - visit.crew)


@rule
def visits_longer_than_planned(problem: Problem, plan: Plan) -> Stricter:
    for visit in problem.visits:
        if plan.servers_of(visit.id):
            yield "service.times", with_visit(problem, visit.id, service_s=visit.service_s + 1)


@rule
def fixed_as_first_but_later(problem: Problem, plan: Plan) -> Stricter:
    pinned = {visit.id for visit in problem.visits if visit.pinned}
    for number, place, visit_id in free_leads(problem, plan):
        route = plan.routes[number]
        if any(stop.role == "second" or stop.visit_id not in pinned for stop in route.stops[:place]) and not any(
            visit.locked_server == route.server_id and visit.position == "first" for visit in problem.visits
        ):
            held = with_visit(
                problem, visit_id, position="first", locked_server=route.server_id, forbidden_servers=frozenset()
            )
            yield "position.not_first", held


@rule
def fixed_as_last_but_earlier(problem: Problem, plan: Plan) -> Stricter:
    for number, place, visit_id in free_leads(problem, plan):
        route = plan.routes[number]
        if place + 1 < len(route.stops) and not any(
            visit.locked_server == route.server_id and visit.position == "last" for visit in problem.visits
        ):
            held = with_visit(
                problem, visit_id, position="last", locked_server=route.server_id, forbidden_servers=frozenset()
            )
            yield "position.not_last", held


@rule
def under_way_but_not_before_the_others(problem: Problem, plan: Plan) -> Stricter:
    pinned = {visit.id for visit in problem.visits if visit.pinned}
    for number, place, visit_id in free_leads(problem, plan):
        before = plan.routes[number].stops[:place]
        if any(stop.role == "second" or stop.visit_id not in pinned for stop in before):
            locked = plan.routes[number].server_id
            going = with_visit(problem, visit_id, pinned=True, locked_server=locked, forbidden_servers=frozenset())
            yield "pinned.not_first", going


@rule
def fewer_visits_allowed(problem: Problem, plan: Plan) -> Stricter:
    for _number, route in used(plan):
        yield "server.max_visits", with_server(problem, route.server_id, max_visits=len(route.stops) - 1)


@rule
def shorter_ways_allowed(problem: Problem, plan: Plan) -> Stricter:
    for _number, route in used(plan):
        if route.distance_m:
            yield "server.max_km", with_server(problem, route.server_id, max_km=(route.distance_m - 1) / 1000)


@rule
def no_crews_any_more(problem: Problem, plan: Plan) -> Stricter:
    for visit in problem.visits:
        if visit.crew == 2:
            for server_id in plan.servers_of(visit.id):
                yield "crew.not_allowed", with_server(problem, server_id, crew_ok=False)


@rule
def not_with_each_other(problem: Problem, plan: Plan) -> Stricter:
    for visit in problem.visits:
        team = plan.servers_of(visit.id)
        if visit.crew == 2 and team:
            yield "crew.apart", with_server(problem, team[0], not_with=frozenset({team[1]}))
            yield "crew.apart", with_server(problem, team[1], not_with=frozenset({team[0]}))


@rule
def shifts_over_earlier(problem: Problem, plan: Plan) -> Stricter:
    servers = {server.id: server for server in problem.servers}
    for _number, route in used(plan):
        shift = servers[route.server_id].shift
        if shift.start_s < route.back_s - 1 < shift.end_s:
            earlier = Window(shift.start_s, route.back_s - 1)
            yield "shift.late", with_server(problem, route.server_id, shift=earlier, overtime_s=0)


@rule
def ready_later(problem: Problem, plan: Plan) -> Stricter:
    for _number, route in used(plan):
        yield "shift.early", with_server(problem, route.server_id, ready_s=route.depart_s + 1)


@rule
def another_break_owed(problem: Problem, plan: Plan) -> Stricter:
    for _number, route in used(plan):
        begin = route.depart_s
        one = Break(Window(begin, begin + MINUTE), MINUTE)
        server = next(server for server in problem.servers if server.id == route.server_id)
        if all(pause.window.start_s > begin for pause in server.breaks) and server.shift.end_s >= begin + MINUTE:
            yield "break.count", with_server(problem, route.server_id, breaks=(one, *server.breaks))


@rule
def every_price_raised(problem: Problem, plan: Plan) -> Stricter:
    parts = objective_parts(problem, plan)
    weight_of = {"travel": "travel_s", "overtime": "overtime_s", "value": "value"}
    for part in fields(parts):
        name = weight_of.get(part.name, part.name)
        if getattr(parts, part.name) and name != "fixed_cost":
            raised = replace(problem.weights, **{name: getattr(problem.weights, name) + 1})
            # The most one visit can count for does not grow.
            if objective_parts(replace(problem, weights=raised), plan) != parts:
                yield "objective.wrong", replace(problem, weights=raised)
    for _number, route in used(plan):
        server = next(one for one in problem.servers if one.id == route.server_id)
        yield "objective.wrong", with_server(problem, server.id, fixed_cost=server.fixed_cost + 1)


@rule
def areas_unlearnt(problem: Problem, plan: Plan) -> Stricter:
    if problem.weights.unknown_area:
        for number, _place, visit_id in free_leads(problem, plan):
            server_id = plan.routes[number].server_id
            known = next(one.areas for one in problem.servers if one.id == server_id)
            before = next(one.area for one in problem.visits if one.id == visit_id)
            if known and (before is None or before in known):
                yield "objective.wrong", with_visit(problem, visit_id, area="海上")
