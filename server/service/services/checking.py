"""A specialist's check of submitted tasks: into 送达中, where their documents are claimed, or back with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument, UpdateOne
from pymongo.client_session import ClientSession

from server.core import events
from server.core.errors import DomainError
from server.core.ids import new_id
from server.service import errors, machines
from server.service.actor import Actor
from server.service.models import ServiceTask
from server.service.services import claims, store
from server.service.timeline import step

# As many tasks go into force in one transaction, at most; a transaction holds its locks while it runs.
_TOGETHER = 100
# Each relay costs round trips; when more tasks than this are approved at once, the sweep of the core sends the news.
_RELAY_AT_ONCE = 20
_NO_COURSE = {"steps": 0, "outbox": 0}


@dataclass(frozen=True, slots=True)
class Refused:
    """A task that could not be approved, and why (`code` as in docs/errors.md, `title` in Chinese)."""

    task_id: str
    case_number: str
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Approved:
    """How many tasks went into force, and those that did not."""

    approved: int
    refused: tuple[Refused, ...]


def review_task(
    *,
    court: str,
    task_id: str,
    approve: bool,
    reason: str | None,
    version: int | None,
    actor: Actor,
    now: datetime,
    again: bool = False,
) -> ServiceTask:
    """A specialist checks a submitted task: 送达中, or returned with a reason.

    With `again` documents that are served elsewhere are served once more, for `reason`. Raises `task.not_found`,
    `task.not_pending`, `task.changed` (edited since `version`), `task.reason_required`, `task.double_service`,
    `task.same_party_twice`.
    """
    told = (reason or "").strip()
    if not told and (again or not approve):
        raise errors.reason_required()
    if approve:
        work = _Approval(court, [task_id], actor, now, told if again else None, version)
        claims.again(work.one)
    else:
        _return(court, task_id, told, version, actor, now)
    events.relay(ServiceTask, task_id)
    return get_task(court=court, task_id=task_id)


def approve_tasks(
    *,
    court: str,
    task_ids: Sequence[str] | None,
    actor: Actor,
    now: datetime,
    within: Mapping[str, Any] | None = None,
) -> Approved:
    """Approves these pending tasks, or all pending ones when `task_ids` is None, oldest first.

    `within` narrows to what the person asking reaches (`core.objects.within`). A task whose documents are being
    served elsewhere stays pending and is answered as refused.
    """
    where: dict[str, Any] = {**(within or {}), "court": court, "state": {"$in": _pending()}}
    if task_ids is not None:
        where["_id"] = {"$in": list(task_ids)}
    ids = [one["_id"] for one in store.tasks().find(where, {"_id": 1}).sort([("created_at", 1), ("_id", 1)])]
    passed: list[str] = []
    refused: list[Refused] = []
    for start in range(0, len(ids), _TOGETHER):
        work = _Approval(court, ids[start : start + _TOGETHER], actor, now, None, None)
        done, not_done = claims.again(work.many)
        passed += done
        refused += not_done
    if passed:
        events.announce(events.Event(new_id(), "task.updated", court, now, {"count": len(passed)}))
    if len(passed) <= _RELAY_AT_ONCE:
        for task_id in passed:
            events.relay(ServiceTask, task_id)
    return Approved(len(passed), tuple(refused))


def _pending() -> list[str]:
    return machines.sources(machines.TASK, "approve")


@dataclass(frozen=True, slots=True)
class _Approval:
    """Tasks into force with their claims, in one transaction; may be tried again."""

    court: str
    task_ids: Sequence[str]
    actor: Actor
    now: datetime
    again_reason: str | None
    version: int | None

    def one(self, session: ClientSession) -> None:
        task = store.tasks().find_one({"_id": self.task_ids[0], "court": self.court}, _NO_COURSE, session=session)
        if task is None:
            raise errors.task_not_found()
        if task["state"] not in _pending():
            raise errors.task_not_pending()
        if self.version is not None and task["version"] != self.version:
            raise errors.task_changed()
        for refusal in self._put_in_force([task], session).values():
            raise refusal

    def many(self, session: ClientSession) -> tuple[list[str], list[Refused]]:
        where = {"_id": {"$in": list(self.task_ids)}, "court": self.court, "state": {"$in": _pending()}}
        found = {one["_id"]: one for one in store.tasks().find(where, _NO_COURSE, session=session)}
        ordered = [found[one] for one in self.task_ids if one in found]
        refused = self._put_in_force(ordered, session)
        told = [
            Refused(task_id, found[task_id]["case_number"], refusal.code, refusal.title)
            for task_id, refusal in refused.items()
        ]
        return [one["_id"] for one in ordered if one["_id"] not in refused], told

    def _put_in_force(self, found: Sequence[Mapping[str, Any]], session: ClientSession) -> dict[str, DomainError]:
        refused = claims.claim(self.court, found, session=session, now=self.now, again_reason=self.again_reason)
        writes = [self._update(task) for task in found if task["_id"] not in refused]
        if writes:
            store.tasks().bulk_write(writes, ordered=False, session=session)
        return refused

    def _update(self, task: Mapping[str, Any]) -> UpdateOne:
        text = "审核通过，进入送达中"
        if self.again_reason:
            text = f"审核通过，再次送达：{self.again_reason}"
        news = events.event("task.approved", court=self.court, now=self.now, task_id=task["_id"])
        change = {
            "$set": {
                "state": machines.next_state(machines.TASK, task["state"], "approve"),
                "updated_at": self.now,
            },
            "$push": {
                "steps": step("task.approved", text, actor=self.actor, now=self.now, change={"task": "approve"}),
                "outbox": news,
            },
            "$inc": {"version": 1},
        }
        return UpdateOne({"_id": task["_id"], "court": self.court, "version": task["version"]}, change)


def _return(court: str, task_id: str, reason: str, version: int | None, actor: Actor, now: datetime) -> None:
    where: dict[str, Any] = {
        "_id": task_id,
        "court": court,
        "state": {"$in": machines.sources(machines.TASK, "return")},
    }
    if version is not None:
        where["version"] = version
    line = step("task.returned", f"审核退回：{reason}", actor=actor, now=now, change={"task": "return"})
    change = {
        "$set": {"state": "returned", "return_reason": reason, "updated_at": now},
        "$push": {"steps": line, "outbox": store.updated(court, task_id, now)},
        "$inc": {"version": 1},
    }
    if store.tasks().find_one_and_update(where, change, {"_id": 1}, return_document=ReturnDocument.AFTER) is None:
        task = get_task(court=court, task_id=task_id)
        raise errors.task_changed() if task.state in _pending() else errors.task_not_pending()


def get_task(*, court: str, task_id: str) -> ServiceTask:
    task = ServiceTask.objects(court=court, id=task_id).first()
    if task is None:
        raise errors.task_not_found()
    return task
