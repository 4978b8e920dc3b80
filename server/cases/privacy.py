"""Destroying one person's values on request (PIPL art. 47): the salt goes, and with it every copy anywhere.

What dies: identity number, phone, addresses and their coordinates, numbers of whoever signed or witnessed for them, in
every document and every backup; their masks and indexes in the live documents; and the lists that told of them. What
stays: the name and the record of service, which the court must keep, and papers already made, which are court files.

The floors above register what they hold of a party. Every step may be repeated; a crash is mended by asking again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.cases.models import ImportRun, Party
from server.cases.services import Who
from server.core import crypto
from server.core.errors import Conflict, Invalid, NotFound

MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Holding:
    """What one floor holds of parties. `needed(court, party_id)`: somebody still works with it.

    `clear(court, party_id, now)` takes away masks, indexes and places, and answers how many documents it changed.
    """

    name: str
    needed: Callable[[str, str], bool]
    clear: Callable[[str, str, datetime], int]


@dataclass(frozen=True, slots=True)
class Shredded:
    """What was cleared: documents by holding, and lists whose key was destroyed."""

    party_id: str
    cleared: Mapping[str, int] = field(default_factory=dict)


_holdings: list[Holding] = []


def register(holding: Holding) -> None:
    """Called when the program is composed; the same holding again changes nothing."""
    if holding not in _holdings:
        _holdings.append(holding)


def shred_party(*, court: str, party_id: str, reason: str, actor: Who, now: datetime) -> Shredded:
    """Destroys a party's values for ever.

    Raises `party.not_found`, `privacy.reason_required`, `privacy.still_needed` while a task of the party is open.
    """
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON:
        raise Invalid(code="privacy.reason_required", title=f"请填写销毁理由（{MAX_REASON}字以内）")
    if Party._get_collection().find_one({"_id": party_id, "court": court}, {"_id": 1}) is None:
        raise NotFound(code="party.not_found", title="没有这个当事人")
    needed = [holding.name for holding in _holdings if holding.needed(court, party_id)]
    if needed:
        raise Conflict(code="privacy.still_needed", title="该当事人仍有未办结的送达任务，不能销毁其个人信息")
    crypto.vault().destroy_subject(party_id, court=court, reason=reason, by=actor.id, now=now)
    cleared = {"parties": _clear_party(court, party_id, now), "import_runs": _destroy_lists(court, party_id, now)}
    for holding in _holdings:
        cleared[holding.name] = holding.clear(court, party_id, now)
    return Shredded(party_id, cleared)


def destroyed(of: str) -> dict[str, str]:
    """A `Sealed` as it is left behind; the index is another one for every `of`, so that unique indexes hold."""
    return {"text": crypto.TOMBSTONE, "mask": crypto.DESTROYED, "index": f"destroyed:{of}"}


def _clear_party(court: str, party_id: str, now: datetime) -> int:
    collection = Party._get_collection()
    one = {"_id": party_id, "court": court}
    gone = {"identity": f"destroyed:{party_id}", "updated_at": now}
    changed = int(collection.update_one(one, {"$set": gone}).modified_count)
    for name in ("id_number", "phone"):
        collection.update_one({**one, name: {"$exists": True}}, {"$set": {name: destroyed(party_id)}})
    return changed


def _destroy_lists(court: str, party_id: str, now: datetime) -> int:
    """Finished lists that may have told of the party. Nothing reads them again: a list can be uploaded anew."""
    party: dict[str, Any] = Party._get_collection().find_one({"_id": party_id, "court": court}, {"created_at": 1}) or {}
    where = {
        "court": court,
        "kind": "cases",
        "file_key": {"$exists": True},
        "$or": [{"state": "done", "finished_at": {"$gte": party.get("created_at", now)}}, {"state": "failed"}],
    }
    return int(ImportRun._get_collection().update_many(where, {"$unset": {"file_key": ""}}).modified_count)
