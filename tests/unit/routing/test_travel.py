"""Embedded travel times: geometry against geopy, sanity of modes and hours."""

import numpy as np
import pytest
from geopy.distance import geodesic

from routing import HaversineTravel, Point
from routing.travel import haversine_m

from .days import near

POINTS = [near(0, 0), near(900, 300), near(-4000, 7000), near(15000, -12000), Point(121.47, 31.23)]


def test_distances_agree_with_the_geodesic() -> None:
    ours = haversine_m(POINTS)
    for i, a in enumerate(POINTS):
        for j, b in enumerate(POINTS):
            truth = geodesic((a.lat, a.lng), (b.lat, b.lng)).m
            assert ours[i, j] == pytest.approx(truth, rel=0.006, abs=0.5)


def test_a_matrix_is_whole_numbers_with_a_zero_diagonal() -> None:
    seconds, metres = HaversineTravel().matrix(POINTS, "car", 10)
    assert seconds.dtype == metres.dtype == np.int32
    assert not seconds.diagonal().any()
    assert not metres.diagonal().any()
    assert (seconds == seconds.T).all()


def test_rush_hour_is_slower_for_cars() -> None:
    calm, _ = HaversineTravel().matrix(POINTS, "car", 10)
    rush, _ = HaversineTravel().matrix(POINTS, "car", 18)
    assert rush[0, 3] > calm[0, 3]


def test_no_mode_is_slower_than_walking() -> None:
    on_foot, _ = HaversineTravel().matrix(POINTS, "walk", 10)
    for mode in ("car", "ebike", "transit", "bike"):
        assert (HaversineTravel().matrix(POINTS, mode, 10)[0] <= on_foot).all()


def test_learnt_detour_and_speed_replace_the_defaults() -> None:
    learnt = HaversineTravel(detour={"car": 2.0}, speed_kmh={("car", 10): 36.0})
    seconds, metres = learnt.matrix(POINTS[2:4], "car", 10)
    straight = haversine_m(POINTS[2:4])[0, 1]
    assert metres[0, 1] == pytest.approx(2 * straight, abs=1)
    assert seconds[0, 1] == pytest.approx(2 * straight / 10 + 150, abs=1)


def test_neighbouring_doors_cost_no_journey() -> None:
    seconds, metres = HaversineTravel().matrix([near(0, 0), near(5, 5)], "car", 10)
    assert not seconds.any()
    assert not metres.any()
