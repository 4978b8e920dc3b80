"""The tree over a court's log in tiles: proofs that read a handful of documents, also for entries long archived.

Tiles are derived: whoever alters one makes proofs that no checkpoint confirms, so every proof is held against the
signed root before it leaves (`proofs`). They are filled when checkpoints are made, before archived entries are removed,
and when a proof wants more than there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from evidence.log import tiles as tiling
from evidence.log.hashing import HASH_BYTES
from evidence.log.tiles import HEIGHT, WIDTH, Place
from server.core.audit.models import ChainEntry, ChainTile

_WRITE_AT_ONCE = 200
_DUPLICATE = 11000
Archived = Callable[[int, int], Iterable[bytes]]
"""Leaf hashes of archived entries [begin, end) that are not in MongoDB any more."""


def reader(court: str) -> tiling.Reader:
    """Reads tiles of a court, all that are wanted in one query."""

    def read(places: Iterable[Place]) -> dict[Place, bytes]:
        ids = {_id(court, one): one for one in places}
        found = _tiles().find({"_id": {"$in": list(ids)}}, {"hashes": 1})
        return {ids[one["_id"]]: bytes(one["hashes"]) for one in found}

    return read


def grow(court: str, size: int, *, archived: Archived | None = None) -> int:
    """Fills the tiles up to `size` entries; returns how many were written. May run twice, and beside itself.

    Raises EvidenceError ``log.no_such_leaf`` when entries are in neither MongoDB nor the archive.
    """
    counts = _counts(court, size)
    leaves = _leaves(court, counts[0], size, archived)
    batch: list[UpdateOne] = []
    written = 0
    for place, hashes in tiling.grow(reader(court), counts, leaves, size):
        batch.append(_update(court, place, hashes))
        if len(batch) == _WRITE_AT_ONCE:
            written += _write(batch)
            batch = []
    return written + (_write(batch) if batch else 0)


def _counts(court: str, size: int) -> list[int]:
    """How many hashes there are at each level a tree of `size` has."""
    found = []
    for level in range(max(1, -(-size.bit_length() // HEIGHT))):
        last = _tiles().find_one(
            {"court": court, "level": level}, {"index": 1, "count": 1}, sort=[("court", 1), ("level", 1), ("index", -1)]
        )
        found.append(last["index"] * WIDTH + last["count"] if last else 0)
    return found


def _leaves(court: str, begin: int, end: int, archived: Archived | None) -> Iterator[bytes]:
    """Leaf hashes [begin, end): from MongoDB, and what is no longer there from the archive."""
    at = begin
    query = {"court": court, "seq": {"$gte": begin, "$lt": end}}
    for one in ChainEntry._get_collection().find(query, {"seq": 1, "hash": 1}).sort([("court", 1), ("seq", 1)]):
        if one["seq"] > at and archived is not None:
            yield from archived(at, one["seq"])
            at = one["seq"]
        if one["seq"] != at:
            return
        yield bytes(one["hash"])
        at += 1
    if at < end and archived is not None:
        yield from archived(at, end)


def _update(court: str, place: Place, hashes: bytes) -> UpdateOne:
    """A tile only grows: whoever comes with a shorter one meets the id of the longer and writes nothing."""
    level, index = place
    count = len(hashes) // HASH_BYTES
    key = {"_id": _id(court, place), "count": {"$lt": count}}
    values = {"court": court, "level": level, "index": index, "count": count, "hashes": hashes}
    return UpdateOne(key, {"$set": values}, upsert=True)


def _write(batch: list[UpdateOne]) -> int:
    try:
        done = _tiles().bulk_write(batch, ordered=False)
    except BulkWriteError as error:
        details = error.details or {}
        if any(one.get("code") != _DUPLICATE for one in details.get("writeErrors") or ()):
            raise
        return int(details.get("nModified", 0)) + int(details.get("nUpserted", 0))
    return int(done.modified_count) + int(done.upserted_count)


def _id(court: str, place: Place) -> str:
    level, index = place
    return f"{court}:{level}:{index}"


def _tiles() -> Any:
    return ChainTile._get_collection()
