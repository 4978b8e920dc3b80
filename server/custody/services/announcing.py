"""What a phone says it has captured, entered in the shift's ledger before a byte of it comes.

Each item is answered for itself: a bad one never holds up the others. Saying the same again is harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError

from evidence.capture import Sent
from evidence.errors import EvidenceError
from evidence.hashing import normal_sha256, too_large
from server.core import events
from server.core.clock import court_day
from server.core.errors import DomainError
from server.core.ids import new_id
from server.custody import errors
from server.custody.models import Announced
from server.custody.services import capture, ledger
from server.custody.services.tickets import only_duplicates
from server.field import errors as field_errors
from server.field.models import EvidenceItem
from server.field.rules import CLOCK_SLACK, RawFix
from server.field.services import guard
from server.field.services.evidence import content_digest, limit_of
from server.law.outcomes import EVIDENCE_KINDS
from server.service.actor import Actor

MOST_ITEMS = 200


@dataclass(frozen=True, slots=True)
class NewItem:
    """One item as announced. `visit_id` "" for what was captured without a visit; `envelope` as it was signed."""

    client_id: str
    kind: str
    sha256: str
    size: int
    captured_at: datetime
    visit_id: str = ""
    fix: RawFix | None = None
    envelope: Sent | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Where one item stands. `state` None: it was not entered, `problem` says why (a problem document)."""

    client_id: str
    visit_id: str
    state: str | None = None
    upload_needed: bool = False
    repeated: bool = False
    announced_id: str | None = None
    evidence_id: str | None = None
    problem: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Shift:
    """What all items of one call share. `known`: (visit, client id) → what is entered already."""

    court: str
    actor: Actor
    day: str | None
    source: str
    now: datetime
    visits: dict[str, dict[str, Any]] = field(default_factory=dict)
    known: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    held: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)


def announce(
    *, court: str, actor: Actor, date: str | None, items: Sequence[NewItem], source: str, now: datetime
) -> list[Answer]:
    """Enters items of this person (`actor`: whose they are) in the ledger of a day; one answer each, in the same order.

    `date` is the shift's ISO date; without one each item counts to the day it was captured. Problems of an item:
    `item.unknown_kind`, `item.bad_size`, `evidence.bad_hash`, `evidence.too_large`, `time.*`, `position.*`,
    `envelope.unreadable`, `visit.not_found`, `visit.not_yours`, `visit.withdrawn`, `client_id.reused`.
    """
    shift = _Shift(court, actor, date, source, now)
    shift.visits.update(_visits(court, {one.visit_id for one in items if one.visit_id}))
    shift.known.update(_known(court, actor.id, items))
    shift.held.update(_held(court, items))
    entries = [_entry(one, shift) for one in items]
    fresh = [one for one in entries if isinstance(one, dict)]
    capture.place(court=court, entries=fresh)
    bearers = _add_news(fresh, shift)
    clashing = _insert(fresh)
    answers = [_settled(one, entry, clashing, shift) for one, entry in zip(items, entries, strict=True)]
    entered = [one for one in fresh if _key(one) not in clashing]
    for one in bearers:
        _tell_neighbours(one, clashing, shift)
    for day in {one["date"] for one in entered}:
        ledger.tell(court=court, server_id=actor.id, day=day)
    return answers


def link(*, court: str, actor: Actor, client_id: str, visit_id: str, now: datetime) -> Answer:
    """Gives what was captured without a visit its visit (L4); harmless to repeat.

    Raises `item.not_announced`, `item.linked_elsewhere`, `client_id.reused`, `visit.not_found`, `visit.not_yours`,
    `visit.withdrawn`.
    """
    visit = guard.find(court=court, visit_id=visit_id)
    mine = {"court": court, "server_id": actor.id, "client_id": client_id}
    entry = _announced().find_one({**mine, "visit_id": ""})
    if entry is None:
        return _linked_before(mine, visit_id)
    _check_visit(visit, actor.id, entry["captured_at"])
    change = {"$set": {"visit_id": visit_id, "linked_at": now}}
    try:
        moved = _announced().find_one_and_update(
            {"_id": entry["_id"], "visit_id": ""}, change, return_document=ReturnDocument.AFTER
        )
    except DuplicateKeyError as error:
        raise field_errors.client_id_reused() from error
    if moved is None:
        return _linked_before(mine, visit_id)
    if moved.get("evidence_id"):  # the item follows its entry; one that is just landing sees it there
        capture.judge_item(court=court, evidence_id=moved["evidence_id"], now=now)
    ledger.tell(court=court, server_id=actor.id, day=moved["date"])
    return _answer(moved, repeated=False)


def _linked_before(mine: dict[str, Any], visit_id: str) -> Answer:
    found = _announced().find_one({**mine, "linked_at": {"$exists": True}})
    if found is None:
        raise errors.item_not_announced()
    if found["visit_id"] != visit_id:
        raise errors.item_linked_elsewhere(found["visit_id"])
    return _answer(found, repeated=True)


def _entry(item: NewItem, shift: _Shift) -> dict[str, Any] | Answer:
    """The document to enter, or the answer when there is nothing to enter."""
    try:
        sha256 = _checked_content(item)
        digest = content_digest(kind=item.kind, sha256=sha256, captured_at=item.captured_at, fix=item.fix)
        before = shift.known.get((item.visit_id, item.client_id))
        if before is not None:
            return _repeated(before, item, digest)
        document = _document(item, sha256, digest, shift)
    except EvidenceError as error:
        return _refused(item, field_errors.of_evidence(error))
    except DomainError as error:
        return _refused(item, error)
    shift.known[(item.visit_id, item.client_id)] = document  # the same id twice in one call
    return document


def _checked_content(item: NewItem) -> str:
    if item.kind not in EVIDENCE_KINDS:
        raise errors.unknown_kind()
    if item.size < 1:
        raise errors.bad_size()
    if item.size > limit_of(item.kind):
        raise too_large(limit_of(item.kind))
    return normal_sha256(item.sha256)


def _document(item: NewItem, sha256: str, digest: str, shift: _Shift) -> dict[str, Any]:
    guard.check_time(item.captured_at, now=shift.now)
    fix = guard.check_fix(item.fix, now=shift.now)
    seal = capture.seal_of(item.envelope) if item.envelope else None
    if item.visit_id:
        visit = shift.visits.get(item.visit_id)
        if visit is None:
            raise field_errors.visit_not_found()
        _check_visit(visit, shift.actor.id, item.captured_at)
    document = {
        "_id": new_id(),
        "court": shift.court,
        "server_id": shift.actor.id,
        "date": shift.day or court_day(item.captured_at).isoformat(),
        "visit_id": item.visit_id,
        "client_id": item.client_id,
        "digest": digest,
        "kind": item.kind,
        "sha256": sha256,
        "size": item.size,
        "captured_at": item.captured_at,
        "source": shift.source,
        "state": "announced",
        "announced_at": shift.now,
    }
    if fix is not None:
        document["fix"] = fix
    if item.envelope is not None:
        document["envelope"] = _envelope_document(item.envelope)
        document["seal"] = seal
    return document | _held_already(shift.held.get((item.visit_id, item.client_id)), digest, shift)


def _held_already(item: dict[str, Any] | None, digest: str, shift: _Shift) -> dict[str, Any]:
    """What came whole before it was announced is held from the start. Raises `client_id.reused`."""
    if item is None:
        return {}
    if item["server_id"] != shift.actor.id or item["digest"] != digest:
        raise field_errors.client_id_reused()
    return {"state": "held", "evidence_id": item["_id"], "settled_at": shift.now}


def _check_visit(visit: dict[str, Any], person_id: str, captured_at: datetime) -> None:
    """Mine, or mine when it was captured: then it lands late. Raises `visit.*`."""
    changes = visit.get("changes") or []
    if guard.is_mine(visit, person_id):
        if visit["state"] != "withdrawn":
            return
        ended = next((one for one in reversed(changes) if one["what"] == "withdrawn"), None)
        if ended is None or captured_at > ended["at"] + CLOCK_SLACK:
            raise field_errors.visit_withdrawn()
        return
    lost = next((one for one in reversed(changes) if one.get("from_server") == person_id), None)
    if lost is None or captured_at > lost["at"] + CLOCK_SLACK:
        raise guard.refusal_of_stranger(visit, person_id)


def _repeated(before: dict[str, Any], item: NewItem, digest: str) -> Answer:
    if before["digest"] != digest:
        raise field_errors.client_id_reused()
    if item.envelope is not None and before.get("envelope") != _envelope_document(item.envelope):
        raise field_errors.client_id_reused()
    return _answer(before, repeated=True)


def _add_news(fresh: list[dict[str, Any]], shift: _Shift) -> list[dict[str, Any]]:
    """One piece of news for each ticket, borne by one of its entries: what is held of that ticket is judged again, also
    when this process dies in between. Answers the bearers."""
    of_ticket: dict[str, list[dict[str, Any]]] = {}
    for one in fresh:
        if (one.get("seal") or {}).get("genuine"):
            of_ticket.setdefault(one["seal"]["ticket_id"], []).append(one)
    for ticket_id, entries in of_ticket.items():
        seqs = sorted({one["seal"]["seq"] for one in entries})
        news = events.event("evidence.announced", court=shift.court, now=shift.now, ticket_id=ticket_id, seqs=seqs)
        entries[-1]["outbox"] = [news]
    return [entries[-1] for entries in of_ticket.values()]


def _tell_neighbours(bearer: dict[str, Any], clashing: set[tuple[str, str]], shift: _Shift) -> None:
    if _key(bearer) not in clashing:
        events.relay(Announced, bearer["_id"])
        return
    (news,) = bearer["outbox"]  # another call entered the bearer, with news of its own: ours is told at once
    capture.rejudge_around(court=shift.court, now=shift.now, **news["data"])


def _envelope_document(sent: Sent) -> dict[str, Any]:
    return {"payload": sent.payload, "signature": sent.signature, "device_id": sent.device_id}


def _insert(fresh: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Keys that another call entered in this very moment."""
    if not fresh:
        return set()
    try:
        _announced().insert_many(fresh, ordered=False)
    except BulkWriteError as error:
        if not only_duplicates(error):
            raise
        return {_key(fresh[one["index"]]) for one in error.details["writeErrors"]}
    return set()


def _settled(item: NewItem, entry: dict[str, Any] | Answer, clashing: set[tuple[str, str]], shift: _Shift) -> Answer:
    if isinstance(entry, Answer):
        return entry
    if _key(entry) not in clashing:
        return _answer(entry, repeated=False)
    before = _known(shift.court, shift.actor.id, [item])[_key(entry)]
    try:
        return _repeated(before, item, entry["digest"])
    except DomainError as error:
        return _refused(item, error)


def _answer(found: dict[str, Any], *, repeated: bool) -> Answer:
    return Answer(
        client_id=found["client_id"],
        visit_id=found["visit_id"],
        state=found["state"],
        upload_needed=found["state"] == "announced",
        repeated=repeated,
        announced_id=found["_id"],
        evidence_id=found.get("evidence_id"),
        problem=found.get("problem"),
    )


def _refused(item: NewItem, error: DomainError) -> Answer:
    return Answer(item.client_id, item.visit_id, problem=error.as_problem())


def _visits(court: str, visit_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    wanted = list(visit_ids)
    if not wanted:
        return {}
    fields = {"state": 1, "server_id": 1, "second_server_id": 1, "changes": 1}
    found = guard.visits().find({"_id": {"$in": wanted}, "court": court}, fields)
    return {one["_id"]: one for one in found}


def _known(court: str, person_id: str, items: Iterable[NewItem]) -> dict[tuple[str, str], dict[str, Any]]:
    """What is entered already; an item that got its visit later is also known without it."""
    asked = list(items)
    visit_ids = list({one.visit_id for one in asked})
    client_ids = [one.client_id for one in asked]
    mine = {"court": court, "server_id": person_id, "client_id": {"$in": client_ids}}
    found = {_key(one): one for one in _announced().find({**mine, "visit_id": {"$in": visit_ids}})}
    if "" in visit_ids:
        for one in _announced().find({**mine, "linked_at": {"$exists": True}}):
            found.setdefault(("", one["client_id"]), one)
    return found


def _held(court: str, items: Iterable[NewItem]) -> dict[tuple[str, str], dict[str, Any]]:
    asked = list(items)
    found = EvidenceItem._get_collection().find(
        {
            "court": court,
            "visit_id": {"$in": list({one.visit_id for one in asked})},
            "client_id": {"$in": [one.client_id for one in asked]},
        },
        {"visit_id": 1, "client_id": 1, "server_id": 1, "digest": 1},
    )
    return {_key(one): one for one in found}


def _key(found: dict[str, Any]) -> tuple[str, str]:
    return found["visit_id"], found["client_id"]


def _announced() -> Any:
    return Announced._get_collection()
