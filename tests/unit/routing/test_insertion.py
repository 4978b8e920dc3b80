"""Changes by hand: exact, priced, and nobody else re-ordered."""

import time

import pytest

from routing import (
    Iterations,
    MaxSeconds,
    Plan,
    Problem,
    ProblemError,
    Refusal,
    Window,
    check,
    insert,
    remove,
    retime,
    solve,
)

from .days import HOUR, problem, random_day, server, visit


@pytest.fixture(scope="module")
def day() -> Problem:
    return random_day(6, 36, 4)


@pytest.fixture(scope="module")
def plan(day: Problem) -> Plan:
    return solve(day, MaxSeconds(0.8))


def orders(plan: Plan, without: str) -> dict[str, list[str]]:
    return {route.server_id: [name for name in route.visit_ids if name != without] for route in plan.routes}


def test_every_possible_drag_gives_a_plan_that_holds_or_a_reasoned_refusal(day: Problem, plan: Plan) -> None:
    kinds = set()
    for dragged in day.visits[:18]:
        for target in day.servers:
            answer = insert(day, plan, dragged.id, target.id)
            kinds.add(type(answer))
            if isinstance(answer, Refusal):
                assert answer.reasons
                assert answer.price is not None
                continue
            assert check(day, answer) == []
            assert answer.servers_of(dragged.id)[0] == target.id
            assert orders(answer, dragged.id) == orders(plan, dragged.id)
            assert answer.price is not None
            assert answer.price.minutes == pytest.approx((answer.travel_s - plan.travel_s) / 60, abs=0.06)
            assert answer.price.km == pytest.approx((answer.distance_m - plan.distance_m) / 1000, abs=0.006)
    assert kinds == {Plan, Refusal}


def test_removing_and_putting_back_restores_the_plan(day: Problem, plan: Plan) -> None:
    route = max(plan.routes, key=lambda one: len(one.stops))
    single = next(name for name in route.visit_ids if len(plan.servers_of(name)) == 1)
    without = remove(day, plan, single)
    assert check(day, without) == []
    assert not without.servers_of(single)
    back = insert(day, without, single, route.server_id, route.visit_ids.index(single))
    assert isinstance(back, Plan)
    assert back.routes == plan.routes
    assert back.objective == plan.objective


def test_removing_a_crew_visit_frees_both_servers() -> None:
    day = problem([visit("c", crew=2), visit("v")], [server("s1"), server("s2")])
    plan = solve(day, Iterations(40))
    assert len(plan.servers_of("c")) == 2
    assert remove(day, plan, "c").servers_of("c") == ()


def test_a_given_position_is_kept() -> None:
    day = problem([visit(f"v{n}", 1000 * n) for n in range(1, 5)])
    plan = solve(day, Iterations(40))
    for place in range(4):
        answer = insert(day, plan, "v2", "s1", place)
        assert isinstance(answer, Plan)
        assert answer.routes[0].visit_ids[place] == "v2"


def test_a_dragged_crew_visit_keeps_its_second_server() -> None:
    day = problem([visit("c", crew=2)], [server("s1"), server("s2"), server("s3")])
    plan = solve(day, Iterations(40))
    lead, second = plan.servers_of("c")
    (third,) = {"s1", "s2", "s3"} - {lead, second}
    answer = insert(day, plan, "c", third)
    assert isinstance(answer, Plan)
    assert answer.servers_of("c") == (third, second)
    assert check(day, answer) == []


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("unskilled", "skill.missing"),
        ("full", "server.max_visits"),
        ("nobody", "server.unknown"),
    ],
)
def test_a_server_who_may_not_come_is_refused_with_the_rule(target: str, code: str) -> None:
    skill = frozenset({"k"})
    day = problem(
        [visit("x", skills=skill), visit("y", locked_server="s1")],
        [server("s1", skills=skill), server("unskilled"), server("full", skills=skill, max_visits=0)],
    )
    answer = insert(day, solve(day, Iterations(40)), "x", target)
    assert isinstance(answer, Refusal)
    assert [reason.code for reason in answer.reasons] == [code]


def test_a_locked_visit_is_not_dragged_elsewhere() -> None:
    day = problem([visit("y", locked_server="s1")], [server("s1"), server("s2")])
    answer = insert(day, solve(day, Iterations(40)), "y", "s2")
    assert isinstance(answer, Refusal)
    assert answer.reasons[0].code == "lock.other"


def test_an_impossible_position_says_what_forcing_it_would_break() -> None:
    early = visit("early", 2000, windows=(Window(9 * HOUR, 10 * HOUR),))
    late = visit("late", 4000, windows=(Window(15 * HOUR, 16 * HOUR),))
    day = problem([early, late])
    plan = solve(day, Iterations(40))
    answer = insert(day, plan, "early", "s1", 1)
    assert isinstance(answer, Refusal)
    assert answer.reasons[0].code == "position.infeasible"
    assert answer.price is not None
    assert [broken.code for broken in answer.price.broken] == ["window.late"]
    assert answer.price.broken[0].visit_id == "early"
    assert answer.price.broken[0].params["late_s"] > 4 * HOUR


def test_unknown_visits_are_refused_or_an_error(day: Problem, plan: Plan) -> None:
    answer = insert(day, plan, "nothing", day.servers[0].id)
    assert isinstance(answer, Refusal)
    assert answer.reasons[0].code == "visit.unknown"
    with pytest.raises(ProblemError):
        remove(day, plan, "nothing")


def test_retiming_the_planned_order_gives_the_planned_times() -> None:
    day = random_day(6, 30, 3, crews=False)
    plan = solve(day, MaxSeconds(0.4))
    for route in plan.routes:
        again = retime(day, route.server_id, route.visit_ids)
        assert again.holds
        assert again.route == route


def test_a_hand_made_order_is_never_refused_but_says_how_late_it_is(day: Problem, plan: Plan) -> None:
    route = max(plan.routes, key=lambda one: len(one.stops))
    backwards = retime(day, route.server_id, route.visit_ids[::-1])
    assert backwards.route.visit_ids == route.visit_ids[::-1]
    assert not backwards.holds
    assert all(v.params.get("late_s", 1) > 0 for v in backwards.violations)


def test_a_crew_partner_who_waits_is_told_how_long() -> None:
    day = problem([visit("c", 9000, crew=2)])
    waiting = retime(day, "s1", ["c"], meet={"c": 9 * HOUR + 60})
    assert [violation.code for violation in waiting.violations] == ["crew.not_together"]
    meeting = retime(day, "s1", ["c"], meet={"c": 14 * HOUR})
    assert meeting.holds
    assert meeting.route.stops[0].start_s == 14 * HOUR


def test_a_drag_is_answered_at_the_speed_of_the_hand() -> None:
    day = random_day(9, 200, 12)
    plan = solve(day, MaxSeconds(1.0))
    candidate = plan.unplanned[0].visit_id if plan.unplanned else plan.routes[0].visit_ids[0]
    insert(day, plan, candidate, "s1")
    began = time.monotonic()
    insert(day, plan, candidate, "s0")
    assert time.monotonic() - began < 0.5
