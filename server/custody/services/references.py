"""Who names an object, and what the court has received: asked before anything is removed anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from evidence.stores import sha256_of_key
from server.accounts.models import Court
from server.custody import holdings
from server.custody.holdings import Holding
from server.custody.models import Announced
from server.custody.models.retention import ArchiveReceipt
from server.custody.timers import Timer, life


def holders(key: str) -> Iterator[tuple[Holding, dict[str, Any]]]:
    """Every document of any court, among those whose bytes people can bring in, that names the object."""
    sha256, courts = sha256_of_key(key), _courts()
    for holding in holdings.known():
        for field in holding.by_hash:
            for document in holding.collection.find({"court": {"$in": courts}, field: sha256}):
                if key in holding.keys_of(document):
                    yield holding, document


def expected(key: str) -> bool:
    """Whether a phone has announced these very bytes and may be sending them now."""
    query = {"court": {"$in": _courts()}, "sha256": sha256_of_key(key), "state": "announced"}
    return Announced._get_collection().find_one(query, {"_id": 1}) is not None


def receipt_of(*, court: str, key: str) -> dict[str, Any] | None:
    """The first receipt of a package that holds the object (or is it)."""
    query = {"court": court, "covers": sha256_of_key(key)}
    found: dict[str, Any] | None = ArchiveReceipt._get_collection().find_one(query, sort=[("received_at", 1)])
    return found


def received(*, key: str, court: str, group: str, timers: Mapping[str, Timer]) -> bool:
    """Whether every court that names the object has it in its archive, as far as its class needs that."""
    wanted = {court} if group in timers and timers[group].receipted else set()
    wanted |= {
        document["court"]
        for holding, document in holders(key)
        if holding.group in timers and timers[holding.group].receipted
    }
    return all(receipt_of(court=one, key=key) is not None for one in wanted)


def due_at(
    holding: Holding, document: Mapping[str, Any], key: str, timers: Mapping[str, Timer]
) -> tuple[datetime, str | None] | None:
    """When a document's object may go, and by which receipt; None while nothing says so."""
    timer = timers.get(holding.group)
    if timer is None or (document.get("late") or {}).get("state") == "waiting":
        return None
    if timer.receipted:
        receipt = receipt_of(court=document["court"], key=key)
        return None if receipt is None else (receipt["received_at"] + life(timer), receipt["_id"])
    since = document.get(holding.since)
    return None if since is None else (since + life(timer), None)


def _courts() -> list[str]:
    """Indexes begin with the court."""
    return [str(one["_id"]) for one in Court._get_collection().find({}, {"_id": 1}).sort("_id", 1)]
