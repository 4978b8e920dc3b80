"""Nothing is done, shown whole or refused without one row in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.accounts.models import Person, holding
from server.accounts.resources import COOKIE
from server.board.audit_words import ACTIONS, GROUPS, OBJECTS
from server.core import objects
from server.core.audit import pending
from server.core.audit.models import ChainEntry, PendingRow
from server.core.audit.rows import Row
from server.core.audit.verify import verify
from server.core.clock import utc_now
from server.core.ids import new_id
from server.core.permissions import SAFE_METHODS, declared
from tests.api.conftest import COURT, PASSWORD, Browser, Phone
from tests.api.rights import world as worlds
from tests.api.rights.test_matrix import Actor, path_of, routes
from tests.factories import visits as make


def rows(**wanted: Any) -> list[dict[str, Any]]:
    return list(ChainEntry._get_collection().find(wanted).sort("seq", 1))


def test_every_changing_address_writes_exactly_one_row(app: Flask) -> None:
    """Called as a person who may, with nonsense for a body: the deed is there by its own name, done or refused."""
    world = worlds.build(app.extensions["evidence_store"])
    everything = ["court_admin", "supervisor", "security_auditor", "system_admin", "process_server", "judge"]
    world.actor.grants = holding(*everything)
    world.actor.save()
    world.keep("actor", world.actor)
    found = [route for route in routes(app) if route.method not in SAFE_METHODS]
    assert len(found) > 30
    for route in found:
        actor = Actor(app.test_client(), worlds.sign_in(world.actor, "web"), worlds.sign_in(world.actor, "phone"))
        before = ChainEntry.objects.count()
        answer = actor.ask(route, path_of(route, world, worlds.OWN), None)
        written = rows()[before:]
        assert route.declaration is not None
        assert [one["action"] for one in written] == [route.declaration.does], (route, answer.status_code)
        assert written[0]["result"] == ("done" if answer.status_code < 400 else "refused"), (route, answer.status_code)
        assert written[0]["request_id"] == answer.headers["X-Request-Id"]
        assert written[0]["person_id"] == world.actor.id
        if answer.status_code < 400:
            world.restore(*world.kept)
    assert PendingRow.objects.count() == 0


def test_public_addresses_that_change_something_write_a_row_too(app: Flask, people: dict[str, Person]) -> None:
    for route in declared(app):
        said = route.declaration
        assert said is not None
        if said.public is None or route.method in SAFE_METHODS:
            continue
        before = ChainEntry.objects.count()
        app.test_client().open(route.rule, method=route.method, data=b"{", content_type="application/json")
        assert [one["action"] for one in rows()[before:]] == [said.does], route


def test_every_deed_and_object_has_a_chinese_name(app: Flask) -> None:
    deeds = {route.declaration.does for route in declared(app) if route.declaration and route.declaration.does}
    assert deeds <= set(ACTIONS), deeds - set(ACTIONS)
    assert {deed.partition(".")[0] for deed in deeds} <= set(GROUPS)
    assert set(objects.kinds()) <= set(OBJECTS)


def test_a_change_says_who_what_where_and_when(app: Flask, sign_in: Callable[[str], Browser]) -> None:
    door = make.visit(court=COURT)
    browser = sign_in("manager")
    answer = browser.post(f"/api/board/visits/{door.id}/withdraw", json={"version": 1, "reason": "重复立案"})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    [row] = rows(action="visit.withdraw")
    assert (row["object_type"], row["object_id"]) == ("visit", door.id)
    assert (row["result"], row["kind"], row["person_court"]) == ("done", "web", COURT)
    assert row["request_id"] == answer.headers["X-Request-Id"]
    assert verify(COURT).ok


@pytest.mark.parametrize(
    ("token", "code"),
    [("forged", "auth.bad_token"), ("x" * 500, "auth.bad_token")],
)
def test_a_forged_token_is_refused_and_recorded_once(app: Flask, token: str, code: str) -> None:
    answer = app.test_client().get("/api/phone/route", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json["code"]) == (401, code)
    [row] = rows()
    assert (row["result"], row["code"]) == ("refused", code)
    assert token not in str(row)


def test_a_strangers_thousand_knocks_do_not_fill_the_log(app: Flask) -> None:
    client: FlaskClient = app.test_client()
    address = {"REMOTE_ADDR": f"203.0.113.{hash(new_id()) % 250}"}
    for _ in range(80):
        client.get("/api/board/tasks", environ_base=address)
    assert 1 <= ChainEntry.objects.count() <= 30


def test_looking_at_another_courts_object_is_recorded_in_ones_own_chain(
    app: Flask, sign_in: Callable[[str], Browser]
) -> None:
    door = make.visit(court="京0105")
    assert sign_in("manager").get(f"/api/board/visits/{door.id}").status_code == 404
    [row] = rows(result="refused")
    assert (row["court"], row["object_id"], row["code"]) == (COURT, door.id, "visit.not_found")


def test_a_change_without_the_token_of_the_page_is_refused_and_recorded(
    app: Flask, sign_in: Callable[[str], Browser]
) -> None:
    browser = sign_in("manager")
    door = make.visit(court=COURT)
    answer = browser.client.post(f"/api/board/visits/{door.id}/withdraw", json={"version": 1, "reason": "重复立案"})
    assert (answer.status_code, answer.json["code"]) == (403, "auth.csrf")
    [row] = rows(action="visit.withdraw")
    assert (row["result"], row["code"]) == ("refused", "auth.csrf")


def test_a_deed_whose_process_died_is_found_by_the_sweep(app: Flask) -> None:
    """The note before the deed stays when nobody comes back to finish it."""
    opened = pending.begin(Row(court=COURT, at=utc_now(), action="visit.assign", person_id="p1", kind="web"))
    later = utc_now() + pending.UNFINISHED_AFTER * 2
    assert pending.sweep(now=later) == 1
    [row] = rows(result="unknown")
    assert row["action"] == "visit.assign"
    assert opened
    assert PendingRow.objects.count() == 0


def auditor_of(app: Flask, person: Person) -> Browser:
    """A security auditor, signed in without the ways there."""
    person.grants = holding("security_auditor")
    person.save()
    return worlds.browser(app, person)


def test_who_saw_this_number_is_one_query(app: Flask, phone: Callable[[str], Phone], people: dict[str, Person]) -> None:
    """A number is unmasked with a reason; the auditor finds the look by the number, and nobody finds the number."""
    number = "19912345678"
    door = make.visit(server=people["wc001"], court=COURT)
    party = make.party_of(door, phone=number)
    seen = phone("wc001").post(f"/api/phone/visits/{door.id}/unmask", json={"field": "phone"})
    assert (seen.status_code, seen.json["value"]) == (200, number), seen.get_data(as_text=True)
    auditor = auditor_of(app, people["clerk"])
    found = auditor.get("/api/board/audit", query_string={"value": "+86 199 1234 5678"}).json
    assert [(one["action"], one["person"]["id"]) for one in found["items"]] == [("personal.unmask", people["wc001"].id)]
    assert party
    for row in rows():
        assert number not in str(row)


def test_csv_exports_run_nothing(app: Flask, people: dict[str, Person]) -> None:
    people["clerk"].name = "=HYPERLINK(1)"
    auditor = auditor_of(app, people["clerk"])
    auditor.get("/api/board/audit")
    text = auditor.get("/api/board/audit/export.csv").get_data(as_text=True)
    assert text.startswith("\ufeff时间")
    assert ",=HYPERLINK" not in text
    assert "'=HYPERLINK(1)" in text


def test_the_cookie_is_not_readable_by_scripts(app: Flask, people: dict[str, Person]) -> None:
    answer = app.test_client().post("/api/session", json={"username": "manager", "password": PASSWORD})
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith(COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_one_court_can_be_looked_at_alone_and_another_is_empty(
    app: Flask, people: dict[str, Person], sign_in: Callable[[str], Browser]
) -> None:
    sign_in("other-manager").get("/api/board/days/2026-11-24")
    auditor = auditor_of(app, people["clerk"])
    auditor.get("/api/board/audit")
    mine = auditor.get("/api/board/audit", query_string={"court": COURT}).json["items"]
    assert {one["court"] for one in mine} == {COURT}
    assert auditor.get("/api/board/audit", query_string={"court": "京0105"}).json["items"] == []
