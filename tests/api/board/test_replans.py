"""What comes up during a day, seen through the board: proposals, why, prices."""

from __future__ import annotations

from typing import Any

import pytest

from server.accounts.models import Person
from server.board.schemas.replans import BoardReplanSchema
from server.board.schemas.visits import BoardPriceSchema, BoardVisitWhySchema
from server.core.clock import utc_now
from server.dispatch.services import create_plan, publish_plan
from tests.api.board.conftest import DAY, ok, problem, run
from tests.api.conftest import Browser
from tests.integration.dispatch import samples


@pytest.fixture
def published(day: list[dict[str, Any]]) -> list[dict[str, Any]]:
    plan = create_plan(court=samples.COURT, day=DAY, seconds=0.2, seed=1, actor=samples.MANAGER, now=utc_now())
    run(plan["_id"])
    publish_plan(court=samples.COURT, plan_id=plan["_id"], actor=samples.MANAGER, now=utc_now())
    return samples.all_visits()


def test_something_comes_up_is_read_improved_and_accepted(
    manager: Browser, published: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    gone, other = people["wc001"].id, people["wc002"].id
    if not any(visit["server_id"] == gone for visit in published):
        gone, other = other, gone
    asked = {"kind": "absent", "server_id": gone, "seconds": 0.2}
    first = ok(manager.post(f"/api/board/days/{DAY}/replans", json=asked), 202)
    assert BoardReplanSchema().validate(first) == {}
    assert first["happening"]["text"].startswith("送达员缺勤：")
    assert {line["to_server"] for line in first["changes"] if line["what"] == "reassigned"} == {other}
    run(first["id"])
    better = ok(manager.get(f"/api/board/plans/{first['id']}/changes"))
    assert (better["state"], better["price"]["dropped"]) == ("done", 0)
    answer = manager.post(f"/api/board/plans/{first['id']}/publish", json={"revision": better["revision"]})
    assert ok(answer)["state"] == "published"
    view = ok(manager.get(f"/api/board/days/{DAY}"))
    assert {visit["server_id"] for visit in view["visits"]} == {other}
    assert {one["server_id"]: one["status"] for one in view["roster"]} == {gone: "off", other: "on_duty"}


def test_what_is_put_aside_leaves_the_day_as_it_is(manager: Browser, published: list[dict[str, Any]]) -> None:
    asked = {"kind": "withdrawn", "visit_id": published[0]["_id"], "reason": "当事人已到院领取"}
    plan = ok(manager.post(f"/api/board/days/{DAY}/replans", json=asked), 202)
    assert ok(manager.post(f"/api/board/plans/{plan['id']}/reject", json={}))["state"] == "rejected"
    assert problem(manager.post(f"/api/board/plans/{plan['id']}/publish", json={})) == (409, "plan.not_open")
    assert samples.all_visits() == published


def test_an_ordinary_plan_has_no_changes_to_show(manager: Browser, published: list[dict[str, Any]]) -> None:
    [plan] = ok(manager.get(f"/api/board/days/{DAY}/plans"))["items"]
    shown = ok(manager.get(f"/api/board/plans/{plan['id']}/changes"))
    assert BoardReplanSchema().validate(shown) == {}
    assert (shown["happening"], shown["changes"], shown["price"]) == (None, [], None)
    assert problem(manager.post(f"/api/board/plans/{plan['id']}/reject", json={})) == (409, "plan.not_open")


def test_a_planned_visit_says_why_him_and_why_then(manager: Browser, published: list[dict[str, Any]]) -> None:
    visit = published[0]
    said = ok(manager.get(f"/api/board/visits/{visit['_id']}/why"))
    assert BoardVisitWhySchema().validate(said) == {}
    assert said["planned"]
    assert "上门" in said["sentences"][0]
    assert all(one["server_id"] != visit["server_id"] for one in said["alternatives"])


def test_a_visit_nobody_can_make_says_why_and_what_would_let_it_in(
    manager: Browser, published: list[dict[str, Any]]
) -> None:
    late = [[18 * 3600, 20 * 3600]]
    visit_id = published[0]["_id"]
    samples.Visit._get_collection().update_one(
        {"_id": visit_id}, {"$set": {"windows": late, "state": "open"}, "$unset": {"server_id": "", "position": ""}}
    )
    said = ok(manager.get(f"/api/board/visits/{visit_id}/why"))
    assert not said["planned"]
    assert [one["code"] for one in said["reasons"]] == ["window.unreachable"]
    codes = {one["code"] for one in said["admissions"]}
    assert codes & {"window", "overtime"}
    assert all(one["text"] for one in said["admissions"])


def test_a_price_tells_what_else_moves_and_what_it_is_worth(
    manager: Browser, published: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    visit = published[0]
    other = next(people[name].id for name in ("wc001", "wc002") if people[name].id != visit["server_id"])
    price = ok(manager.post(f"/api/board/visits/{visit['_id']}/price", json={"server_id": other, "position": 1}))
    assert BoardPriceSchema().validate(price) == {}
    assert price["objective_minutes"] is not None
    assert all(one["visit_id"] != visit["_id"] for one in price["shifted"])


def test_a_roster_keeps_areas_the_longest_way_and_a_second_break(manager: Browser, day: list[dict[str, Any]]) -> None:
    roster = ok(manager.get(f"/api/board/days/{DAY}/roster"))
    entries = [
        {name: entry[name] for name in ("server_id", "shift", "break", "mode", "max_stops", "skills", "status")}
        | {"start": {"point": entry["start"]["point"]}}
        for entry in roster["entries"]
    ]
    entries[0].update(areas=["试验路1", "试验路"], max_km=30, second_break=[54000, 54900])
    stored = ok(manager.put(f"/api/board/days/{DAY}/roster", json={"entries": entries, "version": roster["version"]}))
    first = stored["entries"][0]
    assert (first["areas"], first["max_km"], first["second_break"]) == (["试验路1", "试验路"], 30, [54000, 54900])
    entries[0]["second_break"] = [45000, 47000]
    answer = manager.put(f"/api/board/days/{DAY}/roster", json={"entries": entries, "version": stored["version"]})
    assert problem(answer) == (422, "roster.invalid")
