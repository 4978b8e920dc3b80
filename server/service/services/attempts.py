"""Tasks through their states, and attempts that lock a recipient while they run.

States of a task: pending_review → in_progress → completed; also returned, withdrawn. A task is completed when every
recipient is served. An attempt: open → under_review → closed; also withdrawn. While one is open or under review, no
other channel may start for that recipient.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import InsertOne, ReturnDocument, UpdateOne

from server.core import events
from server.core.errors import DomainError
from server.core.ids import new_id
from server.service import errors
from server.service.actor import Actor
from server.service.models import Attempt, ServiceTask
from server.service.timeline import step


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request to open an attempt: which recipient, through which channel, by which rule."""

    task_id: str
    recipient_id: str
    channel: str
    rule: str
    text: str  # the rule in Chinese, for the timeline


def _tasks() -> Any:
    return ServiceTask._get_collection()


def _attempts() -> Any:
    return Attempt._get_collection()


def _updated(court: str, task_id: str, now: datetime) -> dict[str, Any]:
    return events.event("task.updated", court=court, now=now, task_id=task_id)


def attempts_of(*, court: str, task_id: str) -> list[Attempt]:
    """All attempts of a task, oldest first."""
    return list(Attempt.objects(court=court, task_id=task_id).order_by("opened_at"))


def open_attempts(*, court: str, wanted: Iterable[Wanted], actor: Actor, now: datetime) -> list[Attempt | DomainError]:
    """Locks each recipient for its channel and opens an attempt; the answers are in the order asked.

    A recipient that is locked, served, or whose task is not in progress gets a DomainError instead. The lock names the
    attempt, so when this process dies between the two writes `free_orphaned_locks` frees it.
    """
    asked = list(wanted)
    made = [
        Attempt(
            id=new_id(),
            court=court,
            task_id=one.task_id,
            recipient_id=one.recipient_id,
            channel=one.channel,
            rule=one.rule,
            state="open",
            opened_at=now,
        )
        for one in asked
    ]
    if not asked:
        return []
    locks = [_lock(court, one, attempt, actor, now) for one, attempt in zip(asked, made, strict=True)]
    _tasks().bulk_write(locks, ordered=False)
    held = _locks_held(court, asked)
    won = [attempt for attempt in made if held.get((attempt.task_id, attempt.recipient_id)) == attempt.id]
    if won:
        _attempts().bulk_write([InsertOne(attempt.to_mongo().to_dict()) for attempt in won], ordered=False)
        events.announce(events.Event(new_id(), "task.updated", court, now, {"count": len(won)}))
    return [
        attempt if held.get((one.task_id, one.recipient_id)) == attempt.id else _refusal(held, one)
        for one, attempt in zip(asked, made, strict=True)
    ]


def _lock(court: str, one: Wanted, attempt: Attempt, actor: Actor, now: datetime) -> UpdateOne:
    lock = {"channel": one.channel, "rule": one.rule, "attempt_id": attempt.id, "at": now}
    free = {"id": one.recipient_id, "lock": None, "state": {"$in": ["pending", "in_progress", "failed"]}}
    line = step("attempt.opened", one.text, actor=actor, now=now, recipient_id=one.recipient_id)
    return UpdateOne(
        {"_id": one.task_id, "court": court, "state": "in_progress", "recipients": {"$elemMatch": free}},
        {
            "$set": {
                "recipients.$.lock": lock,
                "recipients.$.state": "in_progress",
                "updated_at": now,
            },
            "$push": {"steps": line},
            "$inc": {"version": 1},
        },
    )


def _locks_held(court: str, asked: Sequence[Wanted]) -> dict[tuple[str, str], str | None]:
    """(task, recipient) → id of the attempt whose lock is held, None when free."""
    found = _tasks().find(
        {"_id": {"$in": [one.task_id for one in asked]}, "court": court},
        {"recipients.id": 1, "recipients.lock": 1},
    )
    return {
        (task["_id"], recipient["id"]): (recipient.get("lock") or {}).get("attempt_id")
        for task in found
        for recipient in task.get("recipients", ())
    }


def _refusal(held: dict[tuple[str, str], str | None], one: Wanted) -> DomainError:
    holder = held.get((one.task_id, one.recipient_id))
    return errors.recipient_locked(one.rule) if holder else errors.recipient_closed()


def _move_attempt(court: str, attempt_id: str, states: Sequence[str], change: dict[str, Any]) -> dict[str, Any]:
    document = _attempts().find_one_and_update(
        {"_id": attempt_id, "court": court, "state": {"$in": list(states)}},
        {"$set": change},
        return_document=ReturnDocument.AFTER,
    )
    if document is None:
        if _attempts().find_one({"_id": attempt_id, "court": court}, {"_id": 1}) is None:
            raise errors.attempt_not_found()
        raise errors.attempt_not_open()
    return dict(document)


def withdraw_attempt(*, court: str, attempt_id: str, actor: Actor, reason: str, now: datetime) -> None:
    """Ends an open attempt without an outcome and frees the recipient for another channel. Safe to repeat."""
    attempt = _move_attempt(court, attempt_id, ("open", "withdrawn"), {"state": "withdrawn", "closed_at": now})
    line = step(
        "attempt.withdrawn",
        f"取消本次送达：{reason}",
        actor=actor,
        now=now,
        recipient_id=attempt["recipient_id"],
    )
    _free(court, attempt, {"recipients.$.state": "pending"}, line, now)


def submit_attempt(
    *,
    court: str,
    attempt_id: str,
    outcome: str,
    happened_at: datetime,
    actor: Actor,
    now: datetime,
    text: str,
    news_id: str | None = None,
) -> None:
    """The door reported an outcome (`text`, Chinese): it waits for review. The same `news_id` leaves one line."""
    attempt = _move_attempt(
        court,
        attempt_id,
        ("open", "under_review"),
        {"state": "under_review", "outcome": outcome, "happened_at": happened_at},
    )
    tell_submitted(court=court, attempt=attempt, text=text, actor=actor, now=now, news_id=news_id)


def tell_submitted(
    *, court: str, attempt: Mapping[str, Any], text: str, actor: Actor, now: datetime, news_id: str | None = None
) -> None:
    """The line alone, for news that comes when the attempt has moved on. `attempt` names task and recipient."""
    add_step(
        court=court,
        task_id=attempt["task_id"],
        actor=actor,
        what="attempt.submitted",
        text=f"上门结果：{text}，待审核",
        now=now,
        recipient_id=attempt["recipient_id"],
        step_id=news_id,
    )


def send_back_attempt(
    *, court: str, attempt_id: str, reason: str, actor: Actor, now: datetime, news_id: str | None = None
) -> None:
    """The reviewer wants more: the attempt is open again. Safe to repeat, as `submit_attempt`."""
    attempt = _move_attempt(court, attempt_id, ("under_review", "open"), {"state": "open"})
    tell_sent_back(court=court, attempt=attempt, reason=reason, actor=actor, now=now, news_id=news_id)


def tell_sent_back(
    *, court: str, attempt: Mapping[str, Any], reason: str, actor: Actor, now: datetime, news_id: str | None = None
) -> None:
    """The line alone, as `tell_submitted`."""
    add_step(
        court=court,
        task_id=attempt["task_id"],
        actor=actor,
        what="attempt.sent_back",
        text=f"审核退回补正：{reason}",
        now=now,
        recipient_id=attempt["recipient_id"],
        step_id=news_id,
    )


def _free(court: str, attempt: dict[str, Any], setting: dict[str, Any], line: dict[str, Any], now: datetime) -> None:
    """Takes the lock this attempt holds; does nothing when another holds it or it was freed before."""
    task_id = attempt["task_id"]
    held = {"id": attempt["recipient_id"], "lock.attempt_id": attempt["_id"]}
    _tasks().update_one(
        {"_id": task_id, "court": court, "recipients": {"$elemMatch": held}},
        {
            "$set": {**setting, "updated_at": now},
            "$unset": {"recipients.$.lock": ""},
            "$push": {"steps": line, "outbox": _updated(court, task_id, now)},
            "$inc": {"version": 1},
        },
    )
    events.relay(ServiceTask, task_id)


def add_step(
    *,
    court: str,
    task_id: str,
    actor: Actor,
    what: str,
    text: str,
    now: datetime,
    recipient_id: str | None = None,
    receipt: str | None = None,
    step_id: str | None = None,
) -> None:
    """Adds one line to the timeline; with a `receipt` or a `step_id`, only once for it."""
    where: dict[str, Any] = {"_id": task_id, "court": court}
    line = step(what, text, actor=actor, now=now, recipient_id=recipient_id, receipt=receipt)
    if receipt:
        where["steps.receipt"] = {"$ne": receipt}
    if step_id:
        where["steps.id"] = {"$ne": step_id}
        line["id"] = step_id
    _tasks().update_one(
        where,
        {
            "$set": {"updated_at": now},
            "$push": {"steps": line, "outbox": _updated(court, task_id, now)},
        },
    )
    events.relay(ServiceTask, task_id)


def free_orphaned_locks(*, now: datetime, older_than: timedelta = timedelta(minutes=2)) -> int:
    """Frees recipients whose lock names an attempt that was never written (a process died in between)."""
    waiting = _tasks().find(
        {"state": "in_progress", "recipients.lock.at": {"$lt": now - older_than}},
        {"court": 1, "recipients.id": 1, "recipients.lock": 1},
    )
    locks = [
        (task["court"], task["_id"], recipient["id"], recipient["lock"]["attempt_id"])
        for task in waiting
        for recipient in task["recipients"]
        if recipient.get("lock")
    ]
    known = {one["_id"] for one in _attempts().find({"_id": {"$in": [lock[3] for lock in locks]}}, {"_id": 1})}
    orphans = [lock for lock in locks if lock[3] not in known]
    system = Actor("system", "系统")
    for court, task_id, recipient_id, attempt_id in orphans:
        line = step("attempt.withdrawn", "系统释放未完成的锁定", actor=system, now=now, recipient_id=recipient_id)
        attempt = {"_id": attempt_id, "task_id": task_id, "recipient_id": recipient_id}
        _free(court, attempt, {"recipients.$.state": "pending"}, line, now)
    return len(orphans)
