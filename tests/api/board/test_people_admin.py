"""People, their rights and ways in, through the doors an administrator uses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from server.accounts import rights
from server.accounts.models import Court, Group, Person, holding
from server.core.audit.models import ChainEntry
from server.core.clock import court_day, utc_now
from tests.api.board.conftest import ended, ok, problem
from tests.api.conftest import COURT, OTHER_COURT, Browser, Phone

TODAY = court_day(utc_now()).isoformat()
PEOPLE = "/api/board/people"


@pytest.fixture
def admin(sign_in: Callable[[str], Browser]) -> Browser:
    rights.forget()
    return sign_in("admin")


def patch(browser: Browser, path: str, **kwargs: Any) -> Any:
    return browser.call("PATCH", path, **kwargs)


def stored(action: str, court: str = COURT) -> list[dict[str, Any]]:
    return list(ChainEntry._get_collection().find({"court": court, "row.action": action})) or list(
        ChainEntry._get_collection().find({"court": court, "action": action})
    )


def make(admin: Browser, **more: Any) -> dict[str, Any]:
    body = {"username": "xin.ren", "name": "新人", "staff_no": "XR01", **more}
    return ok(admin.post(PEOPLE, json=body), 201)


def test_a_new_person_gets_a_password_told_once_and_must_change_it(app: Flask, admin: Browser) -> None:
    made = make(admin, joined_on="2026-01-05")
    assert made["person"]["roles"] == []
    assert made["person"]["court"]["code"] == COURT
    told = made["one_time_password"]
    again = ok(admin.get(f"{PEOPLE}/{made['person']['id']}"))
    assert told not in str(again)
    assert again["must_change_password"] is True
    answer = app.test_client().post("/api/session", json={"username": "xin.ren", "password": told})
    assert (answer.status_code, answer.json["next"]) == (201, "password")


@pytest.mark.parametrize(
    "field", ["roles", "grants", "court_id", "court", "active", "groups", "version", "_id", "password_hash"]
)
def test_nothing_can_be_slipped_into_a_new_person(admin: Browser, field: str) -> None:
    before = Person.objects.count()
    answer = admin.post(PEOPLE, json={"username": "xr", "name": "新人", "staff_no": "X1", field: ["court_admin"]})
    assert problem(answer) == (422, "request.invalid")
    assert field in answer.json["errors"]["json"]
    assert Person.objects.count() == before


@pytest.mark.parametrize("field", ["roles", "grants", "court", "active", "username", "must_change_password", "openid"])
def test_nothing_can_be_slipped_into_a_change(admin: Browser, people: dict[str, Person], field: str) -> None:
    answer = patch(admin, f"{PEOPLE}/{people['clerk'].id}", json={"version": 1, field: "court_admin"})
    assert problem(answer) == (422, "request.invalid")


@pytest.mark.parametrize("bad", [{"$ne": None}, {"$gt": ""}, ["a"], 7])
def test_operators_of_the_database_are_no_text(admin: Browser, people: dict[str, Person], bad: Any) -> None:
    path = f"{PEOPLE}/{people['clerk'].id}"
    assert problem(patch(admin, path, json={"version": 1, "name": bad}))[0] == 422
    assert (
        problem(patch(admin, path, json={"version": bad if isinstance(bad, dict) else {"$gt": 0}, "name": "甲"}))[0]
        == 422
    )
    assert problem(admin.put(f"{path}/grants", json={"version": 1, "grants": [{"role": bad}], "groups": []}))[0] == 422
    assert problem(admin.put(f"{path}/grants", json={"version": 1, "grants": [], "groups": [{"$ne": None}]}))[0] == 422
    for query in ("role[$ne]=x", "q[$regex]=.*", "state[$ne]=active", "division=%24ne"):
        assert problem(admin.get(f"{PEOPLE}?{query}"))[0] == 422, query


def test_lists_are_of_the_own_court_and_can_be_searched(admin: Browser, people: dict[str, Person]) -> None:
    found = ok(admin.get(f"{PEOPLE}?page_size=500"))
    assert {one["court"]["code"] for one in found["items"]} == {COURT}
    assert found["total"] == len([one for one in people.values() if one.court == COURT])
    assert [one["username"] for one in ok(admin.get(f"{PEOPLE}?q=WC00&page_size=2&page=2"))["items"]] == ["wc003"]
    assert {one["role_names"][0] for one in ok(admin.get(f"{PEOPLE}?role=clerk"))["items"]} == {"书记员"}
    theirs = people["other-clerk"].id
    assert problem(admin.get(f"{PEOPLE}/{theirs}")) == (404, "person.not_found")
    assert problem(admin.get(PEOPLE, headers={"X-Songda-Court": OTHER_COURT.encode().decode("latin-1")}))[0] == 403


def test_changes_are_guarded_by_version_and_audited(admin: Browser, people: dict[str, Person]) -> None:
    path = f"{PEOPLE}/{people['clerk'].id}"
    after = ok(patch(admin, path, json={"version": 1, "name": "书记员乙"}))
    assert (after["name"], after["version"]) == ("书记员乙", 2)
    assert problem(patch(admin, path, json={"version": 1, "name": "丙"})) == (409, "person.stale")
    assert problem(patch(admin, path, json={"version": 2, "staff_no": "JUDGE"})) == (409, "person.staff_no_taken")
    assert problem(patch(admin, path, json={"version": 2, "joined_on": "2026-02-30"})) == (422, "request.invalid")
    rows = [row for row in stored("person.change") if row.get("result", row.get("row", {}).get("result")) == "done"]
    assert len(rows) == 1
    assert "书记员乙" in str(rows[0]["after"] if "after" in rows[0] else rows[0])
    assert people["clerk"].id in str(rows[0])


def test_permissions_taken_away_are_gone_with_the_next_request(
    admin: Browser, sign_in: Callable[[str], Browser], people: dict[str, Person]
) -> None:
    specialist = sign_in("specialist")
    path = f"{PEOPLE}/{people['specialist'].id}"
    ok(specialist.get("/api/board/tasks"))
    taken = ok(admin.put(f"{path}/grants", json={"version": 1, "grants": [], "groups": []}))
    assert taken["permissions"] == []
    assert problem(specialist.get("/api/board/tasks")) == (403, "auth.forbidden")
    ok(admin.put(f"{path}/grants", json={"version": 2, "grants": [{"role": "call_agent"}], "groups": []}))
    ok(specialist.get("/api/board/tasks"))
    assert len(stored("person.grants")) == 2


def test_a_request_that_passed_the_gate_judges_by_the_rights_of_the_moment(
    admin: Browser, sign_in: Callable[[str], Browser], people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second administrator loses everything after the gate let them in: what they ask is no longer done."""
    Person.objects(id=people["reviewer"].id).update(set__grants=holding("court_admin"))
    Person.objects(id=people["reviewer"].id).update(set__totp=Person.objects.get(id=people["admin"].id).totp)
    second = sign_in("reviewer")
    from server.board import people as resource  # noqa: PLC0415  # patched below

    real = resource.people_grants.put_grants

    def late(**asked: Any) -> Any:
        Person.objects(id=people["reviewer"].id).update(set__grants=[])
        return real(**asked)

    monkeypatch.setattr(resource.people_grants, "put_grants", late)
    body = {"version": 1, "grants": [{"role": "manager"}], "groups": []}
    answer = second.put(f"{PEOPLE}/{people['clerk'].id}/grants", json=body)
    assert problem(answer) == (403, "grants.beyond_authority")
    assert problem(second.get(PEOPLE)) == (403, "auth.forbidden")


def test_grants_beyond_the_asker_are_refused_and_say_what_is_missing(admin: Browser, people: dict[str, Person]) -> None:
    path = f"{PEOPLE}/{people['clerk'].id}/grants"
    answer = admin.put(path, json={"version": 1, "grants": [{"role": "security_auditor"}], "groups": []})
    assert problem(answer) == (403, "grants.beyond_authority")
    assert "检索操作日志" in answer.json["missing"]
    wide = {"version": 1, "grants": [{"role": "manager", "scope": "below"}], "groups": []}
    assert problem(admin.put(path, json=wide)) == (403, "grants.beyond_authority")
    own = {"version": 1, "grants": [{"role": "court_admin"}, {"role": "manager"}], "groups": []}
    assert problem(admin.put(f"{PEOPLE}/{people['admin'].id}/grants", json=own)) == (403, "grants.own")
    assert len(stored("person.grants")) == 3


def test_a_manager_sees_people_but_changes_none(sign_in: Callable[[str], Browser], people: dict[str, Person]) -> None:
    manager = sign_in("manager")
    ok(manager.get(PEOPLE))
    body = {"version": 1, "grants": [], "groups": []}
    assert problem(manager.put(f"{PEOPLE}/{people['clerk'].id}/grants", json=body)) == (403, "auth.forbidden")
    assert problem(manager.get(f"{PEOPLE}/{people['clerk'].id}/sessions")) == (403, "auth.forbidden")
    ok(manager.post(f"{PEOPLE}/{people['wc001'].id}/bind-code"), 201)
    refused = manager.post(f"{PEOPLE}/{people['admin'].id}/bind-code")
    assert problem(refused) == (403, "people.beyond_authority")


def test_leaving_ends_everything_and_returning_starts_from_nothing(
    admin: Browser, sign_in: Callable[[str], Browser], phone: Callable[[str], Phone], people: dict[str, Person]
) -> None:
    handset, path = phone("wc001"), f"{PEOPLE}/{people['wc001'].id}"
    version = ok(admin.get(path))["version"]
    after = ok(admin.post(f"{path}/leave", json={"version": version, "left_on": TODAY, "reason": "合同到期"}))
    assert (after["active"], after["roles"], after["bound"], after["left_on"]) == (False, [], False, TODAY)
    assert handset.get("/api/me").status_code == 401
    assert "wc001" not in [one["username"] for one in ok(admin.get(PEOPLE))["items"]]
    assert [one["username"] for one in ok(admin.get(f"{PEOPLE}?state=left"))["items"]] == ["wc001"]
    again = admin.post(f"{path}/return", json={"version": after["version"], "joined_on": TODAY})
    assert problem(again) == (422, "person.bad_dates")
    Person.objects(id=people["wc001"].id).update(set__left_on="2026-01-31")
    back = ok(admin.post(f"{path}/return", json={"version": after["version"], "joined_on": TODAY}))
    assert (back["active"], back["roles"], back["left_on"], back["joined_on"]) == (True, [], None, TODAY)


def test_who_still_has_visits_today_leaves_only_when_that_is_meant(
    admin: Browser, people: dict[str, Person], day: list[dict[str, Any]]
) -> None:
    server = people["wc001"].id
    ended(day[0]["_id"], server, state="accepted", date=TODAY)
    body = {"version": 1, "left_on": TODAY, "reason": "辞职"}
    assert problem(admin.post(f"{PEOPLE}/{server}/leave", json=body)) == (409, "person.open_visits")
    ok(admin.post(f"{PEOPLE}/{server}/leave", json={**body, "force": True}))


def test_a_lost_phone_is_out_at_once(admin: Browser, phone: Callable[[str], Phone], people: dict[str, Person]) -> None:
    handset, path = phone("wc002"), f"{PEOPLE}/{people['wc002'].id}"
    ok(handset.get("/api/me"))
    version = ok(admin.get(path))["version"]
    assert ok(admin.post(f"{path}/lost-phone", json={"version": version})) == {"ended": 1}
    assert handset.get("/api/me").status_code == 401
    assert ok(admin.get(path))["bound"] is False


def test_sessions_of_others_are_listed_and_ended_without_their_secrets(
    admin: Browser, sign_in: Callable[[str], Browser], people: dict[str, Person]
) -> None:
    first, second = sign_in("specialist"), sign_in("specialist")
    path = f"{PEOPLE}/{people['specialist'].id}/sessions"
    items = ok(admin.get(path))["items"]
    assert len(items) == 2
    assert problem(admin.delete(f"{path}/nothing")) == (404, "session.not_found")
    assert admin.delete(f"{path}/{items[0]['id']}").status_code == 204
    assert sorted(one.get("/api/me").status_code for one in (first, second)) == [200, 401]
    assert ok(admin.delete(path)) == {"ended": 1}
    assert second.get("/api/me").status_code == first.get("/api/me").status_code == 401


def test_a_reset_password_works_once_and_ends_what_was_open(
    app: Flask, admin: Browser, sign_in: Callable[[str], Browser], people: dict[str, Person]
) -> None:
    judge, path = sign_in("judge"), f"{PEOPLE}/{people['judge'].id}"
    told = ok(admin.post(f"{path}/password-reset", json={"version": 1}), 201)["one_time_password"]
    assert judge.get("/api/me").status_code == 401
    answer = app.test_client().post("/api/session", json={"username": "judge", "password": told})
    assert answer.json["next"] == "password"
    assert problem(admin.post(f"{PEOPLE}/{people['admin'].id}/password-reset", json={"version": 1}))[1] == (
        "people.own_account"
    )
    assert told not in str(list(ChainEntry._get_collection().find()))


def test_a_second_factor_is_taken_away_only_by_who_could_give_all_it_guards(
    admin: Browser, people: dict[str, Person]
) -> None:
    Person.objects(id=people["clerk"].id).update(
        set__grants=holding("security_auditor"), set__totp=Person.objects.get(id=people["admin"].id).totp
    )
    clerk = f"{PEOPLE}/{people['clerk'].id}/second-factor"
    assert problem(admin.delete(f"{clerk}?version=1")) == (403, "people.beyond_authority")
    Person.objects(id=people["clerk"].id).update(set__grants=holding("clerk"))
    assert admin.delete(f"{clerk}?version=1").status_code == 204
    assert "totp" not in Person._get_collection().find_one({"_id": people["clerk"].id})
    assert problem(admin.delete(clerk)) == (422, "request.invalid")


def test_secondments_end_with_their_dates(
    admin: Browser, sign_in: Callable[[str], Browser], people: dict[str, Person]
) -> None:
    path = f"{PEOPLE}/{people['clerk'].id}"
    tomorrow = (court_day(utc_now()) + timedelta(days=1)).isoformat()
    body = {"version": 1, "court": COURT, "grants": [{"role": "manager"}], "from_on": tomorrow, "until_on": tomorrow}
    after = ok(admin.post(f"{path}/secondments", json=body), 201)
    assert "dispatch.view" not in [one["code"] for one in after["permissions"]]
    lent = after["secondments"][0]
    assert lent["grants"][0]["role_name"] == "送达管理员"
    away = {**body, "version": 2, "court": OTHER_COURT}
    assert problem(admin.post(f"{path}/secondments", json=away)) == (403, "grants.beyond_authority")
    assert ok(admin.delete(f"{path}/secondments/{lent['id']}?version=2"))["secondments"] == []
    assert problem(admin.delete(f"{path}/secondments/{lent['id']}?version=3")) == (404, "secondment.not_found")


def test_turnover_tells_its_definition(admin: Browser, people: dict[str, Person]) -> None:
    Person.objects.update(set__joined_on="2025-01-01")
    ok(admin.post(f"{PEOPLE}/{people['wc003'].id}/leave", json={"version": 1, "left_on": TODAY, "reason": "辞职"}))
    told = ok(admin.get(f"{PEOPLE}/turnover?from=2026-06-01&to={TODAY}"))
    count = len([one for one in people.values() if one.court == COURT])
    assert (told["at_start"], told["joined"], told["left"], told["at_end"]) == (count, 0, 1, count - 1)
    assert told["rate"] == round(1 / (count - 0.5), 4)
    assert "K22" in told["definition"]
    assert problem(admin.get(f"{PEOPLE}/turnover?from=2026-06-02&to=2026-06-01")) == (422, "turnover.bad_period")
    assert problem(admin.get(f"{PEOPLE}/turnover?from=2026-06-31&to=2026-07-01")) == (422, "request.invalid")


def test_an_agreement_is_recorded_for_others_only(admin: Browser, people: dict[str, Person]) -> None:
    path = f"{PEOPLE}/{people['clerk'].id}/agreement"
    after = ok(admin.put(path, json={"version": 1, "signed_on": "2026-01-02", "until_on": "2027-01-01"}))
    assert after["agreement"] == {"signed_on": "2026-01-02", "until_on": "2027-01-01"}
    own = f"{PEOPLE}/{people['admin'].id}/agreement"
    assert problem(admin.put(own, json={"version": 1, "signed_on": "2026-01-02"})) == (403, "grants.own")


def test_groups_roles_and_divisions_are_made_changed_and_removed(admin: Browser, people: dict[str, Person]) -> None:
    role = ok(
        admin.post("/api/board/roles", json={"name": "查阅员", "permissions": ["tasks.view"], "scope": "court"}), 201
    )
    assert (role["editable"], role["seeded"], role["holders"], role["court"]) == (True, False, 0, COURT)
    group = ok(admin.post("/api/board/groups", json={"name": "查阅组", "grants": [{"role": role["id"]}]}), 201)
    assert group["grants"][0]["role_name"] == "查阅员"
    clerk = f"{PEOPLE}/{people['clerk'].id}"
    body = {"version": 1, "grants": [{"role": "clerk"}], "groups": [group["id"]]}
    after = ok(admin.put(f"{clerk}/grants", json=body))
    assert after["role_names"] == ["书记员", "查阅员"]
    assert {"code": "tasks.view", "label": "查看送达任务", "scope": "court", "seat": "北京市西城区人民法院"} in after[
        "permissions"
    ]
    path = f"/api/board/groups/{group['id']}"
    assert problem(admin.delete(f"{path}?version=1")) == (409, "group.in_use")
    renamed = ok(patch(admin, path, json={"version": 1, "name": "阅卷组", "grants": []}))
    assert (renamed["name"], renamed["members"][0]["name"]) == ("阅卷组", "clerk")
    assert ok(admin.get(path)) == renamed
    ok(admin.put(f"{clerk}/grants", json={**body, "version": 2, "groups": []}))
    assert admin.delete(f"{path}?version=2").status_code == 204
    assert ok(admin.get("/api/board/groups"))["items"] == []
    changed = ok(patch(admin, f"/api/board/roles/{role['id']}", json={"version": 1, "name": "阅卷员"}))
    assert (changed["name"], changed["permissions"]) == ("阅卷员", ["me.view", "session.finish", "tasks.view"])
    assert (
        problem(patch(admin, "/api/board/roles/court_admin", json={"version": 1, "name": "甲"}))[1] == "role.not_found"
    )
    assert admin.delete(f"/api/board/roles/{role['id']}?version=2").status_code == 204
    assert all(one["seeded"] and not one["editable"] for one in ok(admin.get("/api/board/roles"))["items"])
    division = ok(admin.post("/api/board/divisions", json={"name": "立案庭"}), 201)
    after = ok(patch(admin, clerk, json={"version": 3, "division": division["id"]}))
    assert after["division"] == {"id": division["id"], "name": "立案庭"}
    path = f"/api/board/divisions/{division['id']}"
    assert problem(patch(admin, path, json={"version": 1, "active": False})) == (409, "division.in_use")
    assert ok(patch(admin, path, json={"version": 1, "name": "诉服中心"}))["people"] == 1
    assert [one["name"] for one in ok(admin.get("/api/board/divisions"))["items"]] == ["诉服中心"]


def test_another_courts_groups_and_roles_do_not_exist_here(admin: Browser) -> None:
    theirs = Group(court=OTHER_COURT, name="他院组", grants=[], updated_at=utc_now()).save()
    path = f"/api/board/groups/{theirs.id}"
    assert problem(admin.get(path)) == (404, "group.not_found")
    assert problem(patch(admin, path, json={"version": 1, "name": "甲"})) == (404, "group.not_found")
    assert problem(admin.delete(f"{path}?version=1")) == (404, "group.not_found")


def test_the_catalogue_says_what_the_asker_may_hand_out(admin: Browser) -> None:
    listed = {one["code"]: one for one in ok(admin.get("/api/board/permissions"))["items"]}
    assert (listed["phone.work"]["may_grant"], listed["phone.work"]["up_to"]) == (True, "court")
    assert (listed["audit.view"]["may_grant"], listed["audit.view"]["up_to"]) == (False, None)
    assert listed["audit.view"]["duty_label"] == "安全审计"


def test_courts_are_edited_by_the_system_administrator_within_the_subtree(
    sign_in: Callable[[str], Browser], people: dict[str, Person], admin: Browser
) -> None:
    assert [one["code"] for one in ok(admin.get("/api/board/courts"))["items"]] == [COURT]
    Court.objects(id=COURT).update(set__level=3)
    Person.objects(id=people["reviewer"].id).update(
        set__grants=holding("system_admin"), set__totp=Person.objects.get(id=people["admin"].id).totp
    )
    system = sign_in("reviewer")
    made = {"code": "京010201", "name": "某人民法庭", "level": 4, "parent": COURT}
    assert ok(system.post("/api/board/courts", json=made), 201)["parent"] == COURT
    assert [one["code"] for one in ok(system.get("/api/board/courts"))["items"]] == [COURT, "京010201"]
    assert [one["code"] for one in ok(system.get("/api/board/courts?below=京010201"))["items"]] == ["京010201"]
    outside = {**made, "code": "京010501", "parent": OTHER_COURT}
    assert problem(system.post("/api/board/courts", json=outside)) == (404, "court.not_found")
    path = "/api/board/courts/京010201"
    assert ok(patch(system, path, json={"version": 1, "name": "某法庭"}))["name"] == "某法庭"
    move = {"version": 2, "parent": OTHER_COURT}
    assert problem(patch(system, path, json=move)) == (404, "court.not_found")
    assert problem(admin.post("/api/board/courts", json=made)) == (403, "auth.forbidden")


def test_a_role_of_the_courts_own_is_named_everywhere(
    admin: Browser, sign_in: Callable[[str], Browser], phone: Callable[[str], Phone], people: dict[str, Person]
) -> None:
    body = {"name": "巡回送达员", "copy_of": "process_server"}
    role = ok(admin.post("/api/board/roles", json=body), 201)
    assert (role["scope"], "phone.work" in role["permissions"]) == ("own", True)
    asked = {"version": 1, "grants": [{"role": role["id"]}], "groups": []}
    ok(admin.put(f"{PEOPLE}/{people['clerk'].id}/grants", json=asked))
    assert sign_in("clerk").me["person"]["role_names"] == ["巡回送达员"]
    handset = phone("clerk")
    assert handset.get("/api/me").json["person"]["role_names"] == ["巡回送达员"]
    assert [one["username"] for one in ok(admin.get(f"{PEOPLE}?role={role['id']}"))["items"]] == ["clerk"]
