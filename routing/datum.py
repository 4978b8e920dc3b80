"""Chinese map datums: WGS-84, CGCS2000, GCJ-02 and BD-09.

GCJ-02 is the obfuscated datum every map sold in mainland China uses; BD-09 is Baidu's further shift on top of it.
The forward polynomials are the widely published ones; the inverse has no closed form, so it is iterated until the
round trip is far below half a metre (a single step errs by up to 3 m). CGCS2000 differs from WGS-84 by centimetres
and is treated as equal to it. Outside mainland China's coarse box the shift is zero, as map vendors do.

All functions take and return degrees in the order (longitude, latitude).
"""

import math
from collections.abc import Callable

LngLat = tuple[float, float]

# Krasovsky 1940 ellipsoid, on which the GCJ-02 offset is defined.
_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_SQ = 0.00669342162296594323
_BD_TURN = math.pi * 3000.0 / 180.0
# 1e-9 degrees is about 0.1 mm.
_INVERSE_TOLERANCE_DEG = 1e-9
_INVERSE_ROUNDS = 30


def in_china(lng: float, lat: float) -> bool:
    """Whether the point lies in the coarse box (72.004–137.8347 E, 0.8293–55.8271 N) where the shift applies."""
    return 72.004 <= lng <= 137.8347 and 0.8293 <= lat <= 55.8271


def _waves(value: float, scale: float) -> float:
    return (20.0 * math.sin(6.0 * value * math.pi) + 20.0 * math.sin(2.0 * value * math.pi)) * scale


def _offset(lng: float, lat: float) -> LngLat:
    """Shift in degrees that GCJ-02 adds at a WGS-84 point."""
    x, y = lng - 105.0, lat - 35.0
    common = _waves(x, 2.0 / 3.0)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + common
    north += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + common
    east += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0

    radians = math.radians(lat)
    curve = 1.0 - _ECCENTRICITY_SQ * math.sin(radians) ** 2
    meridian_m = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_SQ) / (curve * math.sqrt(curve))
    parallel_m = _SEMI_MAJOR_M / math.sqrt(curve) * math.cos(radians)
    return math.degrees(east / parallel_m), math.degrees(north / meridian_m)


def wgs84_to_gcj02(lng: float, lat: float) -> LngLat:
    """GCJ-02 position of a WGS-84 point (degrees); the point itself outside China."""
    if not in_china(lng, lat):
        return lng, lat
    east, north = _offset(lng, lat)
    return lng + east, lat + north


def _invert(forward: Callable[[float, float], LngLat], lng: float, lat: float) -> LngLat:
    guess_lng, guess_lat = lng, lat
    for _ in range(_INVERSE_ROUNDS):
        there_lng, there_lat = forward(guess_lng, guess_lat)
        miss_lng, miss_lat = there_lng - lng, there_lat - lat
        guess_lng, guess_lat = guess_lng - miss_lng, guess_lat - miss_lat
        if abs(miss_lng) < _INVERSE_TOLERANCE_DEG and abs(miss_lat) < _INVERSE_TOLERANCE_DEG:
            break
    return guess_lng, guess_lat


def _shift_everywhere(lng: float, lat: float) -> LngLat:
    east, north = _offset(lng, lat)
    return lng + east, lat + north


def gcj02_to_wgs84(lng: float, lat: float) -> LngLat:
    """WGS-84 position of a GCJ-02 point (degrees), by iteration; error of the round trip far below 0.5 m."""
    if not in_china(lng, lat):
        return lng, lat
    # Iterating the unbounded shift keeps the iteration continuous for points a few metres inside the box.
    return _invert(_shift_everywhere, lng, lat)


def gcj02_to_bd09(lng: float, lat: float) -> LngLat:
    """BD-09 position of a GCJ-02 point (degrees); the point itself outside China."""
    if not in_china(lng, lat):
        return lng, lat
    return _baidu(lng, lat)


def _baidu(lng: float, lat: float) -> LngLat:
    radius = math.hypot(lng, lat) + 0.00002 * math.sin(lat * _BD_TURN)
    angle = math.atan2(lat, lng) + 0.000003 * math.cos(lng * _BD_TURN)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


def bd09_to_gcj02(lng: float, lat: float) -> LngLat:
    """GCJ-02 position of a BD-09 point (degrees), by iteration."""
    if not in_china(lng, lat):
        return lng, lat
    return _invert(_baidu, lng, lat)


def _same(lng: float, lat: float) -> LngLat:
    return lng, lat


def _bd09_to_wgs84(lng: float, lat: float) -> LngLat:
    return gcj02_to_wgs84(*bd09_to_gcj02(lng, lat))


def _wgs84_to_bd09(lng: float, lat: float) -> LngLat:
    return gcj02_to_bd09(*wgs84_to_gcj02(lng, lat))


_TO_WGS84: dict[str, Callable[[float, float], LngLat]] = {
    "WGS-84": _same,
    "CGCS2000": _same,
    "GCJ-02": gcj02_to_wgs84,
    "BD-09": _bd09_to_wgs84,
}
_FROM_WGS84: dict[str, Callable[[float, float], LngLat]] = {
    "WGS-84": _same,
    "CGCS2000": _same,
    "GCJ-02": wgs84_to_gcj02,
    "BD-09": _wgs84_to_bd09,
}
DATUMS = tuple(_TO_WGS84)


def to_wgs84(lng: float, lat: float, datum: str) -> LngLat:
    """WGS-84 position of a point given in `datum` (one of DATUMS). Raises ValueError for an unknown datum."""
    if datum not in _TO_WGS84:
        raise ValueError(f"unknown datum {datum!r}")
    return _TO_WGS84[datum](lng, lat)


def from_wgs84(lng: float, lat: float, datum: str) -> LngLat:
    """Position in `datum` (one of DATUMS) of a WGS-84 point. Raises ValueError for an unknown datum."""
    if datum not in _FROM_WGS84:
        raise ValueError(f"unknown datum {datum!r}")
    return _FROM_WGS84[datum](lng, lat)
