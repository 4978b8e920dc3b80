"""What the board watches: evidence of a visit, tracks, latest positions, mileage planned against tracked."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from evidence.geo import GeoPoint, distance_m
from server.dispatch.models import Roster
from server.field import rules
from server.field.models import EvidenceItem, PositionBatch
from server.field.services import guard
from server.law.outcomes import EVIDENCE_KINDS

# The way to a door is shown from half an hour before arriving until the outcome.
_LEAD_IN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One item as a reviewer sees it. `distance_m`: from where it was taken to the address, None when unknown.

    `place`: the place-truth verdict as stored ({verdict, reasons, distance_m, at}), None before there is one. `capture`
    and `late` are words of `EvidenceItem`, `analysis` its state.
    """

    id: str
    client_id: str
    kind: str
    label: str
    sha256: str
    size: int
    media_type: str
    captured_at: datetime
    received_at: datetime
    fix: dict[str, Any] | None
    distance_m: float | None
    warnings: tuple[str, ...]
    place: dict[str, Any] | None = None
    capture: str | None = None
    analysis: str | None = None
    late: str | None = None


@dataclass(frozen=True, slots=True)
class LatestPosition:
    """Where a server was last seen: WGS-84 (lng, lat)."""

    server_id: str
    wgs84: tuple[float, float]
    accuracy_m: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Mileage:
    """Metres planned (published route, way back not included) and tracked by positions; visits that ended."""

    server_id: str
    name: str
    planned_m: int
    tracked_m: int
    visits_done: int


def visit_evidence(*, court: str, visit: dict[str, Any]) -> list[EvidenceView]:
    """All items held for a visit (a raw document with `_id` and `point`), in the order they were captured."""
    found = EvidenceItem._get_collection().find({"court": court, "visit_id": visit["_id"]})
    place = _wgs84(visit.get("point"))
    items = sorted(found, key=lambda one: (one["captured_at"], one["_id"]))
    return [_evidence_view(one, place) for one in items]


def track_of_visit(*, court: str, visit: dict[str, Any]) -> list[tuple[float, float]]:
    """The believed positions on the way to a visit and at its door, WGS-84 (lng, lat), in order of time."""
    if not visit.get("server_id"):
        return []
    times = [step["happened_at"] for step in visit.get("progress") or ()]
    if not times:
        return []
    first, last = min(times), max(times)
    arrived = [one["happened_at"] for one in visit["progress"] if one["kind"] == "arrive"]
    if arrived:
        first = max(first, min(arrived) - _LEAD_IN)
    points = _points(court, visit["date"], visit["server_id"])
    return [
        (one.point.lng, one.point.lat)
        for one in points
        if first <= one.at <= last and one.accuracy_m <= rules.TRACK_ACCURACY_M
    ]


def latest_positions(*, court: str, day: date) -> list[LatestPosition]:
    """The newest position of every server seen on a day."""
    found = PositionBatch._get_collection().aggregate(
        [
            {"$match": {"court": court, "date": day.isoformat(), "last_at": {"$type": "date"}}},
            {"$sort": {"last_at": 1}},
            {"$group": {"_id": "$server_id", "point": {"$last": {"$last": "$points"}}}},
        ]
    )
    return [
        LatestPosition(
            one["_id"],
            (one["point"]["wgs84"][0], one["point"]["wgs84"][1]),
            one["point"]["accuracy_m"],
            one["point"]["at"],
        )
        for one in sorted(found, key=lambda one: str(one["_id"]))
    ]


def mileage(*, court: str, day: date) -> list[Mileage]:
    """Planned and tracked metres of every server of a day's roster, in its order."""
    text = day.isoformat()
    roster = Roster._get_collection().find_one(
        {"court": court, "date": text}, {"entries.server_id": 1, "entries.name": 1}
    )
    planned: dict[str, int] = defaultdict(int)
    done: dict[str, int] = defaultdict(int)
    for visit in guard.visits().find({"court": court, "date": text}, {"server_id": 1, "state": 1, "travel_m": 1}):
        planned[visit.get("server_id") or ""] += visit.get("travel_m") or 0
        done[visit.get("server_id") or ""] += visit["state"] == "ended"
    tracks = _tracks(court, text)
    return [
        Mileage(
            one["server_id"],
            one["name"],
            planned[one["server_id"]],
            round(rules.tracked_m(tracks.get(one["server_id"], ()))),
            done[one["server_id"]],
        )
        for one in (roster or {}).get("entries", ())
    ]


def _evidence_view(item: dict[str, Any], place: GeoPoint | None) -> EvidenceView:
    fix = item.get("fix")
    taken = _wgs84(fix["point"]) if fix else None
    return EvidenceView(
        id=item["_id"],
        client_id=item["client_id"],
        kind=item["kind"],
        label=EVIDENCE_KINDS.get(item["kind"], item["kind"]),
        sha256=item["sha256"],
        size=item["size"],
        media_type=item["media_type"],
        captured_at=item["captured_at"],
        received_at=item["received_at"],
        fix=fix,
        distance_m=round(distance_m(taken, place), 1) if taken and place else None,
        warnings=tuple(item.get("facts", {}).get("warnings", ())),
        place=item.get("place") or None,
        capture=(item.get("capture") or {}).get("verdict"),
        analysis=(item.get("analysis") or {}).get("state"),
        late=(item.get("late") or {}).get("state"),
    )


def _wgs84(point: dict[str, Any] | None) -> GeoPoint | None:
    if not point:
        return None
    lng, lat = point["wgs84"]["coordinates"]
    return GeoPoint(lat, lng)


def _points(court: str, day: str, server_id: str) -> list[rules.TrackPoint]:
    found = PositionBatch._get_collection().find({"court": court, "date": day, "server_id": server_id}, {"points": 1})
    points = [_track_point(one) for batch in found for one in batch["points"]]
    return sorted(points, key=lambda one: one.at)


def _tracks(court: str, day: str) -> dict[str, list[rules.TrackPoint]]:
    tracks: dict[str, list[rules.TrackPoint]] = defaultdict(list)
    for batch in PositionBatch._get_collection().find({"court": court, "date": day}, {"server_id": 1, "points": 1}):
        tracks[batch["server_id"]].extend(_track_point(one) for one in batch["points"])
    return tracks


def _track_point(point: dict[str, Any]) -> rules.TrackPoint:
    lng, lat = point["wgs84"]
    return rules.TrackPoint(GeoPoint(lat, lng), point["accuracy_m"], point["at"])
