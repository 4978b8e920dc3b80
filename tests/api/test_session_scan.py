"""The second factor by phone: only the person's own bound phone confirms, once, within two minutes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from server.accounts import services as accounts
from server.accounts.models import Person, ScanChallenge
from server.accounts.services import scans
from server.core.clock import utc_now
from server.core.errors import DomainError
from tests.api.conftest import PASSWORD, Browser, Phone


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


@pytest.fixture
def admins_phone(phone: Callable[[str], Phone]) -> Phone:
    return phone("admin")


@pytest.fixture
def browser(app: Flask, people: dict[str, Person], admins_phone: Phone) -> Browser:
    """The administrator's, with the password given and the second step to come."""
    client = app.test_client()
    answer = client.post("/api/session", json={"username": "admin", "password": PASSWORD})
    assert answer.json["next"] == "second_factor"
    return Browser(client, answer.json["csrf"], answer.json["me"])


def shown(browser: Browser) -> dict[str, Any]:
    answer = browser.post("/api/session/scan")
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def confirm(phone: Phone, challenge: str) -> Any:
    return phone.post("/api/phone/confirmations", json={"challenge": challenge})


def test_the_own_phone_confirms_and_the_next_poll_is_signed_in(browser: Browser, admins_phone: Phone) -> None:
    screen = shown(browser)
    assert screen["qr_svg"].startswith("<svg ")
    assert browser.get("/api/session/scan").json == {"state": "waiting", "next": "second_factor"}
    before = browser.client.get_cookie("songda_session")
    assert confirm(admins_phone, screen["challenge"]).status_code == 204
    done = browser.get("/api/session/scan").json
    assert (done["state"], done["next"], done["me"]["stage"]) == ("confirmed", "done", "full")
    after = browser.client.get_cookie("songda_session")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    browser.csrf = done["csrf"]
    assert browser.get("/api/me/sessions").status_code == 200
    assert browser.delete("/api/session").status_code == 204


def test_the_code_with_its_prefix_is_what_the_phone_reads(browser: Browser, admins_phone: Phone) -> None:
    assert confirm(admins_phone, scans.PREFIX + shown(browser)["challenge"]).status_code == 204


def test_somebody_elses_phone_confirms_nothing(browser: Browser, phone: Callable[[str], Phone]) -> None:
    challenge = shown(browser)["challenge"]
    assert problem(confirm(phone("wc001"), challenge)) == (404, "scan.not_found")
    assert problem(confirm(phone("other-admin"), challenge)) == (404, "scan.not_found")
    assert browser.get("/api/session/scan").json["state"] == "waiting"


def test_a_confirmation_is_used_once(browser: Browser, admins_phone: Phone) -> None:
    challenge = shown(browser)["challenge"]
    assert confirm(admins_phone, challenge).status_code == 204
    assert problem(confirm(admins_phone, challenge)) == (404, "scan.not_found")
    assert browser.get("/api/session/scan").json["state"] == "confirmed"
    assert problem(confirm(admins_phone, challenge)) == (404, "scan.not_found")


def test_a_code_is_good_for_two_minutes(browser: Browser, admins_phone: Phone) -> None:
    now = utc_now()
    challenge = shown(browser)["challenge"]
    mine = accounts.identify_token(admins_phone.token, now=now)
    with pytest.raises(DomainError, match=r"scan\.not_found"):
        scans.confirm(principal=mine, challenge=challenge, now=now + timedelta(seconds=121))
    scans.confirm(principal=mine, challenge=challenge, now=now + timedelta(seconds=119))


def test_a_confirmation_nobody_fetched_in_time_is_void(browser: Browser, admins_phone: Phone) -> None:
    assert confirm(admins_phone, shown(browser)["challenge"]).status_code == 204
    ScanChallenge.objects.update(set__expires_at=utc_now() - timedelta(seconds=1))
    assert browser.get("/api/session/scan").json == {"state": "expired", "next": "second_factor"}
    assert browser.get("/api/me").json["stage"] == "second_factor"


def test_a_new_code_voids_the_one_before(browser: Browser, admins_phone: Phone) -> None:
    old, new = shown(browser)["challenge"], shown(browser)["challenge"]
    assert problem(confirm(admins_phone, old)) == (404, "scan.not_found")
    assert confirm(admins_phone, new).status_code == 204


def test_a_confirmation_for_one_browser_does_not_sign_in_another(
    app: Flask, browser: Browser, admins_phone: Phone
) -> None:
    client = app.test_client()
    answer = client.post("/api/session", json={"username": "admin", "password": PASSWORD})
    thief = Browser(client, answer.json["csrf"])
    shown(thief)
    assert confirm(admins_phone, shown(browser)["challenge"]).status_code == 204
    assert thief.get("/api/session/scan").json["state"] == "waiting"
    assert browser.get("/api/session/scan").json["state"] == "confirmed"


def test_a_browser_cannot_confirm_itself(sign_in: Callable[[str], Browser], browser: Browser) -> None:
    challenge = shown(browser)["challenge"]
    full = sign_in("admin")
    assert problem(full.post("/api/phone/confirmations", json={"challenge": challenge})) == (403, "scan.not_phone")
    assert problem(browser.post("/api/phone/confirmations", json={"challenge": challenge})) == (
        403,
        "auth.second_factor_needed",
    )


def test_a_phone_reported_lost_confirms_nothing(browser: Browser, admins_phone: Phone) -> None:
    challenge = shown(browser)["challenge"]
    accounts.lost_phone(person_id=admins_phone.person.id, now=utc_now())
    assert problem(confirm(admins_phone, challenge)) == (401, "auth.ended")


def test_without_a_bound_phone_there_is_no_code(app: Flask, people: dict[str, Person]) -> None:
    client = app.test_client()
    answer = client.post("/api/session", json={"username": "admin", "password": PASSWORD})
    refused = Browser(client, answer.json["csrf"]).post("/api/session/scan")
    assert problem(refused) == (409, "scan.no_phone")


def test_a_bound_phone_is_second_factor_enough_without_an_app(app: Flask, browser: Browser, people: Any) -> None:
    Person.objects(id=people["admin"].id).update(unset__totp=True)
    client = app.test_client()
    answer = client.post("/api/session", json={"username": "admin", "password": PASSWORD})
    assert answer.json["next"] == "second_factor"


def test_whoever_is_signed_in_has_no_use_for_a_code(sign_in: Callable[[str], Browser]) -> None:
    assert problem(sign_in("manager").post("/api/session/scan")) == (409, "session.wrong_step")
