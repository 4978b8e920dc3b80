"""By hand into a running service: withdraw an attempt, change the channel, withdraw a recipient or a whole task.

Always with a reason, always in the timeline; what was tried before stays. A visit somebody has set out for is never
taken back: its outcome is reviewed first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from server.core import events
from server.service import doors, errors, machines
from server.service.actor import Actor
from server.service.intake_changes import CHANNEL_NAMES
from server.service.models import Attempt
from server.service.services import attempts, claims, opening, store
from server.service.services.opening import ByHand
from server.service.services.store import Edit
from server.service.timeline import step


def _told(reason: str) -> str:
    told = reason.strip()
    if not told:
        raise errors.attempt_reason_required()
    return told


def withdraw_by_hand(*, court: str, attempt_id: str, reason: str, actor: Actor, now: datetime) -> None:
    """Ends an open attempt without a result, its visit with it. Withdrawing again changes nothing.

    Raises `attempt.not_found`, `attempt.reason_required`, `attempt.under_review`, `attempt.not_open`,
    `visit.under_way`.
    """
    _take_back(court, [attempts.find_attempt(court, attempt_id)], _told(reason), actor, now)


def _take_back(court: str, running: Sequence[dict[str, Any]], reason: str, actor: Actor, now: datetime) -> None:
    if any(one["state"] == "under_review" for one in running):
        raise errors.under_review()
    for one in running:
        if one["channel"] == "direct" and one["state"] == "open":
            doors.take_back(court=court, attempt_id=one["_id"], reason=reason, actor=actor, now=now)
        attempts.withdraw_attempt(court=court, attempt_id=one["_id"], actor=actor, reason=reason, now=now)


def switch_channel(*, court: str, asked: ByHand, actor: Actor, now: datetime) -> Attempt:
    """Withdraws what runs for the recipient and opens another channel, if the law lets it; otherwise nothing changes.

    Raises as `opening.open_by_hand` and `withdraw_by_hand`.
    """
    reason = _told(asked.reason)
    opening.judged(court=court, asked=asked, now=now)
    running = attempts.running(court, asked.task_id, [asked.recipient_id])
    why = f"改用{CHANNEL_NAMES[asked.channel]}：{reason}"
    _take_back(court, running, why, actor, now)
    return opening.open_by_hand(court=court, asked=asked, actor=actor, now=now)


def withdraw_recipient(
    *, court: str, task_id: str, recipient_id: str, reason: str, actor: Actor, now: datetime
) -> None:
    """Takes one recipient out of a task: running attempt and visit end, their documents are free for another task.

    Raises `state.refused` (served or withdrawn already), `recipient.last` (then the task is to be withdrawn),
    `recipient.busy`, and as `withdraw_by_hand`.
    """
    told = _told(reason)
    task = store.tasks().find_one({"_id": task_id, "court": court}, {"recipients": 1})
    if task is None:
        raise errors.task_not_found()
    held = task["recipients"][store.place_of(task, recipient_id)]
    machines.next_state(machines.RECIPIENT, held["state"], "withdraw")
    if all(one["state"] == "withdrawn" for one in task["recipients"] if one["id"] != recipient_id):
        raise errors.last_recipient()
    _take_back(court, attempts.running(court, task_id, [recipient_id]), told, actor, now)

    def change(task: dict[str, Any]) -> Edit:
        place = store.place_of(task, recipient_id)
        held = task["recipients"][place]
        if held.get("lock"):
            raise errors.recipient_busy(held["name"])
        edit = Edit(
            values={
                f"recipients.{place}.state": machines.next_state(machines.RECIPIENT, held["state"], "withdraw"),
                f"recipients.{place}.awaits": [],
            },
            steps=[
                step(
                    "recipient.withdrawn",
                    f"撤出受送达人“{held['name']}”：{told}",
                    actor=actor,
                    now=now,
                    recipient_id=recipient_id,
                    change={"recipients": {recipient_id: "withdraw"}},
                )
            ],
            news=[
                events.event("recipient.withdrawn", court=court, now=now, task_id=task_id, recipient_id=recipient_id)
            ],
        )
        store.finish(task, {recipient_id: "withdrawn"}, edit, now)
        return edit

    def beside(_task: dict[str, Any], session: ClientSession) -> None:
        claims.release(court, task_id, now, recipient_ids=[recipient_id], session=session)

    store.rewrite(court=court, task_id=task_id, now=now, change=change, beside=beside)


def withdraw_task(
    *, court: str, task_id: str, reason: str, actor: Actor, now: datetime, version: int | None = None
) -> None:
    """Withdraws a task that is not completed, with every open attempt and visit; its documents are free again.

    Raises `task.not_found`, `task.changed`, `state.refused` (completed or withdrawn already), and as
    `withdraw_by_hand`.
    """
    told = _told(reason)
    task = store.tasks().find_one({"_id": task_id, "court": court}, {"state": 1, "version": 1})
    if task is None:
        raise errors.task_not_found()
    if version is not None and task["version"] != version:
        raise errors.task_changed()
    machines.next_state(machines.TASK, task["state"], "withdraw")
    _take_back(court, attempts.running(court, task_id), told, actor, now)
    work = _WithdrawTask(court, task_id, told, actor, now)
    store.rewrite(court=court, task_id=task_id, now=now, change=work.change, beside=work.beside)
    for attempt_id in work.ended:
        events.relay(Attempt, attempt_id)


class _WithdrawTask:
    """The task, its recipients, attempts opened in the last moment, and its claims, in one transaction."""

    def __init__(self, court: str, task_id: str, reason: str, actor: Actor, now: datetime) -> None:
        self.court, self.task_id, self.reason, self.actor, self.now = court, task_id, reason, actor, now
        self.ended: list[str] = []

    def change(self, task: dict[str, Any]) -> Edit:
        edit = Edit(values={"state": machines.next_state(machines.TASK, task["state"], "withdraw")})
        moved: dict[str, str] = {}
        for place, one in enumerate(task["recipients"]):
            if machines.allows(machines.RECIPIENT, one["state"], "withdraw"):
                moved[one["id"]] = "withdraw"
                edit.values[f"recipients.{place}.state"] = "withdrawn"
                edit.values[f"recipients.{place}.awaits"] = []
                edit.gone.append(f"recipients.{place}.lock")
        edit.steps.append(
            step(
                "task.withdrawn",
                f"撤回任务：{self.reason}",
                actor=self.actor,
                now=self.now,
                change={"task": "withdraw", "recipients": moved},
            )
        )
        edit.news.append(events.event("task.withdrawn", court=self.court, now=self.now, task_id=self.task_id))
        return edit

    def beside(self, _task: dict[str, Any], session: ClientSession) -> None:
        self.ended = []
        where = {"court": self.court, "task_id": self.task_id, "state": {"$in": ["open", "under_review"]}}
        for one in store.attempts().find(where, {"outbox": 0}, session=session):
            if one["state"] == "under_review":
                raise errors.under_review()
            news = attempts.withdrawn_news(self.court, one, self.now)
            change = attempts.withdrawn(self.reason, self.actor, self.now, news)
            store.attempts().update_one({"_id": one["_id"], "court": self.court}, change, session=session)
            self.ended.append(one["_id"])
        claims.release(self.court, self.task_id, self.now, recipient_ids=None, session=session)
