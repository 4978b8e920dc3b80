"""From the reviewer's acceptance to the clerk's word, under rules the court approved itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server.accounts.models import Person, holding
from server.core.clock import court_day, utc_now
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.service.models import DocumentCopies, Effect, ServiceTask
from server.service.services import rule_sets
from tests.api.conftest import COURT, Browser
from tests.factories import visits as make

SignIn = Callable[[str], Browser]
TODAY = court_day(utc_now()).isoformat()


@pytest.fixture(autouse=True)
def own_rules() -> Iterator[None]:
    rule_sets.forget()
    yield
    rule_sets.forget()


def left_at_the_door(people: dict[str, Person], **task: Any) -> Visit:
    """A visit whose outcome, leaving on video, waits for review."""
    return _ended(people, "refused_video", ("video", "photo_left"), **task)


def _ended(people: dict[str, Person], code: str, kinds: tuple[str, ...], **task: Any) -> Visit:
    visit: Visit = make.visit(server=people["wc001"])
    officers = {"judge_id": people["judge"].id, "clerk_id": people["clerk"].id}
    ServiceTask.objects(id=visit.task_id).update(**{f"set__{name}": one for name, one in (officers | task).items()})
    now = utc_now()
    items = [
        EvidenceItem(
            court=COURT, visit_id=visit.id, task_id=visit.task_id, client_id=f"c{n}", server_id=people["wc001"].id,
            digest="0" * 64, kind=kind, sha256="0" * 64, size=1, media_type="image/jpeg", store_key=f"k{n}",
            captured_at=now, received_at=now,
        ).save(force_insert=True).id
        for n, kind in enumerate(kinds)
    ]  # fmt: skip
    outcome = {
        "code": code,
        "happened_at": now,
        "received_at": now,
        "refusal_reason": "称与其无关",
        "left_at_place": "门口鞋柜上",
        "note": "敲门三次",
        "evidence": items,
    }
    Visit._get_collection().update_one(
        {"_id": visit.id},
        {"$set": {"state": "ended", "outcome": outcome, "review": {"state": "pending", "round": 1}}},
    )
    return visit


def accept(sign_in: SignIn, visit: Visit) -> None:
    answer = sign_in("reviewer").post(f"/api/board/visits/{visit.id}/review", json={"decision": "accept"})
    assert answer.status_code == 200, answer.get_data(as_text=True)


def recipient(visit: Visit) -> Any:
    return ServiceTask.objects.get(id=visit.task_id).recipients[0]


def effect_of(browser: Browser, visit: Visit) -> dict[str, Any]:
    (found,) = browser.get(f"/api/board/effects?task_id={visit.task_id}&status=proposed").json["items"]
    return dict(found)


def test_leaving_serves_only_once_the_clerk_has_confirmed_it(people: dict[str, Person], sign_in: SignIn) -> None:
    visit = left_at_the_door(people)
    accept(sign_in, visit)
    assert (recipient(visit).state, list(recipient(visit).awaits)) == ("awaiting", ["court_staff"])
    specialist = sign_in("specialist")
    row = effect_of(specialist, visit)
    assert (row["state"], row["served_on"], row["confirm_by"]) == ("deemed", TODAY, ["court_staff"])
    path = f"/api/board/effects/{row['id']}"
    words = {"what": "confirm", "version": row["version"]}
    assert specialist.post(f"{path}/decide", json=words).status_code == 403
    clerk = sign_in("clerk")
    assert clerk.post(f"{path}/decide", json=words | {"acting_as": "judge"}).json["code"] == "auth.forbidden"
    assert clerk.post(f"{path}/decide", json=words | {"version": 0}).json["code"] == "effect.changed"
    done = clerk.post(f"{path}/decide", json=words)
    assert (done.status_code, done.json["status"], done.json["decisions"][0]["by_name"]) == (200, "confirmed", "clerk")
    assert (recipient(visit).state, ServiceTask.objects.get(id=visit.task_id).state) == ("served", "completed")
    told = specialist.get(f"{path}/explanation?decision_id={done.json['decisions'][0]['id']}").json
    assert (told["same"], told["answer"]["article"]) == (True, "民事诉讼法第八十九条")
    assert specialist.get(path).json["findings"][0]["state"] == "deemed"


def test_the_judge_refuses_and_the_recipient_is_to_be_served_again(people: dict[str, Person], sign_in: SignIn) -> None:
    visit = left_at_the_door(people)
    accept(sign_in, visit)
    row = effect_of(sign_in("specialist"), visit)
    judge = sign_in("judge")
    words = {"what": "reject", "acting_as": "judge", "version": row["version"]}
    assert judge.post(f"/api/board/effects/{row['id']}/decide", json=words).json["code"] == "effect.reason_required"
    answer = judge.post(f"/api/board/effects/{row['id']}/decide", json=words | {"reason": "住所有误"})
    assert (answer.status_code, answer.json["status"]) == (200, "rejected")
    assert recipient(visit).state == "failed"
    other = sign_in("other-judge")
    assert other.post(f"/api/board/effects/{row['id']}/decide", json=words).status_code in (403, 404)


def test_nobody_home_never_becomes_anything_else(people: dict[str, Person], sign_in: SignIn) -> None:
    visit = _ended(people, "nobody_home", ("photo_door",))
    accept(sign_in, visit)
    assert recipient(visit).state == "failed"
    row = Effect.objects.get(task_id=visit.task_id)
    judge = sign_in("judge")
    for words in ({"what": "confirm"}, {"what": "set", "state": "deemed", "served_on": TODAY, "reason": "推定"}):
        answer = judge.post(f"/api/board/effects/{row.id}/decide", json={"acting_as": "judge", **words})
        assert answer.status_code == 409, answer.json


def test_rules_of_the_court_are_approved_by_another_and_named_in_every_answer(
    people: dict[str, Person], sign_in: SignIn
) -> None:
    admin, leader = sign_in("admin"), sign_in("admin")
    defaults = admin.get("/api/board/rule-sets/defaults").json
    assert {one["code"] for one in defaults["disputed"]} >= {"notice_roll", "telephone_effect"}
    assert all(len(one["readings"]) >= 2 and one["readings"][0]["source"] for one in defaults["disputed"])
    body: dict[str, Any] = {"dated": TODAY, "thresholds": {"notice_days": 20}, "readings": {}, "note": "试行"}
    draft = admin.post("/api/board/rule-sets", json=body).json
    assert draft["faults"] == ["公告期 20 日，低于民事诉讼法第九十五条要求的 30 日"]
    path = f"/api/board/rule-sets/{draft['id']}"
    assert leader.post(f"{path}/approve", json={"edits": 0}).json["code"] == "law.own_approval"
    approver = _approver(people, sign_in)
    assert approver.post(f"{path}/approve", json={"edits": 0}).json["code"] == "law.below_statute"
    body |= {"thresholds": {"notice_days": 45}, "readings": {"telephone_effect": "never"}, "edits": 0}
    assert admin.put(path, json=body).json["faults"] == []
    done = approver.post(f"{path}/approve", json={"edits": 1})
    assert (done.status_code, done.json["state"], done.json["in_force"]) == (200, "approved", True)
    visit = left_at_the_door(people)
    accept(sign_in, visit)
    specialist = sign_in("specialist")
    assert effect_of(specialist, visit)["rule_version"] == draft["version"]
    judged = specialist.get(f"/api/board/tasks/{visit.task_id}/recipients/{visit.recipient_id}/channels").json
    assert judged["rule_version"] == draft["version"]
    telephone = next(one for one in judged["items"] if one["channel"] == "telephone")
    assert (telephone["verdict"], bool(telephone["article"])) == ("barred", True)
    assert specialist.post("/api/board/rule-sets", json={"dated": TODAY}).status_code == 403
    assert specialist.get("/api/board/rule-sets").json["total"] == 1


def _approver(people: dict[str, Person], sign_in: SignIn) -> Browser:
    """Somebody else who may approve: the leader of the court."""
    Person.objects(id=people["manager"].id).update(set__grants=holding("leader"))
    return sign_in("manager")


def test_facts_on_record_open_and_close_ways(people: dict[str, Person], sign_in: SignIn) -> None:
    visit = make.visit(server=people["wc001"])
    ServiceTask.objects(id=visit.task_id).update(
        set__procedure="普通程序", set__documents=[DocumentCopies(name="起诉状副本")]
    )
    specialist = sign_in("specialist")
    path = f"/api/board/tasks/{visit.task_id}/recipients/{visit.recipient_id}"

    def verdict(way: str) -> str:
        items = specialist.get(f"{path}/channels").json["items"]
        return str(next(one["verdict"] for one in items if one["channel"] == way))

    assert (verdict("electronic"), verdict("notice")) == ("barred", "barred")
    facts = {"consent": {"form": "express"}, "e_address": "given", "unknown_whereabouts": True}
    assert specialist.put(f"{path}/situation", json={"facts": facts, "reason": ""}).json["code"] == (
        "situation.reason_required"
    )
    body = {"facts": facts, "reason": "地址确认书第二项"}
    answer = specialist.put(f"{path}/situation", json=body)
    assert answer.status_code == 200, answer.json
    assert next(one for one in answer.json["facts"] if one["code"] == "e_address")["value"] == "given"
    assert (verdict("electronic"), verdict("notice")) == ("allowed", "needs_confirmation")
    wrong = specialist.put(f"{path}/situation", json={"facts": {"region": "火星"}, "reason": "见笔录"})
    assert (wrong.status_code, wrong.json["code"], wrong.json["rule"]) == (422, "law.unknown_word", "R1.2")
    assert sign_in("clerk").put(f"{path}/situation", json=body).status_code in (403, 404)
