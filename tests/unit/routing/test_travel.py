"""Embedded travel times: geometry against geopy, sanity of modes and hours."""

import dataclasses
import time

import numpy as np
import pytest
from geopy.distance import geodesic

from routing import (
    HaversineTravel,
    Iterations,
    Plan,
    Point,
    Problem,
    Server,
    TravelTimes,
    Visit,
    check,
    from_wgs84,
    solve,
    to_wgs84,
)
from routing.datum import DATUMS
from routing.instance import travel_matrices
from routing.travel import UNREACHABLE_S, HasLngLat, IntMatrix, haversine_m, mean_matrices

from .days import near, problem, random_day, visit

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


def test_a_thousand_places_take_a_blink() -> None:
    rng = np.random.default_rng(2)
    points = [near(*rng.normal(0, 8000, 2)) for _ in range(1000)]
    best = min(_cpu_s(lambda: HaversineTravel().matrix(points, "car", 10)) for _ in range(3))
    assert best <= 0.15


def _cpu_s(work: object) -> float:
    began = time.process_time()
    work()  # type: ignore[operator]  # a callable without arguments
    return time.process_time() - began


def test_several_matrices_at_once_are_those_one_by_one() -> None:
    ideal = HaversineTravel()
    asked = [("car", (8, 12, 17)), ("walk", (9,)), ("ebike", (9, 13))]
    for (mode, hours), (seconds, metres) in zip(asked, ideal.matrices(POINTS, asked), strict=True):
        ones = [ideal.matrix(POINTS, mode, hour) for hour in hours]
        assert np.abs(seconds - np.mean([one for one, _ in ones], axis=0)).max() <= 1
        assert np.abs(metres - np.mean([one for _, one in ones], axis=0)).max() <= 1


class OneWay:
    """A town whose streets go east: westwards takes three times as long, and some places cannot be left."""

    def __init__(self, *closed: Point) -> None:
        self.closed = closed

    def matrix(self, points: tuple[HasLngLat, ...], mode: str, hour: int) -> tuple[IntMatrix, IntMatrix]:
        seconds, metres = HaversineTravel().matrix(points, mode, hour)
        lng = np.array([point.lng for point in points])
        seconds = np.where(lng[None, :] < lng[:, None], seconds * 3, seconds).astype(np.int32)
        for number, point in enumerate(points):
            if point in self.closed:
                seconds[number, :] = seconds[:, number] = UNREACHABLE_S
                seconds[number, number] = 0
        return seconds, metres


def test_a_source_of_single_matrices_serves_whole_days_and_ways_may_differ() -> None:
    travel: TravelTimes = OneWay()
    ((seconds, _),) = mean_matrices(travel, POINTS, [("car", (10,))])
    assert seconds[3, 0] == pytest.approx(3 * seconds[0, 3], abs=1)
    day = problem(
        [visit(name, metres, drop_penalty=40_000) for name, metres in (("east", 6000), ("west", -6000))],
        travel=OneWay(),
    )
    plan = solve(day, Iterations(50), 1)
    assert check(day, plan) == []
    assert {stop.visit_id for stop in plan.routes[0].stops} == {"east", "west"}


def test_a_door_nobody_can_reach_is_left_out_with_a_reason_and_spoils_no_other() -> None:
    island = visit("island", 3000, 3000)
    day = problem([visit("a", 1000), island, visit("b", 2000)], travel=OneWay(island.point))
    plan = solve(day, Iterations(50), 1)
    assert check(day, plan) == []
    assert {stop.visit_id for stop in plan.routes[0].stops} == {"a", "b"}
    assert [(left.visit_id, bool(left.reasons)) for left in plan.unplanned] == [("island", True)]


def test_places_at_the_ends_of_the_earth_fit_the_numbers() -> None:
    seconds, metres = HaversineTravel().matrix([Point(0, 0), Point(180, 0), Point(0, 90)], "walk", 10)
    assert seconds[0, 1] == UNREACHABLE_S
    assert 0 < metres[0, 2] < 2**31 - 1


def test_travel_matrices_are_shared_and_cannot_be_written() -> None:
    day = random_day(3, 12, 4)
    _, matrices = travel_matrices(day)
    assert all(not one.flags.writeable for pair in matrices for one in pair)
    assert len({id(seconds) for seconds, _ in matrices}) == len({(one.mode, one.shift) for one in day.servers})


@pytest.mark.parametrize("datum", [one for one in DATUMS if from_wgs84(116.4, 39.9, one) != (116.4, 39.9)])
def test_a_day_drawn_on_a_map_of_any_datum_has_the_same_plan(datum: str) -> None:
    day = random_day(8, 12, 3, crews=False)
    plan, again = solve(day, Iterations(20), 1), solve(_redrawn(day, datum), Iterations(20), 1)
    assert _orders(again) == _orders(plan)
    for one, other in zip(plan.routes, again.routes, strict=True):
        for stop, same in zip(one.stops, other.stops, strict=True):
            assert abs(stop.start_s - same.start_s) <= 1


def _orders(plan: Plan) -> dict[str, list[str]]:
    return {route.server_id: [stop.visit_id for stop in route.stops] for route in plan.routes}


def _redrawn(day: Problem, datum: str) -> Problem:
    def there(point: Point) -> Point:
        return Point(*to_wgs84(*from_wgs84(point.lng, point.lat, datum), datum))

    def of_visit(one: Visit) -> Visit:
        return dataclasses.replace(one, point=there(one.point))

    def of_server(one: Server) -> Server:
        return dataclasses.replace(one, start=there(one.start), end=None if one.end is None else there(one.end))

    return dataclasses.replace(
        day, visits=tuple(of_visit(one) for one in day.visits), servers=tuple(of_server(one) for one in day.servers)
    )
