"""A court's evidence from one store to another while the court works: copied, read back, and noted object by object.

What was verified at the new place is noted in `moved_objects`, so a move that stops anywhere goes on there, and two
moves at once do no harm. Nothing is ever removed by a move; `clear` is a command of its own, for afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from pymongo import UpdateOne

from evidence.errors import EvidenceError
from evidence.hashing import sha256_of
from evidence.stores import MovingStore, Remover, Store, sha256_of_key
from server.custody import holdings
from server.custody.models.moves import MovedObject
from server.custody.services import references
from server.custody.timers import Timer

MAX_BYTES = 1 << 40
_TOGETHER = 200
# What is wrong with one object and no reason to stop for the others.
_ABOUT_ONE = {"evidence.not_found": "missing", "evidence.hash_mismatch": "altered"}


@dataclass(frozen=True, slots=True)
class Named:
    """One object as one document names it."""

    court: str
    key: str
    group: str
    media_type: str
    named_by: str


@dataclass(slots=True)
class Moved:
    """How far a move is. `problems`: (what, object) with what = missing, altered (in the old), unsound (in the new)."""

    total: int = 0
    seen: int = 0
    copied: int = 0
    verified: int = 0
    before: int = 0
    bytes: int = 0
    problems: list[tuple[str, Named]] = field(default_factory=list)


@dataclass(slots=True)
class Cleared:
    """What left the old place, and how many objects have to stay there, by reason."""

    removed: int = 0
    gone: int = 0
    kept: dict[str, int] = field(default_factory=dict)

    def keep(self, why: str) -> None:
        self.kept[why] = self.kept.get(why, 0) + 1


Clock = Callable[[], datetime]
Progress = Callable[[Moved], None]


def sources(store: Store) -> Store:
    """Where objects are read from: of a store that moves already, the old places."""
    if isinstance(store, MovingStore):
        return store.old[0] if len(store.old) == 1 else MovingStore(store.old[0], store.old[1:])
    return store


def move(
    *, source: Store, target: Store, place: str, court: str | None, clock: Clock, progress: Progress = lambda _: None
) -> Moved:
    """Copies and verifies every object a court (all courts when None) names; goes on where an earlier move stopped.

    Raises EvidenceError when a store does not answer: what is done is kept, call again.
    """
    done = Moved(total=_count(court))
    for batch in _batches(_named(court)):
        noted = _noted(place, [one.key for one in batch])
        for one in batch:
            done.seen += 1
            if one.key in noted:
                done.before += 1
            else:
                _bring(one, source, target, place, clock, done)
                noted.add(one.key)
        progress(done)
    return done


def clear(
    *, old: Store, store: Store, place: str, court: str | None, timers: dict[str, Timer], progress: Callable[[], None]
) -> Cleared:
    """Removes from the old place what lies verified in the new store, read once more now.

    Originals, papers and packages only when the court's receipt of the archive covers them, in every court that names
    them. Raises EvidenceError `evidence.store_unavailable`.
    """
    result = Cleared()
    where: dict[str, Any] = {"place": place} | ({"court": court} if court else {})
    for row in _paged(MovedObject._get_collection(), where, None):
        _clear_one(row, old, store, timers, result)
        progress()
    return result


def _clear_one(row: dict[str, Any], old: Store, store: Store, timers: dict[str, Timer], result: Cleared) -> None:
    key = row["key"]
    if not isinstance(old, Remover) or not old.exists(key):
        result.gone += 1
        return
    if not references.received(key=key, court=row["court"], group=row["group"], timers=timers):
        result.keep("unreceived")
        return
    if not _sound(store, key):
        result.keep("unsound")
        return
    try:
        old.remove(key)
        result.removed += 1
    except EvidenceError as error:
        if error.code != "evidence.locked":
            raise
        result.keep("locked")


def _bring(one: Named, source: Store, target: Store, place: str, clock: Clock, done: Moved) -> None:
    try:
        if not target.exists(one.key):
            with source.open(one.key) as stream:
                target.put(
                    stream,
                    max_bytes=MAX_BYTES,
                    expected_sha256=sha256_of_key(one.key),
                    content_type=one.media_type,
                )
            done.copied += 1
    except EvidenceError as error:
        if error.code not in _ABOUT_ONE:
            raise
        done.problems.append((_ABOUT_ONE[error.code], one))
        return
    if not _sound(target, one.key):
        done.problems.append(("unsound", one))
        return
    size = target.size(one.key)
    done.verified += 1
    done.bytes += size
    row = {"place": place, "key": one.key, "court": one.court, "group": one.group, "size": size, "verified_at": clock()}
    change = UpdateOne({"_id": _row_id(place, one.key)}, {"$set": row}, upsert=True)
    MovedObject._get_collection().bulk_write([change])


def _sound(store: Store, key: str) -> bool:
    """Reads an object to its end: it is there, and is what its name says."""
    try:
        with store.open(key) as stream:
            return sha256_of(stream, max_bytes=MAX_BYTES).sha256 == sha256_of_key(key)
    except EvidenceError as error:
        if error.code != "evidence.not_found":
            raise
        return False


def _named(court: str | None) -> Iterator[Named]:
    for holding in holdings.known():
        where = {"court": court} if court is not None else {}
        fields = {"court": 1, "media_type": 1, **holding.projection}
        for document in _paged(holding.collection, where, fields):
            media_type = document.get("media_type") or "application/octet-stream"
            for key in holding.keys_of(document):
                yield Named(document["court"], key, holding.group, media_type, f"{holding.label} {document['_id']}")


def _paged(collection: Any, where: Mapping[str, Any], fields: Mapping[str, int] | None) -> Iterator[dict[str, Any]]:
    """Page by page: what happens to a page may take longer than the database keeps a cursor for."""
    query, page = dict(where), [dict[str, Any]()]
    while page:
        page = list(collection.find(query, fields).sort("_id", 1).limit(_TOGETHER))
        yield from page
        query = {**where, "_id": {"$gt": page[-1]["_id"]}} if page else query


def _count(court: str | None) -> int:
    """Documents, for the progress: nearly as many as objects."""
    where = {"court": court} if court is not None else {}
    names = {holding.name: holding for holding in holdings.known()}
    return sum(holding.collection.count_documents(where) for holding in names.values())


def _batches(named: Iterator[Named]) -> Iterator[Sequence[Named]]:
    while batch := list(islice(named, _TOGETHER)):
        yield batch


def _noted(place: str, keys: list[str]) -> set[str]:
    ids = [_row_id(place, key) for key in keys]
    return {row["key"] for row in MovedObject._get_collection().find({"_id": {"$in": ids}}, {"key": 1})}


def _row_id(place: str, key: str) -> str:
    return f"{place} {key}"
