"""Tickets for a whole shift, handed out while there is a network: one per visit, and one for what has no visit yet."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pymongo.errors import BulkWriteError

from evidence.capture import tickets as notes
from evidence.capture.tickets import Ticket
from evidence.log import Signer
from server.core.audit import checkpoints
from server.core.clock import at_second, court_day
from server.core.ids import new_id
from server.custody import errors
from server.custody.models import CaptureTicket
from server.custody.services import devices
from server.field.services import guard
from server.service.services.rule_sets import rules_in_force

# Long enough for a shift that ends after midnight and a phone that is charged the next morning.
GRACE = timedelta(hours=36)
AHEAD_DAYS = 7
_DAY_S = 24 * 3600.0
_DUPLICATE = 11000


@dataclass(frozen=True, slots=True)
class Issued:
    """`tickets`: raw `CaptureTicket`s, the one without a visit last. `verifier`: the court's public key (C2SP form)."""

    device_id: str
    gallery_allowed: bool
    verifier: str
    tickets: list[dict[str, Any]]


def issue(*, court: str, person_id: str, device_id: str | None, day: date, now: datetime) -> Issued:
    """The tickets of this person's phone for a day; asking again answers the same ones, and those of new visits.

    Raises `ticket.bad_day`, `device.none`, `device.superseded` (`device_id` is no longer the newest).
    """
    if not court_day(now) - timedelta(days=1) <= day <= court_day(now) + timedelta(days=AHEAD_DAYS):
        raise errors.ticket_bad_day()
    expires_at = at_second(day, _DAY_S) + GRACE
    device = devices.active(court=court, person_id=person_id)
    if device_id is not None and device["_id"] != device_id:
        raise errors.device_superseded(device["_id"])
    wanted = [*_visits(court, person_id, day.isoformat()), ""]
    gallery = gallery_allowed(court, day)
    held = _held(court, day, device["_id"], wanted)
    missing = [one for one in wanted if one not in held]
    signer = checkpoints.signer(court)
    fresh = [_made(court, day, one, device, gallery, expires_at, signer, now) for one in missing]
    if _insert(fresh):
        held |= {one["visit_id"]: one for one in fresh}
    else:
        held = _held(court, day, device["_id"], wanted)
    return Issued(device["_id"], gallery, str(signer.verifier), [held[one] for one in wanted])


def gallery_allowed(court: str, day: date) -> bool:
    """Whether the court's rules of the day let evidence be imported from a phone's gallery."""
    return rules_in_force(court, day).value("gallery_import") == 1


def _visits(court: str, person_id: str, day: str) -> list[str]:
    """The visits of the person's route, as `server.field.services.route` finds them."""
    found = guard.visits().find(
        {
            "court": court,
            "$or": [
                {"date": day, "server_id": person_id},
                {"date": day, "second_server_id": person_id},
                {"review.state": "sent_back", "server_id": person_id},
            ],
            "state": {"$ne": "withdrawn"},
        },
        {"_id": 1},
    )
    return sorted(one["_id"] for one in found)


def _held(court: str, day: date, device_id: str, visit_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = _tickets().find(
        {"court": court, "date": day.isoformat(), "device_id": device_id, "visit_id": {"$in": list(visit_ids)}}
    )
    return {one["visit_id"]: one for one in found}


def _made(
    court: str,
    day: date,
    visit_id: str,
    device: dict[str, Any],
    gallery: bool,
    expires_at: datetime,
    signer: Signer,
    now: datetime,
) -> dict[str, Any]:
    ticket = Ticket(
        court=court,
        ticket_id=new_id(),
        date=day.isoformat(),
        visit_id=visit_id,
        person_id=device["person_id"],
        device_id=device["_id"],
        device_key=bytes(device["public_key"]),
        nonce=secrets.token_hex(32),
        gallery_allowed=gallery,
        issued_at=now,
        expires_at=expires_at,
    )
    return {
        "_id": ticket.ticket_id,
        "court": court,
        "date": ticket.date,
        "visit_id": visit_id,
        "person_id": ticket.person_id,
        "device_id": ticket.device_id,
        "nonce": ticket.nonce,
        "gallery_allowed": gallery,
        "issued_at": now,
        "expires_at": expires_at,
        "note": notes.sign(ticket, signer),
    }


def _insert(fresh: list[dict[str, Any]]) -> bool:
    """False when another request was quicker with one of them."""
    if not fresh:
        return True
    try:
        _tickets().insert_many(fresh, ordered=False)
    except BulkWriteError as error:
        if not only_duplicates(error):
            raise
        return False
    return True


def only_duplicates(error: BulkWriteError) -> bool:
    """Whether nothing but a unique index refused."""
    failed: Iterable[Any] = error.details.get("writeErrors") or ()
    return not error.details.get("writeConcernErrors") and all(one.get("code") == _DUPLICATE for one in failed)


def _tickets() -> Any:
    return CaptureTicket._get_collection()
