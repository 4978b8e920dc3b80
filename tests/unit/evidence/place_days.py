"""Generated captures: honest ones with the errors receivers really make, and dishonest ones of several trades.

Errors of phones: about 5 m under open sky (van Diggelen and Enge, ION GNSS+ 2015), 7–13 m on ordinary streets
(Merry and Bettinger, PLoS ONE 14(7), 2019), tens of metres with too good an accuracy claimed between tall buildings.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import cos, pi, radians, sin

from evidence.geo import GeoPoint
from evidence.place import Address, Claim, Fix, TrackPoint

DOOR = GeoPoint(39.9283, 116.36806)
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
_DEGREE = 111_320.0


def moved(point: GeoPoint, metres: float, direction: float) -> GeoPoint:
    """So many metres away; direction in radians from east, against the clock."""
    north, east = metres * sin(direction), metres * cos(direction)
    return GeoPoint(point.lat + north / _DEGREE, point.lng + east / (_DEGREE * cos(radians(point.lat))))


def shaken(rng: random.Random, point: GeoPoint, sigma_m: float) -> GeoPoint:
    north, east = rng.gauss(0, sigma_m), rng.gauss(0, sigma_m)
    return GeoPoint(point.lat + north / _DEGREE, point.lng + east / (_DEGREE * cos(radians(point.lat))))


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def honest(rng: random.Random) -> Claim:
    """Somebody stood at the door; the geocoder put the address near it; the receiver did what it could."""
    door = moved(DOOR, rng.uniform(0, 20_000), rng.uniform(0, 2 * pi))
    address = Address(moved(door, min(rng.lognormvariate(3.2, 0.8), 400), rng.uniform(0, 2 * pi)))
    return replace(_at(rng, door, NOON + seconds(rng.uniform(0, 20_000))), address=address)


def _at(rng: random.Random, here: GeoPoint, at: datetime) -> Claim:
    """What an honest phone at `here` sends."""
    surroundings = rng.choices(("open", "canyon", "indoors"), (70, 25, 5))[0]
    bias, accuracy = {
        "open": (4.0, rng.uniform(4, 15)),
        "canyon": (25.0, rng.uniform(8, 35)),
        "indoors": (50.0, rng.uniform(25, 180)),
    }[surroundings]
    seen = shaken(rng, here, bias)
    held = rng.random() < 0.1  # at rest, some phones repeat the last position with a new time
    fixes, last = [], seen
    for number in range(rng.randint(1, 7)):
        last = last if held else shaken(rng, seen, accuracy / 6)
        fixes.append(Fix(last, round(accuracy, 1), at - seconds(4.0 * number + 1), "gps"))
    track = _track(rng, here, at) if rng.random() < 0.9 else ()
    return Claim(
        taken_at=at,
        sealed=tuple(fixes),
        beside=fixes[0],
        exif_point=shaken(rng, here, 80) if rng.random() < 0.3 else None,
        exif_taken_at=at - seconds(rng.uniform(0, 3)) if rng.random() < 0.8 else None,
        track=track,
        elsewhere=(TrackPoint(moved(here, rng.uniform(300, 3_000), rng.uniform(0, 6)), 20, at - seconds(900)),),
        clock_offset_s=rng.uniform(300, 1_500) if rng.random() < 0.01 else rng.gauss(0, 8),
    )


def _track(rng: random.Random, here: GeoPoint, at: datetime) -> tuple[TrackPoint, ...]:
    """On an e-bike to the door, some minutes there; now and then a coarse point or one thrown across the town."""
    way, points = rng.uniform(0, 2 * pi), []
    for number in range(-14, 5):
        place = moved(here, max(0, -number - 4) * 200, way)
        accuracy = rng.uniform(5, 40)
        if rng.random() < 0.01:
            place = moved(here, 40_000, rng.uniform(0, 6))
        points.append(TrackPoint(shaken(rng, place, accuracy / 2), accuracy, at + seconds(40 * number)))
    return tuple(points)


def from_the_office(rng: random.Random) -> Claim:
    """Never went: an honest phone somewhere else, one kilometre away or more."""
    claim = honest(rng)
    assert claim.address is not None
    office = moved(claim.address.point, rng.uniform(1_000, 12_000), rng.uniform(0, 6))
    return replace(_at(rng, office, claim.taken_at), address=claim.address)


def mocked_with_flag(rng: random.Random) -> Claim:
    claim = honest(rng)
    return replace(claim, sealed=tuple(replace(one, mock=True) for one in claim.sealed))


def typed_in(rng: random.Random) -> Claim:
    """A mock application without a flag: the address itself, again and again; no track was recorded."""
    claim = honest(rng)
    assert claim.address is not None
    fixes = tuple(Fix(claim.address.point, 5.0, claim.taken_at - seconds(5 * n), "gps") for n in range(6))
    return replace(claim, sealed=fixes, beside=fixes[0], track=(), elsewhere=(), exif_point=None)


def mocked_while_the_track_ran(rng: random.Random) -> Claim:
    """Mocked with some shaking for the photo, but the day's own track was elsewhere."""
    claim = honest(rng)
    office = moved(DOOR, 60_000, rng.uniform(0, 6))
    return replace(claim, track=_track(rng, office, claim.taken_at))


def old_photo(rng: random.Random) -> Claim:
    claim = honest(rng)
    return replace(claim, exif_taken_at=claim.taken_at - timedelta(days=rng.uniform(0.1, 30)))


def generated_route(rng: random.Random) -> Claim:
    """A route player: steady speed along a line, and the address as the last position of the photo."""
    claim = typed_in(rng)
    assert claim.address is not None
    way, here = rng.uniform(0, 6), claim.address.point
    track = tuple(
        TrackPoint(moved(here, max(0, -n) * 60, way), 5.0, claim.taken_at + seconds(15 * n)) for n in range(-20, 1)
    )
    return replace(claim, sealed=claim.sealed[:2], track=track)


def carefully_faked(rng: random.Random) -> Claim:
    """Shaken, without a flag, without any track or earlier record: indistinguishable from the truth by what is sent."""
    return replace(honest(rng), track=(), elsewhere=(), exif_point=None)


TRADES: dict[str, Callable[[random.Random], Claim]] = {
    one.__name__: one
    for one in (from_the_office, mocked_with_flag, typed_in, mocked_while_the_track_ran, old_photo, generated_route)
}
