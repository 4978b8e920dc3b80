"""Points on the ground: distance, and whether a reported position can be taken seriously.

Everything here is WGS-84, degrees, metres. A point of another datum is refused, not guessed: GCJ-02 differs
by about 500 m, enough to turn the right door into a wrong one.
"""

from dataclasses import dataclass
from math import asin, atan, cos, isfinite, radians, sin, sqrt, tan

from evidence.errors import EvidenceError

WGS84 = "wgs84"
_EQUATOR_RADIUS_M = 6_378_137.0
_FLATTENING = 1 / 298.257223563
# A rectangle around the territory, islands included: a plausibility check, not a border.
_LAT_RANGE = (3.0, 54.0)
_LNG_RANGE = (73.0, 136.0)
MAX_ACCURACY_M = 3_000.0
COARSE_ACCURACY_M = 100.0


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """WGS-84 latitude and longitude in degrees."""

    lat: float
    lng: float


@dataclass(frozen=True, slots=True)
class PointFacts:
    """A position that passed :func:`point_facts`, and what speaks against trusting it blindly.

    ``concerns``: ``accuracy.coarse`` (circle wider than 100 m), ``accuracy.zero`` (real receivers never
    report 0, mocked positions often do).
    """

    point: GeoPoint
    accuracy_m: float
    concerns: tuple[str, ...] = ()


def distance_m(a: GeoPoint, b: GeoPoint) -> float:
    """Metres between two points on the WGS-84 ellipsoid (Andoyer-Lambert; within 0.01 % of the geodesic).

    Nearly opposite points of the globe are answered less exactly; no day of service is that long.
    """
    lat_a, lat_b = (atan((1 - _FLATTENING) * tan(radians(p.lat))) for p in (a, b))
    half_lat, half_lng = (lat_b - lat_a) / 2, radians(b.lng - a.lng) / 2
    haversine = sin(half_lat) ** 2 + cos(lat_a) * cos(lat_b) * sin(half_lng) ** 2
    if haversine <= 0.0:
        return 0.0
    angle = 2 * asin(min(1.0, sqrt(haversine)))
    middle = (lat_a + lat_b) / 2
    x = (angle - sin(angle)) * (sin(middle) * cos(half_lat) / cos(angle / 2)) ** 2 if haversine < 1.0 else 0.0
    y = (angle + sin(angle)) * (cos(middle) * sin(half_lat) / sin(angle / 2)) ** 2
    return _EQUATOR_RADIUS_M * (angle - _FLATTENING / 2 * (x + y))


def in_china_box(point: GeoPoint) -> bool:
    """Whether a point lies in the rectangle around China."""
    return _LAT_RANGE[0] <= point.lat <= _LAT_RANGE[1] and _LNG_RANGE[0] <= point.lng <= _LNG_RANGE[1]


def point_facts(
    *, lat: float, lng: float, accuracy_m: float, datum: str = WGS84, max_accuracy_m: float = MAX_ACCURACY_M
) -> PointFacts:
    """Judge one reported position.

    Raises ``evidence.wrong_datum``, ``evidence.bad_point`` (not numbers of this planet),
    ``evidence.point_outside_china``, ``evidence.bad_accuracy`` (negative or not a number),
    ``evidence.accuracy_too_coarse``.
    """
    if datum.lower().replace("-", "") != WGS84:
        raise EvidenceError("evidence.wrong_datum", "定位坐标系不正确，应为 WGS-84", datum=datum)
    if not (isfinite(lat) and isfinite(lng) and abs(lat) <= 90 and abs(lng) <= 180):
        raise EvidenceError("evidence.bad_point", "定位坐标不正确")
    point = GeoPoint(float(lat), float(lng))
    if not in_china_box(point):
        raise EvidenceError("evidence.point_outside_china", "定位不在中国境内", lat=point.lat, lng=point.lng)
    if not isfinite(accuracy_m) or accuracy_m < 0:
        raise EvidenceError("evidence.bad_accuracy", "定位精度不正确，应为不小于 0 的米数")
    if accuracy_m > max_accuracy_m:
        raise EvidenceError(
            "evidence.accuracy_too_coarse",
            f"定位误差过大（{accuracy_m:.0f} 米），请到开阔处重新定位",
            accuracy_m=accuracy_m,
            max_accuracy_m=max_accuracy_m,
        )
    return PointFacts(point, float(accuracy_m), _concerns(accuracy_m))


def _concerns(accuracy_m: float) -> tuple[str, ...]:
    if accuracy_m == 0:
        return ("accuracy.zero",)
    return ("accuracy.coarse",) if accuracy_m > COARSE_ACCURACY_M else ()
