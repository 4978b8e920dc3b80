"""What is known about where and when one item was captured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from evidence.geo import GeoPoint

# Geocoded addresses lie at the gate, the middle of the compound or on the street: without better knowledge the door
# is taken to be somewhere within this circle.
ADDRESS_UNCERTAINTY_M = 150.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where the door is thought to be, and the radius of the circle it surely lies in."""

    point: GeoPoint
    uncertainty_m: float = ADDRESS_UNCERTAINTY_M


@dataclass(frozen=True, slots=True)
class Fix:
    """One position of a receiver. `accuracy_m` is the radius it holds with 68 % (as Android and WeChat give it)."""

    point: GeoPoint
    accuracy_m: float
    at: datetime
    provider: str = ""
    mock: bool = False


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """A position of the phone's route before, at, or after the capture."""

    point: GeoPoint
    accuracy_m: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """Everything one item says about its place and time.

    `sealed`: fixes of the signed envelope. `beside`: the fix sent in clear with the item. `exif_point`,
    `exif_taken_at`: what the file itself carries (EXIF, QuickTime). `track`: the phone's own positions around the
    time. `elsewhere`: positions of other items and steps of the same person. `clock_offset_s`: server clock minus
    phone clock when the phone last measured it.
    """

    taken_at: datetime
    address: Address | None = None
    sealed: tuple[Fix, ...] = ()
    beside: Fix | None = None
    exif_point: GeoPoint | None = None
    exif_taken_at: datetime | None = None
    track: tuple[TrackPoint, ...] = ()
    elsewhere: tuple[TrackPoint, ...] = ()
    clock_offset_s: float | None = None

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """The fixes the place is judged by: the sealed ones, else the one sent beside, in order of time."""
        found = self.sealed or ((self.beside,) if self.beside else ())
        return tuple(sorted(found, key=lambda one: one.at))

    def nearest_fix(self, fixes: Sequence[Fix]) -> Fix:
        """Of these (at least one), the fix nearest in time to the capture."""
        return min(fixes, key=lambda one: abs((one.at - self.taken_at).total_seconds()))
