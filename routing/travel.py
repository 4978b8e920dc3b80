"""Travel times between points: one protocol, and the embedded default that needs no road engine."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

IntMatrix = NDArray[np.int32]
FloatMatrix = NDArray[np.float64]

EARTH_RADIUS_M = 6_371_008.8
# Two points this near are the same door: no parking, no waiting, no detour.
SAME_PLACE_M = 15.0
UNREACHABLE_S = 10**7


class HasLngLat(Protocol):
    """Anything with a WGS-84 position in degrees."""

    @property
    def lng(self) -> float: ...
    @property
    def lat(self) -> float: ...


class TravelTimes(Protocol):
    """Source of travel times; implementations must be hashable (identity will do) and pure while a plan is made."""

    def matrix(self, points: Sequence[HasLngLat], mode: str, hour: int) -> tuple[IntMatrix, IntMatrix]:
        """Seconds and metres from each point (row) to each point (column), n×n int32, leaving at `hour` (0–23).

        Rows and columns may differ (one-way streets). UNREACHABLE_S where there is no way at all.
        """
        ...


# A mode and the hours whose mean is wanted: one matrix that stands for a whole shift.
Asked = tuple[str, tuple[int, ...]]


@runtime_checkable
class SeveralTravelTimes(Protocol):
    """A source that makes several matrices over the same points cheaper than one by one."""

    def matrices(self, points: Sequence[HasLngLat], asked: Sequence[Asked]) -> list[tuple[IntMatrix, IntMatrix]]:
        """For each (mode, hours): mean seconds and mean metres over the hours, n×n int32."""
        ...


def mean_matrices(
    travel: TravelTimes, points: Sequence[HasLngLat], asked: Sequence[Asked]
) -> list[tuple[IntMatrix, IntMatrix]]:
    """For each (mode, hours) the mean seconds and metres, n×n int32, from any source of travel times."""
    if isinstance(travel, SeveralTravelTimes):
        return travel.matrices(points, asked)
    made = []
    for mode, hours in asked:
        samples = [travel.matrix(points, mode, hour) for hour in hours]
        made.append((_mean([seconds for seconds, _ in samples]), _mean([metres for _, metres in samples])))
    return made


def _mean(samples: Sequence[IntMatrix]) -> IntMatrix:
    total = np.zeros(samples[0].shape, dtype=np.float64)
    for sample in samples:
        total += sample
    return whole(total / len(samples))


def haversine_m(points: Sequence[HasLngLat]) -> FloatMatrix:
    """Great-circle metres between all pairs, n×n float64, on the mean sphere (within 0.6 % of the ellipsoid)."""
    lng = np.radians(np.array([point.lng for point in points], dtype=np.float64))
    lat = np.radians(np.array([point.lat for point in points], dtype=np.float64))
    # hav = |a-b|²/4 of unit vectors. The chord by subtraction keeps nanometres at short range (a dot product would
    # lose metres) and needs no sine per pair.
    cos_lat = np.cos(lat)
    square = np.zeros((len(points), len(points)), dtype=np.float64)
    for axis in (cos_lat * np.cos(lng), cos_lat * np.sin(lng), np.sin(lat)):
        step = axis[:, None] - axis[None, :]
        step *= step
        square += step
    half = np.sqrt(square, out=square)
    half *= 0.5
    np.minimum(half, 1.0, out=half)
    metres = np.arcsin(half, out=half)
    metres *= 2.0 * EARTH_RADIUS_M
    return metres


@dataclass(frozen=True, slots=True)
class Pace:
    """How a mode moves: km/h off-peak and at peak, seconds lost per journey (parking, waiting), road detour."""

    off_peak_kmh: float
    peak_kmh: float
    overhead_s: float
    detour: float


# City values: a car in Beijing's second to fifth ring does ~24 km/h and loses minutes to parking; public transport
# carries ~20 km/h door to door once the wait and the walk to the stop are paid as overhead.
DEFAULT_PACES: dict[str, Pace] = {
    "car": Pace(25.0, 17.0, 150.0, 1.38),
    "ebike": Pace(17.0, 16.0, 45.0, 1.27),
    "transit": Pace(21.0, 19.0, 420.0, 1.35),
    "walk": Pace(4.6, 4.6, 0.0, 1.22),
    "bike": Pace(12.0, 11.5, 40.0, 1.25),
}
PEAK_HOURS = frozenset({7, 8, 17, 18})


@dataclass(frozen=True, slots=True, eq=False)
class HaversineTravel:
    """Great circle × detour ÷ speed by mode and hour, plus a fixed loss per journey.

    `detour` overrides the detour factor of a mode, `speed_kmh` the speed of a (mode, hour). Walking is always
    allowed: no mode is slower than walking the same way, so short hops by car or bus become walks.
    """

    detour: Mapping[str, float] = field(default_factory=dict)
    speed_kmh: Mapping[tuple[str, int], float] = field(default_factory=dict)
    paces: Mapping[str, Pace] = field(default_factory=lambda: DEFAULT_PACES)

    def speed_of(self, mode: str, hour: int) -> float:
        """Speed in km/h of a mode at an hour. Raises KeyError for a mode without pace."""
        pace = self.paces[mode]
        return self.speed_kmh.get((mode, hour), pace.peak_kmh if hour in PEAK_HOURS else pace.off_peak_kmh)

    def slowdown(self, mode: str, at_hour: int, asked_hour: int) -> float:
        """How many times longer the ride takes at `asked_hour` than at `at_hour`."""
        return self.speed_of(mode, at_hour) / self.speed_of(mode, asked_hour)

    def matrix(self, points: Sequence[HasLngLat], mode: str, hour: int) -> tuple[IntMatrix, IntMatrix]:
        """See TravelTimes.matrix. Symmetric; zero between points within SAME_PLACE_M."""
        return self.matrices(points, [(mode, (hour,))])[0]

    def matrices(self, points: Sequence[HasLngLat], asked: Sequence[Asked]) -> list[tuple[IntMatrix, IntMatrix]]:
        """See SeveralTravelTimes: great circles, walks and equal speeds are worked out once for all that is asked."""
        straight_m = haversine_m(points)
        here = straight_m < SAME_PLACE_M
        walks: dict[float, FloatMatrix] = {}
        made = []
        for mode, hours in asked:
            seconds, metres = np.zeros_like(straight_m), np.zeros_like(straight_m)
            for (speed, walk_speed), times in Counter(
                (self.speed_of(mode, hour), self.speed_of("walk", hour)) for hour in hours
            ).items():
                if walk_speed not in walks:
                    walks[walk_speed] = self._seconds(straight_m, "walk", walk_speed)
                self._add(seconds, metres, straight_m, walks[walk_speed], mode, speed, times / len(hours))
            seconds[here] = 0.0
            metres[here] = 0.0
            made.append((whole(seconds), whole(metres)))
        return made

    def _add(
        self,
        seconds: FloatMatrix,
        metres: FloatMatrix,
        straight_m: FloatMatrix,
        walk_s: FloatMatrix,
        mode: str,
        speed: float,
        share: float,
    ) -> None:
        """Adds one hour's journeys: ride or walk, whichever is sooner there."""
        ride_s = self._seconds(straight_m, mode, speed)
        detour = np.where(walk_s <= ride_s, self.detour_of("walk") * share, self.detour_of(mode) * share)
        detour *= straight_m
        metres += detour
        np.minimum(ride_s, walk_s, out=ride_s)
        ride_s *= share
        seconds += ride_s

    def detour_of(self, mode: str) -> float:
        """Road metres per straight metre. Raises KeyError for a mode without pace."""
        return self.detour.get(mode, self.paces[mode].detour)

    def _seconds(self, straight_m: FloatMatrix, mode: str, speed: float) -> FloatMatrix:
        made = straight_m * (self.detour_of(mode) * 3.6 / speed)
        made += self.paces[mode].overhead_s
        return made


def whole(values: FloatMatrix) -> IntMatrix:
    """Rounded to int32; what is longer than UNREACHABLE_S, endless or not a number becomes UNREACHABLE_S."""
    bounded = np.nan_to_num(np.minimum(values, UNREACHABLE_S), copy=False, nan=UNREACHABLE_S)
    return np.asarray(np.rint(bounded), dtype=np.int32)
