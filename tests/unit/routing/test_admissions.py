"""The cheapest change that lets a visit in: it does, less of it does not, and what it costs is what it costs."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Plan, Problem, Window, check
from routing.assemble import orders_of
from routing.explain import ADMISSIONS_ZH, Admission, admission_text_zh, admissions, all_admissions
from routing.instance import compile_problem

from .days import HOUR, near, problem, random_day, server, visit
from .greedy import greedy_plan, places, value, with_server, with_visit


def first(day: Problem, name: str = "x") -> Admission:
    plan = greedy_plan(day)
    assert not plan.servers_of(name)
    found = admissions(day, plan, name, budget_s=5)
    assert found
    return found[0]


FULL = [visit(f"v{n}", 100, 50 * n, service_s=80 * 60, drop_penalty=90_000) for n in range(4)]
SKILL = frozenset({"执行"})
CASES = {
    "window": problem([visit("x", 2000, windows=(Window(17 * HOUR, 18 * HOUR),))]),
    "overtime": problem([*FULL, visit("x", 100, service_s=100 * 60, drop_penalty=50_000)]),
    "value": problem([visit("x", 9000, drop_penalty=60)]),
    "max_visits": problem([*FULL, visit("x")], [server(max_visits=4), server("s2", max_visits=0)]),
    "max_km": problem([visit("x", 9000, drop_penalty=50_000)], [server(max_km=20.0)]),
    "skill": problem([visit("x", skills=SKILL)]),
    "lock": problem([visit("x", locked_server="gone")]),
    "crew": problem([visit("x", crew=2)]),
    "displace": problem(
        [
            *(replace(one, drop_penalty=3000 + n) for n, one in enumerate(FULL)),
            visit("x", service_s=80 * 60, drop_penalty=2000, windows=(Window(9 * HOUR, 9 * HOUR + 900),)),
        ]
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_each_kind_of_change_is_found_where_it_is_what_helps(code: str) -> None:
    day = CASES[code]
    plan = greedy_plan(day)
    found = {one.code: one for one in admissions(day, plan, "x", most=9, budget_s=5)}
    assert code in found
    assert check(found[code].problem, found[code].plan) == []
    assert found[code].plan.servers_of("x")
    sentence = admission_text_zh(found[code], {"s1": "张某"})
    assert "上门" in sentence
    assert "s1" not in sentence


def test_every_kind_of_change_has_its_sentence() -> None:
    assert set(CASES) | {"free"} == set(ADMISSIONS_ZH)


def test_a_recusal_is_never_lifted() -> None:
    day = problem([visit("x", forbidden_servers=frozenset({"s1"}), skills=SKILL)], [server("s1", skills=SKILL)])
    assert admissions(day, greedy_plan(day), "x", budget_s=5) == ()
    two = replace(day, servers=(*day.servers, server("s2")))
    assert {(one.code, one.server_id) for one in admissions(two, greedy_plan(two), "x", budget_s=5)} == {
        ("skill", "s2")
    }


def test_a_visit_that_fits_as_it_is_says_so() -> None:
    day = problem([visit("x")])
    empty = replace(greedy_plan(day), routes=(), unplanned=())
    (found, *_) = admissions(day, empty, "x", budget_s=5)
    assert found.code == "free"
    assert found.gain_s > 0


def test_the_sentence_names_the_new_window() -> None:
    found = first(CASES["window"])
    assert found.code == "window"
    ((opens, closes),) = found.params["windows"]
    assert closes == 18 * HOUR
    assert opens == 17 * HOUR - found.params["minutes"] * 60
    assert f"放宽 {found.params['minutes']} 分钟" in admission_text_zh(found)


def test_a_witness_who_is_never_there_in_time_is_asked_to_come_otherwise() -> None:
    day = problem(
        [visit("x", windows=(Window(10 * HOUR, 11 * HOUR),), witness_windows=(Window(14 * HOUR, 15 * HOUR),))]
    )
    found = first(day)
    assert found.code == "window"
    assert found.params["minutes"] == 180
    assert check(found.problem, found.plan) == []


def busy(seed: int, *, crews: bool) -> tuple[Problem, Plan]:
    day = random_day(seed, 26, 2, crews=crews)
    staff = tuple(
        replace(one, max_km=25.0 if k == 0 else None, max_visits=None if k == 0 else 8)
        for k, one in enumerate(day.servers)
    )
    far = visit("far", 4000, 4000, windows=(Window(17 * HOUR, 18 * HOUR),), drop_penalty=20_000)
    day = replace(day, servers=staff, visits=(*day.visits, far))
    return day, greedy_plan(day)


def brute(day: Problem, plan: Plan, visit_id: str) -> int:
    """In how many ways the visit can be put into the plan under this problem, nobody moved."""
    instance = compile_problem(day)
    return len(places(instance, orders_of(instance, plan), instance.visit_index[visit_id]))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 40), pick=st.integers(0, 30))
def test_the_smallest_amount_is_found(seed: int, pick: int) -> None:
    day, plan = busy(seed, crews=False)
    if not plan.unplanned:
        return
    wanted = plan.unplanned[pick % len(plan.unplanned)].visit_id
    for found in admissions(day, plan, wanted, most=9, budget_s=9):
        assert check(found.problem, found.plan) == []
        assert found.plan.servers_of(wanted) == (found.server_id,)
        assert found.gain_s == value(day, plan) - value(found.problem, found.plan)
        if found.code not in ("displace", "free"):
            assert _planned(found.plan) == _planned(plan) | {wanted}
        less(day, plan, found)


def _planned(plan: Plan) -> set[str]:
    return {stop.visit_id for route in plan.routes for stop in route.stops}


def less(day: Problem, plan: Plan, found: Admission) -> None:
    """A minute (100 metres, one visit of the two) less than the change, and the visit is not in."""
    wanted = found.visit_id
    if found.code == "window":
        before = next(one for one in day.visits if one.id == wanted)
        after = next(one for one in found.problem.visits if one.id == wanted)
        narrower = tuple(
            Window(min(old.start_s, new.start_s + 60), max(old.end_s, new.end_s - 60))
            for old, new in zip(before.windows, after.windows, strict=True)
        )
        assert brute(found.problem, plan, wanted)
        assert not brute(with_visit(day, wanted, windows=narrower), plan, wanted)
    if found.code == "overtime":
        minutes = found.params["minutes"]
        assert brute(found.problem, plan, wanted)
        own = next(one for one in day.servers if one.id == found.server_id)
        assert not brute(with_server(day, own.id, overtime_s=own.overtime_s + (minutes - 1) * 60), plan, wanted)
    if found.code == "max_km":
        own = next(one for one in found.problem.servers if one.id == found.server_id)
        assert brute(found.problem, plan, wanted)
        assert not brute(with_server(day, own.id, max_km=(own.max_km or 0) - 0.1), plan, wanted)
    if found.code in ("skill", "lock", "max_visits"):
        assert brute(found.problem, plan, wanted)
    if found.code == "displace":
        gone = {s.visit_id for r in plan.routes for s in r.stops} - {
            s.visit_id for r in found.plan.routes for s in r.stops
        }
        assert gone == set(found.params["visits"])
        assert 1 <= len(gone) <= 2


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 40))
def test_changes_for_crews_hold_too(seed: int) -> None:
    day, plan = busy(seed, crews=True)
    crews = [one.visit_id for one in plan.unplanned if next(v for v in day.visits if v.id == one.visit_id).crew == 2]
    for wanted in crews[:3]:
        for found in admissions(day, plan, wanted, most=9, budget_s=9):
            assert check(found.problem, found.plan) == []
            assert len(found.plan.servers_of(wanted)) == 2
            assert admission_text_zh(found)


def test_time_for_many_is_kept_to() -> None:
    day = random_day(2, 120, 5)
    plan = greedy_plan(day)
    began = time.process_time()
    found = all_admissions(day, plan, budget_s=0.3)
    assert time.process_time() - began < 0.9
    assert 0 < len(found) <= len(plan.unplanned)
    one = next(iter(found))
    began = time.process_time()
    admissions(day, plan, one, budget_s=0.1)
    assert time.process_time() - began < 0.4


def test_a_planned_visit_needs_no_change() -> None:
    day = problem([visit("x")], [server("s1", start=near(0, 0))])
    assert admissions(day, greedy_plan(day), "x") == ()
