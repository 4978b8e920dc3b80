"""Steps and places of a visit as papers show them."""

from __future__ import annotations

from typing import Any

from evidence.geo import GeoPoint, distance_m
from server.dispatch.models import Fix, Visit
from server.papers import data as paper

_PROGRESS = {"accept": "接单", "depart": "出发", "arrive": "到达", "outcome": "登记结果"}


def address_point(visit: Visit) -> paper.Position | None:
    """Where the address lies, WGS-84; None when nobody knows."""
    if visit.point is None:
        return None
    lng, lat = visit.point.lng_lat
    return paper.Position(longitude=lng, latitude=lat, datum="WGS-84")


def event_of(step: Any, visit: Visit) -> paper.VisitEvent:
    """One step of a visit as papers tell it."""
    return paper.VisitEvent(
        label=_PROGRESS.get(step.kind, step.kind),
        occurred_at=step.happened_at,
        position=position_of(step.fix),
        distance_to_address_m=distance_to(visit, step.fix),
    )


def position_of(fix: Fix | None) -> paper.Position | None:
    """A fix, WGS-84, with accuracy and time."""
    if fix is None:
        return None
    lng, lat = fix.point.lng_lat
    return paper.Position(longitude=lng, latitude=lat, datum="WGS-84", accuracy_m=fix.accuracy_m, taken_at=fix.at)


def distance_to(visit: Visit, fix: Fix | None) -> float | None:
    """Metres between a fix and the visit's address point; None when either is unknown."""
    if fix is None or visit.point is None:
        return None
    lng, lat = visit.point.lng_lat
    there_lng, there_lat = fix.point.lng_lat
    return distance_m(GeoPoint(lat=lat, lng=lng), GeoPoint(lat=there_lat, lng=there_lng))
