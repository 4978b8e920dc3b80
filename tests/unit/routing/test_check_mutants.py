"""Nothing wrong gets past the judge: mutated plans and tightened problems, of every kind, at every place."""

from collections import Counter
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings

from routing import Plan, Problem, check, violation_text_zh

from .mutants import PLANS
from .oracle import optimum
from .small_days import KINDS, small_day, small_days
from .tightened import RULES

# Days on which, together, every kind has something to change.
SEEDS = range(14)


@cache
def good_plans() -> list[tuple[Problem, Plan, Plan | None]]:
    made = []
    for seed in SEEDS:
        kinds = [kind for n, kind in enumerate(KINDS) if (seed * 7 + n * 3) % 5 > 2 or kind in ("breaks", "crew")]
        day, published = small_day(seed, 5, 3, kinds)
        plan = optimum(day, published).plan
        assert plan is not None
        assert check(day, plan, published) == []
        made.append((day, plan, published))
    return made


def found(day: Problem, plan: Plan, published: Plan | None) -> set[str]:
    codes = set()
    for violation in check(day, plan, published):
        codes.add(violation.code)
        assert "代码" not in violation_text_zh(violation)
    return codes


@pytest.mark.parametrize("kind", PLANS)
def test_every_mutant_is_found(kind: str) -> None:
    tried = 0
    for day, plan, published in good_plans():
        for mutant in PLANS[kind](day, plan):
            tried += 1
            assert found(day, mutant, published), (day, mutant)
    assert tried >= 4


@pytest.mark.parametrize("kind", RULES)
def test_every_stricter_rule_is_held_against_the_plan(kind: str) -> None:
    tried = 0
    for day, plan, published in good_plans():
        for code, stricter in RULES[kind](day, plan):
            tried += 1
            assert code in found(stricter, plan, published), (code, stricter, plan)
    assert tried >= 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_days(fewest=2, most=5))
def test_no_mutant_of_any_day_gets_past_the_judge(made: tuple[Problem, Plan | None]) -> None:
    day, published = made
    plan = optimum(day, published).plan
    assert plan is not None
    assert check(day, plan, published) == []
    missed = Counter(
        kind for kind, make in PLANS.items() for mutant in make(day, plan) if not check(day, mutant, published)
    )
    assert not missed
    unheard = Counter(
        kind
        for kind, make in RULES.items()
        for code, stricter in make(day, plan)
        if code not in {violation.code for violation in check(stricter, plan, published)}
    )
    assert not unheard
