"""Full personal values are shown one at a time, with a reason, counted and recorded; everything else is a mask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from server.accounts.models import Court, Person, holding
from server.alerts import watch
from server.alerts.models import Alert, Look
from server.alerts.services import ALERT_AT, LOOKS_PER_HOUR
from server.core.audit import mask
from server.core.audit.models import ChainEntry
from server.core.clock import court_day, utc_now
from server.core.fields import phone_index
from server.core.ids import new_id
from server.dispatch.models import Visit
from server.service.models import ServiceTask
from tests.api.conftest import COURT, OTHER_COURT, Browser, Phone
from tests.factories import visits as make

NUMBER, IDENTITY = "19912345678", "110101199003070039"


@pytest.fixture
def door(people: dict[str, Person]) -> Visit:
    visit = make.visit(server=people["wc001"], court=COURT)
    make.party_of(visit, phone=NUMBER, id_number=IDENTITY)
    return visit


def ask(browser: Browser, door: Visit, field: str = "phone", reason: str = "核对受送达人身份") -> Any:
    body = {"recipient_id": door.recipient_id, "field": field, "reason": reason}
    return browser.post(f"/api/board/tasks/{door.task_id}/unmask", json=body)


@pytest.mark.parametrize(("field", "value"), [("phone", NUMBER), ("id_number", IDENTITY)])
def test_a_full_value_is_shown_for_a_reason_and_recorded_with_it(
    door: Visit, sign_in: Callable[[str], Browser], people: dict[str, Person], field: str, value: str
) -> None:
    answer = ask(sign_in("specialist"), door, field)
    assert (answer.status_code, answer.json) == (200, {"field": field, "value": value})
    [row] = ChainEntry.objects(action="personal.unmask")
    assert (row.person_id, row.object_id, row.detail["reason"]) == (
        people["specialist"].id,
        door.task_id,
        "核对受送达人身份",
    )
    assert row.detail["case_number"] == door.case_number
    assert value not in str(row.to_mongo())
    if field == "phone":
        assert list(row.subjects) == [phone_index(NUMBER, court=COURT)]


def test_without_a_reason_nothing_is_shown(door: Visit, sign_in: Callable[[str], Browser]) -> None:
    answer = ask(sign_in("specialist"), door, reason=" 。 ")
    assert (answer.status_code, answer.json["code"]) == (422, "personal.reason_required")
    assert NUMBER not in answer.get_data(as_text=True)
    assert Look.objects.count() == 0


def test_another_courts_task_and_a_role_without_the_right_see_nothing(
    door: Visit, sign_in: Callable[[str], Browser]
) -> None:
    assert ask(sign_in("other-specialist"), door).json["code"] == "task.not_found"
    assert ask(sign_in("judge"), door).json["code"] == "auth.forbidden"


def test_too_many_looks_are_refused_and_many_different_ones_raise_an_alert(
    door: Visit, sign_in: Callable[[str], Browser], people: dict[str, Person]
) -> None:
    person, now = people["specialist"], utc_now()
    seen = [Look(court=COURT, person_id=person.id, subject=new_id(), at=now) for _ in range(ALERT_AT - 1)]
    Look.objects.insert(seen)
    browser = sign_in("specialist")
    assert ask(browser, door).status_code == 200
    [alert] = Alert.objects(person_id=person.id, kind="unmask")
    assert (alert.court, alert.state, alert.count) == (COURT, "open", ALERT_AT)
    more = [Look(court=COURT, person_id=person.id, subject="same", at=now) for _ in range(LOOKS_PER_HOUR)]
    Look.objects.insert(more)
    answer = ask(browser, door)
    assert (answer.status_code, answer.json["code"]) == (429, "personal.too_many")
    assert int(answer.headers["Retry-After"]) > 0


def test_an_hour_later_one_may_look_again(
    door: Visit, sign_in: Callable[[str], Browser], people: dict[str, Person]
) -> None:
    then = utc_now() - timedelta(minutes=61)
    old = [Look(court=COURT, person_id=people["specialist"].id, subject=new_id(), at=then) for _ in range(100)]
    Look.objects.insert(old)
    assert ask(sign_in("specialist"), door).status_code == 200
    assert Alert.objects.count() == 0


def test_a_party_is_found_by_number_with_masks_only(door: Visit, sign_in: Callable[[str], Browser]) -> None:
    browser = sign_in("specialist")
    answer = browser.post("/api/board/parties/search", json={"phone": "+86 199-1234-5678"})
    assert [one["task_ids"] for one in answer.json["items"]] == [[door.task_id]]
    assert NUMBER not in answer.get_data(as_text=True)
    found = browser.post("/api/board/parties/search", json={"id_number": IDENTITY}).json["items"]
    assert [one["party_id"] for one in found] == [door.party_id]
    assert sign_in("other-specialist").post("/api/board/parties/search", json={"phone": NUMBER}).json["items"] == []
    assert NUMBER not in str(list(ChainEntry._get_collection().find({})))


@pytest.mark.parametrize("body", [{}, {"phone": NUMBER, "id_number": IDENTITY}, {"phone": {"$ne": None}}])
def test_a_search_for_everybody_is_refused(body: dict[str, Any], sign_in: Callable[[str], Browser]) -> None:
    assert sign_in("specialist").post("/api/board/parties/search", json=body).status_code == 422


def test_the_server_at_the_door_sees_the_phone_on_the_day_only(
    door: Visit, phone: Callable[[str], Phone], people: dict[str, Person]
) -> None:
    mine, other = phone("wc001"), phone("wc002")
    path = f"/api/phone/visits/{door.id}/unmask"
    assert mine.post(path, json={"field": "phone"}).json["value"] == NUMBER
    assert other.post(path, json={"field": "phone"}).json["code"] == "visit.not_found"
    assert mine.post(path, json={"field": "id_number"}).status_code == 422
    tomorrow = (court_day(utc_now()) + timedelta(days=1)).isoformat()
    Visit.objects(id=door.id).update(set__date=tomorrow)
    assert mine.post(path, json={"field": "phone"}).json["code"] == "visit.not_today"


def test_a_destroyed_value_says_so(door: Visit, sign_in: Callable[[str], Browser], people: dict[str, Person]) -> None:
    people["specialist"].grants = holding("specialist")
    ServiceTask.objects(id=door.task_id).update(set__state="completed")
    Visit.objects(id=door.id).update(set__state="ended")
    admin = sign_in("admin")
    gone = admin.post(f"/api/board/parties/{door.party_id}/shred", json={"reason": "当事人依法申请删除"})
    assert gone.status_code == 200, gone.get_data(as_text=True)
    answer = ask(admin, door)
    assert (answer.status_code, answer.json["code"]) == (410, "personal.destroyed")
    [row] = ChainEntry.objects(action="party.shred")
    assert row.object_id == door.party_id


def test_the_watch_raises_one_alert_however_often_it_looks(app: Flask, sign_in: Callable[[str], Browser]) -> None:
    clerk = sign_in("clerk")
    for _ in range(21):
        clerk.get("/api/board/tasks")
    assert watch.watch(now=utc_now()) == 1
    assert watch.watch(now=utc_now()) == 1
    [alert] = Alert.objects(kind="refused")
    assert alert.count == 21


def test_an_alert_is_settled_once_with_a_note(
    app: Flask, sign_in: Callable[[str], Browser], people: dict[str, Person]
) -> None:
    people["admin"].grants = holding("supervisor")
    people["admin"].save()
    one = Alert(court=COURT, kind="unmask", person_id="p", window="w", at=utc_now(), count=31).save(force_insert=True)
    theirs = Alert(court=OTHER_COURT, kind="unmask", person_id="q", window="w", at=utc_now(), count=31).save(
        force_insert=True
    )
    browser = sign_in("admin")
    assert [item["id"] for item in browser.get("/api/board/alerts?state=open").json["items"]] == [one.id]
    done = browser.post(f"/api/board/alerts/{one.id}/settle", json={"version": 1, "note": "已核实，系集中核对"})
    assert (done.status_code, done.json["state"]) == (200, "settled")
    again = browser.post(f"/api/board/alerts/{one.id}/settle", json={"version": 1, "note": "再次"})
    assert again.json["code"] == "alert.stale"
    other = browser.post(f"/api/board/alerts/{theirs.id}/settle", json={"version": 1, "note": "别院"})
    assert other.json["code"] == "alert.not_found"


def test_a_leader_sees_the_courts_below_and_no_others(
    app: Flask, sign_in: Callable[[str], Browser], people: dict[str, Person]
) -> None:
    Court(id="京01", name="北京市第一中级人民法院", level=3).save()
    Court.objects(id=COURT).update(set__parent="京01", set__path=["京01"])
    make.visit(court=COURT)
    make.visit(court=OTHER_COURT)
    Person(
        court="京01", username="boss", name="院领导", staff_no="B", grants=holding("leader"), created_at=utc_now(),
        password_hash=people["judge"].password_hash, password_changed_at=utc_now(),
    ).save()  # fmt: skip
    found = sign_in("boss").get("/api/board/overview").json["courts"]
    assert [(one["code"], one["tasks"], one["visits"]) for one in found] == [(COURT, 1, 1)]


def test_what_is_masked_by_pattern_in_free_text() -> None:
    text = mask.masked({"note": f"电话{NUMBER}，身份证{IDENTITY}"})["note"]
    assert NUMBER not in text
    assert IDENTITY not in text
