"""Writing tasks and attempts: collections, the guarded rewrite of one task, its news and its timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from server.core import database, events
from server.service import errors, machines
from server.service.actor import SYSTEM
from server.service.models import Attempt, Effect, ServiceTask
from server.service.timeline import step

# Each try loses to somebody who won: with hands this many on one task, something else is wrong.
_TRIES = 20

T = TypeVar("T")


def tasks() -> Any:
    return ServiceTask._get_collection()


def attempts() -> Any:
    return Attempt._get_collection()


def effects() -> Any:
    return Effect._get_collection()


def transaction(work: Callable[[ClientSession], T]) -> T:
    """All of `work` or nothing. It may run several times, so it has no effects outside MongoDB."""
    with database.database().client.start_session() as session:
        return session.with_transaction(
            work, read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority", j=True)
        )


def updated(court: str, task_id: str, now: datetime) -> dict[str, Any]:
    """The news that a task changed, for its outbox."""
    return events.event("task.updated", court=court, now=now, task_id=task_id)


@dataclass(slots=True)
class Edit:
    """What one write changes in a task: paths to set and unset, array entries to add, timeline lines, news."""

    values: dict[str, Any] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    added: dict[str, list[Any]] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    news: list[dict[str, Any]] = field(default_factory=list)

    def operators(self, now: datetime) -> dict[str, Any]:
        """The update document; the version goes up with it."""
        pushed = {name: {"$each": entries} for name, entries in self.added.items()}
        pushed["steps"] = {"$each": self.steps}
        pushed["outbox"] = {"$each": self.news}
        update: dict[str, Any] = {
            "$set": {**self.values, "updated_at": now},
            "$push": pushed,
            "$inc": {"version": 1},
        }
        if self.gone:
            update["$unset"] = dict.fromkeys(self.gone, "")
        return update


Rewrite = Callable[[dict[str, Any]], Edit | None]
Beside = Callable[[dict[str, Any], ClientSession], None]


def rewrite(
    *,
    court: str,
    task_id: str,
    now: datetime,
    change: Rewrite,
    version: int | None = None,
    beside: Beside | None = None,
) -> dict[str, Any]:
    """Changes a task by one update that holds only while nobody else changed it; otherwise looks and decides again.

    `change` sees the task without steps and outbox and says what to write, None for nothing. `beside` writes more
    documents in the same transaction, given the task as it was. Answers the task as it was seen. Raises
    `task.not_found`, `task.changed` (edited since `version`), and what `change` and `beside` raise.
    """
    for _ in range(_TRIES):
        if beside is None:
            task, done = _write(court, task_id, now, change, version, None)
        else:
            task, done = transaction(lambda session: _write(court, task_id, now, change, version, session, beside))
        if done:
            events.relay(ServiceTask, task_id)
            return task
    raise errors.task_changed()


def _write(
    court: str,
    task_id: str,
    now: datetime,
    change: Rewrite,
    version: int | None,
    session: ClientSession | None,
    beside: Beside | None = None,
) -> tuple[dict[str, Any], bool]:
    """The task as seen, and whether the change is in (or there was none to make)."""
    task = tasks().find_one({"_id": task_id, "court": court}, {"steps": 0, "outbox": 0}, session=session)
    if task is None:
        raise errors.task_not_found()
    if version is not None and task["version"] != version:
        raise errors.task_changed()
    edit = change(task)
    if edit is None:
        return task, True
    edit.news.append(updated(court, task_id, now))
    guard = {"_id": task_id, "court": court, "version": task["version"]}
    done = bool(tasks().update_one(guard, edit.operators(now), session=session).matched_count)
    if done and beside is not None and session is not None:
        beside(task, session)
    return task, done


def place_of(task: Mapping[str, Any], recipient_id: str) -> int:
    """The recipient's place in the list. Raises `recipient.not_found`."""
    for place, one in enumerate(task["recipients"]):
        if one["id"] == recipient_id:
            return place
    raise errors.recipient_not_found()


def holds(recipient: Mapping[str, Any], attempt_id: str | None) -> bool:
    """Whether this attempt holds the recipient's channel lock."""
    return attempt_id is not None and (recipient.get("lock") or {}).get("attempt_id") == attempt_id


def finish(task: Mapping[str, Any], states: Mapping[str, str], edit: Edit, now: datetime) -> None:
    """送达中 ↔ 已完成, as the recipients' new `states` (id → state) say; at least one must have been served."""
    after = [states.get(one["id"], one["state"]) for one in task["recipients"]]
    done = "served" in after and all(needs_nothing(state) for state in after)
    if done and task["state"] == "in_progress":
        edit.values.update(state=machines.next_state(machines.TASK, "in_progress", "complete"), completed_at=now)
        edit.steps.append(
            step("task.completed", "全部受送达人已送达，任务完成", actor=SYSTEM, now=now, change={"task": "complete"})
        )
    elif not done and task["state"] == "completed":
        edit.values["state"] = machines.next_state(machines.TASK, "completed", "reopen")
        edit.gone.append("completed_at")
        edit.steps.append(
            step("task.reopened", "送达效力有变化，任务恢复送达中", actor=SYSTEM, now=now, change={"task": "reopen"})
        )


def needs_nothing(state: str) -> bool:
    """Whether nothing more is to be done for a recipient in this state."""
    return state in ("served", "withdrawn")
