"""What looks wrong, for a leader: doubts on the reviewer's pages, findings and what is decided about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.accounts.models import Grant, Person, Role, holding
from server.board.schemas.findings import BoardFindingsSchema
from server.board.schemas.visits import BoardReviewsSchema, BoardVisitDetailSchema
from server.core.audit.models import ChainEntry
from server.core.clock import at_second, court_day, utc_now
from server.core.ids import new_id
from server.custody.models import Finding
from server.custody.services import placing
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from tests.api.board.conftest import ok, problem
from tests.api.conftest import Browser
from tests.factories import visits as make

EAST = 1 / 85_400  # degrees of longitude per metre, there


def photo_of(visit: Visit, *, east_m: float, **fields: Any) -> str:
    """An item of the visit with its verdict, taken so far east of the address."""
    now = utc_now()
    lng, lat = make.WGS[0] + east_m * EAST, make.WGS[1]
    point = {"lng": lng, "lat": lat, "datum": "WGS-84", "wgs84": {"type": "Point", "coordinates": [lng, lat]}}
    made = EvidenceItem(
        court=visit.court, visit_id=visit.id, task_id=visit.task_id, server_id=visit.server_id, client_id=new_id(),
        **{
            "digest": "0", "kind": "photo_door", "sha256": new_id(), "size": 1, "media_type": "image/jpeg",
            "store_key": "0", "captured_at": now, "received_at": now,
            "fix": {"point": point, "accuracy_m": 12.0, "provider": "gps", "at": now}, **fields,
        },
    ).save(force_insert=True)  # fmt: skip
    placing.judge_place(court=visit.court, evidence_id=made.id, now=now)
    return str(made.id)


def pending(server: Person, **fields: Any) -> Visit:
    now = utc_now()
    outcome = {"code": "nobody_home", "happened_at": now - timedelta(minutes=5), "received_at": now}
    return make.visit(
        server=server, **{"state": "ended", "outcome": outcome, "review": {"state": "pending", "round": 1}, **fields}
    )


DAY = court_day(utc_now() - timedelta(days=1))


@pytest.fixture
def leader(people: dict[str, Person], sign_in: Callable[[str], Browser]) -> Browser:
    """院领导: sees findings and cases, reviews nothing."""
    Person.objects(id=people["judge"].id).update(set__grants=holding("leader"))
    return sign_in("judge")


@pytest.fixture
def impossible(people: dict[str, Person]) -> list[Visit]:
    """Two visits of wc001, nine kilometres and a minute apart."""
    return [at_the_door(people["wc001"], minute, east_m) for minute, east_m in ((0, 0), (1, 9_000))]


def at_the_door(server: Person, minute: int, east_m: float) -> Visit:
    at = at_second(DAY, 36_000 + 60 * minute)
    lng = make.WGS[0] + east_m * EAST
    point = {"lng": lng, "lat": make.WGS[1], "datum": "WGS-84"}
    point["wgs84"] = {"type": "Point", "coordinates": [lng, make.WGS[1]]}
    step = {
        "client_id": new_id(), "digest": "0", "kind": "outcome", "by": server.id, "happened_at": at, "received_at": at,
        "fix": {"point": point, "accuracy_m": 9.0, "provider": "gps", "at": at},
    }  # fmt: skip
    outcome = {"code": "nobody_home", "happened_at": at, "received_at": at}
    return pending(server, date=DAY.isoformat(), progress=[step], outcome=outcome, building=new_id())


def run(browser: Browser) -> Any:
    return ok(browser.post("/api/board/findings/run", json={"date": DAY.isoformat()}))


def test_a_reviewer_sees_which_visits_hold_doubtful_items_and_why(
    specialist: Browser, people: dict[str, Person]
) -> None:
    far, near = pending(people["wc001"]), pending(people["wc002"])
    photo_of(far, east_m=3_000)
    photo_of(far, east_m=10)
    photo_of(near, east_m=10)
    listed = ok(specialist.get("/api/board/reviews"))
    assert BoardReviewsSchema().validate(listed) == {}
    assert {one["id"]: one["doubts"] for one in listed["items"]} == {far.id: 1, near.id: 0}
    detail = ok(specialist.get(f"/api/board/visits/{far.id}"))
    assert BoardVisitDetailSchema().validate(detail) == {}
    verdicts = {one["place"]["verdict"]: one["place"] for one in detail["evidence"]}
    assert set(verdicts) == {"doubt", "agrees"}
    assert "3.0 公里" in verdicts["doubt"]["reasons"][0]["text"]


def test_a_doubt_stops_no_review(specialist: Browser, people: dict[str, Person]) -> None:
    visit = pending(people["wc001"])
    photo_of(visit, east_m=3_000)
    done = ok(specialist.post(f"/api/board/visits/{visit.id}/review", json={"decision": "accept"}))
    assert done["review"]["state"] == "accepted"


def test_a_leader_has_the_day_looked_over_and_sees_what_was_found(leader: Browser, impossible: list[Visit]) -> None:
    assert run(leader) == {"date": DAY.isoformat(), "found": 1, "new": 1}
    assert run(leader)["new"] == 0
    listed = ok(leader.get(f"/api/board/findings?date={DAY.isoformat()}&state=open"))
    assert BoardFindingsSchema().validate(listed) == {}
    [found] = listed["items"]
    assert (found["kind"], found["kind_label"]) == ("two_places", "同一时刻出现在两处")
    assert [one["name"] for one in found["servers"]] == ["wc001"]
    assert {one["id"] for one in found["visits"]} == {one.id for one in impossible}
    assert {one["recipient_name"] for one in found["visits"]} == {one.recipient_name for one in impossible}
    assert ok(leader.get("/api/board/findings?kind=burst"))["total"] == 0


def test_whoever_may_not_see_the_visits_is_told_no_names(
    leader: Browser, people: dict[str, Person], impossible: list[Visit], sign_in: Callable[[str], Browser]
) -> None:
    run(leader)
    role = Role(court=make.COURT, name="督查", permissions=["me.view", "watch.view"], updated_at=utc_now())
    role.save(force_insert=True)
    Person.objects(id=people["clerk"].id).update(set__grants=[Grant(role=role.id, scope="court")])
    answer = sign_in("clerk").get("/api/board/findings")
    [found] = ok(answer)["items"]
    for visit in found["visits"]:
        assert (visit["within_reach"], visit["recipient_name"], visit["case_number"]) == (False, None, None)
    assert impossible[0].recipient_name not in answer.get_data(as_text=True)
    assert impossible[0].case_number not in answer.get_data(as_text=True)


def test_a_finding_is_decided_with_a_reason_and_recorded(leader: Browser, impossible: list[Visit]) -> None:
    run(leader)
    [found] = ok(leader.get("/api/board/findings"))["items"]
    path = f"/api/board/findings/{found['id']}/decide"
    assert problem(leader.post(path, json={"state": "explained", "reason": "  "}))[0] == 422
    assert problem(leader.post(path, json={"state": "open", "reason": "误报"}))[0] == 422
    done = ok(leader.post(path, json={"state": "explained", "reason": "两名送达员共用一部手机"}))
    assert (done["state"], done["by_name"], done["reason"]) == ("explained", "judge", "两名送达员共用一部手机")
    assert problem(leader.post(path, json={"state": "confirmed", "reason": "不实"})) == (409, "finding.decided")
    assert run(leader)["new"] == 0
    assert ok(leader.get("/api/board/findings?state=explained"))["total"] == 1
    row = ChainEntry.objects(action="finding.decide", result="done").first()
    assert (row.object_type, row.object_id, row.detail["reason"]) == ("finding", found["id"], "两名送达员共用一部手机")


@pytest.mark.parametrize("username", ["manager", "specialist", "judge"])
def test_managers_reviewers_and_judges_see_no_findings(username: str, sign_in: Callable[[str], Browser]) -> None:
    assert problem(sign_in(username).get("/api/board/findings")) == (403, "auth.forbidden")


def test_another_courts_findings_do_not_exist_here(leader: Browser, people: dict[str, Person]) -> None:
    other = Finding(
        court="京0105", date=DAY.isoformat(), key="k", kind="burst", score=0.5, text="测试", found_at=utc_now()
    ).save(force_insert=True)
    assert ok(leader.get("/api/board/findings"))["total"] == 0
    path = f"/api/board/findings/{other.id}/decide"
    assert problem(leader.post(path, json={"state": "explained", "reason": "x"})) == (404, "finding.not_found")


def test_a_day_that_is_none_is_refused(leader: Browser) -> None:
    assert problem(leader.post("/api/board/findings/run", json={"date": "2026-02-30"})) == (422, "finding.bad_day")
