"""Pure questions about what a phone sends: is this time possible, is this position believable, how far was it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from evidence.geo import GeoPoint, distance_m, in_china_box
from routing.datum import to_wgs84

CLOCK_SLACK = timedelta(minutes=5)
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
MAX_ACCURACY_M = 2_000.0
# WeChat's getLocation answers these two and nothing else.
PHONE_DATUMS = ("WGS-84", "GCJ-02")
# 60 m/s: faster than any car or metro of a working day, slower than a position thrown across the town.
MAX_SPEED_M_S = 60.0
TRACK_ACCURACY_M = 150.0
# Standing still, a phone's positions wander by about this much: a hop counts once it is longer.
MIN_HOP_M = 25.0

PROGRESS_STATES = {"accept": "accepted", "depart": "departed", "arrive": "arrived"}
_ORDER = ("assigned", "accepted", "departed", "arrived")


@dataclass(frozen=True, slots=True)
class RawFix:
    """A position as sent: degrees in `datum`, accuracy in metres (68 %), the provider's name, its time."""

    lng: float
    lat: float
    datum: str
    accuracy_m: float
    provider: str
    at: datetime

    def content(self) -> dict[str, Any]:
        """What counts as its content when the same client id comes again."""
        return {
            "lng": self.lng,
            "lat": self.lat,
            "datum": self.datum,
            "accuracy_m": self.accuracy_m,
            "provider": self.provider,
            "at": self.at,
        }


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a value cannot be true: stable code, Chinese title."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """A believed position: WGS-84 degrees, metres, time."""

    point: GeoPoint
    accuracy_m: float
    at: datetime


def time_refusal(at: datetime, *, now: datetime) -> Refusal | None:
    """`time.in_future` (more than five minutes ahead of us) or `time.too_old` (before 2020)."""
    if at > now + CLOCK_SLACK:
        return Refusal("time.in_future", "时间晚于当前时间，请校准手机时间")
    if at < EARLIEST:
        return Refusal("time.too_old", "时间过早，请校准手机时间")
    return None


def _time(fix: RawFix, now: datetime) -> Refusal | None:
    return time_refusal(fix.at, now=now)


def _datum(fix: RawFix, _now: datetime) -> Refusal | None:
    if fix.datum in PHONE_DATUMS:
        return None
    return Refusal("position.wrong_datum", f"定位坐标系应为 {' 或 '.join(PHONE_DATUMS)}")


def _china(fix: RawFix, _now: datetime) -> Refusal | None:
    if isfinite(fix.lng) and isfinite(fix.lat) and in_china_box(GeoPoint(fix.lat, fix.lng)):
        return None
    return Refusal("position.outside_china", "定位不在中国境内")


def _accuracy(fix: RawFix, _now: datetime) -> Refusal | None:
    if not isfinite(fix.accuracy_m) or fix.accuracy_m < 0:
        return Refusal("position.bad_accuracy", "定位精度不正确，应为不小于 0 的米数")
    if fix.accuracy_m > MAX_ACCURACY_M:
        return Refusal("position.too_coarse", f"定位误差过大（{fix.accuracy_m:.0f} 米），请到开阔处重新定位")
    return None


# In this order: the first that objects is the answer.
FIX_CHECKS: tuple[Callable[[RawFix, datetime], Refusal | None], ...] = (_time, _datum, _china, _accuracy)


def fix_refusal(fix: RawFix, *, now: datetime) -> Refusal | None:
    """The first check a position fails on its own, or None."""
    for check in FIX_CHECKS:
        refusal = check(fix, now)
        if refusal is not None:
            return refusal
    return None


def wgs84_of(fix: RawFix) -> GeoPoint:
    """Where a checked position is, in WGS-84."""
    lng, lat = to_wgs84(fix.lng, fix.lat, fix.datum)
    return GeoPoint(lat, lng)


def fix_document(fix: RawFix) -> dict[str, Any]:
    """A checked position as it is stored (`server.dispatch.models.Fix`)."""
    here = wgs84_of(fix)
    return {
        "point": {
            "lng": fix.lng,
            "lat": fix.lat,
            "datum": fix.datum,
            "wgs84": {"type": "Point", "coordinates": [here.lng, here.lat]},
        },
        "accuracy_m": fix.accuracy_m,
        "provider": fix.provider,
        "at": fix.at,
    }


def clean(fixes: Sequence[RawFix], *, now: datetime) -> tuple[list[int], dict[int, Refusal]]:
    """Which positions of a batch to keep: (indexes in order of time, index → why not).

    First each for itself (FIX_CHECKS), then together: a position that no speed on the ground could have reached from
    its neighbours, while they reach each other, was thrown there by the receiver (`position.jump`).
    """
    refused: dict[int, Refusal] = {}
    for index, fix in enumerate(fixes):
        refusal = fix_refusal(fix, now=now)
        if refusal is not None:
            refused[index] = refusal
    order = sorted((i for i in range(len(fixes)) if i not in refused), key=lambda i: (fixes[i].at, i))
    track = [TrackPoint(wgs84_of(fixes[i]), fixes[i].accuracy_m, fixes[i].at) for i in order]
    for place in jumps(track):
        refused[order[place]] = Refusal("position.jump", "定位发生跳变，未采用")
    return [index for index in order if index not in refused], refused


def jumps(track: Sequence[TrackPoint]) -> list[int]:
    """Places in a track (ordered by time) of positions thrown far away and back again."""
    found: list[int] = []
    last = 0
    for place in range(1, len(track) - 1):
        before, here, after = track[last], track[place], track[place + 1]
        if not _reachable(before, here) and not _reachable(here, after) and _reachable(before, after):
            found.append(place)
        else:
            last = place
    return found


def _reachable(a: TrackPoint, b: TrackPoint) -> bool:
    apart = distance_m(a.point, b.point) - a.accuracy_m - b.accuracy_m
    seconds = max(abs((b.at - a.at).total_seconds()), 1.0)
    return apart <= MAX_SPEED_M_S * seconds


def tracked_m(points: Iterable[TrackPoint]) -> float:
    """Metres moved along believed positions, in any order: coarse ones, jumps and wandering on the spot left out."""
    track = sorted((one for one in points if one.accuracy_m <= TRACK_ACCURACY_M), key=lambda one: one.at)
    thrown = set(jumps(track))
    total, anchor = 0.0, None
    for place, here in enumerate(track):
        if place in thrown:
            continue
        if anchor is None:
            anchor = here
            continue
        hop = distance_m(anchor.point, here.point)
        if hop < max(MIN_HOP_M, here.accuracy_m):
            continue
        if _reachable(anchor, here):
            total += hop
        anchor = here
    return total


def states_before(kind: str) -> tuple[str, ...]:
    """The visit states that a step (accept, depart, arrive) moves forward."""
    return _ORDER[: _ORDER.index(PROGRESS_STATES[kind])]


# The same as `useless`, for a query: only what papers may rest on.
USEFUL = {"analysis.state": {"$ne": "broken"}, "late.state": {"$nin": ["waiting", "left"]}}


def useless(item: Mapping[str, Any]) -> Refusal | None:
    """Why a held item does not count towards what the law wants, or None when it does.

    It cannot be read (found by the analysis after it was received), or it came late and nobody has taken it up.
    """
    if (item.get("analysis") or {}).get("state") == "broken":
        return Refusal("evidence_broken", "所列证据材料已损坏、无法辨认，请重新采集")
    if (item.get("late") or {}).get("state") in ("waiting", "left"):
        return Refusal("evidence_late", "所列证据材料为迟到材料，未经采纳不能作为依据")
    return None
