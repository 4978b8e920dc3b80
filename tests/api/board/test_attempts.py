"""Serving by every other way than the door, and stepping in: walked as a specialist does it in the browser."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from server.addresses.models import ContactPoint
from server.board.schemas.attempts import BoardAttemptDetailSchema, BoardExhibitSchema
from server.board.schemas.tasks import BoardTaskDetailSchema
from server.board.schemas.tracking import BoardMatrixSchema, BoardReplaySchema, BoardTrackingSchema
from server.cases.models import Case
from server.core.clock import court_day, utc_now
from server.core.fields import DatumPoint, Sealed
from server.dispatch.models import Visit
from server.service.models import Attempt, Effect, ServiceTask
from tests.api.board.conftest import ok, problem
from tests.api.conftest import Browser
from tests.factories.media import small_photo
from tests.integration.dispatch import samples

BOARD = "/api/board"
TODAY = court_day(utc_now())


@pytest.fixture
def specialist(sign_in: Any) -> Browser:
    found: Browser = sign_in("specialist")
    return found


@pytest.fixture
def task(specialist: Browser) -> dict[str, Any]:
    made = samples.task(1, state="pending_review")
    samples.store_tasks(made)
    ok(specialist.post(f"{BOARD}/tasks/{made['_id']}/review", json={"decision": "approve"}))
    return made


def day(back: int) -> str:
    return str((TODAY - timedelta(days=back)).isoformat())


def of_recipient(task: dict[str, Any], what: str = "attempts") -> str:
    return f"{BOARD}/tasks/{task['_id']}/recipients/{task['recipients'][0]['id']}/{what}"


def opened(specialist: Browser, task: dict[str, Any], **asked: Any) -> dict[str, Any]:
    body = {"channel": "postal", "reason": "多次上门未遇", "confirmed": True, **asked}
    answer: dict[str, Any] = ok(specialist.post(of_recipient(task), json=body), 201)
    return answer


def attach(specialist: Browser, attempt: dict[str, Any], kind: str, content: bytes | None = None) -> Any:
    data = {"file": (io.BytesIO(content or small_photo()), "回执.jpg"), "kind": kind}
    return specialist.post(f"{BOARD}/attempts/{attempt['id']}/exhibits", data=data)


def signed(**changes: Any) -> dict[str, Any]:
    record = {
        "posted_on": day(6),
        "signed_on": day(3),
        "signer": {"relation": "self", "name": "当事人1"},
        "fields": {"signer.name": "当事人1"},
    }
    return {
        "result": "mail_signed",
        "happened_at": (utc_now() - timedelta(days=3)).isoformat(),
        "record": record,
        **changes,
    }


def close(specialist: Browser, attempt: dict[str, Any], body: dict[str, Any]) -> Any:
    # Written in ASCII, so that even broken Unicode can be sent.
    path, data = f"{BOARD}/attempts/{attempt['id']}/close", json.dumps(body)
    return specialist.post(path, data=data, content_type="application/json")


def test_served_by_post_from_the_first_question_to_the_completed_task(
    specialist: Browser, task: dict[str, Any]
) -> None:
    asked = {"channel": "postal", "reason": "路途遥远"}
    refused = specialist.post(of_recipient(task), json=asked)
    assert problem(refused) == (422, "attempt.needs_confirmation")
    assert refused.json["article"] == "民事诉讼法第九十一条"
    attempt = opened(specialist, task)
    assert BoardAttemptDetailSchema().validate(attempt) == {}
    assert attempt["lawful"]["confirmed"] is True
    assert problem(specialist.post(of_recipient(task), json={**asked, "confirmed": True})) == (409, "recipient.locked")

    unproven = close(specialist, attempt, signed())
    assert problem(unproven) == (422, "attempt.evidence_missing")
    assert [one["code"] for one in unproven.json["missing"]] == ["mail_receipt"]
    assert Attempt.objects.get(id=attempt["id"]).state == "open"
    wanted = ok(specialist.get(f"{BOARD}/attempts/{attempt['id']}?result=mail_signed"))["missing"]
    assert "mail_receipt" in [one["code"] for one in wanted]

    held = ok(attach(specialist, attempt, "mail_receipt"), 201)
    assert BoardExhibitSchema().validate(held) == {}
    assert ok(attach(specialist, attempt, "mail_receipt"), 201)["id"] == held["id"], "the same file is held once"
    with specialist.get(f"{BOARD}/exhibits/{held['id']}/file") as file:
        assert file.data == small_photo()

    done = ok(close(specialist, attempt, signed(note="邮件号 EX000000000CN")))
    assert (done["state"], done["outcome_label"], done["missing"]) == ("closed", "邮件回执已签收", [])
    again = close(specialist, attempt, {"result": "mail_delivered", "happened_at": utc_now().isoformat()})
    assert problem(again) == (409, "attempt.not_open")
    assert (again.json["outcome"], again.json["by_name"]) == ("mail_signed", "specialist")

    after = ok(specialist.get(f"{BOARD}/tasks/{task['_id']}"))
    assert BoardTaskDetailSchema().validate(after) == {}
    rows = Effect.objects(task_id=task["_id"])
    assert {(one.status, one.state, one.served_on) for one in rows} == {("confirmed", "served", day(3))}
    assert (after["state"], after["recipients"][0]["state"]) == ("completed", "served")


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"signed_on": day(9)}, "law.contradiction"),
        ({"signed_on": "2026-02-30"}, "law.bad_date"),
        ({"colour": "red"}, "law.bad_input"),
        ({"return_reason": "whim"}, "law.unknown_word"),
        ({"confirmed_by": "我自己"}, "attempt.bad_record"),
        ({"items": ["mail_receipt"]}, "attempt.bad_record"),
        ({"items": [[]]}, "attempt.bad_record"),
        ({"items": 5}, "attempt.bad_record"),
        ({"channel": ["postal"]}, "attempt.bad_record"),
        ({"fields": {"a\x00": "x"}}, "attempt.bad_record"),
        ({"fields": {"$where": "x"}}, "attempt.bad_record"),
        ({"fields": {"note": "\ud800"}}, "attempt.bad_record"),
        ({"fields": {"note": 5}}, "attempt.bad_record"),
        ({"fields": []}, "law.bad_input"),
        ({"signer": {"relation": {"a": {"b": {"c": {"d": {}}}}}}}, "attempt.bad_record"),
        ({"tried_on": ["2026-11-01"] * 201}, "attempt.bad_record"),
        ({"items": [{"kind": "mail_receipt", "attempt_id": "another"}]}, "law.foreign_evidence"),
        ({"signed_on": date(TODAY.year + 1, 1, 1).isoformat()}, "law.contradiction"),
    ],
)
def test_what_cannot_be_is_refused_by_its_rule_and_nothing_is_half_written(
    specialist: Browser, task: dict[str, Any], record: dict[str, Any], code: str
) -> None:
    attempt = opened(specialist, task)
    before = Attempt._get_collection().find_one({"_id": attempt["id"]})
    body = signed()
    body["record"] |= record
    assert problem(close(specialist, attempt, body)) == (422, code)
    assert Attempt._get_collection().find_one({"_id": attempt["id"]}) == before


def test_a_failure_is_entered_without_evidence_and_the_next_channel_opens(
    specialist: Browser, task: dict[str, Any]
) -> None:
    attempt = opened(specialist, task)
    returned = {
        "result": "mail_returned",
        "happened_at": utc_now().isoformat(),
        "record": {"posted_on": day(6), "returned_on": day(1), "return_reason": "moved"},
    }
    assert [one["code"] for one in ok(close(specialist, attempt, returned))["missing"]] == ["return_slip"]
    assert ServiceTask.objects.get(id=task["_id"]).recipients[0].state == "failed"
    barred = specialist.post(of_recipient(task), json={"channel": "forwarded", "reason": "试试"})
    assert problem(barred) == (422, "attempt.channel_barred")
    assert barred.json["article"] == "民事诉讼法第九十二条"
    notice = {"channel": "notice", "reason": "联系不上", "confirmed": True}
    assert specialist.post(of_recipient(task), json=notice).status_code in (409, 422), "announcement stays locked"
    assert opened(specialist, task, channel="entrusted")["channel"] == "entrusted"


def test_of_two_people_closing_at_once_exactly_one_wins(app: Flask, specialist: Browser, task: dict[str, Any]) -> None:
    attempt = opened(specialist, task)
    ok(attach(specialist, attempt, "mail_receipt"), 201)
    bodies = [signed(), {"result": "mail_delivered", "happened_at": utc_now().isoformat()}] * 2
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda body: close(specialist, attempt, body), bodies))
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    assert {one.json["code"] for one in answers if one.status_code == 409} == {"attempt.not_open"}
    task_after = ServiceTask.objects.get(id=task["_id"])
    assert [one.what for one in task_after.steps].count("attempt.closed") == 1


def test_an_exhibit_is_known_by_its_content(specialist: Browser, task: dict[str, Any]) -> None:
    attempt = opened(specialist, task)
    assert problem(attach(specialist, attempt, "selfie")) == (422, "exhibit.unknown_kind")
    assert problem(attach(specialist, attempt, "mail_receipt", b"just words"))[0] == 415
    assert problem(attach(specialist, attempt, "mail_receipt", b"%PDF-1.7 cut"))[1] == "evidence.broken_pdf"
    assert ok(attach(specialist, attempt, "mail_receipt", b"%PDF-1.7\n%%EOF\n"), 201)["media_type"] == "application/pdf"


def test_changing_the_channel_takes_the_visit_off_the_day_unless_somebody_has_set_out(
    specialist: Browser, day: list[dict[str, Any]]
) -> None:
    first, second = day[0], day[1]
    switch = f"{BOARD}/tasks/{first['task_id']}/recipients/{first['recipient_id']}/switch"
    body = {"channel": "postal", "reason": "当事人要求邮寄", "confirmed": True}
    changed = ok(specialist.post(switch, json=body), 201)
    assert (changed["channel"], changed["state"]) == ("postal", "open")
    assert Visit.objects.get(id=first["_id"]).state == "withdrawn"
    assert Attempt.objects.get(id=first["attempt_id"]).state == "withdrawn"
    task = ServiceTask.objects.get(id=first["task_id"])
    assert [one.what for one in task.steps][-2:] == ["attempt.withdrawn", "attempt.opened"]
    assert "当事人要求邮寄" in task.steps[-2].text

    Visit.objects(id=second["_id"]).update(set__state="departed")
    switch = f"{BOARD}/tasks/{second['task_id']}/recipients/{second['recipient_id']}/switch"
    assert problem(specialist.post(switch, json=body)) == (409, "visit.under_way")
    assert Attempt.objects.get(id=second["attempt_id"]).state == "open"
    away = f"{BOARD}/tasks/{second['task_id']}/withdraw"
    assert problem(specialist.post(away, json={"reason": "撤诉"})) == (409, "visit.under_way")
    assert ServiceTask.objects.get(id=second["task_id"]).state == "in_progress"


def test_a_withdrawn_task_frees_its_documents_and_keeps_what_was_tried(
    specialist: Browser, day: list[dict[str, Any]]
) -> None:
    visit = day[2]
    path = f"{BOARD}/tasks/{visit['task_id']}/withdraw"
    assert problem(specialist.post(path, json={"reason": " "})) == (422, "request.invalid")
    gone = ok(specialist.post(path, json={"reason": "原告撤诉"}))
    assert (gone["state"], gone["recipients"][0]["state"]) == ("withdrawn", "withdrawn")
    assert gone["attempts"][0]["state"] == "withdrawn"
    assert Visit.objects.get(id=visit["_id"]).state == "withdrawn"
    assert "task.withdrawn" in [one["what"] for one in gone["steps"] if "原告撤诉" in one["text"]]
    assert problem(specialist.post(path, json={"reason": "再撤"})) == (409, "state.refused")


def test_double_service_is_refused_in_bulk_and_allowed_on_purpose(specialist: Browser, task: dict[str, Any]) -> None:
    party = task["recipients"][0]["party_id"]
    twin = samples.task(2, state="pending_review", recipient={"party_id": party})
    samples.store_tasks(twin)
    answer = ok(specialist.post(f"{BOARD}/tasks/review-batch", json={"all_pending": True}))
    assert answer["approved"] == 0
    assert [(one["task_id"], one["code"]) for one in answer["refused"]] == [(twin["_id"], "task.double_service")]
    ok(specialist.post(f"{BOARD}/tasks/{task['_id']}/withdraw", json={"reason": "重复立案"}))
    assert ok(specialist.post(f"{BOARD}/tasks/review-batch", json={"all_pending": True}))["approved"] == 1


def test_recipients_leave_a_task_are_merged_and_come_back(specialist: Browser) -> None:
    people = [samples.recipient(one) for one in (1, 2, 3)]
    task = samples.task(1, state="pending_review", recipients=people)
    samples.store_tasks(task)
    path = f"{BOARD}/tasks/{task['_id']}"
    ok(specialist.post(f"{path}/review", json={"decision": "approve"}))
    keep, drop, third = (one["id"] for one in people)
    ok(specialist.post(f"{path}/recipients/{third}/withdraw", json={"reason": "已撤回对其起诉"}))
    attempt = opened(specialist, {**task, "recipients": [people[1]]})
    busy = specialist.post(f"{path}/recipients/merge", json={"keep": keep, "drop": drop, "reason": "同一人"})
    assert problem(busy) == (409, "recipient.busy")
    failed = {"result": "mail_delivered", "happened_at": utc_now().isoformat()}
    ok(close(specialist, attempt, failed))
    merged = ok(specialist.post(f"{path}/recipients/merge", json={"keep": keep, "drop": drop, "reason": "同一人"}))
    states = {one["id"]: one["state"] for one in merged["recipients"]}
    assert (states[drop], states[third], states[keep]) == ("withdrawn", "withdrawn", "failed")
    assert {one["recipient_id"] for one in merged["attempts"]} == {keep}
    assert Effect.objects(task_id=task["_id"], live=True).distinct("recipient_id") == [keep]
    back = ok(specialist.post(f"{path}/recipients/{drop}/split", json={"reason": "并非同一人"}))
    assert {one["recipient_id"] for one in back["attempts"]} == {drop}
    assert sorted(Effect.objects(task_id=task["_id"], live=True).distinct("recipient_id")) == sorted([keep, drop])
    new = {
        "reason": "另有实际居住人",
        "name": "李某乙",
        "address": "北京市西城区试验路9号",
        "address_basis": "原告提供",
    }
    split = ok(specialist.post(f"{path}/recipients/{keep}/split", json=new))
    fresh = split["recipients"][-1]
    assert (fresh["name"], fresh["state"], len(split["recipients"])) == ("李某乙", "pending", 4)
    assert Effect.objects(task_id=task["_id"], live=True, recipient_id=fresh["id"]).count() == 2


def test_both_lists_and_the_matrix_show_the_same_attempts_and_the_course_replays(specialist: Browser) -> None:
    shared = {"case_id": "case-1", "case_number": "（2026）京0102民初1号"}
    one = samples.task(1, recipients=[samples.recipient(1), samples.recipient(2)], **shared)
    other = samples.task(3, documents=[{"name": "民事裁定书", "copies": 1}], **shared)
    for made in (one, other):
        made["state"] = "pending_review"
        samples.store_tasks(made)
        ok(specialist.post(f"{BOARD}/tasks/{made['_id']}/review", json={"decision": "approve"}))
    Case(id="case-1", court=samples.COURT, number=shared["case_number"], kind="民事", created_at=utc_now(),
         updated_at=utc_now()).save(force_insert=True)  # fmt: skip
    first = opened(specialist, one)
    ok(attach(specialist, first, "mail_receipt"), 201)
    ok(close(specialist, first, signed()))
    second = opened(specialist, other)

    people = ok(specialist.get(f"{BOARD}/tracking?q=民初1号"))
    cases = ok(specialist.get(f"{BOARD}/tracking?by=case"))
    assert BoardTrackingSchema().validate(people) == {}
    assert BoardTrackingSchema().validate(cases) == {}
    assert (people["total"], cases["total"]) == (3, 1)
    (case,) = cases["cases"]
    assert (case["tasks"], case["served"], case["attempts"], len(case["recipients"])) == (2, 1, 2, 3)
    of_people = sorted(one["id"] for person in people["recipients"] for one in person["attempts"])
    of_case = sorted(one["id"] for person in case["recipients"] for one in person["attempts"])
    assert of_people == of_case == sorted([first["id"], second["id"]])
    served = ok(specialist.get(f"{BOARD}/tracking?state=served"))["recipients"]
    assert [(one["name"], one["documents"], one["documents_served"]) for one in served] == [("当事人1", 2, 2)]
    assert ok(specialist.get(f"{BOARD}/tracking?state=failed"))["total"] == 0

    matrix = ok(specialist.get(f"{BOARD}/cases/case-1/matrix"))
    assert BoardMatrixSchema().validate(matrix) == {}
    assert sorted(matrix["documents"]) == ["应诉通知书", "民事裁定书", "起诉状副本"]
    cells = {(row["name"], cell["document"]): cell["items"] for row in matrix["rows"] for cell in row["cells"]}
    assert cells["当事人1", "起诉状副本"][0]["served_on"] == day(3)
    assert [one["id"] for one in cells["当事人3", "民事裁定书"][0]["attempts"]] == [second["id"]]
    assert cells["当事人3", "起诉状副本"] == []
    assert len(ok(specialist.get(f"{BOARD}/tasks/{one['_id']}/matrix"))["rows"]) == 2

    course = ok(specialist.get(f"{BOARD}/tasks/{one['_id']}/replay"))
    assert BoardReplaySchema().validate(course) == {}
    states = [frame["recipients"][one["recipients"][0]["id"]] for frame in course["frames"]]
    assert (course["agrees"], course["broken"], states) == (True, None, ["pending", "in_progress", "served"])


def test_a_visit_by_hand_goes_to_the_address_chosen_with_the_documents_meant_for_the_recipient(
    specialist: Browser, manager: Browser
) -> None:
    task = samples.task(1, channel="postal", recipient={"documents": ["应诉通知书"], "point": None})
    samples.store_tasks(task)
    party = task["recipients"][0]["party_id"]
    ask = {"channel": "direct", "reason": "邮寄前先上门"}
    assert problem(specialist.post(of_recipient(task), json=ask)) == (422, "attempt.place_unknown")
    strange = {**ask, "contact_point_id": "nowhere"}
    assert problem(specialist.post(of_recipient(task), json=strange)) == (404, "contact_point.not_found")
    ContactPoint(
        id="point-2", court=samples.COURT, party_id=party, basis="原告提供", source="test", created_at=utc_now(),
        text=Sealed.of_address("北京市西城区试验路22号", court=samples.COURT, subject=party),
        point=DatumPoint(**samples.point(7)), updated_at=utc_now(),
    ).save(force_insert=True)  # fmt: skip
    attempt = ok(specialist.post(of_recipient(task), json={**ask, "contact_point_id": "point-2"}), 201)
    assert attempt["contact_point_id"] == "point-2"
    unfit = {"result": "signed_recipient", "happened_at": utc_now().isoformat()}
    assert problem(close(specialist, attempt, unfit)) == (409, "attempt.at_the_door")
    ok(manager.post(f"{BOARD}/days/{samples.DAY}/selection"))
    visit = Visit.objects.get(attempt_id=attempt["id"])
    assert (visit.address_basis, visit.point.lng) == ("原告提供", samples.point(7)["lng"])
    assert [one["name"] for one in visit.documents] == ["应诉通知书"]
    ok(specialist.post(f"{BOARD}/attempts/{attempt['id']}/withdraw", json={"reason": "地址有误"}))
    assert Visit.objects.get(id=visit.id).state == "withdrawn"
    assert ServiceTask.objects.get(id=task["_id"]).recipients[0].state == "pending"
