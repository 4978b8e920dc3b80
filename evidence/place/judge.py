"""The verdict: all reasons, their weights added up, and what that comes to."""

from __future__ import annotations

from evidence.place import surroundings
from evidence.place.fixes import of_fixes
from evidence.place.geometry import geodesic_m
from evidence.place.reasons import AGREES, DISTANCES, DOUBT, DOUBT_FROM, UNKNOWN, Reason, Verdict
from evidence.place.values import Claim

_SOURCES = (
    of_fixes,
    surroundings.of_distance,
    surroundings.of_clock,
    surroundings.of_file,
    surroundings.of_track,
    surroundings.of_elsewhere,
)


def judge(claim: Claim) -> Verdict:
    """`doubt` when the weights reach 1, else `unknown` without a usable distance, else `agrees`. Never raises for
    what a phone sent."""
    reasons = sorted((one for source in _SOURCES for one in source(claim)), key=lambda one: (-one.weight, one.code))
    return Verdict(_verdict(reasons), tuple(reasons), _distance_m(claim))


def _verdict(reasons: list[Reason]) -> str:
    # Tenths added up in floating point must not miss the line by a hair.
    if sum(one.weight for one in reasons) >= DOUBT_FROM - 1e-9:
        return DOUBT
    measured = any(one.code in DISTANCES for one in reasons)
    return AGREES if measured else UNKNOWN


def _distance_m(claim: Claim) -> float | None:
    if claim.address is None or not claim.fixes:
        return None
    return round(geodesic_m(surroundings.middle_fix(claim.address, claim.fixes).point, claim.address.point), 1)
