"""The place-truth verdict of an item: what is stored about it, turned into values for `evidence.place`, and kept.

A verdict never stops anybody: reviewers see it with its reasons. It may be given again when more is known (a track
that came late, the facts of the analysis).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from evidence.geo import GeoPoint
from evidence.place import DOUBT, Address, Claim, TrackPoint, Verdict, judge
from server.core.clock import court_day
from server.custody.services import envelopes
from server.field.models import EvidenceItem, PositionBatch
from server.field.services import guard

_AROUND = timedelta(minutes=15)
_ITEM_FIELDS = dict.fromkeys(
    (
        *("visit_id", "server_id", "captured_at", "received_at", "fix", "facts", "envelope", "capture", "place"),
        *("analysis.media", "kind"),
    ),
    1,
)


@dataclass(frozen=True, slots=True)
class _Moment:
    """A position of a person, and the item or step it belongs to."""

    owner: str
    place: TrackPoint


@dataclass(frozen=True, slots=True)
class _Day:
    """What is known of one person's day: addresses of the visits, positions of items and steps, the track."""

    addresses: Mapping[str, GeoPoint]
    moments: tuple[_Moment, ...]
    track: tuple[TrackPoint, ...]


def judge_place(*, court: str, evidence_id: str, now: datetime) -> dict[str, Any] | None:
    """Gives the item its verdict and answers it as stored; None when there is no such item. May run twice."""
    item = EvidenceItem._get_collection().find_one({"_id": evidence_id, "court": court}, _ITEM_FIELDS)
    if item is None:
        return None
    visit = (
        guard.visits().find_one({"_id": item["visit_id"], "court": court}, {"date": 1}) if item["visit_id"] else None
    )
    date = visit["date"] if visit else court_day(item["captured_at"]).isoformat()
    return _judge(court, item, _day(court, date, item), now)


def judge_day(*, court: str, date: str, now: datetime) -> int:
    """Judges all items of a day's visits again, now that everything has come in. How many verdicts changed."""
    visits = guard.visits().find({"court": court, "date": date, "progress.0": {"$exists": True}}, {"_id": 1})
    ids = [one["_id"] for one in visits]
    changed, days = 0, {}
    for item in EvidenceItem._get_collection().find({"court": court, "visit_id": {"$in": ids}}, _ITEM_FIELDS):
        # By visit too: one that went to somebody else since is known only beside its own items.
        whose = (item["server_id"], item["visit_id"])
        if whose not in days:
            days[whose] = _day(court, date, item)
        before = item.get("place") or {}
        after = _judge(court, item, days[whose], now)
        changed += before.get("verdict") != after["verdict"]
    return changed


def doubts(*, court: str, visit_ids: Iterable[str]) -> dict[str, int]:
    """How many items of each visit are in doubt; visits without are left out."""
    where = {"court": court, "visit_id": {"$in": list(visit_ids)}, "place.verdict": DOUBT}
    found = EvidenceItem._get_collection().aggregate(
        [{"$match": where}, {"$group": {"_id": "$visit_id", "count": {"$sum": 1}}}]
    )
    return {one["_id"]: one["count"] for one in found}


def _judge(court: str, item: Mapping[str, Any], day: _Day, now: datetime) -> dict[str, Any]:
    document = _document(judge(_claim(item, day)), now)
    before = item.get("place") or {}
    if {**before, "at": None} == {**document, "at": None}:
        return dict(before)
    EvidenceItem._get_collection().update_one({"_id": item["_id"], "court": court}, {"$set": {"place": document}})
    return document


def _document(verdict: Verdict, now: datetime) -> dict[str, Any]:
    reasons = [
        {"code": one.code, "text": one.text_zh, "weight": one.weight, "figures": dict(one.figures)}
        for one in verdict.reasons
    ]
    return {"verdict": verdict.verdict, "reasons": reasons, "distance_m": verdict.distance_m, "at": now}


def _claim(item: Mapping[str, Any], day: _Day) -> Claim:
    sealed = envelopes.read(item.get("envelope"))
    address = day.addresses.get(item["visit_id"])
    file_point, file_time = _file_facts(item)
    offset_ms = (item.get("capture") or {}).get("clock_offset_ms")
    taken_at = sealed.taken_at or item["captured_at"]
    near = [one for one in day.track if abs(one.at - taken_at) <= _AROUND]
    return Claim(
        taken_at=taken_at,
        address=Address(address) if address else None,
        sealed=sealed.fixes,
        beside=envelopes.stored_fix(item.get("fix")),
        exif_point=file_point,
        exif_taken_at=file_time,
        track=tuple(near),
        elsewhere=tuple(one.place for one in day.moments if one.owner != item["_id"]),
        clock_offset_s=offset_ms / 1000 if isinstance(offset_ms, int | float) else sealed.clock_offset_s,
    )


def _file_facts(item: Mapping[str, Any]) -> tuple[GeoPoint | None, datetime | None]:
    """Place and time the file carries: of a photo read at receipt (EXIF), of a recording by the analysis."""
    facts, media = item.get("facts") or {}, (item.get("analysis") or {}).get("media") or {}
    place = facts.get("exif_wgs84") or media.get("point")
    at = facts.get("exif_taken_at") or envelopes.time_of(media.get("taken_at"))
    return GeoPoint(place[1], place[0]) if place else None, at


def _day(court: str, date: str, item: Mapping[str, Any]) -> _Day:
    server_id = item["server_id"]
    mine = {"court": court, "date": date, **guard.mine(server_id)}
    visits = list(guard.visits().find(mine, {"point": 1, "progress": 1}))
    if item["visit_id"] and all(one["_id"] != item["visit_id"] for one in visits):
        # The visit went to somebody else since.
        visits += guard.visits().find({"_id": item["visit_id"], "court": court}, {"point": 1, "progress": 1})
    addresses = {one["_id"]: envelopes.stored_point(one["point"]) for one in visits if one.get("point")}
    return _Day(addresses, tuple(_moments(court, server_id, visits)), tuple(_track(court, server_id, date)))


def _moments(court: str, server_id: str, visits: list[dict[str, Any]]) -> Iterable[_Moment]:
    where = {"court": court, "visit_id": {"$in": [one["_id"] for one in visits]}, "server_id": server_id}
    for item in EvidenceItem._get_collection().find({**where, "fix": {"$exists": True}}, {"fix": 1}):
        yield from _moment(item["_id"], item["fix"])
    for visit in visits:
        for step in visit.get("progress") or ():
            if step["by"] == server_id:
                yield from _moment(step["client_id"], step.get("fix"))


def _moment(owner: str, stored: Mapping[str, Any] | None) -> Iterable[_Moment]:
    fix = envelopes.stored_fix(stored)
    if fix is not None:
        yield _Moment(owner, TrackPoint(fix.point, fix.accuracy_m, fix.at))


def _track(court: str, server_id: str, date: str) -> Iterable[TrackPoint]:
    where = {"court": court, "server_id": server_id, "date": date}
    for batch in PositionBatch._get_collection().find(where, {"points": 1}).sort("first_at", 1):
        for one in batch.get("points") or ():
            yield TrackPoint(GeoPoint(one["wgs84"][1], one["wgs84"][0]), one["accuracy_m"], one["at"])
