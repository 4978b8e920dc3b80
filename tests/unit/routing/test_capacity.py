"""How many servers for this load: the month that is simulated, and what is concluded from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routing import Point, ProblemError, Window
from routing.capacity import (
    Area,
    Assumptions,
    Cancelled,
    Group,
    Kind,
    Month,
    Seen,
    Staffing,
    Target,
    learn,
    simulate,
    what_if,
)

CENTRE = Point(116.37, 39.92)
EVENING = tuple(0.9 if hour >= 15 else 0.3 for hour in range(24))


def assumed(**changes: object) -> Assumptions:
    made = Assumptions(
        areas=(Area("东", Point(116.40, 39.92), 3000, 14), Area("西", Point(116.34, 39.93), 3000, 10)),
        kinds=(Kind("自然人", 0.7, 9), Kind("单位", 0.3, 6, (0.85,) * 24, windows=(Window(32400, 63000),))),
        depot=CENTRE,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test's keyword bag


def people(count: int, **changes: object) -> Staffing:
    group = replace(Group("外勤", count, max_visits=14, cost=400.0), **changes)  # type: ignore[arg-type]  # a test's bag
    return Staffing(f"{count} 人", (group,))


def month(count: int, seed: int = 1, days: int = 12, **changes: object) -> Month:
    return simulate(assumed(**changes), people(count), days, seed)


def test_the_same_seed_is_the_same_month_and_another_is_another() -> None:
    assert month(2) == month(2)
    assert month(2).days != month(2, seed=2).days


def test_what_comes_in_does_not_depend_on_who_works() -> None:
    arrived = [[day.arrived for day in month(count).days] for count in (1, 3)]
    assert arrived[0] == arrived[1]
    assert sum(arrived[0]) == pytest.approx(24 * 12, rel=0.2)


def test_nothing_is_lost_between_the_days() -> None:
    before = 30
    for day in month(1, backlog=before).days:
        assert day.open == before + day.arrived - day.served - day.given_back
        before = day.open


def test_more_people_leave_less_behind_and_keep_more_promises() -> None:
    few, many = month(1), month(4)
    assert many.backlog < few.backlog
    assert many.served_in_promise > few.served_in_promise
    assert many.utilisation < few.utilisation <= 1.0
    assert few.backlog_growth > 5 > many.backlog_growth


def test_nobody_makes_more_than_the_limit_nor_works_when_nobody_is_there() -> None:
    assert max(day.visits for day in month(2).days) <= 28
    nobody = simulate(assumed(), Staffing("无人", ()), 5, 1)
    assert nobody.days[-1].open == sum(day.arrived for day in nobody.days)


def test_a_door_that_never_opens_goes_back_after_the_last_try() -> None:
    shut = assumed(kinds=(Kind("自然人", 1, 5, (0.0,) * 24),), tries=2, return_days=1)
    found = simulate(shut, people(4), 10, 1)
    assert found.first_visit_success == 0
    assert sum(day.served for day in found.days) == 0
    assert sum(day.given_back for day in found.days) > 0


def test_success_follows_the_hour_of_the_visit() -> None:
    mornings = (Window(9 * 3600, 11 * 3600),)
    early = assumed(kinds=(Kind("自然人", 1, 5, EVENING, windows=mornings),))
    late = assumed(kinds=(Kind("自然人", 1, 5, EVENING, windows=(Window(15 * 3600, 17 * 3600),)),))
    rate = [simulate(one, people(4), 8, 1).first_visit_success for one in (early, late)]
    assert rate[0] < 0.45
    assert rate[1] > 0.75


def test_urgent_visits_are_gone_to_on_their_day() -> None:
    all_urgent = assumed(urgent_share=1.0, kinds=(Kind("自然人", 1, 5, (1.0,) * 24),))
    found = simulate(all_urgent, people(5), 6, 1)
    assert sum(day.served for day in found.days) >= 0.9 * sum(day.arrived for day in found.days)
    assert found.days[0].served > 0


def test_pairs_need_two_people() -> None:
    pairs = assumed(kinds=(Kind("自然人", 1, 5, crew_share=1.0),))
    assert sum(day.visits for day in simulate(pairs, people(1), 3, 1).days) == 0
    assert sum(day.visits for day in simulate(pairs, people(2), 3, 1).days) > 0


def test_the_smallest_staffing_that_keeps_the_target_is_chosen() -> None:
    heard: list[tuple[int, int]] = []
    answer = what_if(
        assumed(),
        [people(count) for count in (1, 2, 3, 4)],
        (1, 2),
        days=8,
        target=Target(served_in_promise=0.5, served_before_hearing=None, backlog_growth=6.0, utilisation=None),
        on_progress=lambda done, total: heard.append((done, total)),
    )
    meets = [row.meets for row in answer.rows]
    assert answer.chosen == meets.index(True)
    assert not meets[0]
    assert heard[-1] == (64, 64)
    assert [done for done, _ in heard] == list(range(1, 65))
    row = answer.rows[answer.chosen]
    assert row.backlog.least <= row.backlog.median <= row.backlog.most
    assert row.cost == 8 * 400 * row.servers


def test_no_staffing_is_chosen_when_none_will_do() -> None:
    answer = what_if(assumed(), [people(1)], (1,), days=4, target=Target(served_in_promise=1.0, utilisation=0.01))
    assert answer.chosen is None


def test_a_stop_is_obeyed() -> None:
    with pytest.raises(Cancelled):
        what_if(assumed(), [people(1)], halt=lambda: True)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: assumed(areas=()),
        lambda: assumed(kinds=()),
        lambda: assumed(weekdays=(0.0,)),
        lambda: assumed(due_days=(5, 1)),
        lambda: assumed(urgent_share=float("nan")),
        lambda: Kind("短", 1, 5, (0.5,)),
        lambda: Area("远", CENTRE, -1, 1),
        lambda: Staffing("双", (Group("甲", 1), Group("甲", 2))),
    ],
)
def test_nonsense_is_refused_in_chinese(wrong: object) -> None:
    with pytest.raises(ProblemError) as refused:
        wrong()  # type: ignore[operator]  # the parameters are all callables
    assert refused.value.code.startswith("capacity.")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in refused.value.message_zh)


def seen_visits(count: int = 600) -> list[Seen]:
    """Two clusters; afternoons serve, mornings do not; twice as many on Mondays."""
    rng = np.random.default_rng(3)
    found = []
    for number in range(count):
        day = int(rng.choice(20, p=np.array([2, 1, 1, 1, 1] * 4) / 24))
        hour = int(rng.integers(9, 17))
        east = 0.05 if number % 3 else -0.05
        point = Point(116.37 + east + 0.004 * float(rng.normal()), 39.92 + 0.003 * float(rng.normal()))
        first = (hour * 3600, bool(rng.random() < (0.8 if hour >= 13 else 0.2)))
        found.append(Seen("自然人", point, 10.0, day, day % 5, due_days=int(rng.integers(2, 9)), tried=(first,)))
    return found


def test_assumptions_are_learnt_from_what_was_seen() -> None:
    learnt = learn(seen_visits(), assumed(), working_days=20)
    assert learnt.per_day == pytest.approx(30, rel=0.01)
    east = [area for area in learnt.areas if area.centre.lng > 116.4]
    assert sum(area.per_day for area in east) == pytest.approx(20, rel=0.01)
    assert all(abs(abs(area.centre.lng - 116.37) - 0.05) < 0.02 for area in learnt.areas)
    assert learnt.weekdays[0] > 1.4 > 1.1 > learnt.weekdays[3]
    [kind] = learnt.kinds
    assert kind.minutes == 10
    assert kind.success[15] > 0.6 > 0.4 > kind.success[10]
    assert learnt.due_days[0] < learnt.due_days[1]


def test_little_seen_changes_little() -> None:
    one = Seen("自然人", CENTRE, 8.0, 0, 0, tried=((36000, False),))
    [kind] = learn([one], assumed(), working_days=1).kinds
    assert min(kind.success) > 0.5
    with pytest.raises(ProblemError):
        learn([], assumed(), working_days=20)
