"""`verify(court)`: is the log what was written? One pass in constant memory, from the oldest archived entry on.

Every entry is hashed anew and compared with its own hash, its predecessor's, its MAC and its place; the tree over them
with every checkpoint, its signature and its time-stamp; the end with the head. What cannot be found from inside:
somebody who puts back an older copy of everything at once. For that, keep checkpoints elsewhere and give one as
`known`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from evidence.errors import EvidenceError
from evidence.log import Checkpoint, check_time_stamp
from evidence.stores import Store
from server.core.audit import archive, checkpoints, entries, heads
from server.core.audit.entries import FIRST_PREV, Key
from server.core.audit.heads import Tail
from server.core.audit.models import ChainCheckpoint, ChainEntry, ChainHead, ChainSegment
from server.core.audit.walk import (
    ALTERED,
    CHECKPOINT,
    CUT,
    ENTRY,
    FORGED,
    HEAD,
    INSERTED,
    MISSING,
    Bad,
    Damaged,
    Item,
    Walker,
    item_of,
)

_READ_AT_ONCE = 2_000
_CHECKPOINTS_AT_ONCE = 100


@dataclass(slots=True)
class Report:
    """What was found. `stamped` counts checkpoints with a time-stamp, `stamps_checked` those checked against roots."""

    court: str
    entries: int = 0
    archived: int = 0
    checkpoints: int = 0
    stamped: int = 0
    stamps_checked: int = 0
    first_bad: Bad | None = None

    @property
    def ok(self) -> bool:
        return self.first_bad is None


@dataclass(frozen=True, slots=True)
class Against:
    """What to check against: the archive's store, the roots and policy of time-stamps, a checkpoint kept elsewhere."""

    store: Store | None = None
    roots: Sequence[x509.Certificate] = ()
    policy: str = ""
    known: Checkpoint | None = None


def courts() -> list[Any]:
    """Every court of which there is any trace of a log; also what is no court at all, when somebody put it there."""
    found = {one["_id"] for one in ChainHead._get_collection().find({}, {"_id": 1})}
    for model in (ChainEntry, ChainCheckpoint, ChainSegment):
        found.update(model._get_collection().distinct("court"))
    return sorted(found, key=str)


def verify(court: Any, against: Against | None = None) -> Report:
    """Reads everything of one court. Raises VaultError without its secret, PyMongoError when MongoDB is away."""
    report = Report(str(court))
    if not isinstance(court, str):
        report.first_bad = Bad(ENTRY, INSERTED, None, repr(court)[:100])
        return report
    try:
        _Verification(court, against or Against(), report).run()
    except Damaged as damaged:
        report.first_bad = damaged.bad
    return report


class _Verification:
    """One run. What was there when it began must be there; what is appended meanwhile may be."""

    def __init__(self, court: str, against: Against, report: Report) -> None:
        self.court = court
        self.against = against
        self.report = report
        self.key = entries.key_of(court)
        self.walker = Walker(self.key, Tail.empty())
        self.head: Mapping[str, Any] | None = ChainHead._get_collection().find_one({"_id": court})
        self.marks = _Checkpoints(court, self.key, against, report)

    def run(self) -> None:
        """Raises Damaged."""
        expected = self._expected()
        for size in self._sizes():
            self.report.entries = size
            if size == expected.size and self.walker.tail != expected:
                raise Damaged(HEAD, ALTERED, size - 1)
            self.marks.reached(self.walker.tail)
        size = self.walker.tail.size
        if size < expected.size:
            raise Damaged(ENTRY, CUT, size)
        self.marks.finish(size, self._checkpoints_expected())

    def _expected(self) -> Tail:
        """What the head says; its fault is told only after those of the entries."""
        found = heads.opened(self.head, self.court, self.key) if self.head else None
        return found or Tail.empty()

    def _sizes(self) -> Iterator[int]:
        """Walks the archive, then what is in MongoDB; then looks at the head itself."""
        for segment in archive.segments(self.court):
            for size in archive.walk(segment, self.walker, self.against.store):
                self.report.archived = size
                yield size
        yield from self._live()
        if self.head is None and (self.walker.tail.size or self.marks.last):
            raise Damaged(HEAD, MISSING)
        if self.head is not None and heads.opened(self.head, self.court, self.key) is None:
            raise Damaged(HEAD, ALTERED)

    def _live(self) -> Iterator[int]:
        archived = self.walker.tail.size
        for item in self._items():
            if isinstance(item.seq, int) and 0 <= item.seq < archived:
                self._still_there(item)
            else:
                self.walker.take(item)
                yield self.walker.tail.size

    def _still_there(self, item: Item) -> None:
        """An entry that is archived and not removed yet: its MAC says that it is the one that was archived."""
        if not self.walker.genuine(item):
            raise Damaged(ENTRY, ALTERED, item.seq, item.id)

    def _items(self) -> Iterator[Item]:
        collection = ChainEntry._get_collection().with_options(codec_options=entries.CODEC)
        found = collection.find({"court": self.court}, batch_size=_READ_AT_ONCE)
        return map(item_of, found.sort([("court", 1), ("seq", 1)]).allow_disk_use(True))

    def _checkpoints_expected(self) -> tuple[int, bytes]:
        if self.head is None:
            return 0, b""
        found = heads.opened_checkpoints(self.head, self.court, self.key)
        if found is None:
            raise Damaged(HEAD, ALTERED)
        return found


class _Checkpoints:
    """The court's checkpoints, met in order as the tree grows to their sizes."""

    def __init__(self, court: str, key: Key, against: Against, report: Report) -> None:
        self.court = court
        self.key = key
        self.against = against
        self.report = report
        self.verifier = checkpoints.verifier(court)
        self._collection = ChainCheckpoint._get_collection().with_options(codec_options=entries.CODEC)
        newest = self._collection.find_one({"court": court}, {"number": 1}, sort=[("number", -1)])
        self.last: Any = newest["number"] if newest else 0
        self._macs: tuple[int, bytes] = (0, FIRST_PREV)
        self._known = against.known
        self._waiting = self._opened()
        self._next = next(self._waiting, None)

    def reached(self, tail: Tail) -> None:
        """The tree has grown to this size."""
        size = tail.size
        if self._next is not None and self._next.size <= size:
            if self._next.size < size or self._next.root != tail.range.root():
                raise Damaged(CHECKPOINT, ALTERED, self._macs[0])
            self.report.checkpoints += 1
            self._next = next(self._waiting, None)
        if self._known is not None and self._known.size == size:
            if self._known.root != tail.range.root():
                raise Damaged(CHECKPOINT, FORGED, size)
            self._known = None

    def finish(self, size: int, expected: tuple[int, bytes]) -> None:
        """All entries were read: no checkpoint may speak of more, and none may be gone."""
        if self._next is not None or (self._known is not None and self._known.size):
            raise Damaged(ENTRY, CUT, size)
        count, mac = expected
        if count > self._macs[0]:
            raise Damaged(CHECKPOINT, CUT, self._macs[0] + 1)
        if count and self._mac_of(count) != mac:
            raise Damaged(CHECKPOINT, ALTERED, count)
        odd = self._collection.find_one({"court": self.court, "number": {"$not": {"$gte": 1}}})
        if odd is not None:
            raise Damaged(CHECKPOINT, INSERTED, None, odd["_id"])

    def _mac_of(self, number: int) -> Any:
        found = self._collection.find_one({"court": self.court, "number": number}, {"mac": 1})
        return found["mac"] if found else None

    def _opened(self) -> Iterator[Checkpoint]:
        """Each in turn, checked for itself and against the one before."""
        if not isinstance(self.last, int):
            raise Damaged(CHECKPOINT, INSERTED)
        while self._macs[0] < self.last:
            span = {"$gt": self._macs[0], "$lte": self.last}
            found = list(
                self._collection.find({"court": self.court, "number": span})
                .sort("number", 1)
                .limit(_CHECKPOINTS_AT_ONCE)
            )
            if not found:
                raise Damaged(CHECKPOINT, MISSING, self._macs[0] + 1)
            for one in found:
                yield self._checked(one)

    def _checked(self, found: Mapping[str, Any]) -> Checkpoint:
        number = self._macs[0] + 1
        if found["number"] != number or found.get("prev") != self._macs[1]:
            raise Damaged(CHECKPOINT, MISSING, number)
        try:
            opened = self.verifier.open(found["note"])
            genuine = found["mac"] == checkpoints.mac_of(found, self.key) and opened.size == found["size"]
        except (EvidenceError, KeyError, TypeError, ValueError, AttributeError):
            genuine = False
        if not genuine or opened.size < 1:
            raise Damaged(CHECKPOINT, ALTERED, number, found["_id"])
        self._check_stamp(found, number)
        self._macs = (number, found["mac"])
        return opened

    def _check_stamp(self, found: Mapping[str, Any], number: int) -> None:
        """Its MAC says that it is the stamp we were given; with roots, it is also checked for itself."""
        stamp, at = found.get("stamp"), found.get("stamped_at")
        if stamp is None and at is None and found.get("stamp_mac") is None:
            return
        self.report.stamped += 1
        try:
            genuine = found["stamp_mac"] == checkpoints.stamp_mac_of(found, self.key)
            if genuine and self.against.roots:
                check_time_stamp(stamp, found["note"].encode(), self.against.roots, policy=self.against.policy)  # type: ignore[arg-type]  # its MAC was checked
                self.report.stamps_checked += 1
        except (EvidenceError, KeyError, TypeError, ValueError, AttributeError):
            genuine = False
        if not genuine:
            raise Damaged(CHECKPOINT, ALTERED, number, found["_id"])
