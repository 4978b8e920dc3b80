"""Tasks in force claim their documents for their recipients (送达事项); those approved before had no such rows.

Two old tasks may serve the same document to one party: the later one's claim gets a number and says why. A recipient
who was served keeps that as a decision of its own time, taken before there were rules to quote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from pymongo.errors import DuplicateKeyError

from server.core.clock import court_day, utc_now
from server.service.services.claims import documents_for, key_of

_FIELDS = dict.fromkeys(
    (
        *("court", "case_id", "case_number", "division_id", "judge_id", "clerk_id", "documents", "hearing_at"),
        *("recipients.id", "recipients.party_id", "recipients.name", "recipients.state", "recipients.documents"),
        *("recipients.served_at", "created_at"),
    ),
    1,
)
_COPIED = ("court", "case_id", "case_number", "division_id", "judge_id", "clerk_id")
_BEFORE = "before-rules"
_AGAIN = "登记送达事项以前已分别受理"


def migrate(db: Any) -> str:
    """Answers how many rows it made."""
    rows = db.service_effects
    made = 0
    found = db.service_tasks.find({"state": {"$in": ["in_progress", "completed"]}}, _FIELDS).sort("created_at", 1)
    for task in found:
        have = {
            (one["recipient_id"], one["document"])
            for one in rows.find({"court": task["court"], "task_id": task["_id"]}, {"recipient_id": 1, "document": 1})
        }
        for recipient, document in _wanted(task):
            if (recipient["id"], document) not in have:
                made += _insert(rows, task, recipient, document)
    return f"rows {made}"


def _wanted(task: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    for recipient in task.get("recipients") or ():
        if recipient["state"] != "withdrawn":
            for document in documents_for(task, recipient):
                yield recipient, document


def _insert(rows: Any, task: Mapping[str, Any], recipient: Mapping[str, Any], document: str) -> int:
    base = key_of(document, task.get("hearing_at"))
    key, number = base, 1
    # The unique index may not be there yet, so the claim is looked for; nobody else writes rows of old tasks.
    while rows.find_one({"court": task["court"], "party_id": recipient["party_id"], "key": key, "live": True}):
        number += 1
        key = f"{base}#{number}"
    parts = "\0".join((task["_id"], recipient["id"], document))
    now = utc_now()
    row = {
        "_id": hashlib.sha256(parts.encode()).hexdigest()[:32],
        **{name: task.get(name) for name in _COPIED},
        "task_id": task["_id"],
        "recipient_id": recipient["id"],
        "recipient_name": recipient["name"],
        "party_id": recipient["party_id"],
        "document": document,
        "key": key,
        "again_reason": _AGAIN if number > 1 else None,
        "live": True,
        "outbox": [],
        "version": 1,
        "created_at": task["created_at"],
        "updated_at": now,
        **_standing(recipient),
    }
    try:
        rows.insert_one({name: value for name, value in row.items() if value is not None})
    except DuplicateKeyError:
        return 0  # another migration at the same time made it
    return 1


def _standing(recipient: Mapping[str, Any]) -> dict[str, Any]:
    served_at = recipient.get("served_at")
    if recipient["state"] != "served" or served_at is None:
        return {"state": "none", "status": "none", "decisions": []}
    served_on = court_day(served_at).isoformat()
    decision = {
        "id": "before-rules",
        "at": served_at,
        "by": "system",
        "by_name": "系统",
        "acting_as": "specialist",
        "what": "confirm",
        "reason": "登记送达事项以前已审核认定送达",
        "state": "served",
        "served_on": served_on,
        "rule_version": _BEFORE,
        "rules": {},
        "inputs": {},
    }
    said = {"state": "served", "served_on": served_on, "rule_version": _BEFORE, "judged_at": served_at}
    return {**said, "status": "confirmed", "decisions": [decision]}
