"""Signing in on the judge's pages goes through the same steps as on the board."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.accounts.models import Person, Session
from server.accounts.services import policy, second_factor
from server.core.clock import utc_now
from tests.api.conftest import COURT, PASSWORD, TOTP_SECRET, fresh_code

NEW = "purple lamp by the river"


@pytest.fixture
def client(app: Flask, people: dict[str, Person]) -> FlaskClient:
    return app.test_client()


def sign_in(client: FlaskClient) -> str:
    answer = client.post("/judge/sign-in", data={"username": "judge", "password": PASSWORD})
    assert answer.status_code == 302
    return str(answer.location)


def csrf_in(page: Any) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.get_data(as_text=True))
    assert found is not None
    return found[1]


def token_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("songda_session")
    assert cookie is not None
    return cookie.value


@pytest.fixture
def enrolled(people: dict[str, Person]) -> Person:
    second_factor.set_secret(person_id=people["judge"].id, court=COURT, secret=TOTP_SECRET, now=utc_now())
    return people["judge"]


def test_the_second_factor_is_asked_for_and_its_code_opens_the_page(client: FlaskClient, enrolled: Person) -> None:
    assert sign_in(client) == "/judge/second-factor"
    assert client.get("/judge/").location == "/judge/second-factor"
    page = client.get("/judge/second-factor")
    assert "动态口令" in page.get_data(as_text=True)
    csrf, before = csrf_in(page), token_of(client)
    wrong = client.post("/judge/second-factor", data={"code": "000000", "csrf": csrf})
    assert wrong.status_code == 422
    assert "验证码不正确" in wrong.get_data(as_text=True)
    right = client.post("/judge/second-factor", data={"code": fresh_code(enrolled), "csrf": csrf})
    assert (right.status_code, right.location) == (302, "/judge/")
    assert token_of(client) != before
    assert client.get("/judge/").status_code == 200
    assert client.get("/judge/second-factor").location == "/judge/"


def test_five_wrong_codes_lead_back_to_the_password(client: FlaskClient, enrolled: Person) -> None:
    sign_in(client)
    csrf = csrf_in(client.get("/judge/second-factor"))
    answers = [client.post("/judge/second-factor", data={"code": "000000", "csrf": csrf}) for _ in range(5)]
    assert [one.status_code for one in answers] == [422] * 4 + [401]
    assert 'name="password"' in answers[-1].get_data(as_text=True)
    assert client.get("/judge/").location == "/judge/sign-in"


def test_a_code_without_the_pages_own_token_is_refused(client: FlaskClient, enrolled: Person) -> None:
    sign_in(client)
    answer = client.post("/judge/second-factor", data={"code": fresh_code(enrolled)})
    assert answer.status_code == 403
    assert Session.objects.get().stage == "second_factor"


def test_who_must_enrol_scans_confirms_and_is_given_recovery_codes(client: FlaskClient) -> None:
    before = policy.rules()
    policy.use_rules(replace(before, second_factor="all"))
    try:
        assert sign_in(client) == "/judge/enrolment"
        csrf = csrf_in(client.get("/judge/enrolment"))
        shown = client.post("/judge/enrolment", data={"csrf": csrf}).get_data(as_text=True)
        assert "<svg" in shown
        secret = re.search(r"<code>([A-Z2-7]{32})</code>", shown)
        assert secret is not None
        wrong = client.post("/judge/enrolment/confirm", data={"csrf": csrf, "code": "000000"})
        assert wrong.status_code == 422
        done = client.post("/judge/enrolment/confirm", data={"csrf": csrf, "code": pyotp.TOTP(secret[1]).now()})
        assert len(re.findall(r"<li><code>[a-z0-9-]{19}</code>", done.get_data(as_text=True))) == 10
        assert client.get("/judge/").status_code == 200
    finally:
        policy.use_rules(before)


def test_a_forced_change_of_password_comes_before_the_cases(client: FlaskClient, people: dict[str, Person]) -> None:
    Person.objects(id=people["judge"].id).update(set__must_change_password=True)
    assert sign_in(client) == "/judge/password"
    assert client.get("/judge/").location == "/judge/password"
    csrf = csrf_in(client.get("/judge/password"))

    def change(**fields: str) -> Any:
        return client.post("/judge/password", data={"csrf": csrf, "old": PASSWORD, "new": NEW, "again": NEW, **fields})

    assert "不一致" in change(again="something else").get_data(as_text=True)
    assert "原密码不正确" in change(old="nope").get_data(as_text=True)
    assert "太常见" in change(new="1234567890", again="1234567890").get_data(as_text=True)
    assert change().location == "/judge/"
    assert client.get("/judge/").status_code == 200


def test_an_unfinished_sign_in_can_be_given_up(client: FlaskClient, enrolled: Person) -> None:
    sign_in(client)
    csrf = csrf_in(client.get("/judge/second-factor"))
    assert client.post("/judge/sign-out", data={"csrf": csrf}).location == "/judge/sign-in"
    assert client.get("/judge/second-factor").location == "/judge/sign-in"
