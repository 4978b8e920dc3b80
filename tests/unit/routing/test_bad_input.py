"""Bad input ends in a clear error or in an honest plan with reasons: never a crash, a broken plan or a silent drop."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing import (
    Break,
    Iterations,
    MaxSeconds,
    Plan,
    Point,
    Problem,
    ProblemError,
    Server,
    Visit,
    Weights,
    Window,
    check,
    reason_text_zh,
    solve,
)
from routing.travel import UNREACHABLE_S, HasLngLat, HaversineTravel, IntMatrix

from .days import HOUR, near, problem, server, visit

SOON = Iterations(15)
EARLY, LATE = Window(6 * HOUR, 7 * HOUR), Window(15 * HOUR, 16 * HOUR)


def honest(day: Problem, **options: Any) -> Plan:
    """A plan that holds, in which every visit left out has its reasons, in Chinese."""
    plan = solve(day, SOON, **options)
    assert check(day, plan, options.get("warm_start")) == []
    for item in plan.unplanned:
        assert item.reasons, item
        for reason in item.reasons:
            sentence = reason_text_zh(reason)
            assert any("\u4e00" <= letter <= "\u9fff" for letter in sentence)
            assert "代码" not in sentence
    return plan


def left_out(plan: Plan) -> dict[str, set[str]]:
    return {item.visit_id: {reason.code for reason in item.reasons} for item in plan.unplanned}


CLEAN = visit("clean", 700, 900)
HOPELESS: dict[str, tuple[Visit, list[Server]]] = {
    "window before opening": (visit("x", windows=(EARLY,)), [server()]),
    "window after closing": (visit("x", windows=(Window(20 * HOUR, 21 * HOUR),)), [server()]),
    "window inside the break": (
        visit("x", windows=(Window(12 * HOUR + 60, 12 * HOUR + 3000),)),
        [server()],
    ),
    "witness and door never together": (visit("x", windows=(EARLY,), witness_windows=(LATE,)), [server()]),
    "longer than any shift": (visit("x", service_s=9 * HOUR), [server()]),
    "longer than any stretch between breaks": (visit("x", service_s=5 * HOUR), [server()]),
    "longer than a day": (visit("x", service_s=48 * HOUR), [server()]),
    "nobody has the skill": (visit("x", skills=frozenset({"手语"})), [server()]),
    "locked to who is absent": (visit("x", locked_server="s9"), [server()]),
    "locked to who lacks the skill": (visit("x", locked_server="s1", skills=frozenset({"手语"})), [server()]),
    "all recused": (visit("x", forbidden_servers=frozenset({"s1", "s2"})), [server(), server("s2")]),
    "locked, and its second recused": (
        visit("x", locked_server="s1", forbidden_servers=frozenset({"s2"}), crew=2),
        [server(), server("s2")],
    ),
    "crew of two, one server": (visit("x", crew=2), [server()]),
    "crew of two who never go together": (visit("x", crew=2), [server(not_with=frozenset({"s2"})), server("s2")]),
    "nobody in crews": (visit("x", crew=2), [server(crew_ok=False), server("s2", crew_ok=False)]),
    "fixed first with who is absent": (visit("x", locked_server="s9", position="first"), [server()]),
    "under way with who is absent": (visit("x", locked_server="s9", pinned=True), [server()]),
    "other end of the world": (Visit("x", Point(-58.4, -34.6), 600, drop_penalty=3600), [server()]),
    "too far for anybody": (visit("x", 40_000), [server(max_km=30.0)]),
}


@pytest.mark.parametrize("mandatory", [False, True])
@pytest.mark.parametrize("case", HOPELESS)
def test_what_nobody_can_do_is_left_out_with_its_reason(case: str, mandatory: bool) -> None:
    hopeless, staff = HOPELESS[case]
    worth = None if mandatory else hopeless.drop_penalty
    bad = Visit(**{name: getattr(hopeless, name) for name in Visit.__slots__} | {"drop_penalty": worth})
    left = left_out(honest(problem([bad, CLEAN], staff)))
    assert set(left) == {"x"}
    assert "search.stopped" not in left["x"]


STAFF: dict[str, list[Server]] = {
    "no servers": [],
    "nobody may make a visit": [server(max_visits=0)],
    "nobody may go anywhere": [server(max_km=0.0)],
    "a shift of no length": [server(shift=Window(9 * HOUR, 9 * HOUR))],
    "ready when the shift is over": [server(ready_s=18 * HOUR)],
    "breaks that fit only one by one": [
        server(breaks=(Break(Window(9 * HOUR, 10 * HOUR), HOUR), Break(Window(9 * HOUR, 10 * HOUR + 60), HOUR)))
    ],
    "a break as long as the shift": [server(breaks=(Break(Window(9 * HOUR, 17 * HOUR), 8 * HOUR),))],
}


@pytest.mark.parametrize("case", STAFF)
def test_servers_who_can_do_nothing_leave_everything_with_reasons(case: str) -> None:
    day = problem([visit("a", service_s=60), visit("b", 3000, drop_penalty=None), visit("c", crew=2)], STAFF[case])
    assert set(left_out(honest(day))) == {"a", "b", "c"}


@pytest.mark.parametrize("staff", [[], [server()], [server(), server("s2")]])
def test_a_day_without_visits_is_a_plan(staff: list[Server]) -> None:
    assert not honest(problem([], staff)).unplanned


def test_identical_points_are_no_trouble() -> None:
    staff = [server("s1", start=near(0, 0)), server("s2", start=near(0, 0))]
    plan = honest(problem([visit(f"v{n}", 0, 0, crew=1 + n % 2, service_s=300) for n in range(12)], staff))
    assert not plan.unplanned
    assert plan.distance_m == 0


class Islands:
    """No way to or from a point east of the centre; `one_way`: there is a way there, none back."""

    def __init__(self, one_way: bool) -> None:
        self.one_way = one_way

    def matrix(self, points: Sequence[HasLngLat], mode: str, hour: int) -> tuple[IntMatrix, IntMatrix]:
        seconds, metres = HaversineTravel().matrix(points, mode, hour)
        east = np.array([point.lng > near(1, 0).lng for point in points])
        cut = east[:, None] & ~east[None, :] if self.one_way else east[:, None] ^ east[None, :]
        return np.where(cut, np.int32(UNREACHABLE_S), seconds), np.where(cut, np.int32(0), metres)


@pytest.mark.parametrize("one_way", [False, True])
@pytest.mark.parametrize("seconds", [True, False])
def test_unreachable_points_are_left_out(one_way: bool, seconds: bool) -> None:
    visits = [visit("west", -2000), visit("east", 2000), visit("east too", 3000, drop_penalty=None, crew=1 + seconds)]
    day = problem(visits, [server(), server("s2")], travel=Islands(one_way))
    assert set(left_out(honest(day))) == {"east", "east too"}


def test_who_need_not_come_back_may_take_a_one_way_street() -> None:
    day = problem([visit("west", -2000), visit("east", 2000)], [server(end=None)], travel=Islands(one_way=True))
    assert not honest(day).unplanned


def test_ways_that_are_no_number_are_no_ways() -> None:
    day = problem([visit("a"), visit("b", 2000)], travel=Odd(lambda seconds: np.where(seconds > 0, np.nan, 0.0)))
    assert set(left_out(honest(day))) == {"a", "b"}


class Odd:
    """A source of travel times that answers nonsense."""

    def __init__(self, change: Callable[[Any], Any]) -> None:
        self.change = change

    def matrix(self, points: Sequence[HasLngLat], mode: str, hour: int) -> tuple[IntMatrix, IntMatrix]:
        seconds, metres = HaversineTravel().matrix(points, mode, hour)
        return self.change(seconds), metres


@pytest.mark.parametrize(
    "change",
    [
        lambda seconds: -seconds,
        lambda seconds: seconds[:-1],
        lambda seconds: seconds[0],
    ],
)
def test_a_source_of_travel_times_that_answers_nonsense_is_refused(
    change: Callable[[Any], Any],
) -> None:
    with pytest.raises(ProblemError) as caught:
        solve(problem([visit("a"), visit("b", 2000)], travel=Odd(change)), SOON)
    assert caught.value.code == "travel.invalid"


BAD: dict[str, tuple[str, Callable[[], object]]] = {
    "negative minutes": ("problem.out_of_range", lambda: visit("x", service_s=-60)),
    "minutes that are no number": ("problem.not_integer", lambda: visit("x", service_s=math.nan)),
    "a negative window": ("problem.out_of_range", lambda: Window(-1, 5)),
    "a window that ends before it begins": ("problem.window_reversed", lambda: Window(10, 9)),
    "a window in the third day": ("problem.out_of_range", lambda: Window(0, 49 * HOUR)),
    "a window in no time": ("problem.not_integer", lambda: Window(math.nan, 5)),  # type: ignore[arg-type]  # the point
    "a true moment": ("problem.not_integer", lambda: Window(True, 5)),
    "a point nowhere": ("problem.point_not_finite", lambda: Point(math.nan, 39.0)),
    "a point at no end": ("problem.point_not_finite", lambda: Point(116.0, math.inf)),
    "a point off the globe": ("problem.point_out_of_range", lambda: Point(116.0, 91.0)),
    "a negative penalty": ("problem.out_of_range", lambda: visit("x", drop_penalty=-1)),
    "a crew of none": ("problem.crew", lambda: visit("x", crew=0)),
    "a break longer than its window": ("problem.break_too_long", lambda: Break(Window(0, 60), 61)),
    "breaks one in the other": (
        "problem.breaks_nested",
        lambda: server(breaks=(Break(Window(0, 5 * HOUR), 5 * HOUR), Break(Window(60, 7200), 60))),
    ),
    "a mode nobody knows": ("problem.mode", lambda: server(mode="sled")),
    "kilometres that are no number": ("problem.out_of_range", lambda: server(max_km=math.nan)),
    "negative kilometres": ("problem.out_of_range", lambda: server(max_km=-1.0)),
    "negative visits": ("problem.out_of_range", lambda: server(max_visits=-1)),
    "negative overtime": ("problem.out_of_range", lambda: server(overtime_s=-1)),
    "a negative price": ("problem.out_of_range", lambda: Weights(travel_s=-1)),
    "a price that is no number": ("problem.not_integer", lambda: Weights(value=math.nan)),  # type: ignore[arg-type]  # the point
    "nameless": ("problem.id_empty", lambda: visit("")),
    "under way with nobody": ("problem.pinned_unlocked", lambda: visit("x", pinned=True)),
    "first with nobody": ("problem.position_unlocked", lambda: visit("x", position="first")),
    "in the middle": ("problem.position", lambda: visit("x", position="middle", locked_server="s1")),
    "locked to who must not come": (
        "problem.locked_forbidden",
        lambda: visit("x", locked_server="s1", forbidden_servers=frozenset({"s1"})),
    ),
    "the same visit twice": ("problem.id_twice", lambda: problem([visit("x"), visit("x")])),
    "the same server twice": ("problem.id_twice", lambda: problem([], [server(), server()])),
    "two first ones": (
        "problem.position_twice",
        lambda: problem([visit(name, position="first", locked_server="s1") for name in "xy"]),
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_meant_is_refused_by_name(case: str) -> None:
    code, make = BAD[case]
    with pytest.raises(ProblemError) as caught:
        make()
    assert caught.value.code == code
    assert any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.message_zh)


def test_the_first_one_may_be_fixed_while_last_first_one_is_under_way() -> None:
    going = visit("going", 500, locked_server="s1", position="first", pinned=True)
    plan = honest(problem([visit("next", 900, locked_server="s1", position="first"), visit("v"), going]))
    assert plan.routes[0].visit_ids[:2] == ("going", "next")


def test_rules_that_contradict_each_other_leave_visits_out_not_rules() -> None:
    # First in the route, but not before the afternoon; last, but only in the morning.
    first = visit("first", locked_server="s1", position="first", windows=(LATE,), drop_penalty=900)
    last = visit("last", locked_server="s1", position="last", windows=(Window(9 * HOUR, 10 * HOUR),), drop_penalty=None)
    plan = honest(problem([first, last, *(visit(f"v{n}", 900 * n) for n in range(4))]))
    assert "first" in left_out(plan)
    assert "last" not in left_out(plan)


def test_more_visits_under_way_than_a_server_may_make_are_left_out_not_made() -> None:
    going = [visit(f"g{n}", 500 * n, locked_server="s1", pinned=True) for n in range(3)]
    assert len(left_out(honest(problem(going, [server(max_visits=2)])))) == 1


def crowd(visits: int, places: int, servers: int) -> Problem:
    """A flood of visits at so many doors."""
    rng = np.random.default_rng(5)
    doors = rng.normal(0, 5000, (places, 2))
    made = [
        visit(
            f"v{n}",
            *map(float, doors[n % places]),
            drop_penalty=int(rng.integers(600, 20_000)),
            windows=(LATE,) if n % 5 == 0 else (),
            crew=2 if n % 50 == 0 else 1,
            building=f"b{n % places}",
        )
        for n in range(visits)
    ]
    return problem(made, [server(f"s{n}") for n in range(servers)])


def test_five_thousand_visits_are_planned_within_the_budget() -> None:
    day = crowd(5000, 60, 12)
    began = time.process_time()
    plan = solve(day, MaxSeconds(0.5))
    assert check(day, plan) == []
    assert sum(len(route.stops) for route in plan.routes) > 100
    assert all(item.reasons for item in plan.unplanned)
    # Reasons for thousands of visits are part of the answer, not of the search.
    assert time.process_time() - began < 5.0


wild_seconds = st.one_of(st.integers(-5, 49 * HOUR), st.sampled_from([0, HOUR, 9 * HOUR, 12 * HOUR, 48 * HOUR]))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_is_asked_ends_in_an_error_or_an_honest_plan(data: st.DataObject) -> None:
    def span() -> Window:
        return Window(data.draw(wild_seconds), data.draw(wild_seconds))

    def one(number: int) -> Visit:
        return visit(
            f"v{number}",
            data.draw(st.floats(-20_000, 20_000)),
            data.draw(st.sampled_from([0.0, 1.0, 9000.0])),
            service_s=data.draw(wild_seconds),
            windows=tuple(span() for _ in range(data.draw(st.integers(0, 2)))),
            witness_windows=tuple(span() for _ in range(data.draw(st.integers(0, 1)))),
            drop_penalty=data.draw(st.sampled_from([None, 0, 1, 10**8, -1, 3600])),
            crew=data.draw(st.integers(1, 2)),
            locked_server=data.draw(st.sampled_from([None, "s0", "s1", "s9"])),
            position=data.draw(st.sampled_from([None, None, "first", "last"])),
            pinned=data.draw(st.booleans()),
            forbidden_servers=frozenset(data.draw(st.sets(st.sampled_from(["s0", "s1"]), max_size=1))),
        )

    def staff(number: int) -> Server:
        return server(
            f"s{number}",
            shift=span(),
            breaks=tuple(Break(span(), data.draw(wild_seconds)) for _ in range(data.draw(st.integers(0, 2)))),
            end=data.draw(st.sampled_from([None, near(0, 0)])),
            overtime_s=data.draw(wild_seconds),
            max_km=data.draw(st.sampled_from([None, 0.0, 0.001, 1e4])),
            max_visits=data.draw(st.sampled_from([None, 0, 1, 100_000])),
            fixed_cost=data.draw(st.sampled_from([0, 10**8])),
            ready_s=data.draw(st.one_of(st.none(), wild_seconds)),
        )

    try:
        servers = [staff(number) for number in range(data.draw(st.integers(0, 2)))]
        day = problem([one(number) for number in range(data.draw(st.integers(0, 4)))], servers)
    except ProblemError:
        return
    honest(day)
