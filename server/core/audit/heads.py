"""The head of a chain: how many entries there are, under a MAC, so that a tail cut off is missed.

It is made before the first entry and moves only forward. A head that is gone or altered is built anew from the
entries, which is itself recorded in the log: the next verification then names what no longer fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pymongo import WriteConcern
from pymongo.errors import DuplicateKeyError

from evidence.errors import EvidenceError
from evidence.log import CompactRange
from server.core.audit.entries import FIRST_PREV, Key
from server.core.audit.models import ChainEntry, ChainHead, ChainSegment


@dataclass(slots=True)
class Tail:
    """The end of a chain: the hash of its last entry and the compact range over all of them."""

    hash: bytes
    range: CompactRange

    @property
    def size(self) -> int:
        return self.range.end

    def grow(self, found: bytes) -> None:
        """One entry more."""
        self.range.append(found)
        self.hash = found

    def copy(self) -> Tail:
        return Tail(self.hash, self.range.copy())

    @classmethod
    def empty(cls) -> Tail:
        return cls(FIRST_PREV, CompactRange())


def load(court: str, key: Key) -> tuple[Tail, bool]:
    """Where to go on from, and whether the head had been lost. Makes the head of a new chain."""
    for _ in range(2):
        head = _heads().find_one({"_id": court})
        found = opened(head, court, key) if head else None
        if found is not None:
            return found, False
        if head is None and not _has_entries(court) and _create(court, key):
            return Tail.empty(), False
        # Entries without a head: lost, unless another process has made both since we looked.
    _replace(court, key)
    return from_segments(court, key), True


def opened(head: Mapping[str, Any], court: str, key: Key) -> Tail | None:
    """The end a head speaks of; None when its MAC does not hold."""
    try:
        found = Tail(head["hash"], CompactRange.from_dict(head["range"]))
        genuine = head["mac"] == _mac(court, found, key) and head["size"] == found.size and head["_id"] == court
    except (EvidenceError, KeyError, TypeError, AttributeError):
        return None
    return found if genuine and isinstance(head["size"], int) else None


def opened_checkpoints(head: Mapping[str, Any], court: str, key: Key) -> tuple[int, bytes] | None:
    """(number of checkpoints, MAC of the last one) a head speaks of; None when its MAC does not hold."""
    try:
        said = head["checkpoints"]
        genuine = said == _checkpoints(court, said["count"], said["last"], key)
    except (KeyError, TypeError, AttributeError):
        return None
    return (said["count"], said["last"]) if genuine else None


def advance(court: str, tail: Tail, key: Key, concern: WriteConcern | None) -> None:
    """Moves the head forward to `tail`, unless it is there or further; `concern` other than journalled majority."""
    heads = _heads()
    if concern is not None:
        heads = heads.with_options(write_concern=concern)
    heads.update_one({"_id": court, "size": {"$lt": tail.size}}, {"$set": _values(court, tail, key)})


def advance_checkpoints(court: str, count: int, last: bytes, key: Key) -> None:
    """Remembers the newest checkpoint."""
    _heads().update_one(
        {"_id": court, "checkpoints.count": {"$lt": count}},
        {"$set": {"checkpoints": _checkpoints(court, count, last, key)}},
    )


def from_segments(court: str, key: Key) -> Tail:
    """Where the archive ends; the beginning when there is none or it is not genuine."""
    for found in ChainSegment._get_collection().find({"court": court}).sort([("court", 1), ("begin", -1)]).limit(1):
        try:
            tail = Tail(found["hash"], CompactRange.from_dict(found["range"]))
        except (EvidenceError, KeyError, TypeError):
            break
        if found.get("mac") == segment_mac(found, key):
            return tail
    return Tail.empty()


def segment_mac(segment: Mapping[str, Any], key: Key) -> bytes:
    """Over everything a segment says of its entries. Raises KeyError, TypeError when that is not there."""
    said = {name: segment[name] for name in ("court", "begin", "end", "sha256", "store_key", "range")}
    return key.mac_of({**said, "hash": segment["hash"].hex(), "what": "segment"})


def _create(court: str, key: Key) -> bool:
    """False when another process was first."""
    checkpoints = _checkpoints(court, 0, b"", key)
    try:
        _heads().insert_one({"_id": court, **_values(court, Tail.empty(), key), "checkpoints": checkpoints})
    except DuplicateKeyError:
        return False
    return True


def _replace(court: str, key: Key) -> None:
    """Puts a head at zero where there is none, or none that can be believed; the next append moves it."""
    values = _values(court, Tail.empty(), key)
    first = {"checkpoints": _checkpoints(court, 0, b"", key)}
    _heads().update_one({"_id": court}, {"$set": values, "$setOnInsert": first}, upsert=True)


def _values(court: str, tail: Tail, key: Key) -> dict[str, Any]:
    return {"size": tail.size, "hash": tail.hash, "range": tail.range.as_dict(), "mac": _mac(court, tail, key)}


def _mac(court: str, tail: Tail, key: Key) -> bytes:
    said = {"what": "head", "court": court, "hash": tail.hash.hex(), "range": tail.range.as_dict()}
    return key.mac_of(said)


def _checkpoints(court: str, count: int, last: bytes, key: Key) -> dict[str, Any]:
    said = {"what": "checkpoints", "court": court, "count": count, "last": last.hex()}
    return {"count": count, "last": last, "mac": key.mac_of(said)}


def _has_entries(court: str) -> bool:
    found = ChainEntry._get_collection().find_one({"court": court}, {"_id": 1})
    return found is not None or ChainSegment._get_collection().find_one({"court": court}, {"_id": 1}) is not None


def _heads() -> Any:
    return ChainHead._get_collection()
