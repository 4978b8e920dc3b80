"""Choosing the visits a day needs: rules over approved tasks, locks through the service core, visits as documents.

Run it twice, or twice at once: the lock of the service core gives each recipient one attempt, the unique attempt gives
each attempt one visit. A run that died between lock and visit is completed by the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from server.addresses.models import ContactPoint
from server.core import crypto, events
from server.core.crypto import normal_address
from server.core.errors import DomainError
from server.core.fields import open_fields
from server.core.ids import new_id
from server.dispatch import rules
from server.dispatch.models import Visit
from server.dispatch.planning import MOVABLE
from server.dispatch.services.daysheet import change, parse_day
from server.dispatch.services.moves import ASSIGNMENT
from server.law.documents import normal_name
from server.service import services as service
from server.service.actor import Actor
from server.service.models import CHANNELS, Attempt, ServiceTask
from server.service.services.claims import documents_for

_DUPLICATE_KEY = 11000
_TASK_FIELDS = (
    "channel",
    "documents",
    "recipients",
    "hearing_at",
    "due_on",
    "windows",
    "remarks",
    "case_number",
    "case_kind",
    "cause",
    "case_id",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One recipient and the rule that hit; the address is cut to its street."""

    task_id: str
    recipient_id: str
    case_number: str
    recipient_name: str
    address: str
    rule: str
    rule_text: str

    @classmethod
    def of(cls, task: dict[str, Any], recipient: dict[str, Any], rule: str, text: str) -> Choice:
        return cls(
            task["_id"],
            recipient["id"],
            task["case_number"],
            recipient["name"],
            recipient["address"]["mask"],
            rule,
            text,
        )


@dataclass(slots=True)
class Selection:
    """What a run found: `created` visits made now, candidates that need the door, and who was passed over and why."""

    created: int = 0
    candidates: list[Choice] = field(default_factory=list)
    skipped: list[Choice] = field(default_factory=list)


def select_visits(*, court: str, day: str, actor: Actor, now: datetime) -> Selection:
    """Finds, locks and orders the visits that approved tasks need, meant for `day`. Safe to repeat."""
    wanted_for = parse_day(day)
    answer = Selection()
    found: list[tuple[dict[str, Any], dict[str, Any], rules.Rule]] = []
    for task, recipient, rule in _decisions(court, wanted_for):
        if rule.hit:
            found.append((task, recipient, rule))
        else:
            answer.skipped.append(Choice.of(task, recipient, rule.code, rule.text))
    wanted = [
        service.Wanted(task["_id"], recipient["id"], "direct", rule.code, f"{rule.text}，安排上门")
        for task, recipient, rule in found
    ]
    opened = service.open_attempts(court=court, wanted=wanted, actor=actor, now=now)
    attempts: list[Attempt] = []
    for (task, recipient, rule), result in zip(found, opened, strict=True):
        if isinstance(result, DomainError):
            answer.skipped.append(Choice.of(task, recipient, rules.LOCKED.code, result.title))
            continue
        answer.candidates.append(Choice.of(task, recipient, rule.code, rule.text))
        attempts.append(result)
    tasks = {task["_id"]: task for task, _, _ in found}
    left_over, left_tasks = _attempts_without_visit(court, {attempt.id for attempt in attempts})
    answer.created = _order(court, day, [*attempts, *left_over], {**tasks, **left_tasks}, now)
    if answer.created:
        news = events.Event(new_id(), "visit.created", court, now, {"date": day, "count": answer.created})
        events.announce(news)
    return answer


def _decisions(court: str, day: date) -> Iterator[tuple[dict[str, Any], dict[str, Any], rules.Rule]]:
    where = {
        "court": court,
        "channel": {"$in": list(CHANNELS)},
        "state": "in_progress",
        "recipients.state": "pending",
    }
    for task in ServiceTask._get_collection().find(where, _TASK_FIELDS):
        documents = tuple(one["name"] for one in task.get("documents") or ())
        for recipient in task["recipients"]:
            if recipient["state"] == "served":
                continue
            facts = rules.Facts(
                channel=task["channel"],
                documents=documents,
                recipient_state=recipient["state"],
                locked=bool(recipient.get("lock")),
                has_point=bool(recipient.get("point")),
                hearing_at=task.get("hearing_at"),
                today=day,
            )
            yield task, recipient, rules.decide(facts)


def _attempts_without_visit(court: str, fresh: set[str]) -> tuple[list[Attempt], dict[str, dict[str, Any]]]:
    """Open direct attempts that another run opened and did not get to order."""
    open_ones = {
        raw["_id"]: raw
        for raw in Attempt._get_collection().find({"court": court, "channel": "direct", "state": "open"})
        if raw["_id"] not in fresh
    }
    if not open_ones:
        return [], {}
    ordered = Visit._get_collection().find(
        {"court": court, "attempt_id": {"$in": list(open_ones)}}, {"attempt_id": 1, "_id": 0}
    )
    for visit in ordered:
        open_ones.pop(visit["attempt_id"], None)
    ids = list({raw["task_id"] for raw in open_ones.values()})
    found = ServiceTask._get_collection().find({"_id": {"$in": ids}, "court": court}, _TASK_FIELDS)
    return [Attempt._from_son(raw) for raw in open_ones.values()], {task["_id"]: task for task in found}


def _order(court: str, day: str, attempts: Iterable[Attempt], tasks: dict[str, dict[str, Any]], now: datetime) -> int:
    """Inserts one visit per attempt; those that exist already are left as they are. Returns how many are new."""
    attempts = list(attempts)
    elsewhere = _elsewhere(court, attempts)
    ordered: list[tuple[Attempt, dict[str, Any], dict[str, Any]]] = []
    for attempt in attempts:
        task = tasks.get(attempt.task_id)
        recipient = next((one for one in (task or {}).get("recipients", ()) if one["id"] == attempt.recipient_id), None)
        if task is not None and recipient is not None:
            ordered.append((attempt, task, {**recipient, **elsewhere.get(attempt.id, {})}))
    if not ordered:
        return 0
    buildings = _buildings(court, [recipient for _, _, recipient in ordered])
    writes = [
        InsertOne(_visit(court, day, attempt, task, recipient, building, now))
        for (attempt, task, recipient), building in zip(ordered, buildings, strict=True)
    ]
    try:
        return int(Visit._get_collection().bulk_write(writes, ordered=False).inserted_count)
    except BulkWriteError as error:
        if any(one["code"] != _DUPLICATE_KEY for one in error.details["writeErrors"]):
            raise
        return int(error.details["nInserted"])


def _elsewhere(court: str, attempts: Sequence[Attempt]) -> dict[str, dict[str, Any]]:
    """Where a visit goes that a person opened for another address of the party; by attempt."""
    wanted = {one.id: one.contact_point_id for one in attempts if one.contact_point_id}
    if not wanted:
        return {}
    found = ContactPoint._get_collection().find({"_id": {"$in": list(wanted.values())}, "court": court})
    places = {
        one["_id"]: {"address": one["text"], "address_basis": one["basis"], "point": one.get("point")} for one in found
    }
    return {attempt_id: places[place] for attempt_id, place in wanted.items() if place in places}


def _buildings(court: str, recipients: Sequence[dict[str, Any]]) -> list[str | None]:
    """Blind index of each one's building: neighbours share it, and nobody can read where it is."""
    vault = crypto.vault()
    names = (rules.building_of(text) for text in open_fields([one["address"] for one in recipients], court=court))
    return [vault.index(f"building:{normal_address(name)}", court=court) if name else None for name in names]


def _visit(
    court: str,
    day: str,
    attempt: Attempt,
    task: dict[str, Any],
    recipient: dict[str, Any],
    building: str | None,
    now: datetime,
) -> dict[str, Any]:
    remarks = list(task.get("remarks") or ())
    meant = set(documents_for(task, recipient))
    documents = [one for one in task.get("documents") or () if normal_name(one["name"]) in meant]
    kind = recipient["kind"]
    visit = {
        "_id": new_id(),
        "court": court,
        "date": day,
        "task_id": task["_id"],
        "recipient_id": recipient["id"],
        "attempt_id": attempt.id,
        "division_id": task.get("division_id"),
        "case_number": task["case_number"],
        "case_kind": task["case_kind"],
        "cause": task.get("cause"),
        "recipient_name": recipient["name"],
        "recipient_kind": kind,
        "standing": recipient.get("standing"),
        "id_mask": recipient.get("id_mask"),
        "phone_mask": recipient.get("phone_mask"),
        "party_id": recipient["party_id"],
        "address": recipient["address"],
        "address_basis": recipient["address_basis"],
        "point": recipient.get("point"),
        "documents": documents,
        "rule": attempt.rule,
        "windows": rules.windows_of(kind, task.get("windows") or ()),
        "minutes": rules.minutes_of(kind, remarks, len(documents)),
        "crew": rules.crew_of(remarks),
        "skills": rules.skills_of(task["case_kind"], remarks),
        "building": building,
        "priority": rules.priority_of(
            due_on=date.fromisoformat(task["due_on"]),
            hearing_at=task.get("hearing_at"),
            today=date.fromisoformat(day),
        ),
        "due_on": task["due_on"],
        "hearing_at": task.get("hearing_at"),
        "remarks": remarks,
        "state": "open",
        "changes": [],
        "progress": [],
        "review": {"state": "none", "round": 0},
        "outbox": [],
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }
    return {key: value for key, value in visit.items() if value is not None}


def carry_over(*, court: str, day: str, actor: Actor, now: datetime) -> int:
    """Visits of earlier days that nobody set out for are meant for `day` now, unassigned. Returns how many."""
    today = parse_day(day)
    where = {"court": court, "date": {"$lt": day}, "state": {"$in": list(MOVABLE)}}
    fields = ("state", "version", "server_id", "due_on", "hearing_at")
    writes = [_carried(court, visit, today, actor, now) for visit in Visit._get_collection().find(where, fields)]
    if not writes:
        return 0
    moved = int(Visit._get_collection().bulk_write(writes, ordered=False).modified_count)
    events.announce(events.Event(new_id(), "visit.unassigned", court, now, {"date": day, "count": moved}))
    return moved


def _carried(court: str, visit: dict[str, Any], today: date, actor: Actor, now: datetime) -> UpdateOne:
    line = change(
        now=now,
        by=actor.id,
        by_name=actor.name,
        what="carried_over",
        from_server=visit.get("server_id"),
        to_server=None,
    )
    priority = rules.priority_of(
        due_on=date.fromisoformat(visit["due_on"]), hearing_at=visit.get("hearing_at"), today=today
    )
    return UpdateOne(
        {"_id": visit["_id"], "court": court, "version": visit["version"], "state": visit["state"]},
        {
            "$set": {"date": today.isoformat(), "state": "open", "priority": priority, "updated_at": now},
            "$unset": dict.fromkeys(ASSIGNMENT, ""),
            "$push": {"changes": line},
            "$inc": {"version": 1},
        },
    )
