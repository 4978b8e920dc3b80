"""Pictures of the court that look the same: the same bytes, or perceptual hashes within a few bits of each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence.analysis import distance, near_keys
from evidence.analysis.phash import FINE_NEAR, NEAR
from server.field import errors
from server.field.models import EvidenceItem
from server.field.services.evidence import media_kind

_READ = 2_000
_SHOWN = dict.fromkeys(
    ("visit_id", "server_id", "kind", "sha256", "captured_at", "received_at", "analysis.hashes", "analysis.copies"), 1
)


@dataclass(frozen=True, slots=True)
class Similar:
    """One item that looks like the one asked about. `bits` of 64 that differ (0–8), `fine_bits` of 256 when known.

    `same_bytes`: the very same file. `likely`: the finer hash says so too, so that doors of one make are told apart.
    """

    evidence_id: str
    visit_id: str
    server_id: str
    kind: str
    captured_at: datetime
    received_at: datetime
    bits: int
    fine_bits: int | None
    same_bytes: bool
    likely: bool


def similar(*, court: str, evidence_id: str, within: Mapping[str, Any] | None = None, limit: int = 50) -> list[Similar]:
    """Items like this one in the court, nearest first; `within` narrows to what the asker may see.

    Raises `evidence.not_found`. An item whose analysis is not done, or that shows nothing, has only same bytes.
    """
    item = _collection().find_one({"_id": evidence_id, "court": court}, _SHOWN)
    if item is None:
        raise errors.evidence_not_found()
    hashes = (item.get("analysis") or {}).get("hashes") or {}
    wanted: list[dict[str, Any]] = [{"sha256": item["sha256"]}]
    if hashes.get("phash"):
        wanted.append({"analysis.hashes.bands": {"$in": near_keys(hashes["phash"])}})
    found: dict[str, Similar] = {}
    for where in wanted:
        query = {"$and": [{"court": court, "_id": {"$ne": evidence_id}}, where, dict(within or {})]}
        for other in _collection().find(query, _SHOWN).limit(_READ):
            near = _compared(item, other)
            if near is not None:
                found[near.evidence_id] = near
    ranked = sorted(found.values(), key=lambda one: (not one.same_bytes, one.bits, one.fine_bits or 0, one.received_at))
    return ranked[:limit]


def _compared(item: Mapping[str, Any], other: Mapping[str, Any]) -> Similar | None:
    same = other["sha256"] == item["sha256"]
    mine, theirs = ((one.get("analysis") or {}).get("hashes") or {} for one in (item, other))
    if not same and media_kind(item["kind"]) != media_kind(other["kind"]):
        return None
    bits, fine = 0, None
    if not same:
        bits = distance(mine["phash"], theirs["phash"])
        if mine.get("fine") and theirs.get("fine"):
            fine = distance(mine["fine"], theirs["fine"])
    if bits > NEAR:
        return None
    return Similar(
        evidence_id=other["_id"],
        visit_id=other["visit_id"],
        server_id=other["server_id"],
        kind=other["kind"],
        captured_at=other["captured_at"],
        received_at=other["received_at"],
        bits=bits,
        fine_bits=fine,
        same_bytes=same,
        likely=same or fine is None or fine <= FINE_NEAR,
    )


def _collection() -> Any:
    return EvidenceItem._get_collection()
