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

# From the Pamirs to the Ussuri, from Zengmu Ansha to the Amur; the formula has a kink at 105° E and one at 35° N.
mainland = st.tuples(
    st.one_of(st.floats(73.4, 135.1), st.floats(104.9999, 105.0001)),
    st.one_of(st.floats(3.4, 53.6), st.floats(34.9999, 35.0001)),
)
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


@given(st.tuples(st.floats(72.03, 137.8), st.floats(0.86, 55.8)), st.sampled_from(DATUMS))
def test_the_way_back_holds_up_to_the_border_of_the_shift(point: tuple[float, float], datum: str) -> None:
    assert metres(to_wgs84(*from_wgs84(*point, datum), datum), point) < 0.5


@pytest.mark.parametrize("step", [1e-9, 1e-5, 0.02])
@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_beyond_the_border_nothing_shifts_and_within_it_all(step: float, datum: str) -> None:
    for lng, lat, out_lng, out_lat in (
        (72.004, 30.0, -step, 0.0),
        (137.8347, 30.0, step, 0.0),
        (100.0, 0.8293, 0.0, -step),
        (100.0, 55.8271, 0.0, step),
    ):
        beyond = (lng + out_lng, lat + out_lat)
        assert from_wgs84(*beyond, datum) == beyond == to_wgs84(*beyond, datum)
        assert metres(from_wgs84(lng, lat, datum), (lng, lat)) > 20


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
