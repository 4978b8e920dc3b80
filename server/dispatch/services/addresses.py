"""Addresses of visits as they may be shown: whole while somebody has to find the door, cut to the street afterwards.

Raw visits carry the address sealed. One call opens those of a whole day in one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from server.core.clock import court_day
from server.core.fields import open_fields
from server.dispatch.planning import UNDER_WAY

Raw = dict[str, Any]
_OVER = ("ended", "withdrawn")


def needed_by_the_desk(visit: Raw, today: str) -> bool:
    """Whoever plans needs the address of visits to come; of those that are over the street will do."""
    return bool(visit["date"] >= today and visit["state"] not in _OVER)


def needed_on_the_way(visit: Raw, today: str) -> bool:
    """A phone shows its day, ended visits too; and of earlier days what is under way or was sent back for more."""
    sent_back = (visit.get("review") or {}).get("state") == "sent_back"
    return bool(visit["date"] >= today or visit["state"] in UNDER_WAY or sent_back)


def show_addresses(
    visits: Iterable[Raw], *, court: str, now: datetime, needed: Callable[[Raw, str], bool] = needed_by_the_desk
) -> list[Raw]:
    """The visits with `address` as text and `address_masked`, whether it was cut. 已销毁 where it was destroyed.

    Visits need `date`, `state` and `address`; `needed_on_the_way` also `review.state`.
    """
    today = court_day(now).isoformat()
    found = list(visits)
    whole = [number for number, visit in enumerate(found) if needed(visit, today)]
    opened = dict(zip(whole, open_fields([found[number]["address"] for number in whole], court=court), strict=True))
    return [
        {**visit, "address": opened.get(number, visit["address"]["mask"]), "address_masked": number not in opened}
        for number, visit in enumerate(found)
    ]
