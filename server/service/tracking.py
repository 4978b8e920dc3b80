"""Following service: by recipient, by case, and the matrix recipient × document (T13). Read only.

Both lists are made of the same recipients and the same attempts: nothing is counted twice. A recipient that was merged
into another shows only there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from server.service.models import Attempt, Effect, ServiceTask
from server.service.queries import Page

Raw = Mapping[str, Any]
_HEAD = {"case_id": 1, "case_number": 1, "cause": 1, "state": 1, "due_on": 1, "channel": 1, "recipients": 1}
_ATTEMPT = ("channel", "state", "opened_at", "closed_at", "outcome", "recipient_id", "task_id", "text", "moved_from")


def by_recipient(
    *, within: Raw, text: str | None = None, state: str | None = None, page: int = 1, page_size: int = 50
) -> Page:
    """One row per recipient of a task within reach (`core.objects.within`), soonest due first."""
    stages: list[dict[str, Any]] = [
        {"$match": _where(within, text)},
        {"$project": _HEAD},
        {"$unwind": "$recipients"},
        {"$match": _recipients(text, state, "recipients.")},
        {"$sort": {"due_on": 1, "_id": 1, "recipients.id": 1}},
    ]
    found, total = _paged(stages, page, page_size)
    course = _Course(found)
    return Page([course.of_recipient(one, one["recipients"]) for one in found], total, page, page_size)


def by_case(
    *, within: Raw, text: str | None = None, state: str | None = None, page: int = 1, page_size: int = 50
) -> Page:
    """One row per case with its recipients, soonest due first."""
    stages: list[dict[str, Any]] = [
        {"$match": _where(within, text)},
        {"$match": {"recipients": {"$elemMatch": _recipients(None, state, "")}}},
        {"$group": {"_id": "$case_id", "due_on": {"$min": "$due_on"}}},
        {"$sort": {"due_on": 1, "_id": 1}},
    ]
    found, total = _paged(stages, page, page_size)
    where = {"$and": [dict(within), {"case_id": {"$in": [one["_id"] for one in found]}}]}
    tasks = list(ServiceTask._get_collection().find(where, _HEAD).sort([("due_on", 1), ("_id", 1)]))
    course = _Course(tasks)
    return Page([course.of_case([one for one in tasks if one["case_id"] == case["_id"]]) for case in found],
                total, page, page_size)  # fmt: skip


def _where(within: Raw, text: str | None) -> dict[str, Any]:
    where: dict[str, Any] = {"$and": [dict(within)]}
    if text and text.strip():
        pattern = {"$regex": re.escape(text.strip())}
        where["$and"].append({"$or": [{"case_number": pattern}, {"recipients.name": pattern}]})
    return where


def _recipients(text: str | None, state: str | None, prefix: str) -> dict[str, Any]:
    where: dict[str, Any] = {f"{prefix}merged_into": None}
    if state:
        where[f"{prefix}state"] = state
    if text and text.strip():
        pattern = {"$regex": re.escape(text.strip())}
        where["$or"] = [{"case_number": pattern}, {f"{prefix}name": pattern}]
    return where


def _paged(stages: list[dict[str, Any]], page: int, page_size: int) -> tuple[list[dict[str, Any]], int]:
    cut = {"items": [{"$skip": (page - 1) * page_size}, {"$limit": page_size}], "total": [{"$count": "n"}]}
    (answer,) = ServiceTask._get_collection().aggregate([*stages, {"$facet": cut}])
    return list(answer["items"]), answer["total"][0]["n"] if answer["total"] else 0


class _Course:
    """Attempts, effects and last steps of some tasks, read at once."""

    def __init__(self, tasks: Iterable[Raw]) -> None:
        ids = sorted({one["_id"] for one in tasks})
        where = {"task_id": {"$in": ids}}
        self.attempts: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for one in Attempt._get_collection().find(where, dict.fromkeys(_ATTEMPT, 1)).sort("opened_at", 1):
            self.attempts.setdefault((one["task_id"], one["recipient_id"]), []).append(one)
        self.effects: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for one in Effect._get_collection().find({**where, "live": True}, _CELL):
            self.effects.setdefault((one["task_id"], one["recipient_id"]), []).append(one)
        fields = {"steps.at": 1, "steps.text": 1, "steps.recipient_id": 1}
        found = ServiceTask._get_collection().find({"_id": {"$in": ids}}, fields)
        self.steps = {one["_id"]: one.get("steps") or [] for one in found}

    def of_recipient(self, task: Raw, recipient: Raw) -> dict[str, Any]:
        place = (task["_id"], recipient["id"])
        node = self._node(*place)
        effects = self.effects.get(place, [])
        return {
            "task_id": task["_id"],
            "recipient_id": recipient["id"],
            "case_id": task["case_id"],
            "case_number": task["case_number"],
            "cause": task.get("cause"),
            "due_on": task["due_on"],
            "task_state": task["state"],
            "name": recipient["name"],
            "kind": recipient["kind"],
            "state": recipient["state"],
            "served": recipient["state"] == "served",
            "served_at": recipient.get("served_at"),
            "awaits": list(recipient.get("awaits") or ()),
            "channel": (recipient.get("lock") or {}).get("channel"),
            "node": node.get("text"),
            "node_at": node.get("at"),
            "documents": len(effects),
            "documents_served": sum(cell(one)["served"] for one in effects),
            "attempts": [_attempt(one) for one in self.attempts.get(place, [])],
        }

    def _node(self, task_id: str, recipient_id: str) -> Raw:
        """The last step that is about the recipient, or about the whole task."""
        steps = self.steps.get(task_id, [])
        return next((one for one in reversed(steps) if one.get("recipient_id") in (None, recipient_id)), {})

    def of_case(self, tasks: list[dict[str, Any]]) -> dict[str, Any]:
        recipients = [
            self.of_recipient(task, one) for task in tasks for one in task["recipients"] if not one.get("merged_into")
        ]
        newest = max(recipients, key=lambda one: one["node_at"].timestamp() if one["node_at"] else 0.0, default={})
        return {
            "case_id": tasks[0]["case_id"],
            "case_number": tasks[0]["case_number"],
            "cause": tasks[0].get("cause"),
            "due_on": min(one["due_on"] for one in tasks),
            "tasks": len(tasks),
            "served": sum(one["served"] for one in recipients),
            "withdrawn": sum(one["state"] == "withdrawn" for one in recipients),
            "attempts": sum(len(one["attempts"]) for one in recipients),
            "node": newest.get("node"),
            "node_at": newest.get("node_at"),
            "recipients": recipients,
        }


def _attempt(raw: Raw) -> dict[str, Any]:
    return {"id": raw["_id"], **{name: raw.get(name) for name in _ATTEMPT[:5]}, "text": raw.get("text")}


_CELL = {
    **dict.fromkeys(("task_id", "recipient_id", "recipient_name", "party_id", "document", "key", "live"), 1),
    **dict.fromkeys(("state", "status", "served_on", "ends_on", "article", "confirm_by", "attempt_id"), 1),
    **dict.fromkeys(("decisions.state", "decisions.served_on", "decisions.article", "again_reason"), 1),
}


def cell(row: Raw) -> dict[str, Any]:
    """One document for one recipient: as decided where somebody decided, as proposed otherwise."""
    decided = (row.get("decisions") or [None])[-1] if row["status"] == "confirmed" else None
    said = decided or row
    state = said["state"]
    return {
        "effect_id": row["_id"],
        "task_id": row["task_id"],
        "recipient_id": row["recipient_id"],
        "status": row["status"],
        "state": state,
        "served": row["status"] == "confirmed" and state in ("served", "deemed", "presumed"),
        "served_on": said.get("served_on"),
        "ends_on": row.get("ends_on"),
        "article": said.get("article"),
        "confirm_by": list(row.get("confirm_by") or ()),
        "again_reason": row.get("again_reason"),
        "live": bool(row["live"]),
    }


def matrix_of_task(*, court: str, task_id: str) -> dict[str, Any]:
    """The matrix of one task."""
    return _matrix({"court": court, "task_id": task_id})


def matrix_of_case(*, court: str, case_id: str, within: Raw) -> dict[str, Any]:
    """The matrix of those tasks of a case that are within reach."""
    where = {"$and": [dict(within), {"court": court, "case_id": case_id}]}
    tasks = [one["_id"] for one in ServiceTask._get_collection().find(where, {"_id": 1})]
    return _matrix({"court": court, "task_id": {"$in": tasks}})


def _matrix(where: dict[str, Any]) -> dict[str, Any]:
    """{documents, rows: [{party_id, name, cells: [{document, items: [cell with attempts]}]}]}; one row per party."""
    rows = list(Effect._get_collection().find(where, _CELL).sort([("created_at", 1), ("_id", 1)]))
    tried: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in Attempt._get_collection().find(where, dict.fromkeys(_ATTEMPT, 1)).sort("opened_at", 1):
        tried.setdefault((one["task_id"], one["recipient_id"]), []).append(_attempt(one))
    # A row that was withdrawn and never served says nothing any more.
    rows = [one for one in rows if one["live"] or one["status"] == "confirmed"]
    documents = list(dict.fromkeys(one["document"] for one in rows))
    parties = {one["party_id"]: one["recipient_name"] for one in rows}
    cells: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in rows:
        attempts = tried.get((one["task_id"], one["recipient_id"]), [])
        cells.setdefault((one["party_id"], one["document"]), []).append({**cell(one), "attempts": attempts})
    return {
        "documents": documents,
        "rows": [
            {
                "party_id": party_id,
                "name": name,
                "cells": [
                    {"document": document, "items": cells.get((party_id, document), [])} for document in documents
                ],
            }
            for party_id, name in parties.items()
        ],
    }
