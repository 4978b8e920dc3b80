"""A specialist's check of submitted tasks: into 送达中, or back with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument

from server.core import events
from server.core.ids import new_id
from server.service import errors
from server.service.actor import Actor
from server.service.models import ServiceTask
from server.service.timeline import step


def _tasks() -> Any:
    return ServiceTask._get_collection()


def _updated(court: str, task_id: str, now: datetime) -> dict[str, Any]:
    return events.event("task.updated", court=court, now=now, task_id=task_id)


def review_task(
    *,
    court: str,
    task_id: str,
    approve: bool,
    reason: str | None,
    version: int | None,
    actor: Actor,
    now: datetime,
) -> ServiceTask:
    """A specialist checks a submitted task: 送达中, or returned with a reason.

    Raises `task.not_found`, `task.not_pending`, `task.changed` (edited since `version`), `task.reason_required`.
    """
    if not approve and not (reason or "").strip():
        raise errors.reason_required()
    where: dict[str, Any] = {"_id": task_id, "court": court, "state": "pending_review"}
    if version is not None:
        where["version"] = version
    change = _approval(actor, now) if approve else _return((reason or "").strip(), actor, now)
    change["$push"]["outbox"] = _updated(court, task_id, now)
    change["$inc"] = {"version": 1}
    document = _tasks().find_one_and_update(where, change, return_document=ReturnDocument.AFTER)
    if document is None:
        task = get_task(court=court, task_id=task_id)
        raise errors.task_changed() if task.state == "pending_review" else errors.task_not_pending()
    events.relay(ServiceTask, task_id)
    return ServiceTask._from_son(document)


def _approval(actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "$set": {"state": "in_progress", "updated_at": now},
        "$push": {"steps": step("task.approved", "审核通过，进入送达中", actor=actor, now=now)},
    }


def _return(reason: str, actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "$set": {"state": "returned", "return_reason": reason, "updated_at": now},
        "$push": {"steps": step("task.returned", f"审核退回：{reason}", actor=actor, now=now)},
    }


def approve_tasks(
    *,
    court: str,
    task_ids: Sequence[str] | None,
    actor: Actor,
    now: datetime,
    within: Mapping[str, Any] | None = None,
) -> int:
    """Approves these pending tasks, or all pending ones when `task_ids` is None. Returns how many moved.

    `within` narrows to what the person asking reaches (`core.objects.within`).
    """
    where: dict[str, Any] = {**(within or {}), "court": court, "state": "pending_review"}
    if task_ids is not None:
        where["_id"] = {"$in": list(task_ids)}
    change = _approval(actor, now)
    change["$inc"] = {"version": 1}
    result = _tasks().update_many(where, change)
    if result.modified_count:
        from_now = events.Event(new_id(), "task.updated", court, now, {"count": result.modified_count})
        events.announce(from_now)
    return int(result.modified_count)


def get_task(*, court: str, task_id: str) -> ServiceTask:
    task = ServiceTask.objects(court=court, id=task_id).first()
    if task is None:
        raise errors.task_not_found()
    return task
