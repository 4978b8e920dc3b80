"""Times, positions and tracks as phones send them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.geo import GeoPoint, distance_m
from server.field import rules
from server.field.digest import digest_of
from server.field.rules import RawFix, TrackPoint

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def fix(**changes: Any) -> RawFix:
    values: dict[str, Any] = {
        "lng": 116.3743,
        "lat": 39.9297,
        "datum": "GCJ-02",
        "accuracy_m": 12.0,
        "provider": "gps",
        "at": NOW,
    }
    return RawFix(**(values | changes))


def code(one: RawFix) -> str | None:
    refusal = rules.fix_refusal(one, now=NOW)
    return refusal.code if refusal else None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"datum": "WGS-84"}, None),
        ({"accuracy_m": 0.0}, None),
        ({"accuracy_m": 2000.0}, None),
        ({"accuracy_m": 2000.1}, "position.too_coarse"),
        ({"accuracy_m": 5000.0}, "position.too_coarse"),
        ({"accuracy_m": -1.0}, "position.bad_accuracy"),
        ({"accuracy_m": float("nan")}, "position.bad_accuracy"),
        ({"datum": "BD-09"}, "position.wrong_datum"),
        ({"datum": "wgs84"}, "position.wrong_datum"),
        ({"lng": 139.7, "lat": 35.7}, "position.outside_china"),
        ({"lng": 39.9, "lat": 116.4}, "position.outside_china"),
        ({"lng": 0.0, "lat": 0.0}, "position.outside_china"),
        ({"lng": float("inf")}, "position.outside_china"),
        ({"at": NOW + timedelta(minutes=6)}, "time.in_future"),
        ({"at": NOW + timedelta(minutes=4)}, None),
        ({"at": datetime(1970, 1, 1, tzinfo=UTC)}, "time.too_old"),
    ],
)
def test_a_position_that_cannot_be_true_says_why(changes: dict[str, Any], expected: str | None) -> None:
    assert code(fix(**changes)) == expected


def test_gcj02_is_stored_as_given_and_as_wgs84() -> None:
    document = rules.fix_document(fix())
    assert (document["point"]["lng"], document["point"]["datum"]) == (116.3743, "GCJ-02")
    lng, lat = document["point"]["wgs84"]["coordinates"]
    assert 400 < distance_m(GeoPoint(lat, lng), GeoPoint(39.9297, 116.3743)) < 700


def east(metres: float, *, second: float, accuracy_m: float = 10.0) -> RawFix:
    """A WGS-84 position so many metres east of a start, so many seconds later."""
    return fix(
        lng=116.37 + metres / 85_400,
        lat=39.92,
        datum="WGS-84",
        accuracy_m=accuracy_m,
        at=NOW - timedelta(hours=1) + timedelta(seconds=second),
    )


def test_a_batch_keeps_what_can_be_believed_in_order_of_time() -> None:
    batch = [east(200, second=20), fix(accuracy_m=5000.0), east(0, second=0), fix(datum="BD-09")]
    kept, refused = rules.clean(batch, now=NOW)
    assert kept == [2, 0]
    assert {index: one.code for index, one in refused.items()} == {
        1: "position.too_coarse",
        3: "position.wrong_datum",
    }


def test_a_position_thrown_across_the_town_and_back_is_a_jump() -> None:
    batch = [east(0, second=0), east(100, second=10), east(9000, second=20), east(300, second=30)]
    kept, refused = rules.clean(batch, now=NOW)
    assert kept == [0, 1, 3]
    assert refused[2].code == "position.jump"


def test_a_metro_ride_without_reception_is_not_a_jump() -> None:
    batch = [east(0, second=0), east(9000, second=900), east(9100, second=910)]
    assert rules.clean(batch, now=NOW)[1] == {}


def track(fixes: Sequence[RawFix]) -> list[TrackPoint]:
    return [TrackPoint(rules.wgs84_of(one), one.accuracy_m, one.at) for one in fixes]


def test_a_straight_kilometre_is_about_a_kilometre() -> None:
    points = track([east(metres, second=metres / 5) for metres in range(0, 1001, 50)])
    assert rules.tracked_m(points) == pytest.approx(1000, rel=0.01)
    assert rules.tracked_m(reversed(points)) == pytest.approx(1000, rel=0.01)


def test_standing_still_is_no_mileage() -> None:
    wander = [east((-1) ** n * 7.0, second=n * 10) for n in range(60)]
    assert rules.tracked_m(track(wander)) == 0


def test_coarse_positions_and_jumps_are_no_mileage() -> None:
    walk = [east(metres, second=metres / 2) for metres in range(0, 501, 50)]
    noise = [east(3000, second=52, accuracy_m=1500.0), east(20_000, second=101)]
    assert rules.tracked_m(track([*walk, *noise])) == pytest.approx(rules.tracked_m(track(walk)), rel=0.02)


def test_no_positions_are_no_mileage() -> None:
    assert rules.tracked_m([]) == 0


def test_a_step_moves_forward_only() -> None:
    assert rules.states_before("accept") == ("assigned",)
    assert rules.states_before("arrive") == ("assigned", "accepted", "departed")


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.none(), st.floats(allow_nan=False))))
def test_the_digest_does_not_depend_on_order_or_absent_values(content: dict[str, Any]) -> None:
    backwards = dict(reversed(list(content.items())))
    present = {key: value for key, value in content.items() if value is not None}
    assert digest_of(content) == digest_of(backwards) == digest_of(present)


def test_the_digest_sees_one_moment_in_two_zones_as_one() -> None:
    from_peking = datetime.fromisoformat("2026-11-24T12:00:00+08:00")
    assert digest_of({"at": from_peking}) == digest_of({"at": NOW})
    assert digest_of({"at": from_peking}) != digest_of({"at": NOW + timedelta(milliseconds=1)})
