"""Why a planned visit is where it is: costs, next best and slack are what they are called."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Plan, ProblemError, Reason, Window, check, insert, reason_text_zh
from routing.assemble import orders_of
from routing.explain import REASONS_ZH, placement_text_zh, why
from routing.instance import compile_problem
from routing.timeline import time_all

from .days import HOUR, LUNCH, problem, random_day, server, visit
from .greedy import greedy_plan, value, with_visit


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 30), pick=st.integers(0, 30))
def test_cost_next_best_and_slack_are_exact(seed: int, pick: int) -> None:
    day = random_day(seed, 18, 3, crews=False)
    plan = greedy_plan(day)
    planned = [stop.visit_id for route in plan.routes for stop in route.stops]
    name = planned[pick % len(planned)]
    one = next(item for item in day.visits if item.id == name)
    placed = why(day, plan, name)
    assert placed.servers == plan.servers_of(name)
    route = plan.route_of(placed.servers[0])
    assert route is not None
    assert placed.start_s == next(stop.start_s for stop in route.stops if stop.visit_id == name)
    bare = replace(
        plan,
        routes=tuple(replace(r, stops=tuple(s for s in r.stops if s.visit_id != name)) for r in plan.routes),
    )
    assert placed.cost_s == value(day, plan) - value(day, bare) + (one.drop_penalty or 0)
    for other in placed.alternatives:
        moved = insert(day, plan, name, other.server_id, other.position)
        assert isinstance(moved, Plan)
        assert moved.price is not None
        assert moved.price.objective_s == other.extra_s
    able = {item.id for item in day.servers if isinstance(insert(day, plan, name, item.id), Plan)}
    assert {other.server_id for other in placed.alternatives} == able - set(placed.servers)
    assert placed.bound_by
    assert all("代码" not in sentence for sentence in placement_text_zh(placed))
    later = placed.start_s + placed.slack_s
    assert _starting(day, plan, name, later)
    if any(w.start_s <= later + 1 <= w.end_s for w in one.windows) or not one.windows:
        assert not _starting(day, plan, name, later + 1)


def _starting(day: object, plan: Plan, name: str, at_s: int) -> bool:
    """Whether the plan's orders hold with the visit starting at exactly this second."""
    fixed = with_visit(day, name, windows=(Window(at_s, at_s),))  # type: ignore[arg-type]  # a Problem
    instance = compile_problem(fixed)
    return time_all(instance, orders_of(instance, plan)) is not None


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 30))
def test_crews_are_explained_too(seed: int) -> None:
    day = random_day(seed, 14, 4)
    plan = greedy_plan(day)
    crews = [one.id for one in day.visits if one.crew == 2 and plan.servers_of(one.id)]
    for name in crews[:2]:
        placed = why(day, plan, name)
        assert len(placed.servers) == 2
        assert placed.slack_s >= 0
        for other in placed.alternatives:
            moved = insert(day, plan, name, other.server_id, other.position)
            assert isinstance(moved, Plan)
            assert check(day, moved) == []


def codes(day: object, name: str) -> list[str]:
    plan = greedy_plan(day)  # type: ignore[arg-type]  # a Problem
    return [reason.code for reason in why(day, plan, name).bound_by]  # type: ignore[arg-type]  # a Problem


def test_the_time_hangs_on_what_it_hangs_on() -> None:
    ten, two = Window(10 * HOUR, 11 * HOUR), Window(14 * HOUR, 15 * HOUR)
    assert codes(problem([visit("x")]), "x") == ["time.shift"]
    assert codes(problem([visit("x")], [server(ready_s=10 * HOUR)]), "x") == ["time.ready"]
    assert codes(problem([visit("x", windows=(ten,))]), "x") == ["time.window"]
    assert codes(problem([visit("x", witness_windows=(ten,))]), "x") == ["time.witness"]
    chain = problem(
        [visit("a", drop_penalty=None, service_s=30 * 60, position="first", locked_server="s1"), visit("x")]
    )
    assert codes(chain, "x") == ["time.travel"]
    after_lunch = problem([visit("a", service_s=170 * 60, position="first", locked_server="s1"), visit("x")])
    assert codes(after_lunch, "x") == ["time.break", "time.travel"]
    assert codes(problem([visit("a", windows=(ten,)), visit("x", windows=(two,))]), "x") == ["time.window"]
    late = server("s2", ready_s=15 * HOUR, breaks=(LUNCH,), skills=frozenset({"k"}))
    crew = visit("x", crew=2, skills=frozenset({"k"}))
    assert codes(problem([crew], [server("s1"), late]), "x") == ["time.ready"]
    crew = visit("x", crew=2, locked_server="s1")
    assert codes(problem([crew], [server("s1"), late]), "x") == ["time.partner"]


def test_what_is_not_planned_has_no_place() -> None:
    day = problem([visit("x", 20_000, drop_penalty=1)])
    with pytest.raises(ProblemError):
        why(day, greedy_plan(day), "x")
    with pytest.raises(ProblemError):
        why(day, greedy_plan(day), "y")


def test_every_reason_can_be_said_with_names() -> None:
    params = {
        "server": "s1", "servers": ["s1"], "skills": ["k"], "locked": "s1", "able": 1, "free": ["s1"], "count": 1,
        "eligible": 2, "windows": [[0, 60]], "costs_minutes": 2, "worth_minutes": 1, "at_s": 36_000, "visit": "v1",
        "travel_s": 60, "span": [0, 60], "position": 1, "max": 3,
    }  # fmt: skip
    for code in REASONS_ZH:
        sentence = reason_text_zh(Reason(code, params), {"s1": "张某", "v1": "（2026）京01执9号"})
        assert sentence
        assert "s1" not in sentence
        assert "v1" not in sentence
