"""From the last durable byte to the item: may be begun by a request, by the next one, or by the sweep; and again."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from evidence.stores.protocol import Store, Stored, key_of, take_over
from evidence.uploads import FileUploads, Lease, Locker, UploadError, UploadStore, errors
from evidence.uploads.protocol import Sweeping
from server.core.errors import DomainError
from server.custody.models import Announced
from server.custody.models.uploads import UploadRecord
from server.custody.services import landing
from server.service.actor import Actor

log = logging.getLogger(__name__)

# How long it is still told what became of an upload.
REMEMBERED = timedelta(days=14)
_LEFT_ALONE = timedelta(seconds=30)
_LOOKED_AFTER = timedelta(hours=1)
_RUBBISH_AFTER_S = 24 * 3600.0
_BATCH = 200
# Nothing that comes later makes these bytes the announced ones. Whatever else goes wrong may go right next time.
_HOPELESS = {"evidence.hash_mismatch", "item.not_announced"}


def finish(*, upload_id: str, uploads: UploadStore, evidence: Store, now: datetime) -> dict[str, Any]:
    """Lands the bytes of a full upload under its lease; returns its record. Safe to repeat after any crash.

    Raises what `landing.land` raises. When these are not the announced bytes the upload has ended and is freed.
    """
    found = _records().find_one({"_id": upload_id})
    if found is None or found["state"] in ("ended", "expired"):
        raise errors.gone()
    if found["partial"] or found["state"] != "open":
        return dict(found)
    if not found.get("full_at"):
        _records().update_one({"_id": upload_id, "state": "open"}, {"$set": {"full_at": now}})
    try:
        landed = _land(found, uploads, evidence, now)
    except DomainError as error:
        if error.code in _HOPELESS:
            _end(found, error, uploads, now)
        raise
    settled = {
        "state": "landed",
        "item_state": landed.state,
        "evidence_id": landed.evidence_id,
        "problem": landed.problem,
        "ended_at": now,
        "forget_at": now + REMEMBERED,
    }
    _records().update_one({"_id": upload_id}, {"$set": settled, "$unset": {"full_at": ""}})
    _free(found, uploads, now)
    _settle_others(found, settled, uploads)
    return found | settled


def sweep(*, uploads: UploadStore, evidence: Store, locker: Locker, now: datetime) -> dict[str, int]:
    """Finishes what killed processes left, frees what nobody finished in time. Returns how many of each."""
    return {
        "finished": sum(_finished(one, uploads, evidence, locker, now) for one in _left(now)),
        "expired": sum(_expired(one, uploads, locker, now) for one in _overdue(now)),
    }


def sweep_rubbish(uploads: UploadStore) -> int:
    """Removes bytes that no upload names any more; returns how many files or objects went."""
    return uploads.sweep(older_than_s=_RUBBISH_AFTER_S) if isinstance(uploads, Sweeping) else 0


def _land(found: dict[str, Any], uploads: UploadStore, evidence: Store, now: datetime) -> landing.Landed:
    announced = Announced._get_collection().find_one({"_id": found["announced_id"]}) or {}

    def keep(sha256: str, media_type: str) -> Stored:
        if isinstance(uploads, FileUploads):
            path = uploads.path(found["_id"])
            return take_over(evidence, path, expected_sha256=sha256, size=found["length"], content_type=media_type)
        stream.seek(0)
        return evidence.put(stream, max_bytes=found["length"], expected_sha256=sha256, content_type=media_type)

    with closing(_opened(found, announced.get("sha256"), uploads, evidence)) as stream:
        return landing.land(
            court=found["court"],
            announced_id=str(found["announced_id"]),
            actor=Actor(found["person_id"], found["person_name"]),
            stream=stream,
            store=evidence,
            now=now,
            keep=keep,
        )


def _opened(found: dict[str, Any], sha256: str | None, uploads: UploadStore, evidence: Store) -> BinaryIO:
    """The bytes: here, or already taken over by the store of evidence when a process died right after that."""
    try:
        return uploads.open(found["_id"])
    except UploadError as error:
        if error.code != "upload.not_found" or not sha256 or not evidence.exists(key_of(sha256)):
            raise
        return evidence.open(key_of(sha256))


def _end(found: dict[str, Any], error: DomainError, uploads: UploadStore, now: datetime) -> None:
    ended = {
        "state": "ended",
        "problem": {"code": error.code, "title": error.title},
        "ended_at": now,
        "forget_at": now + REMEMBERED,
    }
    _records().update_one({"_id": found["_id"]}, {"$set": ended, "$unset": {"full_at": ""}})
    uploads.remove(found["_id"])


def _free(found: dict[str, Any], uploads: UploadStore, now: datetime) -> None:
    """The bytes are the store of evidence's now. What a crash leaves here is rubbish for the sweep."""
    joined = {"state": "joined", "joined_into": found["_id"], "ended_at": now, "forget_at": now + REMEMBERED}
    _records().update_many({"_id": {"$in": found.get("parts") or []}}, {"$set": joined})
    for upload_id in (found["_id"], *(found.get("parts") or ())):
        uploads.remove(upload_id)


def _settle_others(found: dict[str, Any], settled: dict[str, Any], uploads: UploadStore) -> None:
    """Further uploads of the same item, begun where an answer was lost: nothing is wanted any more, and whoever still
    asks for one is told that all is here. Left open they would count against what a person may have under way."""
    of_one = {name: found[name] for name in ("court", "person_id", "announced_id")}
    same = {**of_one, "state": "open", "full_at": None, "_id": {"$ne": found["_id"]}}
    others = [one["_id"] for one in _records().find(same, {"_id": 1})]
    for upload_id in others:
        if (
            _records()
            .update_one({"_id": upload_id, "state": "open", "full_at": None}, {"$set": settled})
            .modified_count
        ):
            uploads.remove(upload_id)


def _left(now: datetime) -> Iterable[dict[str, Any]]:
    """Full ones first; then, once an hour, those whose last byte may have come in the moment a process died."""
    yield from _records().find({"full_at": {"$lt": now - _LEFT_ALONE}}).limit(_BATCH)
    silent = {"state": "open", "partial": False, "full_at": None, "created_at": {"$lt": now - _LOOKED_AFTER}}
    not_lately = {"$or": [{"looked_at": None}, {"looked_at": {"$lt": now - _LOOKED_AFTER}}]}
    yield from _records().find({**silent, **not_lately, "expires_at": {"$gt": now}}).limit(_BATCH)


def _overdue(now: datetime) -> Iterable[dict[str, Any]]:
    yield from _records().find({"state": "open", "full_at": None, "expires_at": {"$lte": now}}).limit(_BATCH)


def _finished(found: dict[str, Any], uploads: UploadStore, evidence: Store, locker: Locker, now: datetime) -> bool:
    _records().update_one({"_id": found["_id"]}, {"$set": {"looked_at": now}})
    lease = _lease(locker, found["_id"])
    if lease is None:
        return False
    try:
        if not found.get("full_at") and uploads.offset(found["_id"]) != found["length"]:
            return False
        finish(upload_id=found["_id"], uploads=uploads, evidence=evidence, now=now)
    except (DomainError, UploadError) as error:
        log.warning("upload %s could not be finished: %s", found["_id"], error.code)
        return False
    finally:
        lease.release()
    return True


def _expired(found: dict[str, Any], uploads: UploadStore, locker: Locker, now: datetime) -> bool:
    lease = _lease(locker, found["_id"])
    if lease is None:
        return False
    try:
        over = {"state": "expired", "ended_at": now, "forget_at": now + REMEMBERED}
        free = {"_id": found["_id"], "state": "open", "full_at": None}
        if not _records().update_one(free, {"$set": over}).modified_count:
            return False
        uploads.remove(found["_id"])
    finally:
        lease.release()
    return True


def _lease(locker: Locker, upload_id: str) -> Lease | None:
    try:
        return locker.take(upload_id)
    except UploadError:
        return None  # somebody is at it: the next sweep looks again


def _records() -> Any:
    return UploadRecord._get_collection()
