"""Attempts on their way: submitted for review, sent back, withdrawn. They are opened in `opening`, ended in `closing`.

States: `server.service.machines.ATTEMPT`. While an attempt is open or under review it holds the recipient's lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument

from server.core import events
from server.service import errors, machines
from server.service.actor import Actor
from server.service.models import Attempt, ServiceTask
from server.service.services import store
from server.service.services.store import Edit
from server.service.timeline import step


def attempts_of(*, court: str, task_id: str) -> list[Attempt]:
    """All attempts of a task, oldest first."""
    return list(Attempt.objects(court=court, task_id=task_id).order_by("opened_at"))


def find_attempt(court: str, attempt_id: str) -> dict[str, Any]:
    """The raw attempt. Raises `attempt.not_found`."""
    found = store.attempts().find_one({"_id": attempt_id, "court": court}, {"outbox": 0})
    if found is None:
        raise errors.attempt_not_found()
    return dict(found)


def _move(court: str, attempt_id: str, event: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """The event, or the same once more: an attempt that has made this move already stays as it is."""
    moves = machines.ATTEMPT.events[event].moves
    states = sorted({*moves, *moves.values()})
    document = store.attempts().find_one_and_update(
        {"_id": attempt_id, "court": court, "state": {"$in": states}},
        {"$set": dict(change)},
        return_document=ReturnDocument.AFTER,
    )
    if document is None:
        find_attempt(court, attempt_id)
        raise errors.attempt_not_open()
    return dict(document)


def withdraw_attempt(*, court: str, attempt_id: str, actor: Actor, reason: str, now: datetime) -> None:
    """Ends an open attempt without an outcome and frees the recipient for another channel. Safe to repeat.

    The news `attempt.withdrawn` tells dispatch to take a visit of it off the day. Raises `attempt.not_found`,
    `attempt.not_open`.
    """
    news = withdrawn_news(court, find_attempt(court, attempt_id), now)
    where = {"_id": attempt_id, "court": court, "state": {"$in": machines.sources(machines.ATTEMPT, "withdraw")}}
    done = store.attempts().update_one(where, withdrawn(reason, actor, now, news))
    attempt = find_attempt(court, attempt_id)
    if not done.matched_count and attempt["state"] != "withdrawn":
        raise errors.attempt_not_open()
    free(court, attempt, f"取消本次送达：{reason}", actor, now)
    events.relay(Attempt, attempt_id)


def withdrawn(reason: str, actor: Actor, now: datetime, news: dict[str, Any]) -> dict[str, Any]:
    """The update that withdraws an attempt."""
    values = {
        "state": "withdrawn",
        "closed_at": now,
        "closed_by": actor.id,
        "closed_by_name": actor.name,
        "text": f"取消本次送达：{reason}",
    }
    return {"$set": values, "$push": {"outbox": news}, "$inc": {"version": 1}}


def withdrawn_news(court: str, attempt: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The event of a withdrawn attempt, for its outbox."""
    return events.event(
        "attempt.withdrawn",
        court=court,
        now=now,
        attempt_id=attempt["_id"],
        task_id=attempt["task_id"],
        recipient_id=attempt["recipient_id"],
        channel=attempt["channel"],
    )


def free(court: str, attempt: Mapping[str, Any], text: str, actor: Actor, now: datetime) -> None:
    """Takes the lock this attempt holds; does nothing when another holds it or it was freed before."""
    recipient_id = attempt["recipient_id"]

    def change(task: dict[str, Any]) -> Edit | None:
        place = store.place_of(task, recipient_id)
        held = task["recipients"][place]
        if not store.holds(held, attempt["_id"]):
            return None
        edit = Edit(gone=[f"recipients.{place}.lock"])
        moved = release_event(held)
        if moved:
            edit.values[f"recipients.{place}.state"] = machines.next_state(machines.RECIPIENT, held["state"], moved)
        told = {"recipients": {recipient_id: moved}} if moved else {}
        edit.steps.append(step("attempt.withdrawn", text, actor=actor, now=now, recipient_id=recipient_id, change=told))
        return edit

    store.rewrite(court=court, task_id=attempt["task_id"], now=now, change=change)


def release_event(recipient: Mapping[str, Any]) -> str | None:
    """What losing the running attempt is for the recipient: an effect that was waiting for a decision still waits."""
    if recipient["state"] != "in_progress":
        return None
    return "resume" if recipient.get("awaits") else "release"


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
    change = {"state": "under_review", "outcome": outcome, "happened_at": happened_at}
    attempt = _move(court, attempt_id, "submit", change)
    tell_submitted(court=court, attempt=attempt, text=text, actor=actor, now=now, news_id=news_id)


def send_back_attempt(
    *, court: str, attempt_id: str, reason: str, actor: Actor, now: datetime, news_id: str | None = None
) -> None:
    """The reviewer wants more: the attempt is open again. Safe to repeat, as `submit_attempt`."""
    attempt = _move(court, attempt_id, "send_back", {"state": "open"})
    tell_sent_back(court=court, attempt=attempt, reason=reason, actor=actor, now=now, news_id=news_id)


def tell_submitted(
    *, court: str, attempt: Mapping[str, Any], text: str, actor: Actor, now: datetime, news_id: str | None = None
) -> None:
    """The line alone, for news that comes when the attempt has moved on. `attempt` names task and recipient."""
    _tell(court, attempt, "attempt.submitted", f"上门结果：{text}，待审核", actor, now, news_id)


def tell_sent_back(
    *, court: str, attempt: Mapping[str, Any], reason: str, actor: Actor, now: datetime, news_id: str | None = None
) -> None:
    """The line alone, as `tell_submitted`."""
    _tell(court, attempt, "attempt.sent_back", f"审核退回补正：{reason}", actor, now, news_id)


def _tell(
    court: str, attempt: Mapping[str, Any], what: str, text: str, actor: Actor, now: datetime, news_id: str | None
) -> None:
    add_step(
        court=court,
        task_id=attempt["task_id"],
        actor=actor,
        what=what,
        text=text,
        now=now,
        recipient_id=attempt["recipient_id"],
        step_id=news_id,
    )


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
    store.tasks().update_one(
        where,
        {
            "$set": {"updated_at": now},
            "$push": {"steps": line, "outbox": store.updated(court, task_id, now)},
        },
    )
    events.relay(ServiceTask, task_id)


def running(court: str, task_id: str, recipient_ids: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Raw attempts of a task that are open or under review."""
    where: dict[str, Any] = {"court": court, "task_id": task_id, "state": {"$in": ["open", "under_review"]}}
    if recipient_ids is not None:
        where["recipient_id"] = {"$in": list(recipient_ids)}
    return list(store.attempts().find(where, {"outbox": 0}))
