"""Finding parties by a number they have, through the blind index alone: nothing is opened, nothing is scanned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from server.cases.models import Case, Party
from server.core.fields import id_number_index, phone_index

LIMIT = 200


@dataclass(frozen=True, slots=True)
class FoundParty:
    """A party of a case, with masks only."""

    party_id: str
    case_id: str
    case_number: str
    name: str
    kind: str
    standing: str | None
    id_mask: str | None
    phone_mask: str | None


def find(*, court: str, phone: str | None = None, id_number: str | None = None, limit: int = LIMIT) -> list[FoundParty]:
    """Parties of the court with exactly this phone and identity number (either may be left out), by case number.

    However the number is written: +86, spaces and dashes of a phone and a small x make no difference. Neither given
    finds nobody.
    """
    where: dict[str, Any] = {"court": court}
    if id_number:
        where["id_number.index"] = id_number_index(id_number, court=court)
    if phone:
        where["phone.index"] = phone_index(phone, court=court)
    if len(where) == 1:
        return []
    shown = {"case_id": 1, "name": 1, "kind": 1, "standing": 1, "id_number.mask": 1, "phone.mask": 1}
    parties = list(Party._get_collection().find(where, shown).limit(limit))
    cases = {"_id": {"$in": sorted({party["case_id"] for party in parties})}, "court": court}
    numbers = {case["_id"]: case["number"] for case in Case._get_collection().find(cases, {"number": 1})}
    found = [_found(party, numbers.get(party["case_id"], "")) for party in parties]
    return sorted(found, key=lambda one: (one.case_number, one.party_id))


def _found(party: dict[str, Any], case_number: str) -> FoundParty:
    return FoundParty(
        party_id=party["_id"],
        case_id=party["case_id"],
        case_number=case_number,
        name=party["name"],
        kind=party["kind"],
        standing=party.get("standing"),
        id_mask=(party.get("id_number") or {}).get("mask"),
        phone_mask=(party.get("phone") or {}).get("mask"),
    )
