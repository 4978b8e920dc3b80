"""Entries of earlier versions, which lay unchained in the collection `audit`, come into the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from server.core.audit.chain import append
from server.core.audit.mask import masked
from server.core.audit.rows import Row
from server.core.database import database

OLD_COLLECTION = "audit"
_BATCH = 500


def adopt_old(now: datetime) -> int:
    """Appends what lies in the old collection, oldest first, and returns how many entries there were.

    Each keeps its id and its time and says when it was adopted: from then on it is protected, what happened to it
    before nobody knows. Safe to repeat: an id that is in the log is passed over. The old collection stays as it is,
    nothing reads it any more, and whoever administers the database may drop it.
    """
    found = database()[OLD_COLLECTION].find({"seq": {"$exists": False}}).sort([("at", 1), ("_id", 1)])
    count = 0
    for batch in _batches(found.allow_disk_use(True)):
        append([_row(one, now) for one in batch], ids=[str(one["_id"]) for one in batch])
        count += len(batch)
    return count


def _row(old: Mapping[str, Any], now: datetime) -> Row:
    at = old.get("at") or now
    names = ("person_id", "person_name", "session_id", "object_type", "object_id")
    same: dict[str, Any] = {name: str(old.get(name) or "") for name in names}
    return Row(
        court=str(old.get("court") or ""),
        at=at if at.tzinfo else at.replace(tzinfo=UTC),
        action=str(old.get("action") or "unknown"),
        person_court=str(old.get("court") or ""),
        kind="web",
        detail={**masked(old.get("detail") or {}), "adopted_at": now.isoformat()},
        **same,
    )


def _batches(found: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    several = iter(found)
    while batch := list(islice(several, _BATCH)):
        yield batch
