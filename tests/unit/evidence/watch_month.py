"""A generated month of a court: servers with streets and witnesses of their own, honest but for what a test adds."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from evidence.geo import GeoPoint
from evidence.watch import Image, Moment, Visit
from tests.unit.evidence.place_days import moved, shaken

CENTRE = GeoPoint(39.92, 116.38)
LAST = date(2026, 11, 20)
GROUPS = {"absent": 0.25, "bad_address": 0.1, "refusal": 0.06, "unreachable": 0.04}


def month(rng: random.Random, *, servers: int = 12, days: int = 15, a_day: int = 10) -> list[Visit]:
    """Rates differ from server to server, as districts do; each works with about six witnesses."""
    found = []
    for number in range(servers):
        home = moved(CENTRE, rng.uniform(0, 8_000), rng.uniform(0, 6))
        rates = {group: share * rng.uniform(0.7, 1.4) for group, share in GROUPS.items()}
        for back in range(days):
            found += _working_day(rng, f"s{number}", home, LAST - timedelta(days=back), rates, a_day)
    return found


def _working_day(
    rng: random.Random, server: str, home: GeoPoint, day: date, rates: dict[str, float], count: int
) -> list[Visit]:
    at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    visits, here = [], home
    for number in range(count):
        there = moved(home, rng.uniform(100, 2_500), rng.uniform(0, 6))
        way_m = rng.uniform(1.0, 1.5) * _apart(here, there)
        at += timedelta(seconds=way_m / 5.0 + rng.uniform(300, 900))
        visits.append(visit(rng, f"{server}-{day.isoformat()}-{number}", server, day, at, there, rates))
        here = there
    return visits


def _apart(a: GeoPoint, b: GeoPoint) -> float:
    return (((a.lat - b.lat) * 111_320) ** 2 + ((a.lng - b.lng) * 85_400) ** 2) ** 0.5


def visit(
    rng: random.Random, name: str, server: str, day: date, at: datetime, there: GeoPoint, rates: dict[str, float]
) -> Visit:
    """One honest visit: some minutes at the door, positions with errors, now and then one thrown away."""
    dice, group = rng.random(), ""
    for one, share in rates.items():
        if dice < share:
            group = one
            break
        dice -= share
    moments = [
        Moment(shaken(rng, there, 15), rng.uniform(5, 30), at - timedelta(seconds=60 * number)) for number in range(4)
    ]
    if rng.random() < 0.02:
        moments[1] = replace(moments[1], point=moved(there, 40_000, rng.uniform(0, 6)))
    witness = f"{server}-w{min(int(rng.expovariate(0.5)), 6)}" if group == "refusal" else ""
    return Visit(
        visit_id=name, day=day.isoformat(), server_id=server, server_name=f"送达员{server}",
        outcome=group or "signed_recipient", at=at, group=group, group_zh={"absent": "无人在家"}.get(group, group),
        point=moved(there, rng.uniform(0, 60), rng.uniform(0, 6)), place=f"b-{name}", recipient=f"p-{name}",
        witness=witness, entered=moments[0], moments=tuple(moments),
    )  # fmt: skip


def pictures(rng: random.Random, visits: list[Visit]) -> list[Image]:
    """Two scenes and a signature each, every one of its own."""
    return [
        Image(
            f"{visit.visit_id}-{kind}", visit.visit_id, kind, f"{rng.getrandbits(256):064x}", rng.getrandbits(64),
            visit.at, rng.getrandbits(256),
        )
        for visit in visits
        for kind in ("photo_door", "photo_process", "signature_recipient")
    ]  # fmt: skip
