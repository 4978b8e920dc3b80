"""Volumes, prices, penalties, the help desk's clock, messages nobody answered (T11, T12, T13, T14, T15)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.clock import COURT_ZONE
from server.core.errors import DomainError
from server.service import machines
from server.statistics import contract
from server.statistics.contract import Message, TicketClock


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COURT_ZONE)


def test_t11_volumes_of_twelve_months_are_70000_cases_and_7000_direct_services() -> None:
    found = {one.volume.code: one for one in contract.used({"cases": 17_500, "direct": 7_001})}
    assert (found["cases_70000"].share, found["cases_70000"].left) == (0.25, 52_500)
    assert (found["direct_7000"].left, found["direct_7000"].volume.check) == (-1, "T11")


@pytest.mark.parametrize(
    ("days", "full", "begun", "daily"),
    [
        (0, 0, 0, 0),
        (1, 0, 998_400, 99_840),
        (9, 0, 998_400, 898_560),
        (10, 998_400, 998_400, 998_400),
        (11, 998_400, 1_996_800, 1_098_240),
        (100, 9_984_000, 9_984_000, 9_984_000),
        (5_000, 9_984_000, 9_984_000, 9_984_000),
    ],
)
def test_t11_being_late_costs_three_per_mille_each_ten_days_and_three_per_cent_at_most(
    days: int, full: int, begun: int, daily: int
) -> None:
    found = contract.penalties_fen(price_fen=332_800_000, late_days=days)
    assert found == {"full": full, "begun": begun, "daily": daily}


@given(st.integers(0, 10**12), st.integers(0, 10_000), st.integers(0, 100))
def test_t11_being_later_never_costs_less_and_readings_keep_their_order(price: int, days: int, more: int) -> None:
    first, later = (contract.penalties_fen(price_fen=price, late_days=one) for one in (days, days + more))
    assert all(first[code] <= later[code] <= price * 3 // 100 for code in first)
    assert first["full"] <= first["daily"] <= first["begun"]


def test_t12_capacity_is_counted_against_50000_and_6250_cases_a_year() -> None:
    found = {one.volume.code: one.left for one in contract.used({"cases": 6_250})}
    assert (found["cases_50000"], found["cases_6250"]) == (43_750, 0)


def test_t12_prices_are_160_yuan_a_case_20_30_40_a_first_500_grams_and_8_a_print_elsewhere() -> None:
    assert {one.code: one.fen / 100 for one in contract.PRICES} == {
        "case": 160, "ems_city": 20, "ems_region": 30, "ems_other": 40, "cross_region_print": 8,
    }  # fmt: skip
    assert contract.cost_fen({"case": 6_250}) == 1_000_000_00
    assert contract.cost_fen({"ems_city": 2, "ems_other": 1, "cross_region_print": 3}) == 104_00
    with pytest.raises(KeyError):
        contract.cost_fen({"pigeon": 1})
    with pytest.raises(ValueError, match="negative"):
        contract.cost_fen({"case": -1})


# 国庆节 of 2026 is 1 to 7 October; Saturday the 10th is worked for it.
@pytest.mark.parametrize(
    ("reported", "clock", "desk"),
    [
        ("2026-11-23T10:00", "2026-11-24T10:00", "2026-11-26T10:00"),  # a Monday
        ("2026-11-23T08:00", "2026-11-24T09:00", "2026-11-25T17:00"),  # before the desk opens
        ("2026-11-23T17:00", "2026-11-25T09:00", "2026-11-26T17:00"),  # as it closes: the next day's
        ("2026-11-27T16:59", "2026-11-28T16:59", "2026-12-02T16:59"),  # a Friday; the clock runs through Saturday
        ("2026-11-28T11:00", "2026-12-01T09:00", "2026-12-02T17:00"),  # a Saturday counts from Monday
        ("2026-09-30T16:00", "2026-10-01T16:00", "2026-10-10T16:00"),  # eve of 国庆节; Saturday the 10th is worked
        ("2026-10-10T10:00", "2026-10-11T10:00", "2026-10-14T10:00"),  # a make-up Saturday is a working day
    ],
)
def test_t13_a_solution_is_due_in_24_hours_of_a_5x8_desk(reported: str, clock: str, desk: str) -> None:
    found = [contract.solution_due(at(reported), reading=reading) for reading in contract.SOLUTION_READINGS]
    assert [one.due_at for one in found] == [at(clock), at(desk)]
    assert not any(one.provisional for one in found)


def test_t13_a_year_whose_holidays_are_unknown_makes_the_due_time_provisional() -> None:
    assert contract.solution_due(at("2031-06-02T10:00")).provisional


def test_t13_a_fault_is_gone_within_two_hours_at_any_hour_of_any_day() -> None:
    found = contract.fault_due(at("2026-10-01T03:30"))
    assert found.due_at == at("2026-10-01T05:30")
    assert not found.late(at("2026-10-01T05:30"))
    assert found.late(at("2026-10-01T05:30") + timedelta(seconds=1))
    assert not found.late(at("2026-10-09T00:00"), answered_at=at("2026-10-01T04:00"))
    assert found.late(at("2026-10-09T00:00"), answered_at=at("2026-10-01T06:00"))


MINUTES = st.integers(0, 330 * 24 * 60)  # of 2026, the last year whose holidays are known


@given(MINUTES, st.sampled_from(list(contract.SOLUTION_READINGS)))
def test_t13_a_later_report_is_never_due_earlier_and_desk_time_ends_while_the_desk_is_open(
    minute: int, reading: str
) -> None:
    reported = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    first = contract.solution_due(reported, reading=reading)
    assert first.due_at <= contract.solution_due(reported + timedelta(minutes=17), reading=reading).due_at
    assert first.due_at - reported >= timedelta(hours=24)
    if reading == "desk":
        local = first.due_at.astimezone(COURT_ZONE)
        assert contract.DESK_OPENS < local.time() <= contract.DESK_CLOSES
        assert isinstance(first, TicketClock)


def test_t14_a_task_is_done_only_by_being_served_and_failing_never_leads_there() -> None:
    assert machines.TASK.states["completed"] == "已完成"
    into = [one.code for one in machines.TASK.events.values() if "completed" in one.moves.values()]
    assert into == ["complete"]
    assert machines.TASK.events["complete"].by == (machines.MACHINE,)
    assert "fail" not in machines.TASK.events
    assert set(machines.RECIPIENT.events["fail"].moves.values()) == {"failed"}
    for state in set(machines.TASK.states) - {"in_progress"}:
        with pytest.raises(DomainError) as refused:
            machines.next_state(machines.TASK, state, "complete")
        assert refused.value.code == "state.refused"


def message(number: int, days: float, *, answered: bool = False) -> Message:
    received = at("2026-11-24T09:00") - timedelta(days=days)
    return Message(f"m{number}", "被告来电未复", received, received + timedelta(hours=1) if answered else None)


def test_t15_messages_unanswered_after_seven_days_are_listed_the_oldest_first() -> None:
    now = at("2026-11-24T09:00")
    kept = [message(1, 7), message(2, 7.01), message(3, 30), message(4, 40, answered=True), message(5, 0)]
    found = contract.unanswered(kept, now=now)
    assert [(line.message.id, line.late_days) for line in found] == [("m3", 23), ("m2", 0)]
