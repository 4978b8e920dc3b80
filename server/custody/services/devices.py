"""Keys of phones: the public half, registered by a signed-in phone; the private half never leaves it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from evidence.capture import key_is_strong
from server.core.ids import new_id
from server.custody import errors
from server.custody.models import CaptureDevice

MOST_NEW_A_DAY = 20


@dataclass(frozen=True, slots=True)
class Registered:
    """`key_id`: the first 16 hex digits of SHA-256 of the key. `repeated`: it had been registered before."""

    device_id: str
    key_id: str
    registered_at: datetime
    repeated: bool


def key_id_of(public_key: bytes) -> str:
    return hashlib.sha256(public_key).hexdigest()[:16]


def register(
    *, court: str, person_id: str, session_id: str, public_key: bytes, name: str | None, now: datetime
) -> Registered:
    """Makes this the phone that gets the person's tickets from now on; harmless to repeat.

    Raises `device.bad_key`, `device.revoked`, `device.too_many`.
    """
    if not key_is_strong(public_key):
        raise errors.device_bad_key()
    key = {"court": court, "person_id": person_id, "key_id": key_id_of(public_key)}
    known = _refreshed(key, session_id, now)
    if known is not None:
        return _answer(known, repeated=True)
    _check_count(court, person_id, now)
    document = {
        "_id": new_id(),
        **key,
        "public_key": public_key,
        "session_id": session_id,
        "registered_at": now,
        "active_at": now,
    }
    if name:
        document["name"] = name
    try:
        _devices().insert_one(document)
    except DuplicateKeyError:
        twin = _refreshed(key, session_id, now)
        if twin is None:
            raise
        return _answer(twin, repeated=True)
    return _answer(document, repeated=False)


def active(*, court: str, person_id: str) -> dict[str, Any]:
    """The device that gets this person's tickets (raw). Raises `device.none`."""
    wanted = {"court": court, "person_id": person_id, "revoked_at": None}
    found = _devices().find_one(wanted, sort=[("active_at", -1), ("_id", -1)])
    if found is None:
        raise errors.device_none()
    return dict(found)


def revoke_all(*, court: str, person_id: str, now: datetime) -> int:
    """A lost phone: its keys are good for nothing captured from now on. Returns how many were revoked."""
    wanted = {"court": court, "person_id": person_id, "revoked_at": None}
    return int(_devices().update_many(wanted, {"$set": {"revoked_at": now}}).modified_count)


def _refreshed(key: dict[str, Any], session_id: str, now: datetime) -> dict[str, Any] | None:
    """The known device, now the person's newest; None when there is no such key. Raises `device.revoked`."""
    change = {"$set": {"active_at": now, "session_id": session_id}}
    found = _devices().find_one_and_update({**key, "revoked_at": None}, change, return_document=ReturnDocument.AFTER)
    if found is None and _devices().find_one(key, {"_id": 1}) is not None:
        raise errors.device_revoked()
    return found


def _check_count(court: str, person_id: str, now: datetime) -> None:
    since = {"$gt": now - timedelta(days=1)}
    wanted = {"court": court, "person_id": person_id, "active_at": since, "registered_at": since}
    if _devices().count_documents(wanted, limit=MOST_NEW_A_DAY) >= MOST_NEW_A_DAY:
        raise errors.device_too_many()


def _answer(found: dict[str, Any], *, repeated: bool) -> Registered:
    return Registered(found["_id"], found["key_id"], found["registered_at"], repeated)


def _devices() -> Any:
    return CaptureDevice._get_collection()
