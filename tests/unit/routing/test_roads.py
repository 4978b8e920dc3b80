"""Road engines: each client speaks its vendor's format, and what no road answers is estimated and counted."""

from __future__ import annotations

import dataclasses
import hashlib
import pickle
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import HaversineTravel, Iterations, Point, check, solve
from routing.datum import LngLat
from routing.instance import travel_asked, travel_places
from routing.roads import (
    AMap,
    Block,
    CachedTravel,
    MemoryStore,
    Osrm,
    Profile,
    RoadEngine,
    RoadError,
    Row,
    RowKey,
    Tencent,
    Valhalla,
)
from routing.roads.amap import signature as amap_signature
from routing.roads.base import Limits
from routing.roads.blocks import blocks
from routing.roads.http import Http
from routing.roads.store import cells_of, place_of
from routing.roads.tencent import signature as tencent_signature
from routing.travel import haversine_m
from tests.emulators.roads import KEY, SECRET, RoadService, ride

from .days import CENTRE, near, problem, visit

PLACES = [near(0, 0), near(900, 300), near(-4000, 7000), near(3000, -2000), near(5000, 5000)]
KINDS = ("valhalla", "osrm", "amap", "tencent")
ENGINES: dict[str, Callable[[str], RoadEngine]] = {
    "valhalla": Valhalla,
    "osrm": Osrm,
    "amap": lambda url: AMap(KEY, SECRET, url),
    "tencent": lambda url: Tencent(KEY, SECRET, url),
}
CALM = HaversineTravel()


@pytest.fixture(params=KINDS)
def service(request: pytest.FixtureRequest) -> Iterator[RoadService]:
    with RoadService(request.param) as running:
        yield running


def travel(service: RoadService, store: MemoryStore | None = None, seconds: float = 10.0) -> CachedTravel:
    engine = ENGINES[service.kind](service.url)
    # Without the pace the vendors want, which would only make the tests slow.
    engine = dataclasses.replace(engine, limits=dataclasses.replace(engine.limits, per_second=0.0))  # type: ignore[type-var]  # all four are dataclasses
    return CachedTravel(engine, store or MemoryStore(), CALM, seconds, hour_now=lambda: 11)


def around(count: int) -> list[Point]:
    return [near(137 * one % 6000 - 3000, 251 * one % 7000 - 3500) for one in range(count)]


def test_every_engine_gives_the_rides_of_its_roads_one_way_and_the_other(service: RoadService) -> None:
    fetched = travel(service).fetch(PLACES, [("car", (11,))])
    seconds, metres = fetched.matrices(PLACES, [("car", (11,))])[0]
    for i, a in enumerate(PLACES):
        for j, b in enumerate(PLACES):
            ride_s, ride_m = ride((a.lng, a.lat), (b.lng, b.lat), "1")
            walk_s = ride_m * 3.6 / 4.6
            assert metres[i, j] == pytest.approx(ride_m, abs=3)
            assert seconds[i, j] == pytest.approx(min(ride_s + 150, walk_s) if i != j else 0, abs=3)
    assert (seconds != seconds.T).any()
    assert (fetched.report.fetched, fetched.report.estimated) == (20, 0)


def test_what_is_known_is_not_asked_again_and_new_places_only_for_themselves(service: RoadService) -> None:
    store = MemoryStore()
    travel(service, store).fetch(PLACES[:4], [("car", (8, 11, 17))])
    asked = len(service.asked)
    again = travel(service, store).fetch(PLACES[:4], [("car", (8, 11, 17))])
    assert len(service.asked) == asked
    assert again.report.requests == 0
    more = travel(service, store).fetch(PLACES, [("car", (8, 11, 17))])
    assert (more.report.cached, more.report.fetched) == (12, 8)
    assert sum(rows * columns for rows, columns in service.asked[asked:]) == 4 + 5


def test_large_days_are_asked_in_pieces_within_the_limits(service: RoadService) -> None:
    places = around(60)
    report = travel(service).fetch(places, [("car", (11,))]).report
    limits = ENGINES[service.kind]("").limits
    assert report.fetched == 60 * 59
    assert all(min(size) == 1 or (size[0] <= limits.rows and size[1] <= limits.columns) for size in service.asked)


@pytest.mark.parametrize("kind", ["valhalla", "osrm"])
def test_a_server_with_tighter_limits_gets_smaller_questions(kind: str) -> None:
    with RoadService(kind, limit=40) as service:
        assert travel(service).fetch(around(12), [("car", (11,))]).report.estimated == 0


@pytest.mark.parametrize("fault", ["away", "drop"])
def test_a_service_that_is_away_for_a_moment_is_asked_again(service: RoadService, fault: str) -> None:
    service.faults.append(fault)
    report = travel(service).fetch(PLACES, [("car", (11,))]).report
    assert report.estimated == 0
    assert not report.errors


@pytest.mark.parametrize("kind", ["amap", "tencent"])
def test_too_many_a_second_is_no_refusal(kind: str) -> None:
    with RoadService(kind) as service:
        service.faults.append("busy")
        assert travel(service).fetch(PLACES, [("car", (11,))]).report.estimated == 0


@pytest.mark.parametrize("kind", ["amap", "tencent"])
@pytest.mark.parametrize(
    ("fault", "code"), [("quota", "roads.quota_day"), ("key", "roads.key_refused"), ("signature", "roads.signature")]
)
def test_a_refusal_for_the_day_ends_the_asking_and_estimates_are_counted(kind: str, fault: str, code: str) -> None:
    with RoadService(kind) as service:
        service.faults.extend([fault] * 99)
        places = around(30)
        fetched = travel(service).fetch(places, [("car", (11,))])
        assert fetched.report.errors == {code: 1}
        assert fetched.report.unanswered == fetched.report.estimated == 30 * 29
        assert service.asked == []
        assert fetched.report.requests <= 8
        ours, estimate = fetched.matrix(places, "car", 11), CALM.matrix(places, "car", 11)
        assert all((one == other).all() for one, other in zip(ours, estimate, strict=True))


@pytest.mark.parametrize("kind", ["valhalla", "amap"])
def test_a_service_that_never_answers_is_given_up_soon(kind: str) -> None:
    with RoadService(kind) as service:
        service.faults.extend(["away"] * 999)
        began = time.monotonic()
        report = travel(service, seconds=30).fetch(around(110), [("car", (11,))]).report
        assert time.monotonic() - began < 8
        assert report.requests <= 3 * 4 * 3
        assert set(report.errors) == {"roads.unavailable"}
        assert report.unanswered == 110 * 109


def test_garbage_is_an_error_and_the_rest_an_estimate(service: RoadService) -> None:
    service.faults.extend(["garbage"] * 25)
    report = travel(service).fetch(PLACES, [("car", (11,))]).report
    assert set(report.errors) == {"roads.wrong_answer"}
    assert report.unanswered == 20


def test_a_pair_without_a_way_is_estimated_and_remembered(service: RoadService) -> None:
    a, b = ((round(one.lng, 4), round(one.lat, 4)) for one in PLACES[:2])
    service.no_way.add((a, b))
    store = MemoryStore()
    report = travel(service, store).fetch(PLACES, [("car", (11,))]).report
    assert (report.fetched, report.no_route, report.unanswered) == (19, 1, 0)
    asked = len(service.asked)
    fetched = travel(service, store).fetch(PLACES, [("car", (11,))])
    assert (len(service.asked), fetched.report.no_route) == (asked, 1)
    assert fetched.matrix(PLACES, "car", 11)[0][0, 1] == CALM.matrix(PLACES, "car", 11)[0][0, 1]


@pytest.mark.parametrize("kind", ["valhalla", "osrm"])
def test_one_place_far_from_any_road_spoils_no_other(kind: str) -> None:
    places = around(40)
    with RoadService(kind) as service:
        service.off_road.add((round(places[7].lng, 4), round(places[7].lat, 4)))
        report = travel(service).fetch(places, [("car", (11,))]).report
        assert report.no_route in (2 * 39, 2 * 39 + 1)
        assert report.fetched == 39 * 38
        assert report.requests < 30


def test_a_slow_service_does_not_hold_the_plan_up(service: RoadService) -> None:
    service.slow_s = 2.0
    service.faults.extend(["slow"] * 9)
    began = time.monotonic()
    report = travel(service, seconds=0.3).fetch(PLACES, [("car", (11,))]).report
    assert time.monotonic() - began < 1.0
    assert report.unanswered == 20
    assert report.errors


def test_modes_an_engine_does_not_know_are_estimated_and_counted() -> None:
    with RoadService("amap") as service:
        fetched = travel(service).fetch(PLACES, [("transit", (9,)), ("car", (11,))])
    assert (fetched.report.not_offered, fetched.report.fetched) == (20, 20)
    assert (fetched.matrix(PLACES, "transit", 9)[0] == CALM.matrix(PLACES, "transit", 9)[0]).all()


def test_an_electric_bicycle_takes_the_bicycles_ways_at_its_own_speed() -> None:
    with RoadService("valhalla") as service:
        bike, ebike = travel(service).matrices(PLACES, [("bike", (11,)), ("ebike", (11,))])
        assert service.asked == [(5, 5)]
    assert (bike[1] == ebike[1]).all()
    assert ebike[0][0, 4] == pytest.approx(ebike[1][0, 4] * 3.6 / 17 + 45, abs=1)


def test_free_roads_are_slower_in_the_rush_hour() -> None:
    with RoadService("osrm") as service:
        calm, rush = travel(service).matrices(PLACES, [("car", (11,)), ("car", (18,))])
    assert (rush[0][0, 4] - 150) == pytest.approx((calm[0][0, 4] - 150) * 25 / 17, abs=2)


def test_the_traffic_of_this_moment_is_kept_as_that_of_a_calm_hour() -> None:
    with RoadService("tencent") as service:
        now = CachedTravel(Tencent(KEY, SECRET, service.url), MemoryStore(), CALM, hour_now=lambda: 18)
        seconds, metres = now.matrix(PLACES, "car", 18)
    assert seconds[0, 4] - 150 == pytest.approx(metres[0, 4] / 10, abs=2)


def test_the_same_door_costs_nothing_and_is_asked_once() -> None:
    twice = [PLACES[0], PLACES[0], near(0.3, 0.3), PLACES[1]]
    with RoadService("osrm") as service:
        seconds, _ = travel(service).matrix(twice, "car", 11)
    assert not seconds[:3, :3].any()
    assert (seconds[:3, 3] == seconds[0, 3]).all()


def test_valhalla_before_3_5_is_understood() -> None:
    with RoadService("valhalla", verbose_only=True) as service:
        assert travel(service).fetch(PLACES, [("walk", (11,))]).report.fetched == 20


def test_progress_is_told_while_the_roads_are_asked() -> None:
    seen: list[tuple[int, int]] = []
    with RoadService("amap") as service:
        travel(service).fetch(PLACES, [("car", (11,))], lambda done, total: seen.append((done, total)))
    assert seen[-1] == (25, 25)


def test_a_place_that_was_not_fetched_is_estimated_among_those_that_were() -> None:
    with RoadService("osrm") as service:
        fetched = travel(service).fetch(PLACES[:3], [("car", (11,))])
    mixed, roads, guess = (
        one.matrix(places, "car", 11)[0] for one, places in ((fetched, PLACES), (fetched, PLACES[:3]), (CALM, PLACES))
    )
    assert (mixed[:3, :3] == roads).all()
    assert (mixed[3:] == guess[3:]).all()


def test_a_wrong_key_is_told_and_never_shown() -> None:
    with RoadService("tencent") as service:
        engine = Tencent("another-key", SECRET, service.url)
        with Http(deadline=time.monotonic() + 5) as http, pytest.raises(RoadError) as caught:
            engine.block(http, [(116.4, 39.9)], [(116.5, 39.9)], "driving", 11)
    assert caught.value.code == "roads.key_refused"
    assert "another-key" not in str(caught.value) + repr(engine)
    assert SECRET not in repr(engine)


def test_amap_signs_the_sorted_raw_parameters_and_the_private_key() -> None:
    # lbs.amap.com gives the rule (MD5 of "keya=valuea&keyb=valueb" + private key); the hash is md5sum's of that text.
    params = {"origins": "116.481028,39.989643|114.481028,39.989643", "key": "k", "destination": "114.465302,40.004717"}
    text = "destination=114.465302,40.004717&key=k&origins=116.481028,39.989643|114.481028,39.989643priv"
    assert amap_signature(params, "priv") == hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    assert amap_signature({"address": "Chengdu", "key": "FAKE_KEY"}, "secret") == "bb1f812301a937de5fcb0b7a1daa2f4a"


def test_tencent_signs_path_and_sorted_raw_parameters_and_the_secret() -> None:
    # The example of lbs.qq.com/faq/serverFaq/webServiceKey, its masked key filled in; the hash is md5sum's.
    params = {"location": "28.7033487,115.8660847", "key": "5Q5BZ-5EVWJ-SN5F3-K6QBZ-*****"}
    assert tencent_signature("/ws/geocoder/v1", params, "SWvT26ypwq5Nwb5RvS8cLi6NSoH8HlJX") == (
        "29c6bd3a4ca63da37b39e935e7a38bd5"
    )


def test_no_more_a_second_is_asked_than_the_vendor_allows() -> None:
    with RoadService("tencent") as service, Http(deadline=time.monotonic() + 5, per_second=20.0) as http:
        began = time.monotonic()
        for _ in range(5):
            Tencent(KEY, SECRET, service.url).block(http, [(116.4, 39.9)], [(116.5, 39.9)], "driving", 11)
    assert time.monotonic() - began >= 4 / 20


@pytest.mark.parametrize("limits", [Limits(3, 4, 10), Limits(100, 1, 100), Limits(25, 25, 200)])
def test_blocks_cover_what_is_missing_exactly_once(limits: Limits) -> None:
    rng = np.random.default_rng(5)
    missing = rng.random((23, 23)) < 0.5
    missing[5:12] = True
    seen = np.zeros(missing.shape, dtype=int)
    places = [(one.lng, one.lat) for one in around(23)]
    for rows, columns in blocks(missing, limits, places):
        assert len(rows) * len(columns) <= max(limits.rows * limits.columns, limits.line)
        seen[np.ix_(rows, columns)] += 1
    assert (seen == missing).all()


@pytest.mark.parametrize("limits", [Limits(10, 10, 20), Limits(10, 1, 10)])
def test_near_neighbours_are_asked_first(limits: Limits) -> None:
    places = [(one.lng, one.lat) for one in around(80)]
    apart = haversine_m(around(80))
    asked = blocks(np.ones((80, 80), dtype=bool), limits, places)
    first = np.zeros((80, 80), dtype=bool)
    for rows, columns in asked[: len(asked) // 4]:
        first[np.ix_(rows, columns)] = True
    near_enough = apart < np.quantile(apart, 0.04)
    assert first[near_enough].mean() > 0.75


def test_what_was_fetched_goes_to_workers_whole() -> None:
    with RoadService("osrm") as service:
        fetched = travel(service).fetch(PLACES, [("car", (11,))])
    again = pickle.loads(pickle.dumps(fetched))  # noqa: S301 - our own bytes
    assert (again.matrix(PLACES, "car", 11)[0] == fetched.matrix(PLACES, "car", 11)[0]).all()


@dataclasses.dataclass(frozen=True)
class Forecast:
    """An engine that knows every hour: as many seconds as metres, and 60 more for each hour of the day."""

    name: str = "forecast"
    limits: Limits = Limits(10, 10, 10)  # noqa: RUF009 - a value, not a call that does something
    clock: Literal["hour", "static", "live"] = "hour"
    profiles: Mapping[str, Profile] = dataclasses.field(default_factory=lambda: {"car": Profile("car")})
    asked: list[int] = dataclasses.field(default_factory=list)

    def block(
        self,
        http: Http,  # noqa: ARG002 - it asks nobody
        sources: Sequence[LngLat],
        targets: Sequence[LngLat],
        profile: str,
        hour: int,
    ) -> Block:
        self.asked.append(hour)
        metres = np.array([[ride(a, b, profile)[1] for b in targets] for a in sources]).astype(np.int32)
        return Block(metres // 10 + 60 * hour, metres)


def test_an_engine_that_knows_the_hour_is_asked_and_remembered_by_the_hour() -> None:
    engine, store = Forecast(), MemoryStore()
    source = CachedTravel(engine, store, CALM)
    (eight,) = source.matrices(PLACES, [("car", (8,))])
    eleven, mean = source.matrices(PLACES, [("car", (11,)), ("car", (8, 11))])
    assert engine.asked == [8, 11]
    assert eleven[0][0, 4] - eight[0][0, 4] == 180
    assert mean[0][0, 4] == pytest.approx((eleven[0][0, 4] + eight[0][0, 4]) / 2, abs=1)


def test_hours_that_were_not_fetched_stretch_the_nearest_ones() -> None:
    fetched = CachedTravel(Forecast(), MemoryStore(), CALM).fetch(PLACES, [("car", (9, 12))])
    ten, six = (fetched.matrix(PLACES, "car", hour)[0][0, 4] for hour in (10, 18))
    nine, noon = (fetched.matrix(PLACES, "car", hour)[0][0, 4] for hour in (9, 12))
    assert ten == nine
    assert six - 150 == pytest.approx((noon - 150) * 25 / 17, abs=1)


def test_a_shift_that_changes_after_the_fetch_keeps_the_roads() -> None:
    with RoadService("osrm") as service:
        fetched = travel(service).fetch(PLACES, [("car", (9, 13, 16))])
    later = fetched.matrices(PLACES, [("car", (11, 14, 16))])[0]
    assert (later[1] == fetched.matrix(PLACES, "car", 9)[1]).all()
    assert (later[1] != CALM.matrix(PLACES, "car", 9)[1]).any()


def test_a_plan_by_road_is_sound() -> None:
    places = around(12)
    asked = problem([dataclasses.replace(visit(f"v{n}"), point=place) for n, place in enumerate(places)])
    with RoadService("valhalla") as service:
        fetched = travel(service).fetch(list(travel_places(asked)), travel_asked(asked))
    day = dataclasses.replace(asked, travel=fetched)
    plan = solve(day, Iterations(10), 1)
    assert check(day, plan) == []
    first = plan.routes[0].stops[0]
    there = places[int(first.visit_id.removeprefix("v"))]
    assert first.travel_m == pytest.approx(ride((CENTRE.lng, CENTRE.lat), (there.lng, there.lat), "auto")[1], abs=4)


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_a_cell_is_within_a_metre_of_its_place(lng: float, lat: float) -> None:
    (cell,) = cells_of([Point(lng, lat)])
    there = place_of(int(cell))
    assert abs(there[0] - lng) <= 0.51e-5
    assert abs(there[1] - lat) <= 0.51e-5
    assert cells_of([Point(*there)])[0] == cell


def test_a_memory_that_is_full_forgets_the_oldest() -> None:
    store = MemoryStore(most_rows=2)
    row = Row(np.array([1], dtype=np.int64), np.array([5], dtype=np.int32), np.array([6], dtype=np.int32))
    keys = [RowKey("osrm", "driving", 11, source) for source in range(3)]
    for key in keys:
        store.put_many({key: row})
    assert set(store.get_many(keys)) == set(keys[1:])
