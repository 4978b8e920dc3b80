"""The last step of an upload: announced bytes become an item of the visit, once, whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from evidence.errors import EvidenceError
from evidence.media import LIMITS
from evidence.stores.protocol import Store, Stored
from server.core.errors import DomainError
from server.custody import errors
from server.custody.models import Announced
from server.custody.services import capture, ledger, linking
from server.field import errors as field_errors
from server.field.services import evidence
from server.field.services.evidence import Held, Item, Origin
from server.service.actor import Actor

# Whatever comes under any kind; the kind's own limit makes it a refused item, not a lost one.
_MOST_BYTES = max(one.max_bytes for one in LIMITS.values())
Keep = Callable[[str, str], Stored]


@dataclass(frozen=True, slots=True)
class Landed:
    """Where an announced item stands now. `problem`: {code, title} when its bytes are kept but refused as evidence."""

    state: str
    evidence_id: str | None
    problem: dict[str, Any] | None
    repeated: bool


def land(
    *,
    court: str,
    announced_id: str,
    actor: Actor,
    stream: BinaryIO,
    store: Store,
    now: datetime,
    keep: Keep | None = None,
) -> Landed:
    """Holds the announced bytes. `stream` is seekable and whole; safe to repeat.

    `keep(sha256, media_type)` may store the bytes without copying them; else they are put into `store`. Either hashes
    them and keeps nothing else than the announced ones: nobody else reads them only to hash them. Bytes that are what
    the phone captured but no evidence of that kind are kept as they are, and the item is refused with the reason.
    Raises `item.not_announced`, and `evidence.hash_mismatch` when these are not the announced bytes: then nothing is
    kept.
    """
    found = _collection().find_one({"_id": announced_id, "court": court})
    if found is None:
        raise errors.item_not_announced()
    if found["state"] in ("held", "refused"):
        return Landed(found["state"], found.get("evidence_id"), found.get("problem"), True)
    keep = keep or _copying(stream, store)
    try:
        facts = evidence.looked_at(stream, kind=found["kind"])
    except EvidenceError as error:
        kept = _kept(keep, found["sha256"], "application/octet-stream")
        return _refuse(found, field_errors.of_evidence(error), kept, now)
    stored = _kept(keep, found["sha256"], facts.media_type)
    task_id, late = _standing(found, actor)
    item = Item(
        court=court,
        visit_id=found["visit_id"],
        task_id=task_id,
        server_id=found["server_id"],
        client_id=found["client_id"],
        digest=found["digest"],
        kind=found["kind"],
        captured_at=found["captured_at"],
        fix=found.get("fix"),
    )
    origin = Origin(found["source"], found["_id"], found.get("envelope"), late)
    try:
        held = evidence.hold(item=item, facts=facts, stored=stored, origin=origin, now=now)
    except DomainError as error:
        return _refuse(found, error, stored, now)
    return _settle_held(found, held, now)


def _copying(stream: BinaryIO, store: Store) -> Keep:
    def keep(sha256: str, media_type: str) -> Stored:
        stream.seek(0)
        return store.put(stream, max_bytes=_MOST_BYTES, expected_sha256=sha256, content_type=media_type)

    return keep


def _kept(keep: Keep, sha256: str, media_type: str) -> Stored:
    try:
        return keep(sha256, media_type)
    except EvidenceError as error:
        raise field_errors.of_evidence(error) from error


def _standing(found: dict[str, Any], actor: Actor) -> tuple[str, dict[str, Any] | None]:
    """(task, why it is late): what comes after its visit was closed, or went to somebody else, waits for the office."""
    if not found["visit_id"]:
        return "", None
    task_id, why = linking.standing(court=found["court"], visit_id=found["visit_id"], server_id=found["server_id"])
    return task_id, {"why": why, "state": "waiting", "brought_by": actor.id} if why else None


def _settle_held(found: dict[str, Any], held: Held, now: datetime) -> Landed:
    _collection().update_one(
        {"_id": found["_id"], "state": {"$ne": "held"}},
        {"$set": {"state": "held", "evidence_id": held.evidence_id, "settled_at": now}, "$unset": {"problem": ""}},
    )
    capture.judge_item(court=found["court"], evidence_id=held.evidence_id, now=now)
    ledger.tell(court=found["court"], server_id=found["server_id"], day=found["date"])
    return Landed("held", held.evidence_id, None, held.repeated)


def _refuse(found: dict[str, Any], error: DomainError, kept: Stored, now: datetime) -> Landed:
    problem = {"code": error.code, "title": error.title}
    change = {"state": "refused", "problem": problem, "kept_key": kept.key, "settled_at": now}
    _collection().update_one({"_id": found["_id"], "state": {"$ne": "held"}}, {"$set": change})
    ledger.tell(court=found["court"], server_id=found["server_id"], day=found["date"])
    return Landed("refused", None, problem, False)


def _collection() -> Any:
    return Announced._get_collection()
