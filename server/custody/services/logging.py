"""Every item received becomes one row of the court's log: the evidence log and the audit log are one chain.

The row holds the hash of the manifest that was fixed at receipt; its id is made of the item's, so writing it again
changes nothing. What waits because the process died or the database did not answer is found by a sweep.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import PyMongoError

from evidence.bundle.content import ACTION, ENTRY_PREFIX
from evidence.manifest import SCHEMA
from server.core.audit.chain import append
from server.core.audit.models import ChainEntry
from server.core.audit.rows import Row
from server.field.models import EvidenceItem

log = logging.getLogger(__name__)

WAITING, LOGGED = "waiting", "logged"
LOST_AFTER = timedelta(seconds=30)
_SWEPT_AT_ONCE = 500
_WANTED = dict.fromkeys(
    ("court", "server_id", "visit_id", "manifest_sha256", "sha256", "size", "received_at", "log.state"), 1
)


def entry_id(evidence_id: str) -> str:
    """The id of an item's row in the log."""
    return f"{ENTRY_PREFIX}{evidence_id}"


def receive(*, evidence_id: str) -> bool:
    """Logs one item that waits for it. False when it does not (any more). Raises PyMongoError, VaultError."""
    found = _items().find_one({"_id": evidence_id, "log.state": WAITING}, _WANTED)
    return found is not None and _write([found]) == 1


def try_to_receive(*, evidence_id: str) -> bool:
    """As `receive`; a database that does not answer leaves the item to the sweep: it was received all the same."""
    try:
        return receive(evidence_id=evidence_id)
    except PyMongoError as error:
        log.warning("evidence %s waits for its row in the log: %s", evidence_id, error)
        return False


def sweep(*, now: datetime, older_than: timedelta = LOST_AFTER, limit: int = _SWEPT_AT_ONCE) -> int:
    """Logs what was left waiting, oldest first, many at a time. Returns how many."""
    waiting = {"log.state": WAITING, "received_at": {"$lt": now - older_than}}
    found = list(_items().find(waiting, _WANTED).sort("received_at", 1).limit(limit))
    return _write(found)


def _write(found: Sequence[Mapping[str, Any]]) -> int:
    """Rows first, then where they stand: a process that dies in between is followed by the same rows again."""
    if not found:
        return 0
    ids = append([_row(one) for one in found], ids=[entry_id(one["_id"]) for one in found])
    entries = ChainEntry._get_collection().find({"_id": {"$in": ids}}, {"seq": 1})
    places = {one["_id"]: one["seq"] for one in entries}
    logged = [
        UpdateOne(
            {"_id": one["_id"], "log.state": WAITING},
            {"$set": {"log": {"state": LOGGED, "entry_id": entry, "seq": places[entry]}}},
        )
        for one, entry in zip(found, ids, strict=True)
        if entry in places
    ]
    return int(_items().bulk_write(logged, ordered=False).modified_count) if logged else 0


def _row(one: Mapping[str, Any]) -> Row:
    return Row(
        court=one["court"],
        at=one["received_at"],
        action=ACTION,
        object_type="evidence",
        object_id=one["_id"],
        detail={
            "manifest_sha256": one["manifest_sha256"],
            "sha256": one["sha256"],
            "size": one["size"],
            "schema": SCHEMA,
        },
    )


def _items() -> Any:
    return EvidenceItem._get_collection()
