"""What the targets are measured by, read in one aggregation over tasks, attempts and effects. No name, no number.

Tasks are found by court and the day they came in, their attempts and effects by court and task: indexes all the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from server.service.models import Attempt, Effect, ServiceTask
from server.statistics.targets import RecipientFacts, ServedDocument, TaskFacts, Tried

LEFT_OUT = ("returned", "withdrawn")
EFFECTIVE = ("served", "deemed", "presumed")


def pipeline(courts: Iterable[str], begin: datetime, end: datetime) -> list[dict[str, Any]]:
    """The aggregation over service_tasks: `begin` ≤ created_at < `end`."""
    wanted = sorted(set(courts))
    ours = {"court": {"$in": wanted}, "created_at": {"$gte": begin, "$lt": end}, "state": {"$nin": list(LEFT_OUT)}}
    return [
        {"$match": ours},
        {
            "$project": {
                **dict.fromkeys(("court", "case_id", "case_kind", "channel", "created_at", "completed_at"), 1),
                "accepted_at": {"$max": _approvals()},
                **{f"recipients.{name}": 1 for name in ("id", "state", "situation.e_address")},
            }
        },
        _join(Attempt, wanted, {"recipient_id", "channel", "outcome", "opened_at"}, {"state": {"$ne": "withdrawn"}}),
        _join(
            Effect,
            wanted,
            {"recipient_id", "document", "attempt_id", "missing.code", "decisions.state", "decisions.attempt_id"},
            {"status": "confirmed", "live": True},
        ),
    ]


def of_period(*, courts: Iterable[str], begin: datetime, end: datetime) -> Iterator[TaskFacts]:
    """One task after the other, as MongoDB gives them."""
    for task in ServiceTask._get_collection().aggregate(pipeline(courts, begin, end)):
        yield _facts(task)


def _approvals() -> dict[str, Any]:
    """The last approval counts: before it the task was not the specialist's to serve."""
    approved = {"$filter": {"input": "$steps", "as": "one", "cond": {"$eq": ["$$one.what", "task.approved"]}}}
    return {"$map": {"input": approved, "as": "one", "in": "$$one.at"}}


def _join(model: Any, courts: list[str], fields: set[str], also: Mapping[str, Any]) -> dict[str, Any]:
    name = model._get_collection_name()
    return {
        "$lookup": {
            "from": name,
            "localField": "_id",
            "foreignField": "task_id",
            "pipeline": [
                {"$match": {"court": {"$in": courts}, **also}},
                {"$project": dict.fromkeys(sorted(fields), 1)},
            ],
            "as": name,
        }
    }


def _facts(task: Mapping[str, Any]) -> TaskFacts:
    attempts = task[Attempt._get_collection_name()]
    effects = [one for one in map(_confirmed, task[Effect._get_collection_name()]) if one["state"] in EFFECTIVE]
    return TaskFacts(
        case_id=task["case_id"],
        case_kind=task["case_kind"],
        created_at=task["created_at"],
        accepted_at=task.get("accepted_at"),
        completed_at=task.get("completed_at"),
        recipients=tuple(
            _recipient(one, attempts, effects) for one in task.get("recipients") or () if one["state"] != "withdrawn"
        ),
        by_notice=task["channel"] == "notice" or any(one["channel"] == "notice" for one in attempts),
    )


def _confirmed(effect: Mapping[str, Any]) -> dict[str, Any]:
    """What the last decision says; it may rest on another attempt than the machine's latest proposal."""
    last = (effect.get("decisions") or [{}])[-1]
    return {
        "recipient_id": effect["recipient_id"],
        "document": effect["document"],
        "attempt_id": last.get("attempt_id") or effect.get("attempt_id"),
        "state": last.get("state"),
        "complete": not effect.get("missing"),
    }


def _recipient(one: Mapping[str, Any], attempts: list[Any], effects: list[dict[str, Any]]) -> RecipientFacts:
    mine = [attempt for attempt in attempts if attempt["recipient_id"] == one["id"]]
    rests = [effect for effect in effects if effect["recipient_id"] == one["id"]]
    serving = {effect["attempt_id"] for effect in rests}
    channel_of = {attempt["_id"]: attempt["channel"] for attempt in mine}
    return RecipientFacts(
        served=one["state"] == "served",
        confirmed_e_address=(one.get("situation") or {}).get("e_address") == "given",
        tried=tuple(
            Tried(attempt["channel"], attempt["opened_at"], attempt.get("outcome") or "", attempt["_id"] in serving)
            for attempt in mine
        ),
        documents=tuple(
            ServedDocument(effect["document"], channel_of.get(effect["attempt_id"], ""), effect["complete"])
            for effect in rests
        ),
    )


def volumes(*, courts: Iterable[str], begin: datetime, end: datetime) -> dict[str, int]:
    """How much was done in twelve months: `cases` that came in, `direct` services at the door that ended."""
    wanted = sorted(set(courts))
    cases = [
        {"$match": {"court": {"$in": wanted}, "created_at": {"$gte": begin, "$lt": end}}},
        {"$group": {"_id": {"court": "$court", "case": "$case_id"}}},
        {"$count": "cases"},
    ]
    doors = {
        "court": {"$in": wanted},
        "channel": "direct",
        "state": "closed",
        "closed_at": {"$gte": begin, "$lt": end},
    }
    found: dict[str, Any] = next(iter(ServiceTask._get_collection().aggregate(cases)), {})
    return {"cases": int(found.get("cases", 0)), "direct": int(Attempt._get_collection().count_documents(doors))}
