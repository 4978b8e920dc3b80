"""Asking the log: by person, object, action, time, court, and "who saw this number". Archived entries that were removed
are not found here; `archive.read` and `flask audit export` read those.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from server.core.audit import entries
from server.core.audit.models import ChainEntry

MAX_PER_PAGE = 200
MAX_FOUND = 10_000
_TOP_PEOPLE = 50
_TEXT_FIELDS = ("person_name", "person_id", "object_id", "request_id", "remote", "code")
_MAX_MS = 20_000


@dataclass(frozen=True, slots=True)
class Found:
    """One page, newest first. `total` counts up to `MAX_FOUND`; `capped` when there are more."""

    rows: list[dict[str, Any]]
    total: int
    capped: bool
    page: int
    per_page: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of a span: by date in Asia/Shanghai, by the first word of the action, and of the busiest people."""

    total: int
    refused: int
    days: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    people: list[dict[str, Any]]


def search(
    *,
    courts: Sequence[str],
    person_id: str = "",
    object_type: str = "",
    object_id: str = "",
    action: str = "",
    result: str = "",
    subjects: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    text: str = "",
    page: int = 1,
    per_page: int = 50,
) -> Found:
    """Rows of these courts that fit everything given.

    `action` is a whole action or a beginning of one (`visit.`); `subjects` are blind indexes, any of which fits (a
    number has another index in every court); `since` ≤ at < `until`; `text` is looked for in names, ids, place and
    code. Each row holds id, court, seq and the members of `Row`, `at` aware in UTC.
    """
    query = _query(courts, since, until)
    exact = {"person_id": person_id, "object_type": object_type, "object_id": object_id, "result": result}
    query.update({name: value for name, value in exact.items() if value})
    if action:
        query["action"] = {"$gte": action, "$lt": f"{action}\U0010ffff"}
    if subjects:
        query["subjects"] = {"$in": list(subjects)}
    if text.strip():
        pattern = {"$regex": re.escape(text.strip()[:100]), "$options": "i"}
        query["$or"] = [{name: pattern} for name in _TEXT_FIELDS]
    page, per_page = max(page, 1), min(max(per_page, 1), MAX_PER_PAGE)
    collection = ChainEntry._get_collection()
    total = collection.count_documents(query, limit=MAX_FOUND + 1, maxTimeMS=_MAX_MS)
    skip = min((page - 1) * per_page, MAX_FOUND)
    # By time alone: that is the order every index has, so a page costs a page and not the court's whole log.
    found = collection.find(query).sort("at", -1).skip(skip).limit(per_page).max_time_ms(_MAX_MS)
    rows = [shown(one) for one in found]
    return Found(rows, min(total, MAX_FOUND), total > MAX_FOUND, page, per_page)


def shown(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry as rows are answered: every member there, hashes left out."""
    row = asdict(entries.row_of(entry))
    return {"id": entry["_id"], "seq": entry["seq"], **row}


def statistics(*, courts: Sequence[str], since: datetime, until: datetime) -> Statistics:
    """Counts of `since` ≤ at < `until`."""
    refused = {"$sum": {"$cond": [{"$eq": ["$result", "refused"]}, 1, 0]}}
    day = {"$dateToString": {"date": "$at", "format": "%Y-%m-%d", "timezone": "Asia/Shanghai"}}
    group = {"$arrayElemAt": [{"$split": ["$action", "."]}, 0]}
    person = {"person_id": "$person_id", "court": "$person_court"}
    pipeline: list[dict[str, Any]] = [
        {"$match": _query(courts, since, until)},
        {
            "$group": {
                "_id": {"day": day, "group": group, "person": person},
                "name": {"$last": "$person_name"},
                "count": {"$sum": 1},
                "refused": refused,
            }
        },
        {
            "$facet": {
                "days": [_summed("day"), {"$sort": {"_id": 1}}],
                "groups": [_summed("group"), {"$sort": {"count": -1, "_id": 1}}],
                "people": [_summed("person"), {"$sort": {"count": -1, "_id": 1}}, {"$limit": _TOP_PEOPLE}],
            }
        },
    ]
    found = next(iter(ChainEntry._get_collection().aggregate(pipeline, allowDiskUse=True, maxTimeMS=_MAX_MS)))
    days = [{"day": one["_id"], **_counts(one)} for one in found["days"]]
    return Statistics(
        total=sum(one["count"] for one in days),
        refused=sum(one["refused"] for one in days),
        days=days,
        groups=[{"group": one["_id"], **_counts(one)} for one in found["groups"]],
        people=[
            {
                "person_id": one["_id"].get("person_id", ""),
                "person_court": one["_id"].get("court", ""),
                "person_name": one["name"] or "",
                **_counts(one),
            }
            for one in found["people"]
        ],
    )


def _query(courts: Sequence[str], since: datetime | None, until: datetime | None) -> dict[str, Any]:
    query: dict[str, Any] = {"court": {"$in": list(courts)} if len(courts) != 1 else courts[0]}
    span = {name: moment for name, moment in (("$gte", since), ("$lt", until)) if moment is not None}
    if span:
        query["at"] = span
    return query


def _summed(name: str) -> dict[str, Any]:
    return {
        "$group": {
            "_id": f"$_id.{name}",
            "name": {"$last": "$name"},
            "count": {"$sum": "$count"},
            "refused": {"$sum": "$refused"},
        }
    }


def _counts(one: dict[str, Any]) -> dict[str, int]:
    return {"count": one["count"], "refused": one["refused"]}
