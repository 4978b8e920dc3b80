"""Claiming and releasing: what a process server may do with the day's visits from the phone (R4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from server.core.errors import DomainError
from server.dispatch import errors
from server.dispatch.models import Visit
from server.dispatch.services import moves
from server.dispatch.services.addresses import show_addresses
from server.dispatch.services.daysheet import change_day, day_entries, entry_of, names_of, parse_day
from server.dispatch.services.moves import Move
from server.dispatch.services.routes import Day, Raw
from server.service.actor import Actor

_HIDDEN = {"progress": 0, "outbox": 0, "outcome": 0, "changes": 0}


def claimable(*, court: str, day: str, server_id: str, now: datetime) -> list[dict[str, Any]]:
    """Raw open visits of the day this server could take: nobody's, for one person, within their skills.

    Empty for somebody who is not on duty that day. `address` is text (`show_addresses`).
    """
    parse_day(day)
    try:
        entry = entry_of(day_entries(court, day), server_id)
    except DomainError:
        return []
    mine = set(entry.get("skills") or ())
    found = Visit._get_collection().find({"court": court, "date": day, "state": "open", "crew": 1}, _HIDDEN)
    open_ones = [
        visit
        for visit in found.sort("priority", -1)
        if set(visit.get("skills") or ()) <= mine and server_id not in (visit.get("recused") or ())
    ]
    return show_addresses(open_ones, court=court, now=now)


def claim_visit(*, court: str, visit_id: str, server_id: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Takes an open visit. Two at once: exactly one wins, the other gets `visit.taken`. Claiming one's own is harmless.

    Raises `visit.not_found`, `visit.taken`, `visit.withdrawn`, `visit.crew_needs_lead`, `visit.lacks_skill`,
    `visit.recused`, `visit.server_is_full`, `roster.not_on_duty`.
    """
    day_text = moves.find_visit(court, visit_id, date=1)["date"]

    def work(session: ClientSession) -> bool:
        day = moves.read_day(court, day_text, session)
        visit = _claimable_in(day, visit_id, server_id)
        if visit is None:
            return False
        move = Move(visit, server_id, None, "claimed")
        moves.apply(court, day, [move], actor=actor, now=now, session=session)
        return True

    if change_day(court, day_text, work):
        moves.relay([visit_id])
    return moves.find_visit(court, visit_id)


def _claimable_in(day: Day, visit_id: str, server_id: str) -> Raw | None:
    """The visit when it may be claimed, None when it is the claimer's already."""
    visit = next((dict(one) for one in day.visits if one["_id"] == visit_id), None)
    if visit is None:
        raise errors.visit_withdrawn()
    holder = visit.get("server_id")
    if holder == server_id:
        return None
    if holder or visit["state"] != "open":
        raise errors.visit_taken(names_of(list(day.entries)).get(holder or "", "他人"), to_server=holder)
    entry = entry_of(list(day.entries), server_id)
    if visit.get("crew") == 2:
        raise errors.crew_needs_lead()
    if server_id in (visit.get("recused") or ()):
        raise errors.server_recused()
    missing = sorted(set(visit.get("skills") or ()) - set(entry.get("skills") or ()))
    if missing:
        raise errors.server_lacks_skill(missing)
    if len(day.order(server_id)) >= entry["max_stops"]:
        raise errors.server_is_full(entry["max_stops"])
    return visit


def release_visit(
    *, court: str, visit_id: str, server_id: str, reason: str, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Gives one's visit back to the pool before setting out; the second of a crew gives back only that part.

    Giving back what was given back before is harmless. Raises `visit.not_found`, `visit.not_yours`, `visit.under_way`.
    """
    found = moves.find_visit(court, visit_id, date=1)

    def work(session: ClientSession) -> bool:
        day = moves.read_day(court, found["date"], session)
        visit = moves.movable_in(day, visit_id, None)
        if visit.get("server_id") == server_id:
            move = Move(visit, None, None, "released", reason=reason)
        elif visit.get("second_server_id") == server_id:
            move = Move(visit, visit.get("server_id"), None, "released", visit.get("position"), reason)
        elif visit["state"] == "open" and _gave_back(court, visit_id, server_id, session):
            return False
        else:
            raise errors.visit_not_yours(to_server=visit.get("server_id"))
        moves.apply(court, day, [move], actor=actor, now=now, session=session)
        return True

    if change_day(court, found["date"], work):
        moves.relay([visit_id])
    return moves.find_visit(court, visit_id)


def _gave_back(court: str, visit_id: str, server_id: str, session: ClientSession) -> bool:
    """Whether the last thing that happened to the visit was this server's release."""
    found = Visit._get_collection().find_one(
        {"_id": visit_id, "court": court}, {"changes": {"$slice": -1}}, session=session
    )
    last = ((found or {}).get("changes") or [{}])[-1]
    return last.get("what") == "released" and last.get("from_server") == server_id
