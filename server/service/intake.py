"""Takes the rows of an imported case list in as service tasks: new ones wait for review, edited ones are updated.

A task is known by its import key: court, case, recipient, names of the documents. Other documents are another service
and so another task. A task that is completed or withdrawn is never changed by a list. What a visit carries is a copy
of its own: an address changed here does not silently change a visit that is out, the timeline says so instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import InsertOne, UpdateOne

from server.cases import importers, privacy
from server.cases.importers import CREATED, ImportContext, PlacedRow, WriteConflict
from server.cases.writing import write_all
from server.core import events
from server.core.ids import new_id
from server.service import machines
from server.service.actor import Actor
from server.service.intake_changes import Change, changes_of, recipient_values, task_values
from server.service.models import ServiceTask
from server.service.personal import clear_recipients, has_open_task
from server.service.services import claims
from server.service.timeline import step

ORIGIN = "import:"
CLOSED = ("completed", "withdrawn")
# Each relay costs two round trips; when a list changes more tasks than this, the sweep of the core sends the news.
RELAY_AT_ONCE = 20

# What a recipient begins with besides what the list says: as the model would write it.
_BLANK: dict[str, Any] = {"documents": [], "situation": {}, "awaits": [], "notice_approval": {}}

_NEEDED = {"import_key", "version", "state", "origin", *Change.TASK_FIELDS, "documents", "recipients"}


@dataclass(frozen=True, slots=True)
class _Update:
    """An update of one task, with the step by which one can tell that it was made."""

    row: PlacedRow
    task_id: str
    step_id: str
    operation: UpdateOne


def register() -> None:
    """Asks for the rows of case lists; called once when the program is composed, after the addresses."""
    importers.on_case_rows(upsert_tasks)
    events.subscriptions.subscribe("task.edited", claims.on_edited)
    privacy.register(privacy.Holding("service_tasks", has_open_task, clear_recipients))


def upsert_tasks(placed: Sequence[PlacedRow], context: ImportContext) -> None:
    """Makes or changes the task of every row. Raises WriteConflict when tasks were changed in between."""
    wanted = {"court": context.court, "import_key": {"$in": sorted({one.key for one in placed})}}
    found = ServiceTask._get_collection().find(wanted, dict.fromkeys(_NEEDED, 1))
    known = {task["import_key"]: task for task in found}
    inserts: list[Any] = []
    updates: list[_Update] = []
    for one in placed:
        task = known.get(one.key)
        if task is None:
            inserts.append(InsertOne(_new_task(one, context)))
            one.result = CREATED
        elif task["origin"] == ORIGIN + context.run_id and task["version"] == 1 and not changes_of(one, task).any:
            # This run made it and was interrupted before it could write that down.
            one.result = CREATED
        elif update := _update(one, task, context):
            updates.append(update)
    write_all(ServiceTask, inserts)
    _write_updates(updates, context)


def _write_updates(updates: Sequence[_Update], context: ImportContext) -> None:
    """Writes the guarded updates. Those that came too late are tried again by the caller, the others never twice."""
    complete = write_all(ServiceTask, [update.operation for update in updates]) == len(updates)
    applied = {update.task_id for update in updates} if complete else _applied(updates, context)
    for update in updates:
        if update.task_id in applied:
            update.row.notes.clear()
    if not complete:
        raise WriteConflict
    if len(updates) <= RELAY_AT_ONCE:
        for update in updates:
            events.relay(ServiceTask, update.task_id)


def _applied(updates: Sequence[_Update], context: ImportContext) -> set[str]:
    wanted = {
        "_id": {"$in": [update.task_id for update in updates]},
        "court": context.court,
        "steps.id": {"$in": [update.step_id for update in updates]},
    }
    return {task["_id"] for task in ServiceTask._get_collection().find(wanted, {"_id": 1})}


def _actor(context: ImportContext) -> Actor:
    return Actor(context.actor_id, context.actor_name)


def _new_task(one: PlacedRow, context: ImportContext) -> dict[str, Any]:
    text = f"由导入建立任务（{context.filename} 第{one.number}行）"
    created = step("task.created", text, actor=_actor(context), now=context.now, change={})
    return {
        "_id": new_id(),
        "court": context.court,
        "import_key": one.key,
        "case_id": one.case_id,
        "case_number": one.row.case_number,
        **{name: value for name, value in task_values(one).items() if value not in (None, "")},
        "documents": [{"name": name, "copies": copies} for name, copies in one.row.documents],
        "recipients": [{"id": new_id(), "state": "pending", **_BLANK, **_without_blanks(recipient_values(one))}],
        "state": machines.TASK.start,
        "origin": ORIGIN + context.run_id,
        "steps": [created],
        "outbox": [],
        "version": 1,
        "created_at": context.now,
        "updated_at": context.now,
    }


def _without_blanks(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _update(one: PlacedRow, task: dict[str, Any], context: ImportContext) -> _Update | None:
    """The one atomic update that brings a task up to its row, with its line in the timeline; None when it is."""
    changes = changes_of(one, task)
    if not changes.any and not one.notes:
        return None
    if task["state"] in CLOSED:
        closed = "已完成" if task["state"] == "completed" else "已撤回"
        one.warn("案号", "import.task_closed", f"送达任务{closed}，本行的改动未更新到任务")
        return None
    one.touched()
    set_values, unset_values = changes.operators()
    text = "导入更新：" + "；".join([*changes.texts, *one.notes])
    told: dict[str, str] = {}
    if task["state"] == "returned":
        told["task"] = "resubmit"
        # The clerk has mended what the specialist returned: it waits for review again.
        set_values["state"] = machines.next_state(machines.TASK, task["state"], "resubmit")
        unset_values["return_reason"] = ""
        text += "；退回的任务重新待审核"
    news = events.event(
        "task.updated",
        court=context.court,
        now=context.now,
        task_id=task["_id"],
        state=set_values.get("state", task["state"]),
    )
    entry = step(
        "task.edited", text, actor=_actor(context), now=context.now, recipient_id=changes.recipient_id, change=told
    )
    # Whoever keeps a copy of the task (送达事项) brings it up to the edit, at once or from the sweep.
    edited = events.event("task.edited", court=context.court, now=context.now, task_id=task["_id"])
    update: dict[str, Any] = {
        "$set": {**set_values, "updated_at": context.now},
        "$push": {"steps": entry, "outbox": {"$each": [news, edited]}},
        "$inc": {"version": 1},
    }
    if unset_values:
        update["$unset"] = unset_values
    guard = {"_id": task["_id"], "court": context.court, "version": task["version"], "state": task["state"]}
    return _Update(one, task["_id"], entry["id"], UpdateOne(guard, update))
