"""Appending: many threads in many processes write one chain per court, without a fork and without losing a row.

Inside a process rows gather while one is being written, and whoever comes next writes all of them (group commit).
Between processes the unique index (court, seq) decides: who loses reads what the others wrote and links the rest of
its rows behind it. An append returns when its entries are journalled by a majority. The head of the chain follows
without waiting: it may lag behind the entries, never run ahead of them.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from pymongo import WriteConcern
from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure, PyMongoError

from server.core.audit import entries, heads
from server.core.audit.entries import Key
from server.core.audit.heads import Tail
from server.core.audit.models import ChainEntry
from server.core.audit.rows import FAILED, Row
from server.core.clock import utc_now
from server.core.ids import new_id

log = logging.getLogger(__name__)

GIVE_UP_AFTER_S = 30.0
HEAD_LOST = "audit.head_lost"
_BATCH = 2_000
_DUPLICATE = 11000
_QUICK = WriteConcern(w=1, j=False)


def append(rows: Sequence[Row], *, ids: Sequence[str] | None = None) -> list[str]:
    """Writes rows to the end of their courts' logs and returns their ids, in the order given.

    `ids`, when given, makes repeating harmless: a row whose id is in the log already is not written again.
    Raises PyMongoError when the database did not take them within half a minute (they may be there all the same),
    VaultError without the court's secret.
    """
    given = list(ids) if ids is not None else [new_id() for _ in rows]
    by_court: dict[str, list[dict[str, Any]]] = {}
    for row, entry_id in zip(rows, given, strict=True):
        by_court.setdefault(row.court, []).append(entries.document(row, entry_id))
    for court, documents in by_court.items():
        _chain(court).append(documents)
    return given


class _Waiting:
    """Documents of one caller, until they are written or have failed."""

    __slots__ = ("documents", "done", "error")

    def __init__(self, documents: list[dict[str, Any]]) -> None:
        self.documents = documents
        self.done = False
        self.error: BaseException | None = None


class _Chain:
    """The chain of one court as this process sees it."""

    def __init__(self, court: str) -> None:
        self.court = court
        self._leading = threading.Lock()
        self._queue: deque[_Waiting] = deque()
        self._tail: Tail | None = None

    def append(self, documents: list[dict[str, Any]]) -> None:
        """Returns when the documents are durable. Whoever gets the lock writes for everybody who waits for it."""
        mine = _Waiting(documents)
        self._queue.append(mine)
        with self._leading:
            while not mine.done:
                self._lead()
        if mine.error is not None:
            raise mine.error

    def _lead(self) -> None:
        taken: list[_Waiting] = []
        count = 0
        while self._queue and count < _BATCH:
            taken.append(self._queue.popleft())
            count += len(taken[-1].documents)
        error: BaseException | None = RuntimeError("the writer was interrupted")
        try:
            self._write([document for one in taken for document in one.documents])
            error = None
        except (PyMongoError, RuntimeError) as problem:
            error = problem
        finally:
            for one in taken:
                one.error, one.done = error, True

    def _write(self, documents: list[dict[str, Any]]) -> None:
        key = entries.key_of(self.court)
        todo, clean = documents, True
        give_up_at = time.monotonic() + GIVE_UP_AFTER_S
        attempt = 0
        while True:
            try:
                tail, todo = self._catch_up(key, todo)
                grown = _link(tail, todo, key)
                if todo:
                    _entries().insert_many(todo, ordered=True)
                self._tail = grown
                # When some were found again after a failure, the head's majority vouches for them.
                heads.advance(self.court, grown, key, _QUICK if clean else None)
                return
            except BulkWriteError as error:
                problem: PyMongoError = error
                if _is_known_id(error):
                    todo = _without_known(todo)
                    attempt = 0
            except (ConnectionFailure, OperationFailure) as error:
                problem = error
            clean = False
            if time.monotonic() > give_up_at:
                raise problem
            # Jitter, not a secret: those who collided must not meet again.
            time.sleep(random.uniform(0, min(0.001 * 2 ** min(attempt, 8), 0.25)))  # noqa: S311  # spreads retries, guards nothing
            attempt += 1

    def _catch_up(self, key: Key, todo: list[dict[str, Any]]) -> tuple[Tail, list[dict[str, Any]]]:
        """The chain's end as it stands in the database, and what of `todo` is not in it."""
        tail = self._tail.copy() if self._tail is not None else None
        found = _read_on(self.court, tail, anchored=True) if tail is not None else None
        if tail is None or found is None:
            tail, lost = heads.load(self.court, key)
            found = _read_on(self.court, tail, anchored=False) or set()
            if lost:
                log.error("the head of the audit log of court %r was lost or altered", self.court)
                todo = [self._lost_head(), *todo]
        self._tail = tail.copy()
        return tail, [one for one in todo if one["_id"] not in found]

    def _lost_head(self) -> dict[str, Any]:
        row = Row(court=self.court, at=utc_now(), action=HEAD_LOST, result=FAILED, object_type="audit_head")
        return entries.document(row, new_id())


def _read_on(court: str, tail: Tail, *, anchored: bool) -> set[str] | None:
    """Takes what others have written behind `tail` into it and returns the ids.

    `anchored`: None when the last entry of `tail` itself is not there (another database than a moment ago, a restored
    one, or one whose archived entries were removed).
    """
    anchor = tail.size - 1 if anchored and tail.size else None
    query = {"court": court, "seq": {"$gte": tail.size if anchor is None else anchor}}
    found: set[str] = set()
    for one in _entries().find(query, {"seq": 1, "hash": 1}).sort([("court", 1), ("seq", 1)]):
        if anchor is not None:
            if one["seq"] != anchor or one["hash"] != tail.hash:
                return None
            anchor = None
        elif one["seq"] == tail.size:
            tail.grow(one["hash"])
            found.add(one["_id"])
        else:
            break
    return found if anchor is None else None


def _link(tail: Tail, todo: list[dict[str, Any]], key: Key) -> Tail:
    """Links the documents behind `tail`; returns the end after them."""
    grown = tail.copy()
    for one in todo:
        grown.grow(entries.link(one, grown.size, grown.hash, key))
    return grown


def _is_known_id(error: BulkWriteError) -> bool:
    """Whether a row was refused because its id is in the log already, not because its place was taken."""
    problems = (error.details or {}).get("writeErrors") or ()
    return any(one.get("code") == _DUPLICATE and "_id" in (one.get("keyPattern") or {}) for one in problems)


def _without_known(todo: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What of `todo` is not in the log, wherever in it."""
    ids = [one["_id"] for one in todo]
    known = {one["_id"] for one in _entries().find({"_id": {"$in": ids}}, {"_id": 1})}
    return [one for one in todo if one["_id"] not in known]


def _entries() -> Any:
    return ChainEntry._get_collection()


class _Chains:
    """The chains this process writes. A forked child starts anew: it must not share locks with its parent."""

    by_court: dict[str, _Chain] = {}
    lock = threading.Lock()


def _chain(court: str) -> _Chain:
    found = _Chains.by_court.get(court)
    if found is None:
        with _Chains.lock:
            found = _Chains.by_court.setdefault(court, _Chain(court))
    return found


def _after_fork() -> None:
    _Chains.lock = threading.Lock()
    _Chains.by_court = {}


os.register_at_fork(after_in_child=_after_fork)
