"""Clocks that run on a task: duties of law (server.law.clocks) and targets of diligence (T07, T08, T09, T19)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from server.core.clock import court_day
from server.law import clocks as law
from server.law.clocks import MET, OVERDUE, RUNNING, CaseDays
from server.law.rulesets import RuleSet
from server.law.terms import EXECUTION
from server.service import errors
from server.service.models import Effect
from server.service.services import ledger, proposals, rule_sets, store
from server.service.services.ledger import Course
from server.service.todo_rules import View, accepted_at

_LABELS = {
    "T07": "完成送达的目标",
    "T08": "更换送达方式",
    "T09": "平均送达时长上限",
    "T17": "委托送达",
    "T19": "开庭前送达",
    "T20": "支付令送达",
    "T21": "执行通知",
    "T01": "电话联系",
    "T02": "电话联系",
}
_SUMMONS, _ORDER, _EXECUTION = frozenset({"summons", "hearing_notice"}), "payment_order", "execution_notice"
_GONE = ("served", "withdrawn")


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock. `due_at` aware, or None where the law knows a day only; `state`: running, met, overdue."""

    code: str
    label: str
    state: str
    due_on: date
    due_at: datetime | None
    text: str
    article: str
    recipient_id: str | None = None
    recipient_name: str | None = None


def clocks_of(*, court: str, task_id: str, now: datetime) -> list[Clock]:
    """Every clock of a task, soonest due first. Raises `task.not_found`; LawRefused where facts contradict."""
    task = store.tasks().find_one({"_id": task_id, "court": court}, {"outbox": 0})
    if task is None:
        raise errors.task_not_found()
    rules = rule_sets.rules_in_force(court, court_day(now))
    where = {"court": court, "task_id": task_id}
    effects = list(Effect._get_collection().find(where, {"inputs": 0, "rules": 0, "outbox": 0}))
    attempts = list(store.attempts().find({**where, "channel": "entrusted"}))
    found = list(_targets(task, rules, now))
    for recipient in task.get("recipients") or ():
        if recipient["state"] == "withdrawn":
            continue
        found += _of_law(View(task, attempts, effects, rules), recipient, now)
        if task["state"] == "in_progress" and recipient["state"] not in _GONE:
            course = ledger.course_of(court=court, task_id=task_id, recipient_id=recipient["id"], now=now)
            found += _of_diligence(course, now)
    return sorted(found, key=lambda one: (one.due_on, one.code, one.recipient_id or ""))


def _targets(task: Mapping[str, Any], rules: RuleSet, now: datetime) -> Iterator[Clock]:
    """T07, T09: from the day the specialist accepted the task; kept in sight when met."""
    started = accepted_at(task)
    done_at = task.get("completed_at")
    for code, name, text in (
        ("T07", "target_days", "内完成送达的目标"),
        ("T09", "mean_days", "平均送达时长上限"),
    ):
        days = rules.value(name)
        due_at = started + timedelta(days=days)
        state = OVERDUE if (done_at or now) > due_at else MET if done_at else RUNNING
        yield Clock(code, _LABELS[code], state, court_day(due_at), due_at, f"{days} 日{text}", "送达服务合同的通行要求")


def _of_law(view: View, recipient: Mapping[str, Any], now: datetime) -> Iterator[Clock]:
    """T17, T19, T20, T21 for one recipient. The day a list came in stands for the day an order was issued."""
    task = view.task
    came_on, hearing_at = court_day(task["created_at"]), task.get("hearing_at")
    summoned, order = view.has_class(recipient, _SUMMONS), view.has_class(recipient, frozenset({_ORDER}))
    execution = task["case_kind"] == EXECUTION and view.has_class(recipient, frozenset({_EXECUTION}))
    served = _served_on(view.effects, recipient)
    days = CaseDays(
        procedure=task.get("procedure") or "",
        hearing_on=court_day(hearing_at) if hearing_at and summoned else None,
        summons_served_on=served,
        payment_order_issued_on=came_on if order else None,
        payment_order_served_on=served,
        execution_received_on=came_on if execution else None,
        execution_notice_on=served,
    )
    asked = [days, *(_entrusted(one) for one in view.attempts if one["recipient_id"] == recipient["id"])]
    for one in asked:
        for clock in law.clocks(one, on=court_day(now), rules=view.rules):
            yield Clock(
                clock.rule, _LABELS[clock.rule], clock.state, clock.due_on, None, clock.text_zh, clock.article,
                recipient["id"], recipient["name"],
            )  # fmt: skip


def _entrusted(attempt: Mapping[str, Any]) -> CaseDays:
    received = (attempt.get("record") or {}).get("received_on")
    start = date.fromisoformat(str(received)[:10]) if received else court_day(attempt["opened_at"])
    closed_at = attempt.get("closed_at")
    return CaseDays(entrusted_received_on=start, entrusted_done_on=court_day(closed_at) if closed_at else None)


def _served_on(effects: Sequence[Mapping[str, Any]], recipient: Mapping[str, Any]) -> date | None:
    """The day the last document of a served recipient took effect."""
    if recipient["state"] != "served":
        return None
    days = [
        one["decisions"][-1].get("served_on")
        for one in effects
        if one["recipient_id"] == recipient["id"] and one["status"] == "confirmed" and one.get("decisions")
    ]
    known = [date.fromisoformat(day) for day in days if day]
    served_at = recipient.get("served_at")
    return max(known, default=court_day(served_at) if served_at else None)


def _of_diligence(course: Course, now: datetime) -> Iterator[Clock]:
    """What is owed to this recipient next: calls, another time at the door, another way."""
    for due in proposals.plan_of(course, now=now).due:
        if due.action in ("target", "hearing"):
            continue
        yield Clock(
            due.rule,
            _LABELS.get(due.rule, "再次上门"),
            OVERDUE if due.overdue else RUNNING,
            court_day(due.due_at),
            due.due_at,
            due.text_zh,
            due.rule,
            course.recipient["id"],
            course.recipient["name"],
        )
