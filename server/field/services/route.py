"""The day as one phone sees it. Read through pymongo with a projection: this is the most frequent read of all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from server.dispatch.models import Roster
from server.dispatch.services import needed_on_the_way, show_addresses
from server.field import errors
from server.field.models import EvidenceItem
from server.field.services import guard

# What a phone may know of a visit: masks only, and nothing of who decided what.
STOP_FIELDS = {
    "date": 1, "state": 1, "version": 1, "server_id": 1, "second_server_id": 1, "position": 1, "second_position": 1,
    "planned_arrive_at": 1, "planned_leave_at": 1, "windows": 1, "minutes": 1, "case_number": 1, "case_kind": 1,
    "cause": 1, "recipient_name": 1, "recipient_kind": 1, "standing": 1, "id_mask": 1, "phone_mask": 1,
    "address.text": 1, "address.mask": 1,
    "point.lng": 1, "point.lat": 1, "point.datum": 1, "documents": 1, "remarks": 1, "hearing_at": 1, "due_on": 1,
    "review.state": 1, "review.reason": 1, "review.round": 1, "outcome.code": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PhoneRoute:
    """Raw visits in order of the day, the server's own roster entry (None when off), names and evidence counts.

    Visits of other days that were sent back for more come along: they are work of today.
    """

    day: str
    visits: list[dict[str, Any]]
    entry: dict[str, Any] | None
    names: dict[str, str]
    evidence_held: dict[str, int]


def route_of_day(*, court: str, person_id: str, day: date, now: datetime) -> PhoneRoute:
    """Everything one server needs on a day, in at most four queries. `address` is text, cut on days that are over."""
    text = day.isoformat()
    found = guard.visits().find(
        {
            "court": court,
            "$or": [
                {"date": text, "server_id": person_id},
                {"date": text, "second_server_id": person_id},
                {"review.state": "sent_back", "server_id": person_id},
            ],
            "state": {"$ne": "withdrawn"},
        },
        STOP_FIELDS,
    )
    visits = sorted(_with_addresses(court, found, now), key=lambda one: _place(one, person_id, text))
    entries = _entries(court, text, visits, person_id)
    return PhoneRoute(
        text,
        visits,
        next((one for one in entries if one["server_id"] == person_id), None),
        {one["server_id"]: one["name"] for one in entries},
        # Before the door is reached there can be no evidence: the usual morning asks nothing here.
        _counts(court, (one["_id"] for one in visits if one["state"] != "assigned")),
    )


def visit_of_phone(*, court: str, visit_id: str, person_id: str, now: datetime) -> PhoneRoute:
    """One visit as in the route. Raises `visit.not_found`, `visit.not_yours` with what happened."""
    visit = guard.visits().find_one({"_id": visit_id, "court": court}, {**STOP_FIELDS, "changes": 1})
    if visit is None:
        raise errors.visit_not_found()
    if not guard.is_mine(visit, person_id):
        raise guard.refusal_of_stranger(visit, person_id)
    (visit,) = _with_addresses(court, [visit], now)
    entries = _entries(court, visit["date"], [visit], person_id)
    return PhoneRoute(
        visit["date"],
        [visit],
        next((one for one in entries if one["server_id"] == person_id), None),
        {one["server_id"]: one["name"] for one in entries},
        _counts(court, [visit_id]),
    )


def _with_addresses(court: str, visits: Iterable[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    return show_addresses(visits, court=court, now=now, needed=needed_on_the_way)


def _entries(court: str, day: str, visits: list[dict[str, Any]], person_id: str) -> list[dict[str, Any]]:
    """The person's own line of the roster; everybody's when a crew's names must be told."""
    crews = any(one.get("second_server_id") for one in visits)
    wanted = 1 if crews else {"$elemMatch": {"server_id": person_id}}
    roster = Roster._get_collection().find_one({"court": court, "date": day}, {"entries": wanted})
    return list((roster or {}).get("entries", ()))


def _place(visit: dict[str, Any], person_id: str, day: str) -> tuple[bool, int, str]:
    own = visit.get("server_id") == person_id
    position = visit.get("position") if own else visit.get("second_position") or visit.get("position")
    return visit["date"] != day, position or 10_000, visit["_id"]


def _counts(court: str, visit_ids: Iterable[str]) -> dict[str, int]:
    wanted = list(visit_ids)
    if not wanted:
        return {}
    found = EvidenceItem._get_collection().aggregate(
        [
            {"$match": {"court": court, "visit_id": {"$in": wanted}}},
            {"$group": {"_id": "$visit_id", "count": {"$sum": 1}}},
        ]
    )
    return {one["_id"]: one["count"] for one in found}
