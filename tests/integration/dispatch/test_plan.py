from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from server.core.clock import utc_now
from server.core.errors import DomainError
from server.dispatch.models import DayPlan, Visit
from server.dispatch.services import (
    assign_visit,
    create_plan,
    get_plan,
    list_plans,
    plans,
    publish_plan,
    runner,
    stop_plan,
)
from server.dispatch.services.runner import run_plan
from tests.integration.dispatch import samples
from tests.integration.dispatch.samples import COURT, DAY, MANAGER, NOW


def new_plan(seconds: float = 0.3, seed: int = 1) -> dict[str, Any]:
    return create_plan(court=COURT, day=DAY, seconds=seconds, seed=seed, actor=MANAGER, now=utc_now())


def planned(seconds: float = 0.3) -> dict[str, Any]:
    plan = new_plan(seconds)
    assert run_plan(plan_id=plan["_id"], now=utc_now())
    return get_plan(court=COURT, plan_id=plan["_id"])


def publish(plan: dict[str, Any]) -> dict[str, Any]:
    return publish_plan(court=COURT, plan_id=plan["_id"], actor=MANAGER, now=utc_now())


def test_a_plan_puts_every_visit_on_a_route_and_keeps_its_numbers() -> None:
    visits = samples.make_day(6)
    plan = planned()
    stops = {stop["visit_id"] for route in plan["routes"] for stop in route["stops"]}
    assert plan["state"] == "done"
    assert stops == {visit["_id"] for visit in visits}
    assert plan["totals"]["planned"] == 6
    assert plan["totals"]["distance_m"] == sum(route["distance_m"] for route in plan["routes"]) > 0
    assert plan["progress"]["planned"] == 6


def test_a_visit_nobody_can_reach_in_its_window_says_why_in_chinese() -> None:
    samples.make_day(2, windows=[[18 * 3600, 20 * 3600 + 1800]])
    plan = planned()
    assert plan["totals"]["planned"] == 0
    reasons = [reason for left in plan["unplanned"] for reason in left["reasons"]]
    assert len(plan["unplanned"]) == 2
    assert all("18:00" in reason["text"] for reason in reasons)


def test_numbers_of_plans_made_at_the_same_time_are_all_different() -> None:
    samples.make_day(1)
    with ThreadPoolExecutor(6) as pool:
        made = [run.result() for run in [pool.submit(new_plan) for _ in range(12)]]
    assert sorted(plan["number"] for plan in made) == list(range(1, 13))
    assert [plan["number"] for plan in list_plans(court=COURT, day=DAY)] == list(range(12, 0, -1))


def test_a_day_without_anybody_on_duty_is_refused_at_once() -> None:
    samples.store_tasks(samples.task(1))
    samples.store_roster(samples.entry(1, status="off"))
    with pytest.raises(DomainError) as refused:
        new_plan()
    assert refused.value.code == "plan.nobody_on_duty"


def test_publishing_gives_the_visits_to_their_servers_with_times() -> None:
    visits = samples.make_day(6)
    plan = publish(planned())
    assert plan["state"] == "published"
    assert plan["publication"]["applied"] == 6
    for visit in samples.all_visits():
        assert visit["state"] == "assigned"
        assert visit["server_id"] in ("server-1", "server-2")
        assert visit["planned_arrive_at"] < visit["planned_leave_at"]
        assert visit["changes"][-1]["what"] == "published"
        assert visit["plan_id"] == plan["_id"]
    for server in ("server-1", "server-2"):
        mine = sorted(visit["position"] for visit in samples.all_visits() if visit["server_id"] == server)
        assert mine == list(range(1, len(mine) + 1))
    assert len(visits) == 6


def test_publishing_twice_changes_nothing_the_second_time() -> None:
    samples.make_day(4)
    plan = planned()
    first = publish(plan)
    before = samples.all_visits()
    assert publish(plan)["publication"] == first["publication"]
    assert samples.all_visits() == before


def test_publishing_at_the_same_time_applies_once() -> None:
    samples.make_day(4)
    plan = planned()
    with ThreadPoolExecutor(4) as pool:
        for run in [pool.submit(publish, plan) for _ in range(4)]:
            run.result()
    assert all(len(visit["changes"]) == 1 for visit in samples.all_visits())


def test_publishing_keeps_what_was_moved_by_hand_and_what_is_under_way() -> None:
    visits = samples.make_day(6)
    plan = planned()
    targets = {stop["visit_id"]: route["server_id"] for route in plan["routes"] for stop in route["stops"]}
    moved, gone = visits[0]["_id"], visits[1]["_id"]
    other = "server-2" if targets[moved] == "server-1" else "server-1"
    assign_visit(court=COURT, visit_id=moved, server_id=other, position=None, version=None, actor=MANAGER, now=NOW)
    Visit._get_collection().update_one(
        {"_id": gone}, {"$set": {"state": "departed", "server_id": "server-9", "position": 1}}
    )
    published = publish(plan)
    refused = {one["visit_id"]: one["code"] for one in published["publication"]["refused"]}
    assert refused == {moved: "visit.moved_since", gone: "visit.under_way"}
    assert samples.visit_of(moved)["server_id"] == other
    assert samples.visit_of(gone)["server_id"] == "server-9"
    assert published["publication"]["applied"] == 4


def test_a_newer_published_plan_supersedes_the_older_which_then_refuses() -> None:
    samples.make_day(4)
    old, new, late = planned(), planned(), planned()
    publish(old)
    publish(new)
    assert get_plan(court=COURT, plan_id=old["_id"])["state"] == "superseded"
    with pytest.raises(DomainError) as refused:
        publish(old)
    assert refused.value.code == "plan.superseded"
    assert get_plan(court=COURT, plan_id=late["_id"])["state"] == "done"


def test_a_plan_in_the_queue_cannot_be_published() -> None:
    samples.make_day(1)
    with pytest.raises(DomainError) as refused:
        publish(new_plan())
    assert refused.value.code == "plan.not_done"


def test_a_worker_whose_solver_is_silent_still_shows_life(monkeypatch: pytest.MonkeyPatch) -> None:
    samples.make_day(1)
    monkeypatch.setattr(runner, "LIFE_EVERY_S", 0.05)
    plan = {**new_plan(), "run_id": "a"}
    long_ago = utc_now() - timedelta(minutes=5)
    where = {"_id": plan["_id"]}
    DayPlan._get_collection().update_one(where, {"$set": {"state": "running", "run_id": "a", "beat_at": long_ago}})
    with runner._Heartbeat(plan):
        time.sleep(0.3)
    assert plans.find_lost(now=utc_now()) == []
    DayPlan._get_collection().update_one(where, {"$set": {"beat_at": long_ago}})
    assert plans.find_lost(now=utc_now()) == [plan["_id"]]


def test_a_running_plan_stops_soon_after_it_is_told_and_keeps_its_answer() -> None:
    samples.make_day(12)
    plan = new_plan(seconds=60)
    running = threading.Thread(target=run_plan, kwargs={"plan_id": plan["_id"], "now": utc_now()})
    began = time.monotonic()
    running.start()
    while get_plan(court=COURT, plan_id=plan["_id"])["state"] != "running":
        time.sleep(0.05)
    stop_plan(court=COURT, plan_id=plan["_id"])
    running.join(20)
    assert not running.is_alive()
    assert time.monotonic() - began < 15
    done = get_plan(court=COURT, plan_id=plan["_id"])
    assert done["state"] == "done"
    assert done["totals"]["planned"] == 12


def test_a_plan_that_is_over_cannot_be_stopped() -> None:
    samples.make_day(1)
    plan = planned()
    with pytest.raises(DomainError) as refused:
        stop_plan(court=COURT, plan_id=plan["_id"])
    assert refused.value.code == "plan.not_running"


def test_two_workers_with_the_same_plan_run_it_once() -> None:
    samples.make_day(2)
    plan = new_plan()
    assert run_plan(plan_id=plan["_id"], now=utc_now())
    assert not run_plan(plan_id=plan["_id"], now=utc_now())


def test_a_plan_whose_worker_died_is_queued_again_and_the_dead_run_may_not_write() -> None:
    samples.make_day(2)
    plan = new_plan()
    now = utc_now()
    DayPlan._get_collection().update_one(
        {"_id": plan["_id"]},
        {"$set": {"state": "running", "run_id": "dead", "tries": 1, "beat_at": now - timedelta(seconds=31)}},
    )
    assert plans.find_lost(now=now) == [plan["_id"]]
    again = get_plan(court=COURT, plan_id=plan["_id"])
    assert again["state"] == "queued"
    assert "run_id" not in again
    assert run_plan(plan_id=plan["_id"], now=utc_now())
    assert get_plan(court=COURT, plan_id=plan["_id"])["state"] == "done"


def test_a_living_plan_is_left_alone_by_the_sweep() -> None:
    samples.make_day(1)
    plan = new_plan()
    now = utc_now()
    DayPlan._get_collection().update_one(
        {"_id": plan["_id"]}, {"$set": {"state": "running", "run_id": "alive", "beat_at": now - timedelta(seconds=20)}}
    )
    assert plans.find_lost(now=now) == []


def test_a_plan_that_kills_every_worker_fails_after_three_tries() -> None:
    samples.make_day(1)
    plan = new_plan()
    now = utc_now()
    dead = {"state": "running", "run_id": "dead", "tries": 3, "beat_at": now - timedelta(seconds=40)}
    DayPlan._get_collection().update_one({"_id": plan["_id"]}, {"$set": dead})
    assert plans.find_lost(now=now) == []
    failed = get_plan(court=COURT, plan_id=plan["_id"])
    assert (failed["state"], failed["failure"]["code"]) == ("failed", "plan.worker_lost")


def test_a_plan_whose_message_was_lost_is_sent_again_after_a_minute() -> None:
    samples.make_day(1)
    plan = new_plan()
    later = utc_now() + timedelta(seconds=61)
    assert plans.find_lost(now=later) == [plan["_id"]]
    assert plans.find_lost(now=later + timedelta(seconds=1)) == []


def test_planning_again_keeps_who_is_under_way_where_they_are() -> None:
    visits = samples.make_day(6)
    publish(planned())
    under_way = samples.visit_of(visits[0]["_id"])
    Visit._get_collection().update_one({"_id": under_way["_id"]}, {"$set": {"state": "arrived"}})
    again = planned()
    route = next(route for route in again["routes"] if route["server_id"] == under_way["server_id"])
    assert route["stops"][0]["visit_id"] == under_way["_id"]


def test_an_ended_visit_is_no_part_of_the_next_plan() -> None:
    visits = samples.make_day(3)
    ended = {"state": "ended", "server_id": "server-1", "position": 1, "outcome": {"happened_at": NOW}}
    Visit._get_collection().update_one({"_id": visits[0]["_id"]}, {"$set": ended})
    plan = planned()
    assert plan["totals"]["planned"] == 2


def test_a_crew_of_two_is_planned_and_published_with_both_servers() -> None:
    samples.make_day(2, remarks=["须两人同往"])
    publish(planned())
    for visit in samples.all_visits():
        assert {visit["server_id"], visit["second_server_id"]} == {"server-1", "server-2"}
        assert visit["position"]
        assert visit["second_position"]


def test_publishing_while_phones_set_out_leaves_every_visit_with_one_truth() -> None:
    visits = samples.make_day(12)
    publish(planned())
    for visit in visits:
        assign_visit(
            court=COURT,
            visit_id=visit["_id"],
            server_id="server-1",
            position=99,
            version=None,
            actor=MANAGER,
            now=NOW,
        )
    again = planned(0.6)
    gone: set[str] = set()
    stop = threading.Event()

    def depart() -> None:
        for visit in samples.all_visits():
            if stop.is_set():
                return
            mine = {"_id": visit["_id"], "server_id": "server-1", "state": "assigned"}
            done = Visit._get_collection().update_one(mine, {"$set": {"state": "departed"}, "$inc": {"version": 1}})
            if done.modified_count:
                gone.add(visit["_id"])

    with ThreadPoolExecutor(2) as pool:
        leaving = pool.submit(depart)
        published = publish(again)
        stop.set()
        leaving.result()
    for visit in samples.all_visits():
        if visit["_id"] in gone:
            assert (visit["state"], visit["server_id"]) == ("departed", "server-1")
        else:
            assert visit["state"] == "assigned"
    moved = {visit["_id"] for visit in samples.all_visits() if visit["server_id"] == "server-2"}
    assert not moved & gone
    assert published["publication"]["applied"] >= len(moved - gone)
