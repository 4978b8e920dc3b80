from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from server.accounts.models import Person
from server.board.schemas.visits import BoardMovedSchema, BoardPriceSchema, BoardVisitDetailSchema
from server.dispatch.models import Visit
from tests.api.board.conftest import ended, ok, problem
from tests.api.conftest import Browser, Phone
from tests.integration.dispatch import samples


def test_a_drag_answers_the_visit_as_it_is_now(
    manager: Browser, day: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    server, visit = people["wc001"].id, day[0]["_id"]
    price = ok(manager.post(f"/api/board/visits/{visit}/price", json={"server_id": server}))
    assert BoardPriceSchema().validate(price) == {}
    assert price["km"] > 0
    moved = ok(manager.post(f"/api/board/visits/{visit}/assign", json={"server_id": server, "version": 1}))
    assert BoardMovedSchema().validate(moved) == {}
    assert (moved["state"], moved["server_id"], moved["position"], moved["version"]) == ("assigned", server, 1, 2)
    assert moved["late"] == []
    stale = manager.post(f"/api/board/visits/{visit}/assign", json={"server_id": server, "version": 1})
    assert problem(stale) == (409, "visit.changed")
    assert stale.json["version"] == 2


def test_taking_a_visit_off_its_server_keeps_the_reason_in_the_tasks_course(
    manager: Browser, day: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    visit = day[0]
    path = f"/api/board/visits/{visit['_id']}"
    ok(manager.post(f"{path}/assign", json={"server_id": people["wc001"].id}))
    ok(manager.post(f"{path}/unassign", json={"reason": "车辆故障"}))
    assert problem(manager.post(f"{path}/unassign", json={})) == (409, "visit.not_assigned")
    steps = ok(manager.get(f"/api/board/tasks/{visit['task_id']}"))["steps"]
    assert [step["what"] for step in steps] == ["attempt.opened", "visit.assigned", "visit.unassigned"]
    assert steps[-1]["text"] == "取消分派：wc001（车辆故障）"


def test_a_batch_is_moved_and_undone(manager: Browser, day: list[dict[str, Any]], people: dict[str, Person]) -> None:
    ids = [visit["_id"] for visit in day]
    asked = {"visit_ids": ids, "server_id": people["wc002"].id}
    batch = ok(manager.post("/api/board/visits/assign-batch", json=asked))
    assert (batch["moved"], batch["refused"]) == (6, [])
    undone = ok(manager.post(f"/api/board/move-batches/{batch['batch_id']}/undo"))
    assert undone["moved"] == 6
    assert {visit["state"] for visit in samples.all_visits()} == {"open"}
    assert problem(manager.post(f"/api/board/move-batches/{batch['batch_id']}/undo")) == (409, "move_batch.undone")
    assert problem(manager.post("/api/board/move-batches/nothing/undo")) == (404, "move_batch.not_found")


def test_a_batch_over_two_days_is_refused_whole(
    manager: Browser, day: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    Visit._get_collection().update_one({"_id": day[0]["_id"]}, {"$set": {"date": "2026-11-25"}})
    asked = {"visit_ids": [visit["_id"] for visit in day], "server_id": people["wc002"].id}
    assert problem(manager.post("/api/board/visits/assign-batch", json=asked)) == (422, "visit.other_day")
    assert {visit["state"] for visit in samples.all_visits()} == {"open"}


def test_the_phone_sees_the_new_route_and_the_board_the_claim(
    manager: Browser, phone: Callable[[str], Phone], day: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    first, second = day[0]["_id"], day[1]["_id"]
    ok(manager.post(f"/api/board/visits/{first}/assign", json={"server_id": people["wc001"].id}))
    wc001 = phone("wc001")
    stops = ok(wc001.get(f"/api/phone/route?date={samples.DAY}"))["stops"]
    assert [stop["visit_id"] for stop in stops] == [first]
    ok(wc001.post(f"/api/phone/visits/{second}/claim", json={"client_id": "claim-0001"}))
    claimed = ok(manager.get(f"/api/board/visits/{second}"))
    assert claimed["server_name"] == "wc001"
    assert claimed["changes"][-1]["text"] == "领取：wc001"


def test_everything_about_an_ended_visit_on_one_page(
    manager: Browser, day: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    server = people["wc001"].id
    ended(day[0]["_id"], server)
    detail = ok(manager.get(f"/api/board/visits/{day[0]['_id']}"))
    assert BoardVisitDetailSchema().validate(detail) == {}
    assert (detail["outcome"]["label"], detail["review"]["state"]) == ("本人签收", "pending")
    assert detail["id_mask"] == "110***********1234"
    assert "party_id" not in detail


def test_the_reviewers_word_closes_the_outcome(
    specialist: Browser, day: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    ended(day[0]["_id"], people["wc001"].id)
    [waiting] = ok(specialist.get("/api/board/reviews"))["items"]
    path = f"/api/board/visits/{waiting['id']}/review"
    assert problem(specialist.post(path, json={"decision": "send_back"})) == (422, "review.reason_required")
    assert problem(specialist.post(path, json={"decision": "accept", "version": 1})) == (409, "visit.changed")
    decided = ok(specialist.post(path, json={"decision": "accept", "version": waiting["version"]}))
    assert (decided["review"]["state"], decided["review"]["by_name"]) == ("accepted", "specialist")
    assert ok(specialist.get("/api/board/reviews"))["total"] == 0
    assert ok(specialist.get("/api/board/reviews?state=accepted"))["total"] == 1


def test_papers_are_made_again_only_after_acceptance(
    specialist: Browser, day: list[dict[str, Any]], people: dict[str, Person], clean_redis: Any
) -> None:
    visit = day[0]["_id"]
    ended(visit, people["wc001"].id)
    assert problem(specialist.post(f"/api/board/visits/{visit}/papers")) == (409, "papers.not_accepted")
    ok(specialist.post(f"/api/board/visits/{visit}/review", json={"decision": "accept"}))
    clean_redis.delete("papers")
    asked = ok(specialist.post(f"/api/board/visits/{visit}/papers"), 202)
    assert asked["visit_id"] == visit
    assert clean_redis.llen("papers") == 1


def test_broken_unicode_is_refused(manager: Browser, day: list[dict[str, Any]]) -> None:
    path = f"/api/board/visits/{day[0]['_id']}/unassign"
    for reason in (r"\ud800", r"\u0000"):
        answer = manager.post(path, data=f'{{"reason": "{reason}"}}', content_type="application/json")
        assert problem(answer) == (422, "request.invalid")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("assign", {}),
        ("assign", {"server_id": "a b"}),
        ("assign", {"server_id": "x", "position": 0}),
        ("assign", {"server_id": "x", "position": 10**12}),
        ("assign", {"server_id": "x", "version": -1}),
        ("price", {"server_id": None}),
        ("unassign", {"reason": "长" * 201}),
        ("review", {"decision": "maybe"}),
    ],
)
def test_nonsense_is_refused_before_anything_is_looked_at(
    sign_in: Callable[[str], Browser], day: list[dict[str, Any]], path: str, body: dict[str, Any]
) -> None:
    admin = sign_in("admin")
    assert problem(admin.post(f"/api/board/visits/{day[0]['_id']}/{path}", json=body)) == (422, "request.invalid")


def test_a_withdrawn_visit_frees_its_recipient_for_another_channel(
    manager: Browser, phone: Callable[[str], Phone], day: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    server = people["wc001"].id
    for visit in day[:3]:
        ok(manager.post(f"/api/board/visits/{visit['_id']}/assign", json={"server_id": server, "position": 99}))
    path = f"/api/board/visits/{day[1]['_id']}/withdraw"
    assert problem(manager.post(path, json={"reason": " "})) == (422, "request.invalid")
    gone = ok(manager.post(path, json={"reason": "当事人同意来院领取"}))
    assert (gone["state"], gone["server_id"]) == ("withdrawn", None)
    assert ok(manager.post(path, json={"reason": "再按一次"}))["version"] == gone["version"]
    task = ok(manager.get(f"/api/board/tasks/{day[1]['task_id']}"))
    assert (task["recipients"][0]["state"], task["recipients"][0]["lock"]) == ("pending", None)
    assert task["attempts"][0]["state"] == "withdrawn"
    stops = ok(phone("wc001").get(f"/api/phone/route?date={samples.DAY}"))["stops"]
    assert [(stop["visit_id"], stop["position"]) for stop in stops] == [(day[0]["_id"], 1), (day[2]["_id"], 2)]


def test_what_is_under_way_is_not_withdrawn(
    manager: Browser, day: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    ended(day[0]["_id"], people["wc001"].id)
    answer = manager.post(f"/api/board/visits/{day[0]['_id']}/withdraw", json={"reason": "不去了"})
    assert problem(answer) == (409, "visit.under_way")
