"""Proofs over a court's log: that an entry is in it, that a later state goes on from an earlier one.

Each is held against checkpoints signed by the court before it is given away; tiles that do not confirm are built anew
from the entries once, and when that does not help the log itself is damaged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence.errors import EvidenceError
from evidence.log import Checkpoint, leaf_hash, verify_consistency, verify_inclusion
from evidence.log import tiles as tiling
from evidence.stores import Store
from server.core.audit import archive, checkpoints, entries, tiles
from server.core.audit.heads import Tail
from server.core.audit.models import ChainCheckpoint, ChainEntry, ChainTile
from server.core.audit.walk import Damaged, Item, Walker, item_of
from server.core.errors import Conflict, DomainError, Invalid, NotFound

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint of a court: the note as signed, its values, and its time-stamp when it has one."""

    note: str
    checkpoint: Checkpoint
    at: datetime
    stamped_at: datetime | None
    stamp: bytes | None
    stamped_by: str


@dataclass(frozen=True, slots=True)
class Inclusion:
    """An entry in its canonical bytes, its place, and the path to the root of the checkpoint."""

    entry: bytes
    index: int
    hashes: tuple[bytes, ...]


def newest(court: str, *, at_least: int = 0) -> Signed:
    """The newest checkpoint of the court. Raises `log.no_checkpoint` when there is none over so many entries yet."""
    found = ChainCheckpoint._get_collection().find_one({"court": court}, sort=[("number", -1)])
    if found is None or found["size"] < at_least:
        raise no_checkpoint()
    return _opened(court, found)


def size_over(court: str, entry_ids: Sequence[str]) -> int:
    """The least size of a checkpoint that covers these entries; what is archived is long covered."""
    found = ChainEntry._get_collection().find({"_id": {"$in": list(entry_ids)}, "court": court}, {"seq": 1})
    return max((one["seq"] + 1 for one in found), default=1)


def stamped_over(court: str, size: int) -> Signed | None:
    """The earliest checkpoint over at least `size` entries that has a time-stamp: it proves the earliest time."""
    where = {"court": court, "size": {"$gte": size}, "stamped_at": {"$ne": None}}
    found = ChainCheckpoint._get_collection().find_one(where, sort=[("number", 1)])
    return _opened(court, found) if found is not None else None


def of_size(court: str, size: int) -> Signed:
    """The checkpoint over exactly so many entries. Raises `log.no_checkpoint`."""
    found = ChainCheckpoint._get_collection().find_one({"court": court, "size": size}, sort=[("number", 1)])
    if found is None:
        raise no_checkpoint()
    return _opened(court, found)


def inclusion(court: str, entry_ids: Iterable[str], signed: Signed, *, store: Store | None) -> dict[str, Inclusion]:
    """Proofs for those of these entries that the checkpoint covers, by id.

    `store` reads what was archived. Raises `log.broken` when the log itself does not lead to its own checkpoint.
    """
    size, root = signed.checkpoint.size, signed.checkpoint.root
    rows = list(_entries(court, list(entry_ids), size, store))
    found: dict[str, Inclusion] = {}

    def make(read: tiling.Reader) -> bool:
        kept = _remembering(read)
        for entry_id, index, body in rows:
            proof = tiling.inclusion(kept, index, size)
            if not verify_inclusion(leaf_hash(body), index, size, proof, root):
                return False
            found[entry_id] = Inclusion(body, index, tuple(proof))
        return True

    _proven(court, size, make, store)
    return found


def consistency(court: str, old: int, new: int, *, store: Store | None) -> tuple[Signed, Signed, tuple[bytes, ...]]:
    """That the log of the checkpoint over `new` entries goes on from the one over `old`.

    Raises `log.no_checkpoint` for a size no checkpoint has, `log.bad_sizes`, `log.broken`.
    """
    if not 0 < old <= new:
        raise Invalid(code="log.bad_sizes", title="日志长度不正确：应为正数，且前者不大于后者")
    first, second = of_size(court, old), of_size(court, new)
    found: list[bytes] = []

    def make(read: tiling.Reader) -> bool:
        found[:] = tiling.consistency(read, old, new)
        return verify_consistency(old, new, first.checkpoint.root, second.checkpoint.root, found)

    _proven(court, new, make, store)
    return first, second, tuple(found)


def entry_not_found() -> NotFound:
    return NotFound(code="log.entry_not_found", title="这份材料尚未登记入法院日志，请稍后再试")


def no_checkpoint() -> DomainError:
    """Checkpoints are made every ten minutes."""
    return Conflict(code="log.no_checkpoint", title="法院日志尚无包含这些记录的检查点，请稍后再试")


def _opened(court: str, found: dict[str, Any]) -> Signed:
    try:
        checkpoint = checkpoints.verifier(court).open(found["note"])
    except EvidenceError as error:
        raise _broken() from error
    stamp = found.get("stamp")
    return Signed(
        note=found["note"],
        checkpoint=checkpoint,
        at=found["at"],
        stamped_at=found.get("stamped_at"),
        stamp=bytes(stamp) if stamp is not None else None,
        stamped_by=(found.get("stamped_by") or "authority") if stamp is not None else "",
    )


def _proven(court: str, size: int, make: Callable[[tiling.Reader], bool], store: Store | None) -> None:
    """Makes proofs; when tiles are missing or wrong, once more after building them from the entries."""
    archived = _archived(court, store)
    for again in (False, True):
        try:
            tiles.grow(court, size, archived=archived)
            if make(tiles.reader(court)):
                return
        except EvidenceError as error:
            if error.code != "log.no_such_leaf":
                raise
        if not again:
            log.error("tiles of the log of court %r do not lead to its checkpoint: built anew", court)
            ChainTile._get_collection().delete_many({"court": court})
    raise _broken()


def _remembering(read: tiling.Reader) -> tiling.Reader:
    """Many proofs share tiles: each is read once."""
    kept: dict[tiling.Place, bytes] = {}

    def remembered(places: Iterable[tiling.Place]) -> dict[tiling.Place, bytes]:
        wanted = list(places)
        missing = [one for one in wanted if one not in kept]
        if missing:
            kept.update(read(missing))
        return {one: kept[one] for one in wanted if one in kept}

    return remembered


def _entries(court: str, ids: list[str], size: int, store: Store | None) -> Iterator[tuple[str, int, bytes]]:
    """(id, index, canonical bytes) of entries below `size`, wherever they lie."""
    collection = ChainEntry._get_collection().with_options(codec_options=entries.CODEC)
    genuine = Walker(entries.key_of(court), Tail.empty()).genuine
    missing = set(ids)
    for one in collection.find({"_id": {"$in": ids}, "court": court}):
        missing.discard(one["_id"])
        if one["seq"] < size:
            yield _checked(one, genuine)
    if missing and store is not None:
        for one in _archived_entries(court, missing, store):
            yield _checked(one, genuine)


def _archived_entries(court: str, wanted: set[str], store: Store) -> Iterator[dict[str, Any]]:
    for segment in archive.segments(court):
        if segment.get("removed_at") is not None:
            yield from (one for one in _read(segment, store) if one["_id"] in wanted)


def _archived(court: str, store: Store | None) -> tiles.Archived | None:
    if store is None:
        return None

    def read(begin: int, end: int) -> Iterator[bytes]:
        for segment in archive.segments(court):
            if segment["end"] > begin and segment["begin"] < end:
                yield from (bytes(one["hash"]) for one in _read(segment, store) if begin <= one["seq"] < end)

    return read


def _read(segment: dict[str, Any], store: Store) -> Iterator[dict[str, Any]]:
    try:
        yield from archive.read(segment, store)
    except Damaged as error:
        raise _broken() from error


def _checked(one: dict[str, Any], genuine: Callable[[Item], bool]) -> tuple[str, int, bytes]:
    """An altered entry is found by its MAC: no proof could be made of it, whatever the tiles say."""
    item = item_of(one)
    if item.canonical is None or not genuine(item):
        raise _broken()
    return item.id, item.seq, item.canonical


def _broken() -> DomainError:
    return Conflict(code="log.broken", title="法院日志校验未通过，不能出具证明")
