"""Reasons are true: each names what really stands in the way, and goes away when that is removed."""

from dataclasses import replace

import pytest

from routing import Iterations, MaxSeconds, Plan, Problem, Reason, Window, check, reason_text_zh, solve
from routing.explain import REASONS_ZH

from .days import HOUR, problem, random_day, server, visit

QUICK = Iterations(40)
EVENING = Window(19 * HOUR, 20 * HOUR)


def reasons(day: Problem, name: str = "x") -> list[Reason]:
    plan = solve(day, QUICK)
    assert check(day, plan) == []
    return next(list(item.reasons) for item in plan.unplanned if item.visit_id == name)


def codes(day: Problem, name: str = "x") -> list[str]:
    return [reason.code for reason in reasons(day, name)]


FULL = [visit(f"v{n}", 100, 50 * n, drop_penalty=90_000) for n in range(4)]
LONG = [visit(f"v{n}", 100, 50 * n, service_s=100 * 60, drop_penalty=90_000) for n in range(4)]

CASES = {
    "server.none": problem([visit("x")], []),
    "lock.absent": problem([visit("x", locked_server="gone")]),
    "lock.skill": problem(
        [visit("x", locked_server="s1", skills=frozenset({"k"}))],
        [server("s1"), server("s2", skills=frozenset({"k"}))],
    ),
    "skill.none": problem([visit("x", skills=frozenset({"k"}))]),
    "crew.too_few": problem([visit("x", crew=2)], [server("s1"), server("s2", crew_ok=False)]),
    "window.unreachable": problem([visit("x", windows=(EVENING,))]),
    "shift.too_short": problem([visit("x", service_s=9 * HOUR)]),
    "server.max_visits": problem([*FULL, visit("x")], [server(max_visits=4)]),
    "route.no_gap": problem([*LONG, visit("x", service_s=100 * 60)]),
    "value.too_low": problem([visit("x", 20_000, drop_penalty=60)]),
    "crew.no_common_time": problem(
        [visit("x", crew=2)],
        [
            server("s1", shift=Window(9 * HOUR, 12 * HOUR), breaks=()),
            server("s2", shift=Window(14 * HOUR, 17 * HOUR)),
        ],
    ),
    "crew.second_missing": problem([visit("x", crew=2)], [server("s1"), server("s2", max_visits=0)]),
}


@pytest.mark.parametrize("code", CASES)
def test_each_obstacle_is_named(code: str) -> None:
    assert code in codes(CASES[code])


def test_a_low_value_says_by_how_much() -> None:
    (reason,) = reasons(CASES["value.too_low"])
    assert reason.params["worth_minutes"] == 1
    assert reason.params["costs_minutes"] > 30
    richer = problem([visit("x", 20_000, drop_penalty=(reason.params["costs_minutes"] + 1) * 60)])
    assert not solve(richer, QUICK).unplanned


def test_servers_with_different_obstacles_are_told_apart() -> None:
    day = problem(
        [visit("x", windows=(EVENING,))],
        [server("s1"), server("s2", shift=Window(12 * HOUR, 21 * HOUR), breaks=(), max_visits=0)],
    )
    told = {reason.code: reason.params["servers"] for reason in reasons(day)}
    assert told == {"window.unreachable": ["s1"], "server.max_visits": ["s2"]}


@pytest.mark.parametrize("seed", range(3))
def test_every_visit_left_out_of_a_busy_day_has_its_reason_in_chinese(seed: int) -> None:
    plan: Plan = solve(random_day(seed, 60, 2), MaxSeconds(0.4))
    assert plan.unplanned
    for item in plan.unplanned:
        assert item.reasons
        for reason in item.reasons:
            assert reason.code != "search.stopped"
            assert "代码" not in reason_text_zh(reason)


def test_the_sentence_names_the_facts() -> None:
    assert reason_text_zh(reasons(CASES["skill.none"])[0]) == "今日没有送达员具备所需技能：k"
    assert "19:00–20:00" in reason_text_zh(reasons(CASES["window.unreachable"])[0])


def test_an_unknown_reason_shows_its_code() -> None:
    assert "new.reason" in reason_text_zh(Reason("new.reason"))


def test_a_removed_obstacle_lets_the_visit_in() -> None:
    day = CASES["server.max_visits"]
    roomy = replace(day, servers=(server(max_visits=5),))
    assert not solve(roomy, QUICK).unplanned


def test_every_code_has_a_sentence() -> None:
    assert set(CASES) <= set(REASONS_ZH)
