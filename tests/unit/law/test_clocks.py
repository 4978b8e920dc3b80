"""T17, T19, T20, T21: clocks of a case, before, on and after their last day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from server.law.clocks import MET, OVERDUE, RUNNING, CaseDays, clocks

DAY = timedelta(days=1)


def only(on: date, **days: Any) -> tuple[str, str, date, str]:
    (found,) = clocks(CaseDays(**days), on=on)
    assert found.article
    assert found.rule_version
    return found.rule, found.state, found.due_on, found.text_zh


@pytest.mark.parametrize(
    ("rule", "start", "done", "began", "due"),
    [
        ("T17", "entrusted_received_on", "entrusted_done_on", date(2026, 6, 9), date(2026, 6, 22)),
        ("T19", "filed_on", "complaint_sent_on", date(2026, 11, 2), date(2026, 11, 9)),
        ("T19", "hearing_on", "summons_served_on", date(2026, 12, 10), date(2026, 12, 7)),
        ("T20", "payment_order_issued_on", "payment_order_served_on", date(2026, 3, 2), date(2026, 4, 1)),
        ("T21", "execution_received_on", "execution_notice_on", date(2026, 11, 2), date(2026, 11, 12)),
    ],
)
def test_t17_t19_t20_t21_each_clock_runs_is_met_or_is_missed(
    rule: str, start: str, done: str, began: date, due: date
) -> None:
    assert only(due, **{start: began})[:3] == (rule, RUNNING, due)
    assert only(due + DAY, **{start: began})[:3] == (rule, OVERDUE, due)
    assert only(due + 30 * DAY, **{start: began, done: due})[:3] == (rule, MET, due)
    late = only(due + 30 * DAY, **{start: began, done: due + DAY})
    assert late[1] == OVERDUE
    assert "请" in late[3]


def test_t20_an_unserved_payment_order_is_told_to_the_judge() -> None:
    told = only(date(2026, 4, 2), procedure="督促程序", payment_order_issued_on=date(2026, 3, 2))[3]
    assert "终结督促程序" in told


def test_t19_three_days_before_the_hearing_do_not_bind_simple_procedure() -> None:
    assert clocks(CaseDays(procedure="简易程序", hearing_on=date(2026, 12, 10)), on=date(2026, 12, 9)) == ()


def test_clocks_come_in_the_order_of_their_last_day() -> None:
    days = CaseDays(filed_on=date(2026, 11, 2), hearing_on=date(2026, 11, 10))
    assert [one.due_on for one in clocks(days, on=date(2026, 11, 3))] == [date(2026, 11, 7), date(2026, 11, 9)]
