"""Geometry on the ground: a plane around one point for Shapely, the ellipsoid for long distances (geopy)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from math import cos, hypot, radians, sqrt

from geopy.distance import geodesic
from shapely import LineString, MultiPoint, Point, minimum_bounding_radius

from evidence.geo import GeoPoint

# Rayleigh: a radius that holds a position with 68 % holds it with 99.7 % when multiplied by sqrt(ln 0.003 / ln 0.32).
CERTAIN_FACTOR = 2.26
# Between tall buildings receivers err by more than they say (reflected signals); no claim of accuracy is believed
# to be better than this.
MULTIPATH_M = 60.0
_METRES_PER_DEGREE = 111_320.0


def geodesic_m(a: GeoPoint, b: GeoPoint) -> float:
    """Metres along the WGS-84 ellipsoid (Karney's geodesic, to nanometres): for what is written down."""
    return float(geodesic((a.lat, a.lng), (b.lat, b.lng)).meters)


def reach_m(accuracy_m: float) -> float:
    """The radius within which the true place lies almost surely, given the reported 68 % radius."""
    return max(CERTAIN_FACTOR * accuracy_m, MULTIPATH_M)


class Plane:
    """Metres east and north of a centre. Below 50 km the error stays under a thousandth."""

    def __init__(self, centre: GeoPoint) -> None:
        self._centre = centre
        self._east = _METRES_PER_DEGREE * cos(radians(centre.lat))

    def xy(self, point: GeoPoint) -> tuple[float, float]:
        """(metres east, metres north) of the centre."""
        return (point.lng - self._centre.lng) * self._east, (point.lat - self._centre.lat) * _METRES_PER_DEGREE

    def of(self, point: GeoPoint) -> Point:
        return Point(self.xy(point))

    def line(self, points: Iterable[GeoPoint]) -> LineString:
        return LineString([self.xy(one) for one in points])


def overlap_share(plane: Plane, here: GeoPoint, radius_m: float, there: GeoPoint, reach: float) -> float:
    """How much of the circle around `here` lies in the circle around `there`, 0 … 1."""
    circle = plane.of(here).buffer(max(radius_m, 1.0))
    return float(circle.intersection(plane.of(there).buffer(max(reach, 1.0))).area / circle.area)


def spread_m(points: Sequence[GeoPoint]) -> float:
    """The radius of the smallest circle around all points."""
    plane = Plane(points[0])
    return float(minimum_bounding_radius(MultiPoint([plane.of(one) for one in points])))


def roughness_m(track: Sequence[tuple[GeoPoint, datetime]]) -> float | None:
    """How far each position lies from where its neighbours, at steady speed, would put it (root mean square).

    None with fewer than three positions of different times.
    """
    if not track:
        return None
    plane = Plane(track[0][0])
    steps = [(*plane.xy(point), at.timestamp()) for point, at in track]
    squares = [
        hypot(b[0] - a[0] - (c[0] - a[0]) * share, b[1] - a[1] - (c[1] - a[1]) * share) ** 2
        for a, b, c in zip(steps, steps[1:], steps[2:], strict=False)
        if c[2] > a[2]
        for share in [(b[2] - a[2]) / (c[2] - a[2])]
    ]
    return sqrt(sum(squares) / len(squares)) if squares else None
