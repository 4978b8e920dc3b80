"""What a change by hand costs, before it is made: the difference it makes, and every promise it breaks."""

import subprocess
import sys
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Plan, Problem, ProblemError, Refusal, Window, check, insert, rearrange, remove, swap
from routing import violation_text_zh as text_zh

from .days import HOUR, problem, random_day, server, visit
from .greedy import greedy_plan, value

SKILL = frozenset({"k"})


def mixed(seed: int) -> Problem:
    """A day with everything a change by hand can break."""
    day = random_day(seed, 20, 4)
    staff = list(day.servers)
    staff[0] = replace(staff[0], max_km=30.0, not_with=frozenset({"s2"}))
    staff[1] = replace(staff[1], areas=frozenset({"东城"}), fixed_cost=600)
    visits = [
        replace(
            one,
            area="东城" if k % 3 else "西城",
            forbidden_servers=frozenset({"s3"}) if k % 7 == 0 else frozenset(),
            witness_windows=(Window(10 * HOUR, 16 * HOUR),) if k % 5 == 0 else (),
        )
        for k, one in enumerate(day.visits)
    ]
    visits[1] = replace(visits[1], locked_server="s0", position="first", crew=1, skills=frozenset())
    return replace(day, servers=tuple(staff), visits=tuple(visits))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 15), data=st.data())
def test_the_price_is_the_difference_and_what_is_not_refused_breaks_nothing(seed: int, data: st.DataObject) -> None:
    day = mixed(seed)
    plan = greedy_plan(day)
    before = value(day, plan)
    name = data.draw(st.sampled_from([one.id for one in day.visits]))
    who = data.draw(st.sampled_from([one.id for one in day.servers]))
    place = data.draw(st.none() | st.integers(0, 5))
    answers = [insert(day, plan, name, who, place)]
    if plan.servers_of(name):
        answers.append(remove(day, plan, name))
    other = data.draw(st.sampled_from([one.id for one in day.servers]))
    if other != who:
        answers.append(swap(day, plan, who, other))
    route = plan.route_of(who)
    assert route is not None
    answers.append(rearrange(day, plan, {who: data.draw(st.permutations(route.visit_ids))}))
    for answer in answers:
        price = answer.price
        assert price is not None
        if isinstance(answer, Refusal):
            assert answer.reasons
            # A place out of the route's bounds breaks nothing but the question.
            assert price.broken or answer.reasons[0].code in ("position.invalid", "crew.too_few", "crew.no_common_time")
            assert all("代码" not in text_zh(broken) for broken in price.broken)
            continue
        assert check(day, answer) == []
        assert price.broken == ()
        assert price.objective_s == answer.objective - before
        assert answer.objective == value(day, answer)
        assert price.minutes == pytest.approx((answer.travel_s - plan.travel_s) / 60, abs=0.06)
        assert price.km == pytest.approx((answer.distance_m - plan.distance_m) / 1000, abs=0.006)


def broken(answer: Plan | Refusal) -> list[str]:
    assert isinstance(answer, Refusal)
    assert answer.price is not None
    return [one.code for one in answer.price.broken]


def test_each_rule_a_move_breaks_is_told() -> None:
    ten = (Window(9 * HOUR, 10 * HOUR),)
    day = problem(
        [
            visit("skilled", skills=SKILL, locked_server="s1"),
            visit("recused", 1000, 500, forbidden_servers=frozenset({"s2"})),
            visit("first", 500, position="first", locked_server="s1"),
            visit("early", 700, windows=ten),
            visit("witness", 900, witness_windows=ten),
            visit("far", 15_000, drop_penalty=90_000),
        ],
        [server("s1", skills=SKILL), server("s2", max_km=5.0, max_visits=1)],
    )
    plan = greedy_plan(day)
    assert not plan.unplanned
    assert broken(insert(day, plan, "skilled", "s2"))[:2] == ["skill.missing", "lock.broken"]
    assert broken(insert(day, plan, "recused", "s2")) == ["server.forbidden"]
    assert broken(insert(day, plan, "first", "s1", 3)) == ["position.not_first"]
    assert broken(insert(day, plan, "far", "s2")) == ["server.max_km"]
    assert "window.late" in broken(insert(day, plan, "early", "s1", 5))
    assert "witness.missed" in broken(insert(day, plan, "witness", "s1", 5))
    two = rearrange(day, plan, {"s2": ["early", "witness"], "s1": ["first", "skilled", "recused", "far"]})
    assert broken(two) == ["server.max_visits"]


def test_lunch_shift_and_partner_are_promises_too() -> None:
    late = visit("late", 800, windows=(Window(16 * HOUR + 1800, 17 * HOUR),))
    day = problem([late, visit("x", 300, service_s=30 * 60)])
    plan = greedy_plan(day)
    assert not plan.unplanned
    assert broken(rearrange(day, plan, {"s1": ["late", "x"]})) == ["shift.late"]
    noon = (Window(11 * HOUR + 1800, 11 * HOUR + 2400),)
    day = problem([visit("long", 300, service_s=50 * 60, windows=noon)])
    nothing = Plan((), (), 0, 0, 0, "", 0, 0.0)
    assert broken(rearrange(day, nothing, {"s1": ["long"]})) == ["break.late"]
    afternoon = server("s2", ready_s=14 * HOUR)
    crew = visit("c", crew=2, windows=(Window(9 * HOUR, 11 * HOUR),))
    day = problem([crew], [server("s1"), server("s3"), afternoon])
    plan = greedy_plan(day)
    assert len(plan.servers_of("c")) == 2
    assert "window.late" in broken(rearrange(day, plan, {"s1": [], "s3": ["c"], "s2": ["c"]}))
    apart = replace(day, servers=(server("s1", not_with=frozenset({"s3"})), server("s3"), afternoon))
    assert "crew.apart" in broken(rearrange(apart, nothing, {"s1": ["c"], "s3": ["c"]}))
    assert broken(rearrange(day, plan, {"s1": [], "s3": ["c"]})) == ["crew.size"]


def test_crews_that_wait_for_each_other_are_told_not_refused_an_answer() -> None:
    day = problem([visit("a", 500, crew=2), visit("b", 900, crew=2)], [server("s1"), server("s2")])
    plan = greedy_plan(day)
    assert not plan.unplanned
    answer = rearrange(day, plan, {"s1": ["a", "b"], "s2": ["b", "a"]})
    assert "crew.not_together" in broken(answer)


def test_two_servers_exchange_their_days_but_not_what_is_under_way() -> None:
    held = visit("p", 200, pinned=True, locked_server="s1", drop_penalty=None)
    day = problem(
        [held, visit("e", 3000), visit("f", 3500), visit("w", -3000, locked_server=None)],
        [server("s1"), server("s2")],
    )
    plan = greedy_plan(day)
    kept = {route.server_id: set(route.visit_ids) - {"p"} for route in plan.routes}
    answer = swap(day, plan, "s1", "s2")
    assert isinstance(answer, Plan)
    assert set(answer.servers_of("p")) == {"s1"}
    assert {route.server_id: set(route.visit_ids) - {"p"} for route in answer.routes} == {
        "s1": kept["s2"],
        "s2": kept["s1"],
    }
    back = swap(day, answer, "s2", "s1")
    assert isinstance(back, Plan)
    assert back.routes == plan.routes
    same = swap(day, plan, "s1", "s1")
    assert isinstance(same, Refusal)
    with pytest.raises(ProblemError):
        swap(day, plan, "s1", "nobody")


def test_prices_come_at_the_speed_of_the_hand() -> None:
    day = random_day(4, 150, 8)
    plan = greedy_plan(day)
    name = plan.unplanned[0].visit_id if plan.unplanned else "v0"
    insert(day, plan, name, "s1")
    began = time.process_time()
    for who in ("s0", "s1", "s2", "s3"):
        insert(day, plan, name, who)
        swap(day, plan, who, "s4")
    assert (time.process_time() - began) / 8 < 0.15


def test_who_asks_for_prices_and_reasons_does_not_load_the_compiled_search() -> None:
    asked = "import sys, routing, routing.explain, routing.replan as r; print({'numba', 'ortools'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
