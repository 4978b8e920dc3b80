"""Writing tasks and attempts: collections, the guarded rewrite of one task, its news and its timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.core import events
from server.service import errors, machines
from server.service.actor import Actor
from server.service.models import Attempt, ServiceTask
from server.service.timeline import step

# Each try loses to somebody who won: with hands this many on one task, something else is wrong.
_TRIES = 20


def tasks() -> Any:
    return ServiceTask._get_collection()


def attempts() -> Any:
    return Attempt._get_collection()


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


def rewrite(*, court: str, task_id: str, now: datetime, change: Rewrite, version: int | None = None) -> dict[str, Any]:
    """Changes a task by one update that holds only while nobody else changed it; otherwise looks and decides again.

    `change` sees the task without steps and outbox and says what to write, None for nothing. Answers the task as it
    was seen. Raises `task.not_found`, `task.changed` (edited since `version`), and what `change` raises.
    """
    for _ in range(_TRIES):
        task = tasks().find_one({"_id": task_id, "court": court}, {"steps": 0, "outbox": 0})
        if task is None:
            raise errors.task_not_found()
        if version is not None and task["version"] != version:
            raise errors.task_changed()
        edit = change(task)
        if edit is None:
            return dict(task)
        edit.news.append(updated(court, task_id, now))
        guard = {"_id": task_id, "court": court, "version": task["version"]}
        if tasks().update_one(guard, edit.operators(now)).matched_count:
            events.relay(ServiceTask, task_id)
            return dict(task)
    raise errors.task_changed()


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
    done = "served" in after and all(machine_done(state) for state in after)
    system = Actor("system", "系统")
    if done and task["state"] == "in_progress":
        edit.values.update(state=machines.next_state(machines.TASK, "in_progress", "complete"), completed_at=now)
        edit.steps.append(
            step("task.completed", "全部受送达人已送达，任务完成", actor=system, now=now, change={"task": "complete"})
        )
    elif not done and task["state"] == "completed":
        edit.values["state"] = machines.next_state(machines.TASK, "completed", "reopen")
        edit.gone.append("completed_at")
        edit.steps.append(
            step("task.reopened", "送达效力有变化，任务恢复送达中", actor=system, now=now, change={"task": "reopen"})
        )


def machine_done(state: str) -> bool:
    """Whether nothing more is to be done for a recipient in this state."""
    return state in ("served", "withdrawn")
