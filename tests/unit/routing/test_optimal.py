"""On small days with every kind of rule, the optimiser finds the optimum: nothing an exact search finds is better.

The examples are the same in every run (what is tested is a search, which may be unlucky on one day in hundreds);
`ROUTING_DEEP=40` multiplies them and draws new ones.
"""

import os
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from routing import Iterations, Plan, Problem, Weights, check, solve

from .days import HOUR, problem, server, visit
from .oracle import optimum
from .small_days import KINDS, small_day, small_days

DEEP = int(os.environ.get("ROUTING_DEEP", "0"))
STEPS = Iterations(6_000)


def examples(count: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """So many examples, the same in every run; more and others for a deep run."""
    return settings(
        max_examples=count * max(1, DEEP),
        derandomize=not DEEP,
        deadline=None,
        # Shrinking would solve hundreds of days more.
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow],
    )


def cost_of(day: Problem, published: Plan | None = None) -> int:
    """Objective of the optimiser's plan, which the judge confirms."""
    plan = solve(day, STEPS, seed=1, warm_start=published)
    assert check(day, plan, published) == []
    return plan.objective


def gap(day: Problem, published: Plan | None) -> int:
    """How much dearer the optimiser's plan is than the cheapest there is; that one holds too, so it can be shown."""
    found = cost_of(day, published)
    best = optimum(day, published, below=found)
    if best.plan is not None:
        assert check(day, best.plan, published) == []
    assert best.value <= found
    return found - best.value


def test_small_days_of_all_kinds_are_planned_at_their_optimum() -> None:
    rng = np.random.default_rng(DEEP)
    for number in range(60 * max(1, DEEP)):
        kinds = [kind for kind in KINDS if rng.random() < rng.choice([0.15, 0.4, 0.8])]
        size, staff, seed = (int(rng.integers(*span)) for span in ((1, 7), (1, 4), (0, 2**31)))
        assert not gap(*small_day(seed, size, staff, kinds)), (number, seed, size, staff, kinds)


@examples(20)
@given(small_days(most=6))
def test_no_plan_is_better_than_the_best_there_is(made: tuple[Problem, Plan | None]) -> None:
    assert not gap(*made)


def test_every_kind_of_rule_by_itself_is_planned_at_its_optimum() -> None:
    """With windows and breaks to make the day tight."""
    gaps = {kind: gap(*small_day(1, 6, 2, {kind, "windows", "breaks"})) for kind in KINDS}
    assert not any(gaps.values()), gaps


@pytest.mark.parametrize("seed", range(3))
def test_seven_visits_are_planned_at_their_optimum(seed: int) -> None:
    assert not gap(*small_day(900 + seed, 7, 2, {"windows", "breaks", "crew", "overtime", "skills", "buildings"}))


def test_visits_that_pay_only_together_are_made() -> None:
    far = [visit("a", 8000, 0, drop_penalty=2500), visit("b", 8000, 200, drop_penalty=2500)]
    assert {stop.visit_id for stop in solve(problem(far), STEPS).routes[0].stops} == {"a", "b"}
    staff = [server("s1", max_visits=0), server("s2", fixed_cost=5000)]
    near = [visit("a", 100, 0, drop_penalty=3600), visit("b", 100, 50, drop_penalty=3600)]
    assert not solve(problem(near, staff), STEPS).unplanned


def test_a_break_later_in_the_day_lets_a_crew_meet_earlier() -> None:
    """The break that ends a route soonest is not the one that lets the other half of its crew begin in time."""
    day, published = small_day(5, 4, 2, {"crew", "breaks", "two breaks", "short shift", "overtime", "witness"})
    assert not gap(day, published)


def test_visits_under_way_are_swapped_when_only_one_can_be_finished() -> None:
    """Both were begun, the server may make one: the one that is nearer, whatever was put in first."""
    for names in ("far", "near"), ("near", "far"):
        begun = [visit(name, {"far": 6000, "near": 500}[name], locked_server="s1", pinned=True) for name in names]
        plan = solve(problem(begun, [server("s1", max_visits=1)]), STEPS)
        assert [stop.visit_id for stop in plan.routes[0].stops] == ["near"]


def test_the_exact_search_agrees_with_arithmetic() -> None:
    """A day simple enough to work out by hand: one door an hour's work, reached and left in the same time."""
    day = problem([visit("a", 5000, 0, service_s=HOUR, drop_penalty=9000)], [server(breaks=())], weights=Weights())
    plan = optimum(day).plan
    assert plan is not None
    there = plan.routes[0].stops[0].travel_s
    assert optimum(day).value == 2 * there
    assert optimum(problem([visit("a", 5000, 0, service_s=HOUR, drop_penalty=2 * there - 1)])).value == 2 * there - 1
