"""Contact points of parties: what an import brings, what a party had before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import InsertOne, UpdateOne

from server.addresses.models import ContactPoint
from server.cases import importers, privacy
from server.cases.importers import ImportContext, PlacedRow
from server.cases.writing import write_all
from server.core import crypto
from server.core.fields import address_index, sealed_address
from server.core.ids import new_id


def register() -> None:
    """Asks for the rows of case lists; called once when the program is composed, before the floors above."""
    importers.on_case_rows(upsert_many)
    privacy.register(privacy.Holding("contact_points", _needed, _clear))


def upsert_many(placed: Sequence[PlacedRow], context: ImportContext) -> None:
    """Gives every row its contact point. Another address is another contact point: the old one and its history stay.

    A row without coordinates takes those the contact point already has. Where rows of one file give the same party and
    address different points or bases, the first decides.
    """
    wanted = {"court": context.court, "party_id": {"$in": sorted({one.party_id for one in placed})}}
    known = {
        (found["party_id"], found["text"]["index"]): found for found in ContactPoint._get_collection().find(wanted)
    }
    deciders: dict[tuple[str, str], int] = context.memory.setdefault("contact points", {})
    operations: list[Any] = []
    for one in placed:
        place = (one.party_id, address_index(one.row.address, court=context.court))
        decides = deciders.setdefault(place, one.number) == one.number
        held = known.get(place)
        if held is None:
            held = known[place] = _new(one, context)
            operations.append(InsertOne(held))
        elif decides and (changes := _changes(one, held)):
            source = {"source": _source(context), "updated_at": context.now}
            operations.append(UpdateOne({"_id": held["_id"], "court": context.court}, {"$set": changes | source}))
            held = known[place] = held | changes
            one.touched()
        one.contact_point_id = held["_id"]
        one.address = held["text"]
        one.point = one.point or held.get("point")
    write_all(ContactPoint, operations)


def _needed(_court: str, _party_id: str) -> bool:
    """An address is needed by tasks only, and they speak for themselves."""
    return False


def _clear(court: str, party_id: str, now: datetime) -> int:
    """Every address of the party is destroyed, and where it was."""
    gone: dict[str, Any] = {
        "text.text": crypto.TOMBSTONE,
        "text.mask": crypto.DESTROYED,
        # One index each: a party's addresses are unique.
        "text.index": {"$concat": ["destroyed:", "$_id"]},
        "updated_at": now,
    }
    where = {"court": court, "party_id": party_id}
    changed = ContactPoint._get_collection().update_many(where, [{"$set": gone}, {"$unset": ["point"]}])
    return int(changed.modified_count)


def _source(context: ImportContext) -> str:
    return f"import:{context.run_id}"


def _new(one: PlacedRow, context: ImportContext) -> dict[str, Any]:
    contact_point: dict[str, Any] = {
        "_id": new_id(),
        "court": context.court,
        "party_id": one.party_id,
        "text": sealed_address(one.row.address, court=context.court, subject=one.party_id),
        "basis": one.row.address_basis,
        "source": _source(context),
        "created_at": context.now,
        "updated_at": context.now,
    }
    if one.point:
        contact_point["point"] = one.point
    return contact_point


def _changes(one: PlacedRow, held: dict[str, Any]) -> dict[str, Any]:
    """What the row says otherwise; a blank cell takes no point away."""
    changes: dict[str, Any] = {}
    if held.get("basis") != one.row.address_basis:
        changes["basis"] = one.row.address_basis
    if one.point and held.get("point") != one.point:
        changes["point"] = one.point
    return changes
