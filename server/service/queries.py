"""Reading tasks: the specialist's list, the judge's own cases. Every query starts with the court."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.cases import parties
from server.core.clock import court_day
from server.core.fields import id_number_index, phone_index
from server.service import errors
from server.service.models import ServiceTask

_LIST_FIELDS = {"steps": 0, "outbox": 0}


@dataclass(frozen=True, slots=True)
class Page:
    """Raw task documents of one page, and how many there are in all."""

    items: list[dict[str, Any]]
    total: int
    page: int
    page_size: int


@dataclass(frozen=True, slots=True)
class JudgeRow:
    """What a judge sees of a task: state, node, duration, done (J3)."""

    task_id: str
    case_number: str
    cause: str
    recipients: list[dict[str, Any]]
    documents: list[str]
    state: str
    node: str
    node_at: datetime
    days: int
    done: bool
    due_on: str
    overdue: bool


def list_tasks(
    *, within: dict[str, Any], state: str | None = None, text: str | None = None, page: int = 1, page_size: int = 50
) -> Page:
    """Tasks within reach (`core.objects.within`), soonest due first; `text` searches case number and recipient."""
    where: dict[str, Any] = {"$and": [within]}
    if state:
        where["state"] = state
    if text and text.strip():
        pattern = {"$regex": re.escape(text.strip())}
        where["$and"].append({"$or": [{"case_number": pattern}, {"recipients.name": pattern}]})
    collection = ServiceTask._get_collection()
    total = collection.count_documents(where)
    found = collection.find(where, _LIST_FIELDS).sort([("due_on", 1), ("_id", 1)])
    return Page(list(found.skip((page - 1) * page_size).limit(page_size)), total, page, page_size)


@dataclass(frozen=True, slots=True)
class PartiesFound:
    """`index` is the blind index of what was searched `by` (phone or id_number); the number itself is kept nowhere."""

    by: str
    index: str
    items: list[dict[str, Any]]


def find_parties(
    *, within: dict[str, Any], court: str, phone: str | None = None, id_number: str | None = None
) -> PartiesFound:
    """Parties with exactly this number whose tasks are within reach, with those tasks."""
    by = "phone" if phone else "id_number"
    index = phone_index(phone, court=court) if phone else id_number_index(id_number or "", court=court)
    known = {one.party_id: one for one in parties.find(court=court, phone=phone, id_number=id_number)}
    where = {"$and": [within, {"recipients.party_id": {"$in": list(known)}}]}
    fields = {"case_number": 1, "recipients.party_id": 1}
    items: dict[str, dict[str, Any]] = {}
    for task in ServiceTask._get_collection().find(where, fields):
        for party_id in {one["party_id"] for one in task["recipients"]} & set(known):
            line = items.setdefault(party_id, _found(known[party_id], task["case_number"]))
            line["task_ids"].append(task["_id"])
    return PartiesFound(by, index, list(items.values()))


def _found(party: parties.FoundParty, case_number: str) -> dict[str, Any]:
    return {
        "party_id": party.party_id,
        "name": party.name,
        "id_mask": party.id_mask,
        "phone_mask": party.phone_mask,
        "case_number": case_number,
        "task_ids": [],
    }


def tasks_of_judge(*, court: str, person_id: str, now: datetime, limit: int = 500) -> list[JudgeRow]:
    """Every task of the cases this judge or clerk handles, newest change first. No case number needed (J2)."""
    fields = {
        "case_number": 1,
        "cause": 1,
        "state": 1,
        "documents": 1,
        "recipients.name": 1,
        "recipients.state": 1,
        "recipients.id": 1,
        "steps": {"$slice": -1},
        "created_at": 1,
        "completed_at": 1,
        "due_on": 1,
    }
    where = {"court": court, "$or": [{"judge_id": person_id}, {"clerk_id": person_id}]}
    found = ServiceTask._get_collection().find(where, fields).sort("updated_at", -1).limit(limit)
    return [_judge_row(task, now) for task in found]


def _judge_row(task: dict[str, Any], now: datetime) -> JudgeRow:
    last = (task.get("steps") or [{"text": "已创建", "at": task["created_at"]}])[-1]
    done = task["state"] in ("completed", "withdrawn")
    until = task.get("completed_at") or now
    return JudgeRow(
        task_id=task["_id"],
        case_number=task["case_number"],
        cause=task.get("cause", ""),
        recipients=task.get("recipients", []),
        documents=[f"{one['name']}×{one.get('copies', 1)}" for one in task.get("documents", [])],
        state=task["state"],
        node=last["text"],
        node_at=last["at"],
        days=max((until - task["created_at"]).days, 0),
        done=done,
        due_on=task["due_on"],
        overdue=not done and task["due_on"] < court_day(now).isoformat(),
    )


def task_of_judge(*, court: str, person_id: str, task_id: str) -> ServiceTask:
    """One task of the judge's or clerk's own cases; another's answers `task.not_found` as if it were not there."""
    task = ServiceTask.objects(court=court, id=task_id).first()
    if task is None or person_id not in (task.judge_id, task.clerk_id):
        raise errors.task_not_found()
    return task
