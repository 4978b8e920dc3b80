"""The way between two doors, as a phone would see it: along the street grid, with the receiver's errors."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, radians
from typing import Any

from evidence.geo import GeoPoint, distance_m
from routing.datum import from_wgs84, to_wgs84

EVERY_S = 45.0
_METRES_PER_DEGREE = 111_320.0
_COARSE_SHARE, _JUMP_SHARE = 0.02, 0.01


@dataclass(frozen=True, slots=True)
class Place:
    """A door: WGS-84, None when the list gave no position."""

    point: GeoPoint | None

    @classmethod
    def of(cls, point: dict[str, Any] | None) -> Place:
        """From a point as the API gives it ({lng, lat, datum})."""
        if point is None:
            return cls(None)
        lng, lat = to_wgs84(point["lng"], point["lat"], point["datum"])
        return cls(GeoPoint(lat, lng))


class Receiver:
    """The position receiver of one phone: its datum, its errors."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.datum = rng.choice(("GCJ-02", "WGS-84"))

    def fix(self, at: datetime, here: GeoPoint) -> dict[str, Any]:
        """A good fix near `here`, as the API takes it."""
        accuracy_m = self._rng.uniform(6, 35)
        return self._as_sent(at, _moved(here, self._rng, accuracy_m / 2), accuracy_m)

    def along(self, start: GeoPoint, end: GeoPoint, leave: datetime, arrive: datetime) -> list[dict[str, Any]]:
        """Fixes on the way, now and then a coarse one or one thrown far away (the server must see through them)."""
        fixes = []
        for at, here in _steps(start, end, leave, arrive):
            dice = self._rng.random()
            if dice < _JUMP_SHARE:
                fixes.append(self._as_sent(at, _moved(here, self._rng, 40_000), 20.0))
            elif dice < _JUMP_SHARE + _COARSE_SHARE:
                fixes.append(self._as_sent(at, _moved(here, self._rng, 900), self._rng.uniform(500, 4000)))
            else:
                fixes.append(self.fix(at, here))
        return fixes

    def _as_sent(self, at: datetime, here: GeoPoint, accuracy_m: float) -> dict[str, Any]:
        lng, lat = from_wgs84(here.lng, here.lat, self.datum)
        return {
            "point": {"lng": round(lng, 6), "lat": round(lat, 6), "datum": self.datum},
            "accuracy_m": round(accuracy_m, 1),
            "provider": "gps" if accuracy_m < 100 else "network",
            "at": at.isoformat(),
        }


def _steps(start: GeoPoint, end: GeoPoint, leave: datetime, arrive: datetime) -> Iterator[tuple[datetime, GeoPoint]]:
    """Moments and places: first east or west, then north or south, as streets run."""
    corner = GeoPoint(start.lat, end.lng)
    first, second = distance_m(start, corner), distance_m(corner, end)
    total_s = max((arrive - leave).total_seconds(), 1.0)
    count = max(int(total_s // EVERY_S), 1)
    for step in range(count + 1):
        gone = (first + second) * step / count
        here = (
            _between(start, corner, gone / first)
            if gone < first
            else _between(corner, end, (gone - first) / second if second else 1.0)
        )
        yield leave + timedelta(seconds=total_s * step / count), here


def _between(a: GeoPoint, b: GeoPoint, share: float) -> GeoPoint:
    return GeoPoint(a.lat + (b.lat - a.lat) * share, a.lng + (b.lng - a.lng) * share)


def _moved(here: GeoPoint, rng: random.Random, metres: float) -> GeoPoint:
    north, east = rng.gauss(0, metres / 2), rng.gauss(0, metres / 2)
    return GeoPoint(
        here.lat + north / _METRES_PER_DEGREE,
        here.lng + east / (_METRES_PER_DEGREE * cos(radians(here.lat))),
    )
