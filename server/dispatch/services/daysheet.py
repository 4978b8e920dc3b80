"""Changes of who has what on a day: one at a time per day, all or nothing.

A change is a MongoDB transaction that first raises the day sheet's version, so two changes of the same day cannot
interleave: one waits, is retried, and then sees what the other did. What a phone reports (accept, depart, arrive) is a
single update of the visit; when it meets a change on the same visit, exactly one of the two wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from server.core import database
from server.dispatch import errors
from server.dispatch.models import DaySheet, Roster, Visit

Result = TypeVar("Result")
_TRIES = 3

# What routes are made of; a change reads no more than this.
ROUTE_FIELDS = (
    "state",
    "version",
    "date",
    "task_id",
    "attempt_id",
    "case_number",
    "recipient_name",
    "point",
    "minutes",
    "windows",
    "witness_windows",
    "recused",
    "crew",
    "skills",
    "building",
    "address.mask",
    "priority",
    "due_on",
    "server_id",
    "second_server_id",
    "position",
    "second_position",
    "planned_arrive_at",
    "planned_leave_at",
    "travel_m",
    "outcome.happened_at",
)


def parse_day(text: str) -> date:
    """Raises `day.invalid` for anything but YYYY-MM-DD of this century: a day is a key, so it has one spelling."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise errors.bad_day(text) from error
    if day.isoformat() != text or not 2000 <= day.year < 2100:
        raise errors.bad_day(text)
    return day


def change_day(court: str, day: str, work: Callable[[ClientSession], Result]) -> Result:
    """Runs `work` in a transaction that has the day to itself.

    `work` may run several times, so it has no effects outside MongoDB. A DomainError from it undoes everything and
    reaches the caller.
    """

    def whole(session: ClientSession) -> Result:
        DaySheet._get_collection().update_one(
            {"_id": sheet_id(court, day)},
            {"$inc": {"version": 1}, "$setOnInsert": {"court": court, "date": day, "routes": {}}},
            upsert=True,
            session=session,
        )
        return work(session)

    for left in range(_TRIES, 0, -1):
        try:
            with database.database().client.start_session() as session:
                return session.with_transaction(
                    whole, read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority", j=True)
                )
        except DuplicateKeyError:
            # Two first changes of a day both insert the sheet; the loser finds it next time.
            if left == 1:
                raise
    raise AssertionError("unreachable")


def sheet_id(court: str, day: str) -> str:
    return f"{court} {day}"


def day_visits(court: str, day: str, session: ClientSession | None = None, **where: Any) -> list[dict[str, Any]]:
    """Raw visits of the day, withdrawn ones left out, with the fields routes are made of."""
    query = {"court": court, "date": day, "state": {"$ne": "withdrawn"}, **where}
    return list(Visit._get_collection().find(query, ROUTE_FIELDS, session=session))


def day_entries(court: str, day: str, session: ClientSession | None = None) -> list[dict[str, Any]]:
    """Raw roster entries of the day; empty when there is no roster."""
    found = Roster._get_collection().find_one({"court": court, "date": day}, {"entries": 1}, session=session)
    return list((found or {}).get("entries") or ())


def entry_of(entries: list[dict[str, Any]], server_id: str) -> dict[str, Any]:
    """Raises `roster.not_on_duty` for somebody who does not work that day."""
    for entry in entries:
        if entry["server_id"] == server_id and entry["status"] == "on_duty":
            return entry
    raise errors.server_not_on_duty()


def names_of(entries: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {entry["server_id"]: entry["name"] for entry in entries}


def change(
    *,
    now: datetime,
    by: str,
    by_name: str,
    what: str,
    from_server: str | None,
    to_server: str | None,
    reason: str | None = None,
) -> dict[str, Any]:
    """A raw Change for `$push`."""
    entry = {
        "at": now,
        "by": by,
        "by_name": by_name,
        "what": what,
        "from_server": from_server,
        "to_server": to_server,
        "reason": reason,
    }
    return {key: value for key, value in entry.items() if value is not None}
