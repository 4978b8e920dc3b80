"""Datum conversions hold what maps and courts need of them."""

import pytest
from geopy.distance import geodesic
from hypothesis import given
from hypothesis import strategies as st

from routing import (
    bd09_to_gcj02,
    from_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    in_china,
    to_wgs84,
    wgs84_to_gcj02,
)
from routing.datum import DATUMS

mainland = st.tuples(st.floats(74.0, 134.5), st.floats(18.5, 53.5))
abroad = st.tuples(st.floats(-179.0, 71.0), st.floats(-80.0, 80.0))


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(geodesic((a[1], a[0]), (b[1], b[0])).m)


@given(mainland)
def test_gcj02_there_and_back_is_within_half_a_metre(point: tuple[float, float]) -> None:
    assert metres(gcj02_to_wgs84(*wgs84_to_gcj02(*point)), point) < 0.01


@given(mainland)
def test_bd09_there_and_back_is_within_half_a_metre(point: tuple[float, float]) -> None:
    assert metres(bd09_to_gcj02(*gcj02_to_bd09(*point)), point) < 0.01


@given(mainland, st.sampled_from(DATUMS))
def test_every_datum_comes_back_to_wgs84(point: tuple[float, float], datum: str) -> None:
    assert metres(to_wgs84(*from_wgs84(*point, datum), datum), point) < 0.5


@given(mainland)
def test_the_shift_inside_china_is_some_hundred_metres(point: tuple[float, float]) -> None:
    assert 20 < metres(wgs84_to_gcj02(*point), point) < 1500


@given(abroad, st.sampled_from(DATUMS))
def test_outside_china_nothing_shifts(point: tuple[float, float], datum: str) -> None:
    assert from_wgs84(*point, datum) == point
    assert to_wgs84(*point, datum) == point


def test_a_known_point_of_beijing_has_its_known_gcj02_position() -> None:
    # Tian'anmen: WGS-84 116.391257, 39.907332 is drawn at about 116.397500, 39.908735 by Chinese maps.
    lng, lat = wgs84_to_gcj02(116.391257, 39.907332)
    assert metres((lng, lat), (116.397500, 39.908735)) < 2.0


def test_baidu_lies_north_east_of_gcj02() -> None:
    lng, lat = gcj02_to_bd09(116.404, 39.915)
    assert (lng, lat) == pytest.approx((116.41036949371029, 39.92133699351022), abs=1e-6)


def test_cgcs2000_is_taken_as_wgs84() -> None:
    assert to_wgs84(116.4, 39.9, "CGCS2000") == (116.4, 39.9)


@pytest.mark.parametrize("convert", [to_wgs84, from_wgs84])
def test_an_unknown_datum_is_refused(convert: object) -> None:
    with pytest.raises(ValueError, match="Beijing-54"):
        convert(116.4, 39.9, "Beijing-54")  # type: ignore[operator]  # both converters take the same arguments


def test_the_box_holds_beijing_and_not_paris() -> None:
    assert in_china(116.4, 39.9)
    assert not in_china(2.35, 48.85)
