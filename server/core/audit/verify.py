"""`verify(court)`: is the log what was written? One pass in constant memory, from the oldest archived entry on.

Every entry is hashed anew and compared with its own hash, its predecessor's, its MAC and its place; the tree over them
with every checkpoint, its signature and its time-stamp; the end with the head. What cannot be found from inside:
somebody who puts back an older copy of everything at once. For that, keep checkpoints elsewhere and give one as
`known`.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import bson
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
    SEGMENT,
    Bad,
    Damaged,
    Walker,
    item_of,
)
from server.core.errors import DomainError

_READ_AT_ONCE = 1_000
_NEVER = 2**63
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
        with _rare_collections():
            _Verification(court, against or Against(), report).run()
    except Damaged as damaged:
        report.first_bad = damaged.bad
    return report


@contextmanager
def _rare_collections() -> Iterator[None]:
    """A thousand documents at a time come and go without cycles: looking for some after each 700 costs a quarter."""
    usual = gc.get_threshold()
    gc.set_threshold(200_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


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
        for documents in self._documents():
            self._take(documents, expected)
        size = self.walker.tail.size
        if size < expected.size:
            raise Damaged(ENTRY, CUT, size)
        self._check_head()
        self.marks.finish(size, self._checkpoints_expected())

    def _take(self, documents: Sequence[Mapping[str, Any]], expected: Tail) -> None:
        """Stops at every size something is said of: by a checkpoint, or by the head."""
        begin, tail = 0, self.walker.tail
        try:
            while begin < len(documents):
                stop = min(size for size in (self.marks.next_size, expected.size, _NEVER) if size > tail.size)
                taken = documents[begin : begin + stop - tail.size]
                self.walker.take(taken)
                begin += len(taken)
                if tail.size == expected.size and tail != expected:
                    raise Damaged(HEAD, ALTERED, tail.size - 1)
                self.marks.reached(tail)
        finally:
            self.report.entries = tail.size

    def _expected(self) -> Tail:
        """What the head says; its fault is told only after those of the entries."""
        found = heads.opened(self.head, self.court, self.key) if self.head else None
        return found or Tail.empty()

    def _check_head(self) -> None:
        head = self.head
        if head is None and (self.walker.tail.size or self.marks.last):
            # A chain may have begun since we first looked; its head is made before its first entry.
            head = ChainHead._get_collection().find_one({"_id": self.court})
            if head is None:
                raise Damaged(HEAD, MISSING)
        if head is not None and heads.opened(head, self.court, self.key) is None:
            raise Damaged(HEAD, ALTERED)

    def _documents(self) -> Iterator[Sequence[Mapping[str, Any]]]:
        """The archive, then what is in MongoDB, many at a time."""
        for segment in archive.segments(self.court):
            yield from self._archived(segment)
        archived = self.walker.tail.size
        for documents in _read_ahead(self.court):
            if archived and _is_before(documents[0], archived):
                yield [one for one in documents if not self._is_archived(one, archived)]
            else:
                yield documents

    def _archived(self, segment: Mapping[str, Any]) -> Iterator[Sequence[Mapping[str, Any]]]:
        end = archive.opened(segment, self.walker.tail, self.key)
        if self.against.store is None:
            raise DomainError(code="audit.no_store", status=503, title="未提供证据存储，无法校验已归档的审计日志")
        found = archive.read(segment, self.against.store)
        while documents := list(islice(found, _READ_AT_ONCE)):
            yield documents
            self.report.archived = self.walker.tail.size
        if self.walker.tail != end:
            raise Damaged(SEGMENT, ALTERED, segment["begin"], segment["_id"])

    def _is_archived(self, document: Mapping[str, Any], archived: int) -> bool:
        """Archived and not removed yet: its MAC says that it is the one that was archived. Raises Damaged."""
        if not _is_before(document, archived):
            return False
        if not self.walker.genuine(item_of(document)):
            raise Damaged(ENTRY, ALTERED, document["seq"], document["_id"])
        return True

    def _checkpoints_expected(self) -> tuple[int, bytes]:
        if self.head is None:
            return 0, b""
        found = heads.opened_checkpoints(self.head, self.court, self.key)
        if found is None:
            raise Damaged(HEAD, ALTERED)
        return found


def _is_before(document: Mapping[str, Any], archived: int) -> bool:
    seq = document.get("seq")
    return isinstance(seq, int) and 0 <= seq < archived


def _read_ahead(court: str) -> Iterator[list[dict[str, Any]]]:
    """All entries of a court in MongoDB; the next batch is fetched while this one is worked on."""
    found = ChainEntry._get_collection().find_raw_batches({"court": court}, batch_size=_READ_AT_ONCE)
    batches = iter(found.sort([("court", 1), ("seq", 1)]).allow_disk_use(True))
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting = pool.submit(next, batches, b"")
        while batch := waiting.result():
            waiting = pool.submit(next, batches, b"")
            yield bson.decode_all(batch, codec_options=entries.CODEC)


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

    @property
    def next_size(self) -> int:
        """The next size to look at."""
        sizes = [one.size for one in (self._next, self._known) if one is not None]
        return min(sizes) if sizes else _NEVER

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
            # The installation's own stamps do not chain to an outside authority's roots; their MAC speaks for them.
            if genuine and self.against.roots and found.get("stamped_by") is None:
                check_time_stamp(stamp, found["note"].encode(), self.against.roots, policy=self.against.policy)  # type: ignore[arg-type]  # its MAC was checked
                self.report.stamps_checked += 1
        except (EvidenceError, KeyError, TypeError, ValueError, AttributeError):
            genuine = False
        if not genuine:
            raise Damaged(CHECKPOINT, ALTERED, number, found["_id"])
