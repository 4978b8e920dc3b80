"""Every sign-in, step and refusal leaves one row: whose, where, how; and never a secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from server.accounts.models import Person
from server.core.audit.models import ChainEntry
from tests.api.conftest import COURT, PASSWORD, TOTP_SECRET, Browser, Phone, fresh_code


def rows(action: str) -> list[Any]:
    return list(ChainEntry.objects(action=action).order_by("at"))


def test_a_sign_in_is_recorded_in_the_court_of_its_person(app: Flask, people: dict[str, Person]) -> None:
    app.test_client().post("/api/session", json={"username": "manager", "password": PASSWORD})
    (row,) = rows("session.open")
    assert (row.court, row.result, row.person_id, row.object_id) == (
        COURT,
        "done",
        people["manager"].id,
        people["manager"].id,
    )


def test_a_wrong_password_is_recorded_where_the_name_belongs(app: Flask, people: dict[str, Person]) -> None:
    app.test_client().post("/api/session", json={"username": "Manager ", "password": "not this"})
    (row,) = rows("session.open")
    assert (row.court, row.result, row.code, row.detail["username"]) == (
        COURT,
        "refused",
        "auth.wrong_password",
        "manager",
    )


def test_what_was_typed_into_the_wrong_field_is_not_recorded(app: Flask, people: dict[str, Person]) -> None:
    app.test_client().post("/api/session", json={"username": PASSWORD, "password": "manager"})
    (row,) = rows("session.open")
    assert row.result == "refused"
    assert PASSWORD not in str(row.to_mongo().to_dict())


@pytest.mark.parametrize("account", ["manager", "admin"])
def test_no_row_holds_a_secret(
    app: Flask, people: dict[str, Person], sign_in: Callable[[str], Browser], account: str
) -> None:
    browser = sign_in(account)
    cookie = browser.client.get_cookie("songda_session")
    code = fresh_code(people[account])
    browser.put("/api/me/password", json={"old": PASSWORD, "new": "purple lamp by the river"})
    written = str([row.to_mongo().to_dict() for row in ChainEntry.objects])
    assert cookie is not None
    for secret in (cookie.value, browser.csrf, PASSWORD, "purple lamp", TOTP_SECRET, f"'{code}'"):
        assert secret not in written


def test_each_step_has_a_row_of_its_own(sign_in: Callable[[str], Browser], people: dict[str, Person]) -> None:
    sign_in("admin")
    assert [row.result for row in rows("session.open")] == ["done"]
    (row,) = rows("session.second_factor")
    assert (row.result, row.person_id) == ("done", people["admin"].id)


def test_a_scan_is_recorded_on_the_phone_and_at_the_screen_once(
    app: Flask, phone: Callable[[str], Phone], people: dict[str, Person]
) -> None:
    mine, client = phone("admin"), app.test_client()
    csrf = client.post("/api/session", json={"username": "admin", "password": PASSWORD}).json["csrf"]
    challenge = client.post("/api/session/scan", headers={"X-CSRF-Token": csrf}).json["challenge"]
    for _ in range(3):
        client.get("/api/session/scan")
    mine.post("/api/phone/confirmations", json={"challenge": challenge})
    client.get("/api/session/scan")
    assert [row.kind for row in rows("session.scan_confirm")] == ["phone"]
    (row,) = rows("session.second_factor")
    assert (row.kind, row.detail["factor"], row.object_id) == ("web", "scan", people["admin"].id)


def test_a_refused_token_leaves_one_row_with_its_reason(app: Flask, people: dict[str, Person]) -> None:
    client = app.test_client()
    client.set_cookie("songda_session", "made up")
    client.get("/api/board/people")
    (row,) = rows("access.refused")
    assert (row.result, row.code) == ("refused", "auth.bad_token")


def test_a_forged_call_leaves_one_row(sign_in: Callable[[str], Browser]) -> None:
    browser = sign_in("manager")
    browser.client.delete("/api/session")
    (row,) = rows("session.close")
    assert (row.result, row.code) == ("refused", "auth.csrf")
