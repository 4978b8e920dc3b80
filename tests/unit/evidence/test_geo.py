import math

import pytest
from geopy.distance import geodesic
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import EvidenceError
from evidence.geo import GeoPoint, distance_m, point_facts

CHINA = st.builds(GeoPoint, st.floats(3, 54), st.floats(73, 136))
DONGCHENG = GeoPoint(39.9289, 116.4160)


@given(CHINA, CHINA)
def test_distances_agree_with_the_geodesic_within_a_ten_thousandth(a: GeoPoint, b: GeoPoint) -> None:
    exact = geodesic((a.lat, a.lng), (b.lat, b.lng)).meters
    assert distance_m(a, b) == pytest.approx(exact, rel=1e-4, abs=0.01)


@given(CHINA, st.floats(-0.01, 0.01), st.floats(-0.01, 0.01))
def test_distances_within_a_street_are_good_to_a_decimetre(a: GeoPoint, up: float, right: float) -> None:
    b = GeoPoint(a.lat + up, a.lng + right)
    exact = geodesic((a.lat, a.lng), (b.lat, b.lng)).meters
    assert distance_m(a, b) == pytest.approx(exact, abs=0.1)


@given(CHINA, CHINA)
def test_the_way_there_is_as_long_as_the_way_back(a: GeoPoint, b: GeoPoint) -> None:
    assert distance_m(a, b) == pytest.approx(distance_m(b, a))
    assert distance_m(a, a) == 0


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_any_two_points_of_the_globe_have_a_finite_distance(a: float, b: float, c: float, d: float) -> None:
    metres = distance_m(GeoPoint(a, b), GeoPoint(c, d))
    assert math.isfinite(metres)
    assert 0 <= metres < 20_100_000


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"datum": "gcj02"}, "evidence.wrong_datum"),
        ({"lat": float("nan")}, "evidence.bad_point"),
        ({"lat": 91.0}, "evidence.bad_point"),
        ({"lng": float("inf")}, "evidence.bad_point"),
        ({"lat": 0.0, "lng": 0.0}, "evidence.point_outside_china"),
        ({"lat": 116.4, "lng": 39.9}, "evidence.bad_point"),
        ({"lat": 48.85, "lng": 2.35}, "evidence.point_outside_china"),
        ({"accuracy_m": -1.0}, "evidence.bad_accuracy"),
        ({"accuracy_m": float("nan")}, "evidence.bad_accuracy"),
        ({"accuracy_m": 5_000.0}, "evidence.accuracy_too_coarse"),
    ],
)
def test_a_position_that_cannot_be_is_refused_with_its_reason(changed: dict[str, object], code: str) -> None:
    position: dict[str, object] = {"lat": DONGCHENG.lat, "lng": DONGCHENG.lng, "accuracy_m": 12.0}
    with pytest.raises(EvidenceError) as refused:
        point_facts(**(position | changed))  # type: ignore[arg-type]  # wrong values on purpose
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("accuracy_m", "concerns"), [(12.0, ()), (0.0, ("accuracy.zero",)), (150.0, ("accuracy.coarse",))]
)
def test_doubt_about_a_position_is_noted_not_refused(accuracy_m: float, concerns: tuple[str, ...]) -> None:
    facts = point_facts(lat=DONGCHENG.lat, lng=DONGCHENG.lng, accuracy_m=accuracy_m, datum="WGS-84")
    assert facts.concerns == concerns
    assert facts.point == DONGCHENG
