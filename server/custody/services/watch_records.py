"""Visits and pictures of a court as the library's checks read them. No names but those of the servers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from evidence.watch import Image, Moment, Visit
from server.accounts.models import Person
from server.core import crypto
from server.core.clock import at_second
from server.custody.services import envelopes
from server.field.models import EvidenceItem
from server.field.services import guard
from server.law.outcomes import OUTCOMES

REASONS_ZH = {
    "absent": "无人在家",
    "refusal": "拒收",
    "bad_address": "地址有误",
    "unreachable": "无法进入",
    "safety": "因安全原因中止",
}
_VISIT_FIELDS = dict.fromkeys(
    (
        *("date", "server_id", "party_id", "building", "point", "outcome.code", "outcome.happened_at"),
        *("outcome.witness.name", "outcome.witness.unit", "progress.kind", "progress.by", "progress.fix"),
    ),
    1,
)
_IMAGE_KINDS = {"$regex": "^(photo_|signature_|video$|scan$)"}


@dataclass(frozen=True, slots=True)
class Records:
    """The visits that ended in the window and their pictures."""

    visits: tuple[Visit, ...]
    pictures: tuple[Image, ...]


def gather(*, court: str, day: date, back_days: int) -> Records:
    """Everything from `back_days` before the day up to the day itself."""
    first = day - timedelta(days=back_days)
    dates = {"$gte": first.isoformat(), "$lte": day.isoformat()}
    where = {"court": court, "date": dates, "state": "ended", "outcome.code": {"$exists": True}}
    found = list(guard.visits().find(where, _VISIT_FIELDS))
    names = names_of({one["server_id"] for one in found if one.get("server_id")})
    today = [one["_id"] for one in found if one["date"] == day.isoformat()]
    moments = _moments_of_items(court, today)
    visits = tuple(_visit(court, one, names, moments) for one in found if one.get("server_id"))
    return Records(visits, tuple(_pictures(court, first, {one.visit_id for one in visits})))


def names_of(person_ids: Iterable[str]) -> dict[str, str]:
    """Names of people by id."""
    found = Person._get_collection().find({"_id": {"$in": sorted(person_ids)}}, {"name": 1})
    return {one["_id"]: one["name"] for one in found}


def _visit(court: str, raw: Mapping[str, Any], names: Mapping[str, str], taken: Mapping[str, list[Any]]) -> Visit:
    outcome, server_id = raw["outcome"], raw["server_id"]
    rule = OUTCOMES.get(outcome["code"])
    group = (rule.reason if rule else None) or ""
    steps = [(one["kind"], moment) for one in raw.get("progress") or () if (moment := _step(one, server_id))]
    entered = next((moment for kind, moment in reversed(steps) if kind == "outcome"), None)
    # An acceptance may be tapped anywhere: only arriving and entering the outcome happen at the door.
    there = [moment for kind, moment in steps if kind in ("arrive", "outcome")]
    there += [moment for by, moment in taken.get(raw["_id"], ()) if by == server_id]
    return Visit(
        visit_id=raw["_id"],
        day=raw["date"],
        server_id=server_id,
        server_name=names.get(server_id, "送达员"),
        outcome=outcome["code"],
        at=outcome["happened_at"],
        group=group,
        group_zh=REASONS_ZH.get(group, ""),
        point=envelopes.stored_point(raw["point"]) if raw.get("point") else None,
        place=raw.get("building") or "",
        recipient=raw.get("party_id") or "",
        witness=_witness(court, outcome.get("witness")),
        entered=entered,
        moments=tuple(there),
    )


def _step(step: Mapping[str, Any], server_id: str) -> Moment | None:
    return _moment(step.get("fix")) if step["by"] == server_id else None


def _moment(stored: Mapping[str, Any] | None) -> Moment | None:
    fix = envelopes.stored_fix(stored)
    return Moment(fix.point, fix.accuracy_m, fix.at) if fix else None


def _witness(court: str, witness: Mapping[str, Any] | None) -> str:
    """A blind index of name and unit: the same for the same witness, and tells nobody who it is."""
    if not witness or not witness.get("name"):
        return ""
    said = "\n".join("".join(str(witness.get(name) or "").split()) for name in ("name", "unit"))
    return crypto.vault().index(f"witness\n{said}", court=court)


def _moments_of_items(court: str, visit_ids: list[str]) -> dict[str, list[tuple[str, Moment]]]:
    where = {"court": court, "visit_id": {"$in": visit_ids}, "fix": {"$exists": True}}
    moments: dict[str, list[tuple[str, Moment]]] = defaultdict(list)
    for item in EvidenceItem._get_collection().find(where, {"visit_id": 1, "server_id": 1, "fix": 1}):
        moment = _moment(item["fix"])
        if moment is not None:
            moments[item["visit_id"]].append((item["server_id"], moment))
    return moments


def _pictures(court: str, first: date, visit_ids: set[str]) -> Iterable[Image]:
    """By the time they were received: an index leads there, and nothing is received before it is captured."""
    where = {"court": court, "received_at": {"$gte": at_second(first, 0)}, "kind": _IMAGE_KINDS}
    wanted = {"visit_id": 1, "kind": 1, "sha256": 1, "captured_at": 1, "analysis.hashes": 1}
    for item in EvidenceItem._get_collection().find(where, wanted):
        if item["visit_id"] not in visit_ids:
            continue
        hashes = (item.get("analysis") or {}).get("hashes") or {}
        yield Image(
            evidence_id=item["_id"],
            visit_id=item["visit_id"],
            kind=item["kind"],
            sha256=item["sha256"],
            phash=_hex(hashes.get("phash")),
            at=item["captured_at"],
            fine=_hex(hashes.get("fine")),
        )


def _hex(text: Any) -> int | None:
    return int(text, 16) if isinstance(text, str) and text else None
