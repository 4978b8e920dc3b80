"""Positions and times out of stored fixes and signed envelopes, in WGS-84. Reads what a phone wrote: trusts nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from evidence.geo import GeoPoint, in_china_box
from evidence.place import Fix
from routing.datum import DATUMS, to_wgs84

_MOST_FIXES = 200
_LARGEST = 1e7  # metres or seconds: beyond, a number tells nothing


@dataclass(frozen=True, slots=True)
class Sealed:
    """What an envelope says, as far as it can be read. Whether its signature holds is judged elsewhere."""

    fixes: tuple[Fix, ...] = ()
    taken_at: datetime | None = None
    clock_offset_s: float | None = None


def read(envelope: Mapping[str, Any] | None) -> Sealed:
    """The fixes, the time at the shutter and the clock offset of a stored envelope; empty for what is unreadable."""
    try:
        payload = json.loads(bytes((envelope or {}).get("payload") or b"{}"))
    except (ValueError, TypeError, RecursionError):
        return Sealed()
    if not isinstance(payload, dict):
        return Sealed()
    listed = payload.get("fixes")
    rows = listed[:_MOST_FIXES] if isinstance(listed, list) else []
    fixes = tuple(fix for row in rows if (fix := _fix(row)) is not None)
    clock = payload.get("clock")
    offset_ms = _number(clock.get("offset_ms")) if isinstance(clock, dict) else None
    return Sealed(fixes, time_of(payload.get("taken_at")), None if offset_ms is None else offset_ms / 1000)


def stored_fix(stored: Mapping[str, Any] | None) -> Fix | None:
    """A `server.dispatch.models.Fix` as stored."""
    if not stored:
        return None
    return Fix(stored_point(stored["point"]), stored["accuracy_m"], stored["at"], stored["provider"])


def stored_point(point: Mapping[str, Any]) -> GeoPoint:
    """A `DatumPoint` as stored."""
    place = point["wgs84"]
    lng, lat = place["coordinates"] if isinstance(place, Mapping) else place
    return GeoPoint(lat, lng)


def _fix(row: Any) -> Fix | None:
    if not isinstance(row, dict):
        return None
    lng, lat, accuracy_m = (_number(row.get(name)) for name in ("lng", "lat", "accuracy_m"))
    at, datum = time_of(row.get("at")), row.get("datum")
    if lng is None or lat is None or accuracy_m is None or at is None or datum not in DATUMS:
        return None
    if not in_china_box(GeoPoint(lat, lng)) or accuracy_m < 0:
        return None
    lng, lat = to_wgs84(lng, lat, datum)
    return Fix(GeoPoint(lat, lng), accuracy_m, at, str(row.get("provider") or "")[:40], row.get("mock") is True)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= _LARGEST and isfinite(value) else None


def time_of(value: Any) -> datetime | None:
    """An ISO time with its offset, in UTC; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    if found.tzinfo is None or not 1970 <= found.year <= 2999:
        return None
    return found.astimezone(UTC)
