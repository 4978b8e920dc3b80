"""Days are planned with what their court's rides taught, and by road where an engine is set up."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from flask import Flask

from routing import HaversineTravel, Point
from routing.roads import Osrm, Row, RowKey
from server.config import RoadsSettings
from server.core import database
from server.core.clock import at_second, utc_now
from server.dispatch import planning
from server.dispatch.cli import commands
from server.dispatch.models import DayPlan, Visit
from server.dispatch.services import (
    assign_visit,
    create_plan,
    daysheet,
    get_plan,
    publish_plan,
    travel_factors,
    travel_times,
)
from server.dispatch.services.runner import run_plan
from server.dispatch.travel_models import RoadRow, TravelFactorSet
from server.dispatch.travel_store import MongoRows
from tests.emulators.roads import RoadService, ride
from tests.integration.dispatch import samples
from tests.integration.dispatch.samples import COURT, DAY, MANAGER

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


@pytest.fixture
def osrm() -> Iterator[RoadService]:
    with RoadService("osrm") as service:
        engine = Osrm(service.url, profiles={"ebike": Osrm("").profiles["car"]})
        travel_times.use(engine, RoadsSettings(provider="osrm", url=service.url, seconds="5"))
        yield service
        travel_times.use(None, RoadsSettings())


def store_rides(days: int, a_day: int, *, lost_s: float = 300.0, kmh: float = 9.0) -> None:
    """Ended visits of an e-bike on the days before DAY, each after a ride at the given numbers."""
    rng = np.random.default_rng(4)
    for back in range(1, days + 1):
        day = (date.fromisoformat(DAY) - timedelta(days=back)).isoformat()
        samples.store_roster(samples.entry(1), day=day)
        Visit._get_collection().insert_many([_ridden(day, number, lost_s, kmh, rng) for number in range(a_day)])


def _ridden(day: str, number: int, lost_s: float, kmh: float, rng: np.random.Generator) -> dict[str, Any]:
    start, end = samples.point(0), samples.point(int(rng.integers(2, 20)))
    (a, b), (c, d) = start["wgs84"]["coordinates"], end["wgs84"]["coordinates"]
    metres = 111_195 * math.hypot((c - a) * math.cos(math.radians(b)), d - b)
    left = at_second(date.fromisoformat(day), (9 + number % 8) * 3600 + 60)
    seconds = (lost_s + metres * 1.27 * 3.6 / kmh) * float(rng.lognormal(0, 0.1))
    fix = {"point": start, "accuracy_m": 12.0, "provider": "gps", "at": left}
    steps = [
        {"client_id": "a", "digest": "", "kind": "depart", "happened_at": left, "received_at": left, "fix": fix},
        {"client_id": "b", "digest": "", "kind": "arrive", "happened_at": left + timedelta(seconds=seconds)},
    ]
    return {
        "_id": f"{day}-{number}", "court": COURT, "date": day, "state": "ended", "attempt_id": f"{day}-{number}",
        "point": end, "server_id": "server-1", "progress": [{**step, "by": "server-1"} for step in steps],
    }  # fmt: skip


def planned() -> dict[str, Any]:
    plan = create_plan(court=COURT, day=DAY, seconds=0.3, seed=1, actor=MANAGER, now=utc_now())
    assert run_plan(plan_id=plan["_id"], now=utc_now())
    return get_plan(court=COURT, plan_id=plan["_id"])


def test_rides_of_real_days_teach_the_next_plan() -> None:
    store_rides(12, 10)
    kept = travel_factors.learn_factors(court=COURT, now=NOW)
    (ebike,) = travel_factors.factors_of(travel_factors.newest(court=COURT)).modes
    assert (kept.rides, ebike.samples, ebike.used) == (120, 120, True)
    assert ebike.error_after is not None
    assert ebike.error_before is not None
    assert ebike.error_after < 12 < ebike.error_before
    points = [Point(*planning.lng_lat(samples.point(step)) or (0, 0)) for step in (0, 10)]
    slow, usual = (one.matrix(points, "ebike", 10)[0][0, 1] for one in (travel_times.learnt(COURT), HaversineTravel()))
    assert slow > 1.6 * usual
    samples.make_day(6)
    with_learnt = planned()
    TravelFactorSet.objects.delete()
    assert with_learnt["totals"]["travel_s"] > 1.4 * planned()["totals"]["travel_s"]


def test_a_night_learnt_twice_is_one_set_and_earlier_nights_stay() -> None:
    store_rides(4, 3)
    for now in (NOW, NOW, NOW + timedelta(days=1)):
        travel_factors.learn_factors(court=COURT, now=now)
    assert [one.learnt_on for one in travel_factors.history(court=COURT)] == ["2026-11-25", "2026-11-24"]


def test_the_command_shows_the_factors_with_their_errors() -> None:
    run = Flask("songda").test_cli_runner().invoke
    assert "尚未学习" in run(commands, ["travel-factors", "--court", COURT]).output
    store_rides(12, 10)
    travel_factors.learn_factors(court=COURT, now=NOW)
    told = run(commands, ["travel-factors", "--court", COURT, "--history"])
    assert told.exit_code == 0
    for words in ("电动自行车：120 程，误差中位数由", "每程固定耗时", "10 时", "2026-11-24  120 程"):
        assert words in told.output
    samples.store_roster(samples.entry(1), day="2026-11-01", court="京0101")
    travel_factors.learn_factors(court="京0101", now=NOW)
    assert "共 0 程" in run(commands, ["travel-factors", "--court", "京0101"]).output


def test_the_command_asks_the_road_engine_for_one_drive(osrm: RoadService) -> None:
    run = Flask("songda").test_cli_runner().invoke
    asked = ["roads-check", "--start", "116.36,39.93", "--end", "116.40,39.93"]
    assert "osrm：4.4 公里，7 分钟" in run(commands, asked).output
    osrm.faults.extend(["away"] * 9)
    away = run(commands, asked)
    assert (away.exit_code, "路网服务繁忙" in away.output) == (2, True)
    assert "不是经纬度" in run(commands, [*asked[:4], "39.93"]).output
    travel_times.use(None, RoadsSettings())
    assert run(commands, asked).exit_code == 2


def test_a_plan_by_road_has_the_roads_times_and_so_have_changes_by_hand(osrm: RoadService) -> None:
    visits = samples.make_day(5, servers=1)
    plan = planned()
    assert plan["roads"]["fetched"] == 6 * 5
    assert (plan["totals"]["road_pairs"], plan["totals"]["estimated_pairs"]) == (30, 0)
    (route,) = plan["routes"]
    doors = {visit["_id"]: planning.lng_lat(visit["point"]) for visit in visits}
    here = planning.lng_lat(samples.point(0))
    for stop in route["stops"]:
        there = doors[stop["visit_id"]]
        assert here is not None
        assert there is not None
        assert stop["travel_m"] == pytest.approx(ride(here, there, "driving")[1], abs=4)
        here = there
    asked = len(osrm.asked)
    publish_plan(court=COURT, plan_id=plan["_id"], actor=MANAGER, now=utc_now())
    sheet = database.database()["day_sheets"].find_one({"court": COURT})
    assert sheet["routes"]["server-1"]["distance_m"] == route["distance_m"]
    assert len(osrm.asked) == asked


def test_a_road_engine_hears_where_doors_are_and_nothing_else(osrm: RoadService) -> None:
    visits = samples.make_day(5, servers=1)
    planned()
    (heard,) = osrm.heard
    places, rest = heard.removeprefix("GET ").split("/driving/")[1].split("?", 1)
    assert all(re.fullmatch(r"-?\d+\.\d{6},-?\d+\.\d{6}", one) for one in places.split(";"))
    for visit in visits:
        for secret in (visit["_id"], visit["case_number"], visit["recipient_name"], visit["address"]["mask"], COURT):
            assert secret not in heard
    assert rest.startswith("sources=")


def test_a_second_plan_of_the_day_asks_no_road_again(osrm: RoadService) -> None:
    samples.make_day(5, servers=1)
    planned()
    asked = len(osrm.asked)
    assert planned()["roads"]["cached"] == 30
    assert len(osrm.asked) == asked


def test_a_road_engine_that_is_away_costs_a_plan_nothing_but_exactness(osrm: RoadService) -> None:
    osrm.faults.extend(["away"] * 50)
    samples.make_day(5, servers=1)
    plan = planned()
    assert (plan["state"], plan["totals"]["planned"]) == ("done", 5)
    assert plan["totals"]["estimated_pairs"] == 30
    assert plan["roads"]["errors"] == {"roads.unavailable": 1}
    assert plan["roads"]["messages_zh"]["roads.unavailable"].startswith("路网服务繁忙")


def test_a_change_by_hand_never_waits_for_the_network(osrm: RoadService) -> None:
    visits = samples.make_day(3, servers=1)
    assign_visit(
        court=COURT, visit_id=visits[0]["_id"], server_id="server-1", position=None, version=visits[0]["version"],
        actor=MANAGER, now=utc_now(),
    )  # fmt: skip
    assert osrm.asked == []


def test_courts_that_are_not_named_ask_nobody(osrm: RoadService) -> None:
    travel_times.use(Osrm(osrm.url), RoadsSettings(provider="osrm", url=osrm.url, courts="京0101, 京0105"))
    samples.make_day(3, servers=1)
    assert planned()["roads"] == {}
    assert osrm.asked == []


def test_stopping_a_plan_stops_the_asking(osrm: RoadService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.dispatch.services.runner.BEAT_EVERY_S", 0.0)
    osrm.slow_s = 3.0
    osrm.faults.append("slow")
    samples.make_day(3, servers=1)
    plan = create_plan(court=COURT, day=DAY, seconds=30, seed=1, actor=MANAGER, now=utc_now())
    DayPlan._get_collection().update_one({"_id": plan["_id"]}, {"$set": {"state": "stopping"}})
    assert run_plan(plan_id=plan["_id"], now=utc_now())
    stopped = get_plan(court=COURT, plan_id=plan["_id"])
    assert stopped["state"] == "done"
    assert stopped["roads"]["elapsed_s"] < 2.0
    assert stopped["roads"]["errors"] == {"roads.stopped": 1}


def test_rows_grow_by_what_is_added_and_the_newer_counts() -> None:
    store = MongoRows(keep_days=3)
    key, other = RowKey("osrm", "driving", 11, 5), RowKey("osrm", "driving", 12, 5)
    store.put_many({key: _row({7: 10, 9: 20})})
    store.put_many({key: _row({7: 11, 3: 30}), other: _row({1: 1})})
    row = store.get_many([key, RowKey("amap", "1", 11, 5)])[key]
    assert dict(zip(row.targets.tolist(), row.seconds.tolist(), strict=True)) == {3: 30, 7: 11, 9: 20}
    assert row.metres.tolist() == [300, 110, 200]
    kept = RoadRow._get_collection().find_one({"_id": "osrm driving 11 5"})
    assert timedelta(days=2) < kept["expires_at"] - utc_now() <= timedelta(days=3)


def test_rows_are_forgotten_by_an_index() -> None:
    RoadRow.ensure_indexes()
    indexes = RoadRow._get_collection().index_information()
    assert any(one.get("expireAfterSeconds") == 0 for one in indexes.values())


def test_a_day_in_many_blocks_keeps_the_newest() -> None:
    store = MongoRows(keep_days=3)
    key = RowKey("osrm", "driving", 11, 5)
    for number in range(205):
        store.put_many({key: _row({number: number})})
    assert set(store.get_many([key])[key].targets.tolist()) == set(range(5, 205))


def _row(known: dict[int, int]) -> Row:
    targets = np.array(sorted(known), dtype=np.int64)
    seconds = np.array([known[one] for one in sorted(known)], dtype=np.int32)
    return Row(targets, seconds, (seconds * 10).astype(np.int32))


def test_unread_documents_of_a_day_do_not_matter() -> None:
    """Roster without visits, visits without steps or points."""
    samples.store_roster(samples.entry(1), day="2026-11-20")
    Visit._get_collection().insert_one(
        {"_id": "x", "court": COURT, "date": "2026-11-20", "state": "ended", "attempt_id": "x"}
    )
    assert travel_factors.learn_factors(court=COURT, now=NOW).rides == 0
    assert daysheet.day_visits(COURT, DAY) == []
