"""A server's day over the phone's API: route, steps, outcome; repeated, late, out of order, taken away."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from evidence.samples import signature
from miniprogram_api.answers import OutcomesAnswer, RouteAnswer, StopAnswer
from server.accounts.models import Person
from server.core.clock import court_day, utc_now
from server.core.ids import new_id
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.service.models import Attempt
from tests.api.conftest import OTHER_COURT, Phone
from tests.api.phone.conftest import problem
from tests.factories import visits as make
from tests.factories.media import small_photo

Send = Callable[..., str]


def events(visit: Visit | str) -> str:
    return f"/api/phone/visits/{visit if isinstance(visit, str) else visit.id}/events"


def outcome_of(visit: Visit) -> str:
    return f"/api/phone/visits/{visit.id}/outcome"


def outcome(code: str = "nobody_home", **changes: Any) -> dict[str, Any]:
    return {"client_id": new_id(), "code": code, "happened_at": make.now_text(), **changes}


def stored(visit: Visit) -> Visit:
    found: Visit = Visit.objects.get(id=visit.id)
    return found


def test_the_route_shows_masks_and_fits_its_schema(wc001: Phone, visit: Visit) -> None:
    answer = wc001.get("/api/phone/route")
    assert answer.status_code == 200
    assert RouteAnswer().validate(answer.json) == {}
    (stop,) = answer.json["stops"]
    assert stop["visit_id"] == visit.id
    assert stop["recipient"]["id_mask"] == "410***********5909"
    assert stop["role"] == "lead"
    assert stop["closed_outcomes"] == ["signed_organisation", "organisation_gone"]
    text = answer.get_data(as_text=True)
    assert "party_id" not in text
    assert "attempt_id" not in text


def test_the_route_of_another_day_is_empty(wc001: Phone, visit: Visit) -> None:
    assert wc001.get("/api/phone/route?date=2026-01-05").json["stops"] == []


def test_nobody_sees_a_route_without_a_phone_session(app: Any, visit: Visit) -> None:
    assert problem(app.test_client().get("/api/phone/route")) == (401, "auth.required")
    upload = app.test_client().post(f"/api/phone/visits/{visit.id}/evidence", data=b"not even a form")
    assert problem(upload) == (401, "auth.required")


def test_a_browser_session_is_not_a_phone(sign_in: Any) -> None:
    assert problem(sign_in("manager").get("/api/phone/route")) == (403, "auth.forbidden")


def test_one_visit_answers_as_in_the_route(wc001: Phone, visit: Visit) -> None:
    answer = wc001.get(f"/api/phone/visits/{visit.id}")
    assert answer.status_code == 200
    assert StopAnswer().validate(answer.json) == {}


def test_the_list_of_outcomes_says_what_each_needs(wc001: Phone) -> None:
    answer = wc001.get("/api/phone/outcomes")
    assert OutcomesAnswer().validate(answer.json) == {}
    rules = {one["code"]: one for one in answer.json["items"]}
    recording = next(need for need in rules["refused_video"]["needs"] if need["code"] == "recording")
    assert [(one["what"], one["count"]) for one in recording["any_of"]] == [("video", 1), ("photo_process", 3)]


def test_steps_move_the_visit_forward(wc001: Phone, visit: Visit) -> None:
    for kind, state in (("accept", "accepted"), ("depart", "departed"), ("arrive", "arrived")):
        answer = wc001.post(events(visit), json=make.event(kind, fix=make.fix()))
        assert answer.status_code == 201, answer.json
        assert answer.json["state"] == state
    assert [one.kind for one in stored(visit).progress] == ["accept", "depart", "arrive"]


def test_a_step_that_comes_late_is_kept_and_moves_nothing_back(wc001: Phone, visit: Visit) -> None:
    assert wc001.post(events(visit), json=make.event("arrive")).json["state"] == "arrived"
    late = wc001.post(events(visit), json=make.event("depart", happened_at=make.now_text(minutes=20)))
    assert (late.status_code, late.json["state"]) == (201, "arrived")
    assert {one.kind for one in stored(visit).progress} == {"arrive", "depart"}


def test_a_step_sent_twice_is_recorded_once(wc001: Phone, visit: Visit) -> None:
    step = make.event("accept", fix=make.fix())
    first, again = wc001.post(events(visit), json=step), wc001.post(events(visit), json=step)
    assert (first.json["repeated"], again.json["repeated"]) == (False, True)
    assert first.json["version"] == again.json["version"]
    assert len(stored(visit).progress) == 1


def test_the_same_client_id_with_other_content_is_refused(wc001: Phone, visit: Visit) -> None:
    step = make.event("accept")
    wc001.post(events(visit), json=step)
    assert problem(wc001.post(events(visit), json=step | {"kind": "depart"})) == (409, "client_id.reused")
    assert len(stored(visit).progress) == 1


def test_a_visit_assigned_to_somebody_else_says_what_happened(
    wc001: Phone, visit: Visit, people: dict[str, Person]
) -> None:
    make.reassign(visit, people["wc002"])
    answer = wc001.post(events(visit), json=make.event("accept"))
    assert problem(answer) == (409, "visit.not_yours")
    assert answer.json["what"] == "reassigned"
    assert answer.json["to_name"] == people["wc002"].name
    assert answer.json["by_name"] == "送达管理员"
    assert wc001.get(f"/api/phone/visits/{visit.id}").json["code"] == "visit.not_yours"
    assert wc001.post(outcome_of(visit), json=outcome(note="x")).json["code"] == "visit.not_yours"
    upload = wc001.post(f"/api/phone/visits/{visit.id}/evidence", data=make.form(small_photo()))
    assert upload.json["code"] == "visit.not_yours"
    assert EvidenceItem.objects.count() == 0


def test_what_was_recorded_before_the_reassignment_still_answers_as_recorded(
    wc001: Phone, visit: Visit, people: dict[str, Person]
) -> None:
    step = make.event("accept")
    wc001.post(events(visit), json=step)
    make.reassign(visit, people["wc002"])
    again = wc001.post(events(visit), json=step)
    assert (again.status_code, again.json["repeated"]) == (201, True)


def test_a_visit_that_was_never_mine_does_not_exist_for_me(wc001: Phone, people: dict[str, Person]) -> None:
    strange = make.visit(server=people["wc002"])
    assert problem(wc001.post(events(strange), json=make.event())) == (404, "visit.not_found")
    assert problem(wc001.get(f"/api/phone/visits/{strange.id}")) == (404, "visit.not_found")


def test_a_visit_of_another_court_does_not_exist_for_me(wc001: Phone, people: dict[str, Person]) -> None:
    other = make.visit(server=people["other-wc001"], court=OTHER_COURT)
    for answer in (
        wc001.get(f"/api/phone/visits/{other.id}"),
        wc001.post(events(other), json=make.event()),
        wc001.post(outcome_of(other), json=outcome(note="x")),
        wc001.post(f"/api/phone/visits/{other.id}/evidence", data=make.form(small_photo())),
    ):
        assert problem(answer) == (404, "visit.not_found")
    assert stored(other).progress == []
    assert EvidenceItem.objects.count() == 0


def test_a_withdrawn_visit_says_so(wc001: Phone, people: dict[str, Person]) -> None:
    gone = make.visit(server=people["wc001"], state="withdrawn")
    assert problem(wc001.post(events(gone), json=make.event())) == (409, "visit.withdrawn")
    assert wc001.get("/api/phone/route").json["stops"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"happened_at": make.EPOCH}, "time.too_old"),
        ({"happened_at": make.now_text(hours=-3)}, "time.in_future"),
        ({"happened_at": make.now_text(days=-40)}, "time.in_future"),
        ({"fix": make.fix(accuracy_m=5000)}, "position.too_coarse"),
        ({"fix": make.fix(lng=139.7, lat=35.7)}, "position.outside_china"),
        ({"fix": make.fix(datum="BD-09")}, "position.wrong_datum"),
        ({"fix": make.fix(datum="mars")}, "position.wrong_datum"),
        ({"fix": make.fix(accuracy_m=-3)}, "position.bad_accuracy"),
        ({"fix": make.fix(at=make.EPOCH)}, "time.too_old"),
        ({"kind": "fly"}, "request.invalid"),
        ({"client_id": "short"}, "request.invalid"),
        ({"happened_at": "2026-11-24T09:00:00"}, "request.invalid"),
        ({"happened_at": "0001-01-01T00:00:00+14:00"}, "request.invalid"),
        ({"fix": {"accuracy_m": 3}}, "request.invalid"),
        ({"surprise": 1}, "request.invalid"),
    ],
)
def test_a_step_that_cannot_be_true_is_refused_and_leaves_nothing(
    wc001: Phone, visit: Visit, changes: dict[str, Any], code: str
) -> None:
    answer = wc001.post(events(visit), json=make.event() | changes)
    assert problem(answer) == (422, code)
    after = stored(visit)
    assert (after.state, after.version, after.progress) == ("assigned", 1, [])


def test_both_of_a_crew_may_report(phone: Callable[[str], Phone], people: dict[str, Person]) -> None:
    together = make.visit(server=people["wc001"], second=people["wc002"])
    answer = phone("wc002").post(events(together), json=make.event("arrive"))
    assert answer.json["state"] == "arrived"
    (stop,) = phone("wc002").get("/api/phone/route").json["stops"]
    assert stop["role"] == "second"
    assert {one["server_id"] for one in stop["crew"]} == {people["wc001"].id, people["wc002"].id}


def test_an_outcome_ends_the_visit_and_waits_for_review(wc001: Phone, visit: Visit, send: Send) -> None:
    door = send("photo_door")
    answer = wc001.post(outcome_of(visit), json=outcome(note="敲门三次无人应答", evidence=[door], fix=make.fix()))
    assert answer.status_code == 201, answer.json
    assert (answer.json["state"], answer.json["review"]["state"], answer.json["review"]["round"]) == (
        "ended",
        "pending",
        1,
    )
    after = stored(visit)
    assert after.outcome.evidence == [EvidenceItem.objects.get(client_id=door).id]
    assert after.outbox == []
    attempt = Attempt.objects.get(id=visit.attempt_id)
    assert (attempt.state, attempt.outcome) == ("under_review", "nobody_home")


def test_sending_an_outcome_twice_keeps_one(wc001: Phone, visit: Visit, send: Send) -> None:
    entry = outcome(note="敲门三次无人应答", evidence=[send("photo_door")])
    first, again = wc001.post(outcome_of(visit), json=entry), wc001.post(outcome_of(visit), json=entry)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.json["repeated"], again.json["repeated"]) == (False, True)
    assert stored(visit).review.round == 1
    assert len(stored(visit).submissions) == 1


def test_another_outcome_for_an_ended_visit_is_refused(wc001: Phone, visit: Visit, send: Send) -> None:
    door = send("photo_door")
    wc001.post(outcome_of(visit), json=outcome(note="无人应答", evidence=[door]))
    second = wc001.post(outcome_of(visit), json=outcome("moved", note="已搬离", evidence=[door]))
    assert problem(second) == (409, "visit.ended")
    assert second.json["outcome"] == "nobody_home"
    assert stored(visit).outcome.code == "nobody_home"


def test_an_outcome_waits_for_the_evidence_it_lists(wc001: Phone, visit: Visit, send: Send) -> None:
    entry = outcome(note="无人应答", evidence=[send("photo_door"), "not-yet-sent-1"])
    answer = wc001.post(outcome_of(visit), json=entry)
    assert problem(answer) == (422, "outcome.evidence_missing")
    assert [(one["code"], one.get("client_id")) for one in answer.json["missing"]] == [
        ("evidence_not_held", "not-yet-sent-1")
    ]
    assert stored(visit).state == "assigned"
    late = wc001.post(
        f"/api/phone/visits/{visit.id}/evidence",
        data=make.form(small_photo(7), "photo_process", client_id="not-yet-sent-1"),
    )
    assert late.status_code == 201
    assert wc001.post(outcome_of(visit), json=entry).status_code == 201


def test_an_outcome_without_what_the_law_wants_says_what_is_missing(wc001: Phone, visit: Visit) -> None:
    answer = wc001.post(outcome_of(visit), json=outcome("refused_witness"))
    assert problem(answer) == (422, "outcome.evidence_missing")
    codes = [one["code"] for one in answer.json["missing"]]
    assert "signature_witness" in codes
    assert "witness_unit" in codes
    assert all(one["text"] and one["article"] for one in answer.json["missing"])
    assert stored(visit).outcome is None


def test_a_witnessed_refusal_seals_what_is_personal(wc001: Phone, visit: Visit, send: Send) -> None:
    items = [
        send("photo_door"),
        send("photo_left"),
        send("signature_witness", signature(3)),
        send("signature_server", signature(4)),
    ]
    entry = outcome(
        "refused_witness",
        witness={"name": "张某", "unit": "人定湖社区居民委员会", "title": "网格员", "phone": "19900001234"},
        refusal_reason="称与本人无关，拒绝接收",
        left_at_place="住所门内鞋柜上",
        evidence=items,
    )
    answer = wc001.post(outcome_of(visit), json=entry)
    assert answer.status_code == 201, answer.json
    raw = Visit._get_collection().find_one({"_id": visit.id})
    assert raw["outcome"]["witness"]["phone_mask"] == "199****1234"
    assert "19900001234" not in str(raw)


def test_a_mediation_statement_cannot_be_left(wc001: Phone, people: dict[str, Person]) -> None:
    mediation = make.visit(server=people["wc001"], documents=[{"name": "民事调解书", "copies": 1}])
    answer = wc001.post(outcome_of(mediation), json=outcome("refused_video"))
    assert problem(answer) == (422, "outcome.not_allowed")
    assert "一百三十三" in answer.json["article"]
    (stop,) = wc001.get("/api/phone/route").json["stops"]
    assert {"refused_witness", "refused_video", "signed_family", "signed_agent"} <= set(stop["closed_outcomes"])


@pytest.mark.parametrize("code", ["eaten_by_dog", "signed_organisation"])
def test_an_outcome_that_does_not_fit_is_refused(wc001: Phone, visit: Visit, code: str) -> None:
    expected = {"eaten_by_dog": "outcome.unknown", "signed_organisation": "outcome.wrong_recipient"}[code]
    assert problem(wc001.post(outcome_of(visit), json=outcome(code))) == (422, expected)
    assert stored(visit).state == "assigned"


@pytest.mark.parametrize("note", ["\x00", "\ud800", "a" * 2001])
def test_text_nobody_could_have_typed_is_refused(wc001: Phone, visit: Visit, note: str) -> None:
    body = json.dumps(outcome(note=note))  # escapes what the test client could not encode
    answer = wc001.post(outcome_of(visit), data=body, content_type="application/json")
    assert problem(answer) == (422, "request.invalid")


def test_what_comes_back_from_review_is_on_the_route_whatever_its_day(wc001: Phone, people: dict[str, Person]) -> None:
    make.visit(
        server=people["wc001"],
        date="2026-01-05",
        state="ended",
        review={"state": "sent_back", "reason": "照片不清晰", "round": 1},
    )
    (stop,) = wc001.get(f"/api/phone/route?date={court_day(utc_now())}").json["stops"]
    assert stop["review"] == {"state": "sent_back", "reason": "照片不清晰", "round": 1}
