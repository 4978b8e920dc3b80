from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.accounts.models import Person
from server.board.schemas.days import BoardDayViewSchema, BoardPlanSchema, BoardSelectionSchema
from server.core.clock import utc_now
from server.dispatch import tasks
from server.dispatch.models import DayPlan, Visit
from tests.api.board.conftest import DAY, ended, ok, problem, run
from tests.api.conftest import Browser
from tests.integration.dispatch import samples
from tests.integration.dispatch.profiling import profiled


def shaped(schema: Any, answer: dict[str, Any]) -> dict[str, Any]:
    """Empty when the answer is exactly what the document promises: nothing missing, nothing extra."""
    return dict(schema().validate(answer))


def test_the_whole_way_from_selection_to_published_routes(manager: Browser, people: dict[str, Person]) -> None:
    samples.store_tasks(samples.task(1), samples.task(2), samples.task(3, channel="postal"))
    samples.store_roster(samples.entry(1, server_id=people["wc001"].id))
    selection = ok(manager.post(f"/api/board/days/{DAY}/selection", json={}))
    assert (selection["created"], len(selection["candidates"]), len(selection["skipped"])) == (2, 2, 1)
    assert selection["skipped"][0]["rule_text"] == "承办法官指定邮寄送达"
    assert shaped(BoardSelectionSchema, selection) == {}
    plan = ok(manager.post(f"/api/board/days/{DAY}/plans", json={"seconds": 0.3, "seed": 7}), 202)
    assert (plan["state"], plan["number"]) == ("queued", 1)
    run(plan["id"])
    done = ok(manager.get(f"/api/board/plans/{plan['id']}"))
    assert shaped(BoardPlanSchema, done) == {}
    assert (done["state"], done["totals"]["planned"]) == ("done", 2)
    published = ok(manager.post(f"/api/board/plans/{plan['id']}/publish"))
    assert published["publication"]["applied"] == 2
    view = ok(manager.get(f"/api/board/days/{DAY}"))
    assert shaped(BoardDayViewSchema, view) == {}
    assert {visit["server_id"] for visit in view["visits"]} == {people["wc001"].id}
    assert view["totals"] == {
        "visits": 2,
        "open": 0,
        "assigned": 2,
        "done": 0,
        "km_planned": pytest.approx(done["totals"]["distance_m"] / 1000, abs=0.01),
        "km_tracked": 0.0,
    }
    assert view["plan"]["id"] == plan["id"]
    assert view["roster"][0]["start"]["point"]["datum"] == "GCJ-02"
    [line] = ok(manager.get("/api/board/days"))["items"]
    assert line == {"date": DAY, "visits": 2, "done": 0, "servers": 1, "plan_state": "published"}


def test_a_view_of_an_empty_day_is_empty_and_well_formed(manager: Browser) -> None:
    view = ok(manager.get("/api/board/days/2026-12-01"))
    assert shaped(BoardDayViewSchema, view) == {}
    assert (view["visits"], view["roster"], view["plan"]) == ([], [], None)


@pytest.mark.parametrize(
    "date", ["2026-13-01", "tomorrow", "2026-11-24T00:00", "%00", "20261124", "2026-W48-2", "0001-01-01"]
)
def test_a_day_that_is_none_is_refused_by_name(manager: Browser, date: str) -> None:
    for path in ("", "/roster", "/plans", "/positions", "/mileage"):
        assert problem(manager.get(f"/api/board/days/{date}{path}")) == (422, "day.invalid")


def test_the_day_view_of_600_visits_asks_the_database_no_more_than_that_of_six(
    manager: Browser, day: list[dict[str, Any]], database: Any
) -> None:
    def operations() -> int:
        with profiled(database) as entries:
            ok(manager.get(f"/api/board/days/{DAY}"))
        return len([entry for entry in entries if entry["op"] in ("query", "command", "getmore")])

    few = operations()
    copies = [
        {**day[number % len(day)], "_id": f"copy-{number}", "attempt_id": f"attempt-{number}"} for number in range(594)
    ]
    Visit._get_collection().insert_many(copies)
    assert len(ok(manager.get(f"/api/board/days/{DAY}"))["visits"]) == 600
    # The cursor of 600 visits may take a few more batches; what must not happen is a query per visit.
    assert operations() <= few + 6


def test_another_courts_day_shows_nothing(sign_in: Callable[[str], Browser], day: list[dict[str, Any]]) -> None:
    stranger = sign_in("other-manager")
    assert ok(stranger.get(f"/api/board/days/{DAY}"))["visits"] == []
    assert ok(stranger.get("/api/board/days"))["items"] == []


def test_another_courts_things_are_not_there(
    sign_in: Callable[[str], Browser], manager: Browser, day: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    plan = ok(manager.post(f"/api/board/days/{DAY}/plans", json={"seconds": 0.3}), 202)
    stranger = sign_in("other-admin")
    visit = day[0]["_id"]
    asked = {"server_id": people["other-wc001"].id}
    for answer, code in (
        (stranger.get(f"/api/board/plans/{plan['id']}"), "plan.not_found"),
        (stranger.post(f"/api/board/plans/{plan['id']}/stop"), "plan.not_found"),
        (stranger.post(f"/api/board/plans/{plan['id']}/publish"), "plan.not_found"),
        (stranger.get(f"/api/board/visits/{visit}"), "visit.not_found"),
        (stranger.post(f"/api/board/visits/{visit}/assign", json=asked), "visit.not_found"),
        (stranger.post(f"/api/board/visits/{visit}/price", json=asked), "visit.not_found"),
        (stranger.post(f"/api/board/visits/{visit}/unassign", json={}), "visit.not_found"),
        (stranger.post(f"/api/board/visits/{visit}/papers"), "visit.not_found"),
        (stranger.post(f"/api/board/visits/{visit}/review", json={"decision": "accept"}), "visit.not_found"),
        (stranger.get(f"/api/board/tasks/{day[0]['task_id']}"), "task.not_found"),
        (stranger.post(f"/api/board/people/{people['wc001'].id}/bind-code"), "person.not_found"),
    ):
        assert problem(answer) == (404, code)


def test_visits_done_and_mileage_are_told_per_server(
    manager: Browser, day: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    server = people["wc001"].id
    for visit in day[:3]:
        ok(manager.post(f"/api/board/visits/{visit['_id']}/assign", json={"server_id": server}))
    ended(day[0]["_id"], server)
    first, second = ok(manager.get(f"/api/board/days/{DAY}/mileage"))["items"]
    assert (first["visits_done"], second["visits_done"]) == (1, 0)
    assert first["planned_m"] > 0
    assert second["planned_m"] == 0


def test_carrying_over_moves_what_nobody_set_out_for(manager: Browser, day: list[dict[str, Any]]) -> None:
    assert ok(manager.post("/api/board/days/2026-11-25/carry-over", json={}))["moved"] == 6
    assert ok(manager.get(f"/api/board/days/{DAY}"))["visits"] == []
    assert len(ok(manager.get("/api/board/days/2026-11-25"))["visits"]) == 6


def test_a_plan_can_be_stopped_only_while_it_runs(manager: Browser, day: list[dict[str, Any]]) -> None:
    plan = ok(manager.post(f"/api/board/days/{DAY}/plans", json={"seconds": 0.3}), 202)
    assert ok(manager.post(f"/api/board/plans/{plan['id']}/stop"))["state"] == "stopping"
    run(plan["id"])
    assert problem(manager.post(f"/api/board/plans/{plan['id']}/stop")) == (409, "plan.not_running")
    assert [one["number"] for one in ok(manager.get(f"/api/board/days/{DAY}/plans"))["items"]] == [1]


@pytest.mark.parametrize("body", [{"seconds": 0}, {"seconds": 1e9}, {"seed": -1}, {"seed": 2**40}, {"secondz": 1}])
def test_nonsense_is_not_planned(manager: Browser, day: list[dict[str, Any]], body: dict[str, Any]) -> None:
    assert problem(manager.post(f"/api/board/days/{DAY}/plans", json=body)) == (422, "request.invalid")


def test_a_day_nobody_works_on_is_not_planned(manager: Browser) -> None:
    assert problem(manager.post(f"/api/board/days/{DAY}/plans", json={})) == (422, "plan.nobody_on_duty")


def test_a_plan_waits_in_the_queue_for_plans_and_a_lost_one_is_sent_again(
    manager: Browser, day: list[dict[str, Any]], clean_redis: Any
) -> None:
    clean_redis.delete("plan")
    plan = ok(manager.post(f"/api/board/days/{DAY}/plans", json={}), 202)
    assert clean_redis.llen("plan") == 1
    clean_redis.delete("plan")
    long_ago = utc_now() - timedelta(minutes=2)
    DayPlan._get_collection().update_one({"_id": plan["id"]}, {"$set": {"queued_at": long_ago}})
    tasks.sweep_plans()
    assert clean_redis.llen("plan") == 1
