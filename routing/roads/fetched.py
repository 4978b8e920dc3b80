"""Travel times that were fetched for a day: plain arrays, no network, the same answer every time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.travel import SAME_PLACE_M, Asked, FloatMatrix, HasLngLat, HaversineTravel, IntMatrix, whole

from .base import Block, Profile
from .report import FetchReport
from .store import cells_of

_Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class FetchedTravel:
    """Rides by (profile, hour) over the places in `index` (cell → row), turned into journeys of any mode and hour.

    A ride becomes a journey with the fallback's numbers: its loss per journey is added (parking, waiting), an hour
    without rides of its own stretches those of the nearest by the ratio of speeds, and no journey is slower than
    walking the same way. Other places, and rides nobody answered, come from `fallback` whole.
    """

    index: Mapping[int, int]
    rides: Mapping[tuple[str, int], Block]
    profiles: Mapping[str, Profile]
    fallback: HaversineTravel
    report: FetchReport

    def matrix(self, points: Sequence[HasLngLat], mode: str, hour: int) -> tuple[IntMatrix, IntMatrix]:
        """See TravelTimes.matrix."""
        return self.matrices(points, [(mode, (hour,))])[0]

    def matrices(self, points: Sequence[HasLngLat], asked: Sequence[Asked]) -> list[tuple[IntMatrix, IntMatrix]]:
        """See SeveralTravelTimes."""
        rows = np.array([self.index.get(int(cell), -1) for cell in cells_of(points)], dtype=np.int64)
        made = self.fallback.matrices(points, asked)
        for (mode, hours), (seconds, metres) in zip(asked, made, strict=True):
            if mode in self.profiles:
                self._enter(mode, hours, rows, seconds, metres)
        return made

    def _enter(self, mode: str, hours: Sequence[int], rows: _Rows, seconds: IntMatrix, metres: IntMatrix) -> None:
        """Puts the mean journey over the hours where all of them have a ride."""
        among = np.flatnonzero(rows >= 0)
        inside, chosen = np.ix_(among, among), np.ix_(rows[among], rows[among])
        total_s = np.zeros((len(among), len(among)), dtype=np.float64)
        total_m, known = np.zeros_like(total_s), np.ones(total_s.shape, dtype=np.bool_)
        for hour in hours:
            at = self._nearest_hour(self.profiles[mode].name, hour)
            if at is None:
                return
            block = self.rides[self.profiles[mode].name, at]
            ride_s, ride_m = (one[chosen].astype(np.float64) for one in (block.seconds, block.metres))
            known &= ride_s >= 0
            total_m += ride_m / len(hours)
            total_s += self._journey_s(ride_s, ride_m, mode, at, hour) / len(hours)
        total_s[total_m < SAME_PLACE_M] = 0.0
        seconds[inside] = np.where(known, whole(total_s), seconds[inside])
        metres[inside] = np.where(known, whole(total_m), metres[inside])

    def _nearest_hour(self, profile: str, hour: int) -> int | None:
        """The hour around the clock nearest to the one asked for that has rides."""
        kept = sorted(at for name, at in self.rides if name == profile)
        return min(kept, key=lambda at: min((at - hour) % 24, (hour - at) % 24), default=None)

    def _journey_s(self, ride_s: FloatMatrix, ride_m: FloatMatrix, mode: str, at: int, hour: int) -> FloatMatrix:
        if self.profiles[mode].timed:
            ride_s = ride_s * self.fallback.slowdown(mode, at, hour)
        else:
            ride_s = ride_m * (3.6 / self.fallback.speed_of(mode, hour))
        walk_s = ride_m * (3.6 / self.fallback.speed_of("walk", hour))
        return np.asarray(np.minimum(ride_s + self.fallback.paces[mode].overhead_s, walk_s), dtype=np.float64)
