"""Travel times between points: one protocol, and the embedded default that needs no road engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

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
        """Seconds and metres from each point (row) to each point (column), n×n int32, leaving at `hour` (0–23)."""
        ...


def haversine_m(points: Sequence[HasLngLat]) -> FloatMatrix:
    """Great-circle metres between all pairs, n×n float64, on the mean sphere (within 0.6 % of the ellipsoid)."""
    lng = np.radians(np.array([point.lng for point in points], dtype=np.float64))
    lat = np.radians(np.array([point.lat for point in points], dtype=np.float64))
    # |a-b|² of unit vectors = 4·hav; the subtraction form keeps centimetres at short range, unlike a dot product.
    cos_lat = np.cos(lat)
    hav = np.sin((lat[:, None] - lat[None, :]) / 2.0) ** 2
    hav += cos_lat[:, None] * cos_lat[None, :] * np.sin((lng[:, None] - lng[None, :]) / 2.0) ** 2
    return np.asarray(2.0 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(hav, 0.0, 1.0))), dtype=np.float64)


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

    def matrix(self, points: Sequence[HasLngLat], mode: str, hour: int) -> tuple[IntMatrix, IntMatrix]:
        """See TravelTimes.matrix. Symmetric; zero between points within SAME_PLACE_M."""
        straight_m = haversine_m(points)
        ride_m, ride_s = self._journey(straight_m, mode, hour)
        walk_m, walk_s = self._journey(straight_m, "walk", hour)
        on_foot = walk_s <= ride_s
        seconds = np.where(on_foot, walk_s, ride_s)
        metres = np.where(on_foot, walk_m, ride_m)
        here = straight_m < SAME_PLACE_M
        seconds[here] = 0.0
        metres[here] = 0.0
        return _whole(seconds), _whole(metres)

    def _journey(self, straight_m: FloatMatrix, mode: str, hour: int) -> tuple[FloatMatrix, FloatMatrix]:
        pace = self.paces[mode]
        road_m = straight_m * self.detour.get(mode, pace.detour)
        return road_m, road_m * (3.6 / self.speed_of(mode, hour)) + pace.overhead_s


def _whole(values: FloatMatrix) -> IntMatrix:
    return np.minimum(np.rint(values), UNREACHABLE_S).astype(np.int32)
