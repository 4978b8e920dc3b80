"""Clocks that run on a case whatever the channel: T17, T19, T20, T21 (INT art. 134, 430, 480, CPL art. 128, 139).

A clock that was met stays in the answer; one that was missed says whom to tell. Nothing here ends a right by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from server.law.calendars import Calendar
from server.law.deadlines import Deadline, deadline
from server.law.rulesets import NATIONAL, RuleSet
from server.law.terms import SIMPLE_PROCEDURES

RUNNING, MET, OVERDUE = "running", "met", "overdue"


@dataclass(frozen=True, slots=True)
class CaseDays:
    """Days of one case and recipient; None where it has none. `*_done_on`: when the duty was fulfilled."""

    procedure: str = "普通程序"
    filed_on: date | None = None
    complaint_sent_on: date | None = None
    hearing_on: date | None = None
    summons_served_on: date | None = None
    payment_order_issued_on: date | None = None
    payment_order_served_on: date | None = None
    execution_received_on: date | None = None
    execution_notice_on: date | None = None
    entrusted_received_on: date | None = None
    entrusted_done_on: date | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """One duty with its last day."""

    rule: str
    state: str
    due_on: date
    text_zh: str
    article: str
    provisional: bool
    rule_version: str


# (rule, kind of deadline, from, done, what to say when it was missed)
_CLOCKS = (
    (
        "T19",
        "complaint-copy",
        "filed_on",
        "complaint_sent_on",
        "起诉状副本未在立案后五日内发送，请尽快送达并告知承办法官",
    ),
    ("T19", "hearing", "hearing_on", "summons_served_on", "传票未在开庭三日前送达，请告知承办法官调整开庭日期"),
    (
        "T20",
        "payment-order",
        "payment_order_issued_on",
        "payment_order_served_on",
        "支付令三十日内未能送达，请告知承办法官裁定终结督促程序",
    ),
    (
        "T21",
        "execution-notice",
        "execution_received_on",
        "execution_notice_on",
        "执行通知未在十日内发出，请告知承办法官",
    ),
    ("T17", "entrusted", "entrusted_received_on", "entrusted_done_on", "受托法院未在十日内完成送达，请发函催办"),
)


def clocks(
    days: CaseDays, *, on: date, calendar: Calendar | None = None, rules: RuleSet = NATIONAL
) -> tuple[Clock, ...]:
    """Every clock this case has started, in the order of due days. The hearing rule does not bind simple procedure."""
    found = []
    for rule, kind, start, done, missed in _CLOCKS:
        began = getattr(days, start)
        if began is None or (kind == "hearing" and days.procedure in SIMPLE_PROCEDURES):
            continue
        due = deadline(kind, began, calendar=calendar, rules=rules)
        found.append(_clock(rule, due, getattr(days, done), missed, on))
    return tuple(sorted(found, key=lambda one: (one.due_on, one.rule)))


def _clock(rule: str, due: Deadline, done_on: date | None, missed: str, on: date) -> Clock:
    late = (done_on or on) > due.ends_on
    state = OVERDUE if late else MET if done_on else RUNNING
    text = missed if late else f"{due.label_zh}：最迟 {due.ends_on.isoformat()}" + ("，已完成" if done_on else "")
    return Clock(rule, state, due.ends_on, text, due.articles[0], due.provisional, due.rule_version)
