"""Reads the last hour of the audit log for people who did too much of what is watched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.alerts.services import raise_alert
from server.core.audit.models import ChainEntry, ChainHead

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
    for court in [str(head["_id"]) for head in ChainHead._get_collection().find({}, {"_id": 1})]:
        for one in ChainEntry._get_collection().aggregate(_pipeline(court, now)):
            for rule in RULES:
                if one[rule.kind] > rule.most:
                    found += 1
                    raise_alert(
                        court=one["court"] or court,
                        kind=rule.kind,
                        person_id=one["_id"],
                        person_name=one["name"] or "",
                        count=one[rule.kind],
                        now=now,
                    )
    return found


def _pipeline(court: str, now: datetime) -> list[dict[str, Any]]:
    """One pass over the court's last hour: each person's rows by rule."""
    counts = {rule.kind: {"$sum": {"$cond": [_fits(rule), 1, 0]}} for rule in RULES}
    who = {"_id": "$person_id", "name": {"$last": "$person_name"}, "court": {"$last": "$person_court"}}
    return [
        {"$match": {"court": court, "at": {"$gt": now - HOUR}, "person_id": {"$gt": ""}}},
        {"$group": {**who, **counts}},
    ]


def _fits(rule: Rule) -> dict[str, Any]:
    result: dict[str, Any] = {"$eq": ["$result", rule.result]}
    return {"$and": [result, {"$in": ["$action", list(rule.actions)]}]} if rule.actions else result
