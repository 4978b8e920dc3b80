"""What visits hold of a party's personal values, and how it is taken away."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from server.cases import privacy
from server.core.crypto import DESTROYED, TOMBSTONE
from server.dispatch.models import Visit

_NUMBERS = (("signer", "id"), ("witness", "phone"))


def register() -> None:
    """Called once when the program is composed."""
    privacy.register(privacy.Holding("visits", _is_out, _clear))


def _is_out(court: str, party_id: str) -> bool:
    """Whether a visit to the party is not over yet, or its outcome not accepted."""
    running = {"state": {"$nin": ["ended", "withdrawn"]}}
    unread = {"state": "ended", "review.state": {"$in": ["pending", "sent_back"]}}
    where = {"court": court, "party_id": party_id, "$or": [running, unread]}
    return Visit._get_collection().find_one(where, {"_id": 1}) is not None


def _clear(court: str, party_id: str, now: datetime) -> int:
    """Address, place, masks; numbers of signers and witnesses in every submission."""
    where = {"court": court, "party_id": party_id}
    gone: dict[str, Any] = {
        "address": privacy.destroyed(party_id),
        "id_mask": DESTROYED,
        "phone_mask": DESTROYED,
        "updated_at": now,
    }
    visits = Visit._get_collection()
    changed = visits.update_many(where, {"$set": gone, "$unset": {"point": "", "building": ""}, "$inc": {"version": 1}})
    for who, what in _NUMBERS:
        left = {f"{who}.{what}_sealed": TOMBSTONE, f"{who}.{what}_mask": DESTROYED}
        visits.update_many(
            {**where, f"outcome.{who}.{what}_sealed": {"$exists": True}},
            {"$set": {f"outcome.{path}": value for path, value in left.items()}},
        )
        visits.update_many(
            {**where, f"submissions.{who}.{what}_sealed": {"$exists": True}},
            {"$set": {f"submissions.$[one].{path}": value for path, value in left.items()}},
            array_filters=[{f"one.{who}.{what}_sealed": {"$exists": True}}],
        )
    return int(changed.modified_count)
