"""Reads the last hour of the audit log for people who did too much of what is watched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.alerts.services import raise_alert
from server.core.audit.models import ChainEntry

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """More than `most` rows of these actions (or, without actions, of this result) by one person in an hour."""

    kind: str
    most: int
    actions: tuple[str, ...] = ()
    result: str = "done"


RULES = (
    Rule("download", 200, ("paper.download", "evidence.view", "file.open")),
    Rule("search", 40, ("parties.search",)),
    Rule("refused", 20, result="refused"),
)


def watch(*, now: datetime) -> int:
    """Raises (or raises the count of) alerts; returns how many people were over a limit. May run twice."""
    found = 0
    for rule in RULES:
        for one in ChainEntry._get_collection().aggregate(_pipeline(rule, now)):
            found += 1
            raise_alert(
                court=one["court"],
                kind=rule.kind,
                person_id=one["_id"],
                person_name=one["name"] or "",
                count=one["count"],
                now=now,
            )
    return found


def _pipeline(rule: Rule, now: datetime) -> list[dict[str, Any]]:
    wanted: dict[str, Any] = {"at": {"$gt": now - HOUR}, "result": rule.result, "person_id": {"$gt": ""}}
    if rule.actions:
        wanted["action"] = {"$in": list(rule.actions)}
    return [
        {"$match": wanted},
        {
            "$group": {
                "_id": "$person_id",
                "name": {"$last": "$person_name"},
                "court": {"$last": "$person_court"},
                "count": {"$sum": 1},
            }
        },
        {"$match": {"count": {"$gt": rule.most}}},
    ]
