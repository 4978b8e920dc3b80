"""What was captured without a visit (L4) and held before it was given one: the item follows its entry in the ledger.

Entry first, item after: whichever of landing and linking comes last sees the other, so nothing stays without its
visit. The manifest stays as it was fixed at receipt; that the item was linked stands in the audit log.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from server.core import events
from server.custody.models import Announced
from server.field.models import EvidenceItem
from server.field.services import guard

log = logging.getLogger(__name__)


def standing(*, court: str, visit_id: str, server_id: str) -> tuple[str, str | None]:
    """(task, why an item that comes now is late): `visit_lost`, `visit_closed`, or None. Raises `visit.not_found`."""
    visit = guard.find(court=court, visit_id=visit_id)
    why = None
    if not guard.is_mine(visit, server_id):
        why = "visit_lost"
    elif visit["state"] == "withdrawn" or (visit.get("review") or {}).get("state") == "accepted":
        why = "visit_closed"
    return visit["task_id"], why


def follow(item: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """The item (raw) under the visit its entry has been given; as it is when there is nothing to follow."""
    if item["visit_id"] or not item.get("announced_id"):
        return item
    entry = Announced._get_collection().find_one({"_id": item["announced_id"]}, {"visit_id": 1})
    if entry is None or not entry["visit_id"]:
        return item
    court, visit_id = item["court"], entry["visit_id"]
    task_id, why = standing(court=court, visit_id=visit_id, server_id=item["server_id"])
    news = events.event(
        "evidence.linked", court=court, now=now, evidence_id=item["_id"], visit_id=visit_id, task_id=task_id
    )
    change: dict[str, Any] = {"visit_id": visit_id, "task_id": task_id}
    if why:
        change["late"] = {"why": why, "state": "waiting", "brought_by": item["server_id"]}
    try:
        moved = EvidenceItem._get_collection().find_one_and_update(
            {"_id": item["_id"], "visit_id": ""},
            {"$set": change, "$push": {"outbox": news}, "$inc": {"version": 1}},
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:
        log.error("item %s cannot follow to visit %s: the visit has another item of its id", item["_id"], visit_id)
        return item
    if moved is None:
        return EvidenceItem._get_collection().find_one({"_id": item["_id"]}) or item
    events.relay(EvidenceItem, item["_id"])
    return dict(moved)
