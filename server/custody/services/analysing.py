"""What analysis finds about a held item, written beside the original once: states, leases, copies.

`waiting → running → done | broken | failed`. Broken: the file cannot be read as what it should be. Failed: we could
not look (the original is missing from the store, or workers died of it three times). A worker holds a lease while it
looks; the sweep gives what a dead one left behind to another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument

from evidence.analysis import Analysis, Job, Output, Sandbox, bands, words
from evidence.analysis.limits import BUDGETS
from evidence.errors import EvidenceError
from evidence.stores.protocol import Store
from server.accounts.models import Court
from server.core import events
from server.core.clock import utc_now
from server.core.ids import new_id
from server.custody.services import marks
from server.field.models import EvidenceItem
from server.field.services import guard
from server.field.services.evidence import media_kind

log = logging.getLogger(__name__)
MAX_TRIES = 3
LEASE = timedelta(seconds=2 * max(one.wall_s for one in BUDGETS.values()))
WAITING = timedelta(minutes=2)
_SWEPT = 200
_VISIT_FIELDS = {"case_number": 1, "address.mask": 1}


@dataclass(frozen=True, slots=True)
class Workshop:
    """What items are looked at with."""

    store: Store
    sandbox: Sandbox
    clock: Callable[[], datetime] = utc_now


def analyse(*, evidence_id: str, workshop: Workshop) -> str | None:
    """Looks at one item unless that is done or somebody is at it; safe to repeat. Answers the state it ended in.

    None when there was nothing to do. The event `evidence.analysed` {evidence_id, visit_id, server_id, state,
    concerns} is written with the result; its handlers give the place verdict.
    """
    lease = new_id()
    item = _claim(evidence_id, lease, workshop.clock())
    if item is None:
        return None
    try:
        found = _look(item, workshop)
    except EvidenceError as error:
        return _not_opened(item, lease, error, workshop.clock())
    if found["concerns"] == ["analysis.time"] and item["analysis"]["tries"] < MAX_TRIES:
        return _again(item, lease, workshop.clock())  # the machine may have been busy: not yet the file's fault
    return _finish(item, lease, found, workshop.clock())


def _look(item: Mapping[str, Any], workshop: Workshop) -> dict[str, Any]:
    """What analysis found, its copies stored. Raises EvidenceError when the store cannot give or take."""
    with workshop.store.open(item["store_key"]) as source, workshop.sandbox.analyse(source, job_of(item)) as output:
        return _document(output.analysis, _keep(output, workshop.store))


def sweep(*, now: datetime) -> list[str]:
    """Ids that a lost message or a dead worker left undone, and items from before there was analysis; to be queued.

    What killed its worker three times is failed here.
    """
    collection = _collection()
    dead = {"analysis.state": "running", "analysis.leased_until": {"$lt": now}}
    for lost in collection.find({**dead, "analysis.tries": {"$gte": MAX_TRIES}}, {"analysis": 1}).limit(_SWEPT):
        problem = {"code": "analysis.crash", "title": words("analysis.crash")}
        _settle(lost["_id"], lost["analysis"].get("lease"), {"state": "failed", "problem": problem}, now)
    where = {
        "$or": [
            {"analysis.state": "waiting", "analysis.queued_at": {"$lt": now - WAITING}},
            dead,
            {"analysis.state": None, "received_at": {"$lt": now - WAITING}},
        ]
    }
    found = [one["_id"] for one in collection.find(where, {"_id": 1}).limit(_SWEPT)]
    for evidence_id in found:
        collection.update_one({"_id": evidence_id, "analysis.state": "waiting"}, {"$set": {"analysis.queued_at": now}})
    return found


def _claim(evidence_id: str, lease: str, now: datetime) -> dict[str, Any] | None:
    free = [
        {"analysis.state": {"$in": ["waiting", None]}},
        {
            "analysis.state": "running",
            "analysis.leased_until": {"$lt": now},
            "analysis.tries": {"$lt": MAX_TRIES},
        },
    ]
    taken = {"analysis.state": "running", "analysis.lease": lease, "analysis.leased_until": now + LEASE}
    found = _collection().find_one_and_update(
        {"_id": evidence_id, "$or": free},
        {"$set": taken, "$inc": {"analysis.tries": 1}},
        projection={"manifest": 0, "envelope": 0},
        return_document=ReturnDocument.AFTER,
    )
    return dict(found) if found else None


def job_of(item: Mapping[str, Any]) -> Job:
    """What the sandbox is asked about an item as stored."""
    visit = None
    if item["visit_id"]:
        visit = guard.visits().find_one({"_id": item["visit_id"], "court": item["court"]}, _VISIT_FIELDS)
    court = Court._get_collection().find_one({"_id": item["court"]}, {"name": 1})
    return Job(media_kind(item["kind"]), item["media_type"], marks.lines(item, visit, court))


def _keep(output: Output, store: Store) -> dict[str, dict[str, Any]]:
    """Puts the copies into the store, content-addressed like originals."""
    kept = {}
    for name, copy in output.analysis.copies.items():
        stored = store.put(output.copy(name), max_bytes=copy.size, content_type=copy.media_type)
        kept[name] = {"store_key": stored.key, "sha256": stored.sha256, "size": stored.size}
        kept[name] |= {"media_type": copy.media_type, "width": copy.width, "height": copy.height}
    return kept


def _document(analysis: Analysis, copies: dict[str, dict[str, Any]]) -> dict[str, Any]:
    hashes: dict[str, Any] = dict(analysis.hashes)
    if "phash" in hashes:
        hashes["bands"] = bands(hashes["phash"])
    return {
        "state": analysis.state,
        "media": dict(analysis.media),
        "quality": dict(analysis.quality),
        "hashes": hashes,
        "concerns": list(analysis.concerns),
        "copies": copies,
        "cpu_ms": analysis.cpu_ms,
    }


def _not_opened(item: Mapping[str, Any], lease: str, error: EvidenceError, now: datetime) -> str | None:
    """The store is away: later, and that is no try. The original is not in it: failed, and people must know."""
    if error.code == "evidence.store_unavailable":
        return _again(item, lease, now, counts=False)
    log.error("evidence %s cannot be analysed: %s", item["_id"], error.code)
    problem = {"code": error.code, "title": error.title_zh}
    return _finish(item, lease, {"state": "failed", "problem": problem}, now)


def _again(item: Mapping[str, Any], lease: str, now: datetime, *, counts: bool = True) -> str | None:
    tries = item["analysis"]["tries"] - (0 if counts else 1)
    change = {"analysis.state": "waiting", "analysis.queued_at": now, "analysis.tries": tries}
    _collection().update_one(
        {"_id": item["_id"], "analysis.lease": lease},
        {"$set": change, "$unset": {"analysis.lease": "", "analysis.leased_until": ""}},
    )
    return "waiting"


def _finish(item: Mapping[str, Any], lease: str, found: dict[str, Any], now: datetime) -> str | None:
    before = item["analysis"]
    history = {"queued_at": before.get("queued_at") or item["received_at"], "tries": before["tries"]}
    return found["state"] if _settle(item["_id"], lease, found | history, now) else None


def _settle(evidence_id: str, lease: str | None, found: dict[str, Any], now: datetime) -> bool:
    """Writes the result and the news of it in one update; False when another worker holds the item by now."""
    item = _collection().find_one({"_id": evidence_id}, {"court": 1, "visit_id": 1, "server_id": 1, "kind": 1})
    if item is None:
        return False
    news = events.event(
        "evidence.analysed",
        court=item["court"],
        now=now,
        evidence_id=evidence_id,
        visit_id=item["visit_id"],
        server_id=item["server_id"],
        kind=item["kind"],
        state=found["state"],
        concerns=found.get("concerns", []),
    )
    written = _collection().update_one(
        {"_id": evidence_id, "analysis.state": "running", "analysis.lease": lease},
        {"$set": {"analysis": found | {"done_at": now}}, "$push": {"outbox": news}},
    )
    if not written.modified_count:
        return False
    events.relay(EvidenceItem, evidence_id)
    return True


def _collection() -> Any:
    return EvidenceItem._get_collection()
