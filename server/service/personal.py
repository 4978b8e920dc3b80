"""What tasks hold of a party's personal values, and how it is taken away."""

from __future__ import annotations

from datetime import datetime

from server.cases.privacy import destroyed
from server.core.crypto import DESTROYED
from server.service.models import ServiceTask

_OPEN = ("pending_review", "in_progress", "returned")


def has_open_task(court: str, party_id: str) -> bool:
    """Whether somebody still has to reach the party."""
    where = {"court": court, "recipients.party_id": party_id, "state": {"$in": _OPEN}}
    return ServiceTask._get_collection().find_one(where, {"_id": 1}) is not None


def clear_recipients(court: str, party_id: str, now: datetime) -> int:
    """Masks, address and place of the party in every task."""
    gone = {
        "recipients.$[one].address": destroyed(party_id),
        "recipients.$[one].id_mask": DESTROYED,
        "recipients.$[one].phone_mask": DESTROYED,
        "updated_at": now,
    }
    changed = ServiceTask._get_collection().update_many(
        {"court": court, "recipients.party_id": party_id},
        {"$set": gone, "$unset": {"recipients.$[one].point": ""}, "$inc": {"version": 1}},
        array_filters=[{"one.party_id": party_id}],
    )
    return int(changed.modified_count)
