"""The judge finds every kind of planted fault: a checker that cannot fail proves nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from routing import Iterations, MaxSeconds, Plan, Problem, Window, check, solve, violation_text_zh
from routing.explain import VIOLATIONS_ZH

from .days import HOUR, problem, random_day, server, visit


@pytest.fixture(scope="module")
def day() -> Problem:
    return random_day(3, 24, 3)


@pytest.fixture(scope="module")
def plan(day: Problem) -> Plan:
    return solve(day, Iterations(20))


def with_route(plan: Plan, number: int, **changes: object) -> Plan:
    routes = list(plan.routes)
    routes[number] = replace(routes[number], **changes)  # type: ignore[arg-type]  # a test's keyword bag
    return replace(plan, routes=tuple(routes))


def with_stop(plan: Plan, number: int, stop: int, **changes: object) -> Plan:
    stops = list(plan.routes[number].stops)
    stops[stop] = replace(stops[stop], **changes)  # type: ignore[arg-type]  # a test's keyword bag
    return with_route(plan, number, stops=tuple(stops))


FAULTS: dict[str, Callable[[Plan], Plan]] = {
    "visit.lost": lambda plan: replace(plan, unplanned=()),
    "server.twice": lambda plan: replace(plan, routes=(*plan.routes, plan.routes[0])),
    "server.unknown": lambda plan: with_route(plan, 0, server_id="nobody"),
    "visit.unknown": lambda plan: with_stop(plan, 0, 0, visit_id="nothing"),
    "break.count": lambda plan: with_route(plan, 0, breaks=()),
    "break.window": lambda plan: with_route(plan, 0, breaks=((11 * HOUR, 12 * HOUR),)),
    "shift.late": lambda plan: with_route(plan, 0, back_s=18 * HOUR),
    "shift.early": lambda plan: with_route(plan, 0, depart_s=8 * HOUR),
    "travel.wrong": lambda plan: with_stop(plan, 0, 1, travel_s=1),
    "travel.too_fast": lambda plan: with_stop(plan, 0, 0, arrive_s=plan.routes[0].depart_s),
    "travel.too_fast_home": lambda plan: with_route(plan, 0, back_s=plan.routes[0].stops[-1].leave_s),
    "service.times": lambda plan: with_stop(plan, 0, 0, leave_s=plan.routes[0].stops[0].start_s),
    "totals.travel": lambda plan: replace(plan, travel_s=plan.travel_s + 1),
    "totals.distance": lambda plan: replace(plan, distance_m=plan.distance_m + 1),
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_planted_fault_is_found(day: Problem, plan: Plan, code: str) -> None:
    assert check(day, plan) == []
    assert code in {violation.code for violation in check(day, FAULTS[code](plan))}


def codes(changed: Problem, plan: Plan) -> set[str]:
    return {violation.code for violation in check(changed, plan)}


def test_rules_tightened_after_planning_are_found() -> None:
    visits = [visit("a", 1000), visit("b", 2000), visit("c", 3000, crew=2)]
    staff = [server("s1"), server("s2")]
    plan = solve(problem(visits, staff), MaxSeconds(0.3))
    leader, second = plan.servers_of("c")
    whose = plan.servers_of("a")[0]
    other = {"s1": "s2", "s2": "s1"}[whose]
    a, b, c = visits
    assert "skill.missing" in codes(problem([replace(a, skills=frozenset({"x"})), b, c], staff), plan)
    assert "lock.broken" in codes(problem([replace(a, locked_server=other), b, c], staff), plan)
    assert "window.missed" in codes(problem([replace(a, windows=(Window(0, 60),)), b, c], staff), plan)
    assert "crew.size" in codes(problem([a, b, replace(c, crew=1)], staff), plan)
    assert "server.max_visits" in codes(problem(visits, [replace(one, max_visits=0) for one in staff]), plan)
    assert "crew.not_allowed" in codes(problem(visits, [replace(one, crew_ok=False) for one in staff]), plan)
    number = next(n for n, route in enumerate(plan.routes) if route.server_id == second)
    place = plan.routes[number].visit_ids.index("c")
    start = plan.routes[number].stops[place].start_s
    apart = with_stop(plan, number, place, start_s=start + 60, leave_s=start + 660)
    assert "crew.not_together" in codes(problem(visits, staff), apart)
    both_lead = with_stop(plan, number, place, role="lead")
    assert "crew.roles" in codes(problem(visits, staff), both_lead)
    assert leader != second


def test_every_violation_reads_as_chinese(day: Problem, plan: Plan) -> None:
    for fault in FAULTS.values():
        for violation in check(day, fault(plan)):
            assert violation.code in VIOLATIONS_ZH
            assert "代码" not in violation_text_zh(violation)
