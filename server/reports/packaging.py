"""Packages made by workers: one at a time under a lease, progress told to the boards, what was left behind found again.

Shared by archives of cases and evidence bundles: both are documents with `state`, `lease`, `beat_at`, `tries`,
`files_total`, `files_done`, `bytes_done`, `problem`, `queued_at`, `finished_at`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mongoengine import Document

from server.core import live
from server.core.ids import new_id

LEASE = timedelta(seconds=120)
MAX_TRIES = 5
_BEAT_BYTES = 64 * 1024 * 1024
_TOLD_EVERY = 20
Clock = Callable[[], datetime]


class LeaseLost(Exception):
    """Another worker has taken the package over."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`news`: the event's name on the boards, `id_name` what it calls the package; the problem of one given up."""

    model: type[Document]
    news: str
    id_name: str
    interrupted: tuple[str, str]  # code, title


def claim(kind: Kind, package_id: str, clock: Clock) -> Progress | None:
    """The right to make it, unless it is made or another worker is at it."""
    lease, now = new_id(), clock()
    free = [{"state": "queued"}, {"state": "running", "beat_at": {"$lt": now - LEASE}}]
    taken = kind.model._get_collection().update_one(
        {"_id": package_id, "$or": free},
        {
            "$set": {"state": "running", "lease": lease, "beat_at": now, "files_done": 0, "bytes_done": 0},
            "$inc": {"tries": 1},
        },
    )
    return Progress(kind, package_id, lease, clock) if taken.modified_count else None


class Progress:
    """Written as long as this worker holds the package, and told to the boards."""

    def __init__(self, kind: Kind, package_id: str, lease: str, clock: Clock) -> None:
        self._kind = kind
        self._held = {"_id": package_id, "state": "running", "lease": lease}
        self._clock = clock
        self._since = self._bytes = self._files = self._total = 0
        self._court = str(kind.model.objects(id=package_id).get().court)

    def begin(self, files: int) -> None:
        self._total = files
        self._write({"files_total": files})

    def moved(self, count: int) -> None:
        """So many bytes more were read or written. Raises LeaseLost."""
        self._bytes += count
        self._since += count
        if self._since >= _BEAT_BYTES:
            self._write({})

    def filed(self) -> None:
        """One file more is in the package. Raises LeaseLost."""
        self._files += 1
        if self._files % _TOLD_EVERY == 0 or self._files == self._total:
            self._write({})

    def end(self, change: dict[str, Any]) -> None:
        """Done or failed. Raises LeaseLost."""
        self._write({**change, "finished_at": self._clock()})

    def _write(self, change: dict[str, Any]) -> None:
        self._since = 0
        values = {"beat_at": self._clock(), "files_done": self._files, "bytes_done": self._bytes, **change}
        if not self._kind.model._get_collection().update_one(self._held, {"$set": values}).matched_count:
            raise LeaseLost
        news = {"files_done": self._files, "files_total": self._total, "state": change.get("state", "running")}
        live.publish(self._court, self._kind.news, **{self._kind.id_name: self._held["_id"]}, **news)


def left_behind(kind: Kind, *, now: datetime, limit: int = 50) -> list[str]:
    """Packages that a lost message or a dead worker left; one that failed too often is given up."""
    collection, old = kind.model._get_collection(), now - LEASE
    code, title = kind.interrupted
    collection.update_many(
        {"state": "running", "beat_at": {"$lt": old}, "tries": {"$gte": MAX_TRIES}},
        {"$set": {"state": "failed", "finished_at": now, "problem": {"code": code, "title": title}}},
    )
    waiting = {"$or": [{"state": "queued"}, {"state": "running", "beat_at": {"$lt": old}}], "queued_at": {"$lt": old}}
    found = [one["_id"] for one in collection.find(waiting, {"_id": 1}).limit(limit)]
    collection.update_many({"_id": {"$in": found}}, {"$set": {"queued_at": now}})
    return found
