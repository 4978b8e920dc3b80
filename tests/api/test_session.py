"""Signing in to the browser, and what guards every call."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from server.accounts.models import Person, Session
from server.accounts.services import FAILURES_ALLOWED, passwords
from tests.api.conftest import PASSWORD, Browser


def test_signing_in_tells_who_i_am_and_what_i_may_do(sign_in: Callable[[str], Browser]) -> None:
    browser = sign_in("manager")
    me = browser.get("/api/me").json
    assert me["person"]["name"] == "manager"
    assert me["person"]["role_names"] == ["送达管理员"]
    assert me["person"]["court"] == {"code": "京0102", "name": "北京市西城区人民法院"}
    assert "dispatch.plan" in me["permissions"]
    assert "reviews.decide" not in me["permissions"]


def test_a_wrong_password_and_an_unknown_name_look_the_same(app: Flask, people: dict[str, Person]) -> None:
    client = app.test_client()
    wrong = client.post("/api/session", json={"username": "manager", "password": "nope"})
    unknown = client.post("/api/session", json={"username": "nobody", "password": "nope"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json["code"] == unknown.json["code"] == "auth.wrong_password"
    assert wrong.json["title"] == unknown.json["title"]


def test_guessing_is_slowed_for_that_address_only(app: Flask, people: dict[str, Person]) -> None:
    client = app.test_client()
    guess = {"username": "manager", "password": "nope"}
    for _ in range(FAILURES_ALLOWED):
        assert client.post("/api/session", json=guess).status_code == 401
    slowed = client.post("/api/session", json={"username": "manager", "password": PASSWORD})
    assert (slowed.status_code, slowed.json["code"]) == (429, "auth.slow_down")
    assert slowed.headers["Retry-After"] == "900"
    elsewhere = client.post(
        "/api/session",
        json={"username": "manager", "password": PASSWORD},
        environ_base={"REMOTE_ADDR": "127.0.0.9"},
    )
    assert elsewhere.status_code == 201


def test_without_signing_in_nothing_is_told(app: Flask) -> None:
    answer = app.test_client().get("/api/me")
    assert (answer.status_code, answer.json["code"]) == (401, "auth.required")
    assert answer.content_type == "application/problem+json"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_a_changing_call_without_the_csrf_token_is_refused(sign_in: Callable[[str], Browser]) -> None:
    browser = sign_in("manager")
    forged = browser.client.delete("/api/session")
    assert (forged.status_code, forged.json["code"]) == (403, "auth.csrf")
    assert browser.get("/api/me").status_code == 200


def test_signing_out_ends_the_session_at_once(sign_in: Callable[[str], Browser]) -> None:
    browser = sign_in("manager")
    cookie = browser.client.get_cookie("songda_session")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert browser.delete("/api/session").status_code == 204
    browser.client.set_cookie("songda_session", cookie.value)
    assert browser.get("/api/me").status_code == 401


def test_the_database_holds_no_token(sign_in: Callable[[str], Browser]) -> None:
    browser = sign_in("manager")
    cookie = browser.client.get_cookie("songda_session")
    assert cookie is not None
    assert cookie.value not in {session.id for session in Session.objects}


def test_a_browser_cookie_is_no_bearer_token(sign_in: Callable[[str], Browser]) -> None:
    browser = sign_in("manager")
    cookie = browser.client.get_cookie("songda_session")
    assert cookie is not None
    answer = browser.client.get("/api/me", headers={"Authorization": f"Bearer {cookie.value}"})
    assert answer.status_code == 401


def test_a_page_elsewhere_cannot_sign_a_visitor_in(app: Flask, people: dict[str, Person]) -> None:
    client = app.test_client()
    body, elsewhere = {"username": "judge", "password": PASSWORD}, {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/judge/sign-in", data=body, headers=elsewhere).status_code == 403
    answer = client.post("/api/session", json=body, headers=elsewhere)
    assert (answer.status_code, answer.json["code"]) == (403, "auth.csrf")
    assert Session.objects.count() == 0


def test_an_unknown_name_costs_as_much_work_as_a_known_one(
    app: Flask, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[str] = []
    real = passwords.hasher()

    class Counting:
        hash = staticmethod(real.hash)

        def verify(self, stored: str, password: str) -> bool:
            worked.append(stored.rsplit("$", 2)[0])  # algorithm and parameters
            return real.verify(stored, password)

    monkeypatch.setattr(passwords, "hasher", Counting)
    client = app.test_client()
    for name in ("manager", "nobody"):
        assert client.post("/api/session", json={"username": name, "password": "nope"}).status_code == 401
    assert len(worked) == 2
    assert worked[0] == worked[1]


def test_signing_in_again_ends_what_this_browser_was_signed_in_as(sign_in: Callable[[str], Browser]) -> None:
    browser = sign_in("manager")
    before = browser.client.get_cookie("songda_session")
    assert browser.client.post("/api/session", json={"username": "judge", "password": PASSWORD}).status_code == 201
    assert before is not None
    browser.client.set_cookie("songda_session", before.value)
    assert browser.get("/api/me").json["code"] == "auth.ended"


def test_malformed_input_names_the_field(app: Flask) -> None:
    answer = app.test_client().post("/api/session", json={"username": "x", "colour": "red"})
    assert (answer.status_code, answer.json["code"]) == (422, "request.invalid")
    assert set(answer.json["errors"]["json"]) == {"password", "colour"}


def test_an_unknown_address_is_a_problem_document(app: Flask) -> None:
    answer = app.test_client().get("/api/nothing-here")
    assert (answer.status_code, answer.json["code"]) == (404, "request.no_such_address")
