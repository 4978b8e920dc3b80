"""Registering, changing, leaving, returning; groups, roles, courts and divisions as administrators change them."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import server.cases
from server.accounts import rights
from server.accounts.models import BindCode, Court, Division, Group, Person, Role, Session
from server.accounts.services import (
    courts,
    ensure_courts,
    ensure_person,
    groups,
    list_people,
    people_access,
    people_changes,
    people_lists,
    roles,
    turnover,
)
from server.accounts.services.passwords import fits
from server.core.errors import DomainError
from tests.integration.accounts import world
from tests.integration.accounts.test_admin_grants import refused
from tests.integration.accounts.world import HERE, MIDDLE, NEXT, NOW, TODAY, held, person, raw

MINE = {"scope": "court", "privileged": False, "grants": None, "copy_of": None, "now": NOW}


@pytest.fixture(autouse=True)
def _courts(database: Any) -> None:
    world.courts()


def register(**more: Any) -> tuple[dict[str, Any], str | None]:
    asked = {"username": "New.One", "name": "新人", "staff_no": "X1", "division": None, "joined_on": None}
    return people_changes.register_person(**{**asked, "court": HERE, "password": None, "now": NOW, **more})


def test_a_registered_person_holds_nothing_and_must_change_the_password_told_once() -> None:
    stored, told = register()
    assert told
    assert fits(stored["password_hash"], told)
    assert told not in str(raw(stored["_id"]))
    assert stored["username"] == "new.one"
    assert stored["must_change_password"] is True
    assert held(stored["_id"]).permissions == frozenset()


def test_names_and_staff_numbers_are_unique_where_they_must_be() -> None:
    register()
    refused("person.username_taken", register, staff_no="X2")
    refused("person.username_taken", register, court=NEXT)
    refused("person.staff_no_taken", register, username="other")
    assert register(username="other", court=NEXT)[0]["staff_no"] == "X1"


def test_a_password_given_must_keep_the_rules() -> None:
    with pytest.raises(DomainError) as caught:
        register(password="songda1")
    assert caught.value.code.startswith("password.")
    assert Person.objects.count() == 0


def test_a_division_must_be_an_active_one_of_the_court() -> None:
    theirs, closed = world.division("立案庭", NEXT), world.division("撤销的庭")
    Division.objects(id=closed).update(active=False)
    refused("division.wrong_court", register, division=theirs)
    refused("division.wrong_court", register, division=closed)


def leave(by: str, to: str, **more: Any) -> dict[str, Any]:
    asked = {"left_on": TODAY, "reason": "合同到期", "version": raw(to)["version"], **more}
    return people_changes.leave(person_id=to, by=by, now=NOW, **asked)


def back(by: str, to: str, joined_on: str, **more: Any) -> dict[str, Any]:
    asked = {"version": raw(to)["version"], "now": NOW, **more}
    return people_changes.come_back(person_id=to, by=by, joined_on=joined_on, **asked)


def test_leaving_takes_rights_phone_sessions_and_codes_at_once() -> None:
    admin = person("admin", "court_admin")
    server = person("server", "process_server", openid="openid-1", joined_on="2024-01-01")
    Session(
        id="s", person_id=server, court=HERE, kind="phone", created_at=NOW, expires_at=NOW + timedelta(days=9)
    ).save()
    BindCode(id="b", person_id=server, court=HERE, expires_at=NOW).save()
    after = leave(admin, server)
    assert (after["active"], after["left_on"], after["leave_reason"]) == (False, TODAY, "合同到期")
    assert after["grants"] == []
    assert "openid" not in after
    assert BindCode.objects.count() == 0
    assert not Session.objects(person_id=server, ended_at=None)
    refused("person.has_left", leave, admin, server)


def test_leaving_needs_dates_that_fit() -> None:
    admin, server = person("admin", "court_admin"), person("server", joined_on="2026-05-01")
    refused("person.bad_dates", leave, admin, server, left_on="2026-11-25")
    refused("person.bad_dates", leave, admin, server, left_on="2026-04-30")
    refused("person.stale", leave, admin, server, version=7)
    refused("grants.own", leave, admin, admin)


def test_an_administrator_cannot_push_out_who_watches_them() -> None:
    admin, auditor = person("admin", "court_admin"), person("auditor", "security_auditor")
    system = person("system", "system_admin")
    refused("people.beyond_authority", leave, admin, auditor)
    refused("people.beyond_authority", leave, system, admin)
    assert leave(system, person("server", "process_server"))["active"] is False


def test_who_returns_holds_nothing_and_keeps_the_time_before() -> None:
    admin, server = person("admin", "court_admin"), person("server", "process_server", joined_on="2024-01-01")
    leave(admin, server, left_on="2026-11-10")
    refused("person.bad_dates", back, admin, server, "2026-11-10")
    refused("person.bad_dates", back, admin, server, "2026-11-25")
    after = back(admin, server, "2026-11-20")
    assert after["active"] is True
    assert "left_on" not in after
    assert after["must_change_password"] is True
    assert held(server).permissions == frozenset()
    assert after["earlier"] == [{"joined_on": "2024-01-01", "left_on": "2026-11-10", "reason": "合同到期"}]
    refused("person.not_left", back, admin, server, "2026-11-21")
    leave(admin, server, left_on="2026-11-22", version=3)
    counted = turnover.turnover_of(where={"_id": server}, first="2026-11-01", last="2026-11-30")
    assert (counted.at_start, counted.joined, counted.left, counted.at_end) == (1, 1, 2, 0)
    refused("turnover.bad_period", turnover.turnover_of, where={}, first="2026-11-02", last="2026-11-01")


def test_a_list_neither_brings_back_who_left_nor_joins_what_is_kept_apart() -> None:
    admin, server = person("admin", "court_admin"), person("server", "process_server")
    leave(admin, server)
    asked = {"court": HERE, "name": "甲", "roles": ["process_server"], "now": NOW}
    refused("person.has_left", ensure_person, username="server", staff_no="SERVER", **asked)
    auditor = person("auditor", "security_auditor")
    refused("roles.separated_duties", ensure_person, username="auditor", staff_no="AUDITOR", **asked)
    assert [one["role"] for one in raw(auditor)["grants"]] == ["security_auditor"]
    made, created = ensure_person(username="fresh", staff_no="FRESH", **asked)
    assert (created, raw(made.id)["version"]) == (True, 1)


def test_opening_an_account_needs_authority_over_all_it_holds() -> None:
    admin, supervisor = person("admin", "court_admin"), person("boss", "supervisor")
    server, auditor = person("server", "process_server"), person("auditor", "security_auditor")
    reset = people_access.reset_password
    refused("people.beyond_authority", reset, person_id=supervisor, version=1, by=admin, now=NOW)
    refused("people.beyond_authority", reset, person_id=auditor, version=1, by=admin, now=NOW)
    refused("people.own_account", reset, person_id=admin, version=1, by=admin, now=NOW)
    told = reset(person_id=server, version=1, by=admin, now=NOW)
    assert fits(raw(server)["password_hash"], told)
    assert raw(server)["must_change_password"] is True
    refused("person.stale", reset, person_id=server, version=1, by=admin, now=NOW)
    remove = people_access.remove_second_factor
    refused("people.beyond_authority", remove, person_id=auditor, version=1, by=admin, now=NOW)
    refused("person.no_second_factor", remove, person_id=server, version=2, by=admin, now=NOW)


def test_a_bind_code_for_more_than_the_phones_work_needs_that_authority_too() -> None:
    manager, admin = person("manager", "manager"), person("admin", "court_admin")
    server = person("server", "process_server")
    people_access.may_bind(person_id=server, by=manager, now=NOW)
    people_access.may_bind(person_id=manager, by=manager, now=NOW)
    refused("people.beyond_authority", people_access.may_bind, person_id=admin, by=manager, now=NOW)
    people_access.may_bind(person_id=manager, by=admin, now=NOW)


def test_an_agreement_keeps_who_recorded_it() -> None:
    admin, server = person("admin", "court_admin"), person("server")
    sign = people_changes.record_agreement
    after = sign(person_id=server, version=1, signed_on="2026-01-01", until_on="2027-01-01", by=admin, now=NOW)
    assert after["agreement"] == {
        "signed_on": "2026-01-01", "until_on": "2027-01-01", "recorded_by": admin, "recorded_at": NOW,
    }  # fmt: skip
    for bad in ({"signed_on": "2026-11-25", "until_on": None}, {"signed_on": "2026-02-01", "until_on": "2026-01-31"}):
        refused("person.bad_dates", sign, person_id=server, version=2, by=admin, now=NOW, **bad)


def test_a_role_of_the_courts_own_works_and_can_be_narrowed_for_all_who_hold_it() -> None:
    admin = person("admin", "court_admin")
    role = roles.create_role(court=HERE, name="查阅员", permissions=["tasks.view", "papers.view"], by=admin, **MINE)
    reader = person("reader", role["_id"])
    assert {"tasks.view", "papers.view", "me.view"} <= held(reader).permissions
    roles.change_role(role_id=role["_id"], version=1, changes={"permissions": ["tasks.view"]}, by=admin, now=NOW)
    assert "papers.view" not in held(reader).permissions
    refused("role.stale", roles.change_role, role_id=role["_id"], version=1, changes={"name": "甲"}, by=admin, now=NOW)
    refused("role.name_taken", roles.create_role, court=HERE, name="查阅员", permissions=[], by=admin, **MINE)
    error = refused("role.in_use", roles.delete_role, role_id=role["_id"], version=2, by=admin, now=NOW)
    assert error.extra == {"holders": 1, "groups": 0}
    Person.objects(id=reader).delete()
    roles.delete_role(role_id=role["_id"], version=2, by=admin, now=NOW)
    assert Role.objects.count() == 0


def test_a_role_cannot_hold_more_than_its_maker_may_give() -> None:
    admin = person("admin", "court_admin")
    make = roles.create_role
    refused("grants.beyond_authority", make, court=HERE, name="日志", permissions=["audit.view"], by=admin, **MINE)
    wide = {**MINE, "scope": "below"}
    refused("grants.beyond_authority", make, court=HERE, name="广", permissions=["tasks.view"], by=admin, **wide)
    handing = {**MINE, "grants": ["audit.view"]}
    refused("grants.beyond_authority", make, court=HERE, name="传", permissions=["tasks.view"], by=admin, **handing)
    refused("grants.beyond_authority", make, court=NEXT, name="外", permissions=["tasks.view"], by=admin, **MINE)
    refused("roles.unknown_permission", make, court=HERE, name="无", permissions=["$where"], by=admin, **MINE)
    both = ["audit.view", "alerts.view"]
    refused("roles.separated_duties", make, court=HERE, name="两", permissions=both, by=admin, **MINE)


def test_a_wider_role_is_judged_where_each_holder_sits() -> None:
    """The court's administrator may give the code in the court, but this holder's grant reaches below it."""
    admin = person("admin", "court_admin", court=MIDDLE)
    role = roles.create_role(court=MIDDLE, name="看", permissions=["tasks.view"], by=admin, **MINE)
    person("wide", (role["_id"], "below"), court=MIDDLE)
    add = {"permissions": ["tasks.view", "papers.view"]}
    refused(
        "grants.beyond_authority", roles.change_role, role_id=role["_id"], version=1, changes=add, by=admin, now=NOW
    )


def test_nobody_edits_a_role_or_group_they_hold_themselves() -> None:
    supervisor = person("boss", "supervisor")
    admin = person("admin", "court_admin")
    role = roles.create_role(court=HERE, name="看", permissions=["tasks.view"], by=admin, **MINE)
    group = Group(court=HERE, name="组", grants=[], updated_at=NOW).save()
    Person.objects(id=admin).update(push__grants={"role": role["_id"]}, push__groups=group.id)
    wider = {"permissions": ["tasks.view", "papers.view"]}
    refused("grants.own", roles.change_role, role_id=role["_id"], version=1, changes=wider, by=admin, now=NOW)
    change = {"group_id": group.id, "version": 1, "name": None, "grants": [{"role": "specialist"}], "now": NOW}
    refused("grants.own", groups.change_group, by=admin, **change)
    assert groups.change_group(by=supervisor, **change)["members"][0]["name"] == "admin"
    assert "reviews.decide" in held(admin).permissions


def test_a_role_with_power_over_people_always_asks_for_a_second_factor() -> None:
    admin = person("admin", "court_admin")
    role = roles.create_role(court=HERE, name="人事", permissions=["people.grant"], by=admin, **MINE)
    assert role["privileged"] is True
    off = {"privileged": False}
    after = roles.change_role(role_id=role["_id"], version=1, changes=off, by=admin, now=NOW)
    assert after["privileged"] is True


def test_a_copy_has_what_its_original_has() -> None:
    admin = person("admin", "court_admin")
    copied = {**MINE, "copy_of": "court_admin", "scope": None}
    role = roles.create_role(court=HERE, name="副管理员", permissions=None, by=admin, **copied)
    original = rights.seeded("court_admin")
    assert original
    assert set(role["permissions"]) == original.permissions
    assert set(role["grants"]) == original.grants
    assert (role["scope"], role["privileged"]) == ("court", True)
    listed = {one["id"]: one for one in roles.list_roles(court=HERE, by=admin, now=NOW)}
    assert listed[role["_id"]]["in_reach"] is True
    assert (listed["court_admin"]["holders"], listed["supervisor"]["in_reach"]) == (1, False)


def test_how_far_one_may_hand_out_is_told_for_every_permission() -> None:
    admin, above = person("admin", "court_admin"), person("above", ("court_admin", "below"), court=MIDDLE)
    asked = {"court": HERE, "codes": ["tasks.view", "audit.view", "phone.work"], "now": NOW}
    assert {code: one.code for code, one in roles.may_hand_out(by=admin, **asked).items()} == {
        "tasks.view": "court",
        "phone.work": "court",
    }
    assert roles.may_hand_out(by=above, **asked)["tasks.view"].code == "below"


def test_a_group_gives_to_its_members_and_goes_only_when_empty() -> None:
    admin = person("admin", "court_admin")
    group = groups.create_group(court=HERE, name="专员组", grants=[{"role": "specialist"}], by=admin, now=NOW)
    member = person("member", groups=[group["_id"]])
    assert "tasks.review" in held(member).permissions
    assert [one.name for one in list_people(court=HERE, role="specialist")] == ["member"]
    refused("group.in_use", groups.delete_group, group_id=group["_id"], version=1, by=admin, now=NOW)
    refused("group.name_taken", groups.create_group, court=HERE, name="专员组", grants=[], by=admin, now=NOW)
    high = [{"role": "leader"}]
    refused("grants.beyond_authority", groups.create_group, court=HERE, name="高", grants=high, by=admin, now=NOW)
    Person.objects(id=member).delete()
    refused("group.stale", groups.delete_group, group_id=group["_id"], version=5, by=admin, now=NOW)
    groups.delete_group(group_id=group["_id"], version=1, by=admin, now=NOW)
    refused("group.not_found", groups.get_group, group_id=group["_id"])


def test_courts_know_every_court_above_them_whatever_the_order_of_the_list() -> None:
    assert world.court_of(HERE).path == ["京", "京02"]
    assert ensure_courts(world.ROWS) == 0
    Court.objects(id=HERE).update(unset__path=True)
    ensure_courts(world.ROWS)
    assert world.court_of(HERE).path == ["京", "京02"]
    with pytest.raises(ValueError, match="no way up"):
        ensure_courts([{"code": "甲", "name": "甲", "level": "4", "parent": "乙"}])


def test_a_court_that_moves_takes_those_under_it_along() -> None:
    by = {"by": person("system", "system_admin", court="京"), "now": NOW}
    courts.create_court(code="京09", name="新中院", level=3, parent="京", **by)
    courts.create_court(code="京0901", name="新基层法院", level=4, parent="京09", **by)
    refused("court.taken", courts.create_court, code="京09", name="又一", level=3, parent="京", **by)
    refused("court.bad_parent", courts.create_court, code="京0902", name="错级", level=3, parent=HERE, **by)
    refused("court.not_found", courts.create_court, code="京0902", name="无上级", level=4, parent="沪", **by)
    moved = courts.change_court(code=HERE, version=1, name=None, parent="京09", **by)
    assert moved["path"] == ["京", "京09"]
    assert HERE not in rights.CourtTree().below(MIDDLE)
    ensure_courts([{"code": "最高法", "name": "最高", "level": "1", "parent": ""}])
    courts.create_court(code="津", name="津高院", level=2, parent="最高法", **by)
    refused("court.bad_parent", courts.change_court, code="京", version=1, name=None, parent="最高法", **by)
    moved = courts.change_court(code="京09", version=1, name="改名", parent="津", **by)
    assert (moved["name"], moved["path"]) == ("改名", ["最高法", "津"])
    assert world.court_of(HERE).path == ["最高法", "津", "京09"]
    refused("court.stale", courts.change_court, code="京09", version=1, name="再改", parent=None, **by)
    refused("court.bad_parent", courts.change_court, code="津", version=1, name=None, parent=HERE, **by)


def test_a_division_in_use_stays() -> None:
    by = {"by": person("admin", "court_admin"), "now": NOW}
    made = courts.create_division(court=HERE, name="立案庭")
    refused("division.name_taken", courts.create_division, court=HERE, name="立案庭")
    staff = person("staff", division=made["_id"])
    error = refused("division.in_use", courts.change_division, division_id=made["_id"], version=1, name=None,
                    active=False, **by)  # fmt: skip
    assert error.extra == {"people": 1}
    Person.objects(id=staff).delete()
    after = courts.change_division(division_id=made["_id"], version=1, name="诉服庭", active=False, **by)
    assert (after["name"], after["active"], after["version"]) == ("诉服庭", False, 2)


def test_lists_filter_within_what_the_asker_may_see_and_hold_no_secret() -> None:
    group = Group(court=HERE, name="组", grants=[{"role": "manager"}], updated_at=NOW).save()
    person("alpha", "specialist", password_hash="secret-hash")
    person("beta", groups=[group.id])
    person("gone", "specialist", active=False)
    person("far", "specialist", court=NEXT)
    find = lambda **more: [one["name"] for one in people_lists.find_people(where={"court": HERE}, **more)[0]]  # noqa: E731  # a test's shorthand
    assert find() == ["alpha", "beta"]
    assert find(state="left") == ["gone"]
    assert find(state="all", role="specialist") == ["alpha", "gone"]
    assert find(role="manager") == ["beta"]
    assert find(group=group.id) == ["beta"]
    assert find(q="ALP") == ["alpha"]
    assert find(q=".*") == []
    assert find(page=2, page_size=1) == ["beta"]
    found, total = people_lists.find_people(where={"court": HERE}, page_size=1)
    assert total == 2
    assert "secret-hash" not in str(found)
    told = people_lists.described(people_lists.find_people(where={"court": HERE})[0])
    assert told[1]["grants"] == [
        {"role": "manager", "role_name": "送达管理员", "scope": "court", "until_on": None, "from_group": group.id}
    ]
    assert told[1]["groups"] == [{"id": group.id, "name": "组"}]
    assert told[0]["court"] == {"code": HERE, "name": "西城法院"}


def test_the_courts_of_the_demonstration_all_find_their_way_up() -> None:
    listed = Path(server.cases.__file__).parent / "data" / "courts.csv"
    with listed.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    Court.objects.delete()
    assert ensure_courts(rows) == len(rows)
    assert world.court_of("京0102").path == ["最高法", "京", "京02"]
    assert rights.CourtTree().below("最高法") == {row["code"] for row in rows}
