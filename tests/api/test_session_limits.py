"""How long a session lasts, which tokens are refused and why, and who is out at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pyotp
import pytest
from flask import Flask

from server.accounts import services as accounts
from server.accounts.models import Person, Session, holding
from server.core.clock import court_day, utc_now
from server.core.errors import DomainError
from server.core.permissions import Principal
from tests.api.conftest import Browser, Phone


def refusal(token: str, now: Any, kind: str | None = None) -> str:
    try:
        accounts.identify_token(token, now=now, kind=kind)
    except DomainError as error:
        return error.code if error.status == HTTPStatus.UNAUTHORIZED else f"{error.status} {error.code}"
    return "in"


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


@pytest.fixture
def web(people: dict[str, Person]) -> accounts.SignedIn:
    return accounts.open_web(people["manager"], how="password", remote="192.0.2.1", agent="Firefox", now=utc_now())


def test_a_browser_left_alone_is_out_after_half_an_hour(web: accounts.SignedIn) -> None:
    now = utc_now()
    assert refusal(web.token, now + timedelta(minutes=29)) == "in"
    assert refusal(web.token, now + timedelta(minutes=58)) == "in"
    assert refusal(web.token, now + timedelta(minutes=89)) == "auth.expired"


def test_a_browser_in_use_is_out_after_ten_hours(web: accounts.SignedIn) -> None:
    now = utc_now()
    for minutes in range(20, 599, 20):
        assert refusal(web.token, now + timedelta(minutes=minutes)) == "in"
    assert refusal(web.token, now + timedelta(minutes=601)) == "auth.expired"


def test_an_unfinished_sign_in_is_over_after_ten_minutes(people: dict[str, Person]) -> None:
    now = utc_now()
    opened = accounts.open_web(people["admin"], how="password", remote="", agent="", now=now)
    assert refusal(opened.token, now + timedelta(minutes=9)) == "in"
    assert refusal(opened.token, now + timedelta(minutes=10)) == "auth.expired"


def test_a_phone_is_out_after_seven_quiet_days_or_thirty_in_all(phone: Callable[[str], Phone]) -> None:
    quiet, now = phone("wc001"), utc_now()
    assert refusal(quiet.token, now + timedelta(days=7, minutes=1)) == "auth.expired"
    busy = phone("wc002")
    for day in range(1, 30):
        assert refusal(busy.token, now + timedelta(days=day)) == "in"
    assert refusal(busy.token, now + timedelta(days=30, minutes=1)) == "auth.expired"


def test_being_seen_is_written_once_a_minute(web: accounts.SignedIn, database: Any) -> None:
    now = utc_now()
    for second in range(0, 60, 5):
        refusal(web.token, now + timedelta(seconds=second))
    first = database.sessions.find_one({"_id": web.session_id})["last_seen_at"]
    refusal(web.token, now + timedelta(seconds=70))
    second = database.sessions.find_one({"_id": web.session_id})["last_seen_at"]
    assert first <= now
    assert second == now + timedelta(seconds=70)


def test_the_database_holds_no_token(web: accounts.SignedIn, database: Any) -> None:
    assert web.token not in str(list(database.sessions.find()))


@pytest.mark.parametrize(
    "token", ["", "x", "A" * 43, "../../etc/passwd", "é" * 20, '{"$ne": null}', "\x00", "A" * 100_000]
)
def test_a_made_up_token_is_refused(people: dict[str, Person], token: str) -> None:
    assert refusal(token, utc_now()) == "auth.bad_token"


def test_a_phones_token_is_no_cookie_and_a_cookie_no_bearer_token(
    app: Flask, sign_in: Callable[[str], Browser], phone: Callable[[str], Phone]
) -> None:
    client = app.test_client()
    client.set_cookie("songda_session", phone("wc001").token)
    assert problem(client.get("/api/me")) == (401, "auth.bad_token")
    cookie = sign_in("manager").client.get_cookie("songda_session")
    assert cookie is not None
    answer = app.test_client().get("/api/me", headers={"Authorization": f"Bearer {cookie.value}"})
    assert problem(answer) == (401, "auth.bad_token")


def test_a_refused_token_does_not_keep_anybody_from_signing_in(app: Flask, people: dict[str, Person]) -> None:
    client = app.test_client()
    client.set_cookie("songda_session", "old and gone")
    assert client.get("/api/session/ways").status_code == 200
    answer = client.post("/api/session", json={"username": "manager", "password": "correct horse battery"})
    assert answer.status_code == 201
    assert client.get("/api/me").status_code == 200


def test_leaving_ends_access_with_the_next_request(
    sign_in: Callable[[str], Browser], people: dict[str, Person]
) -> None:
    browser = sign_in("manager")
    Person.objects(id=people["manager"].id).update(set__active=False)
    assert problem(browser.get("/api/me")) == (401, "auth.left")


def test_access_ends_with_the_last_day(web: accounts.SignedIn, people: dict[str, Person]) -> None:
    now = utc_now()
    Person.objects(id=people["manager"].id).update(set__left_on=court_day(now).isoformat())
    assert refusal(web.token, now) == "in"
    Person.objects(id=people["manager"].id).update(set__left_on=court_day(now - timedelta(days=1)).isoformat())
    assert refusal(web.token, now) == "auth.left"
    with pytest.raises(DomainError, match=r"auth\.wrong_password"):
        accounts.sign_in_web(username="manager", password="correct horse battery", remote="", now=now)


def test_a_right_that_is_taken_away_is_gone_with_the_next_request(
    sign_in: Callable[[str], Browser], people: dict[str, Person]
) -> None:
    browser = sign_in("manager")
    assert browser.get("/api/board/people").status_code == 200
    Person.objects(id=people["manager"].id).update(set__grants=[])
    assert problem(browser.get("/api/board/people")) == (403, "auth.forbidden")


def test_whoever_has_an_account_may_look_after_it_without_any_role(
    sign_in: Callable[[str], Browser], people: dict[str, Person]
) -> None:
    Person.objects(id=people["manager"].id).update(set__grants=[])
    browser = sign_in("manager")
    assert browser.get("/api/me").json["permissions"] == ["me.view", "session.finish"]
    assert browser.get("/api/me/sessions").status_code == 200
    assert browser.delete("/api/session").status_code == 204


def test_a_role_that_asks_for_two_factors_asks_a_session_that_is_open_already(
    sign_in: Callable[[str], Browser], people: dict[str, Person]
) -> None:
    browser = sign_in("manager")
    Person.objects(id=people["manager"].id).update(set__grants=holding("court_admin"))
    assert problem(browser.get("/api/board/people")) == (403, "auth.enrolment_needed")
    secret = browser.post("/api/me/totp").json["secret"]
    done = browser.post("/api/me/totp/confirm", json={"code": pyotp.TOTP(secret).now()})
    assert (done.status_code, done.json["next"]) == (200, "done")
    browser.csrf = done.json["csrf"]
    assert browser.get("/api/board/people").status_code == 200


def test_who_enrolled_while_signed_in_is_not_asked_again(
    sign_in: Callable[[str], Browser], people: dict[str, Person]
) -> None:
    browser = sign_in("manager")
    secret = browser.post("/api/me/totp").json["secret"]
    assert browser.post("/api/me/totp/confirm", json={"code": pyotp.TOTP(secret).now()}).status_code == 200
    Person.objects(id=people["manager"].id).update(set__grants=holding("court_admin"))
    assert browser.get("/api/board/people").status_code == 200


def test_own_sessions_are_listed_and_ended_one_by_one(sign_in: Callable[[str], Browser], app: Flask) -> None:
    here, there = sign_in("manager"), sign_in("manager")
    sign_in("judge")
    items = here.get("/api/me/sessions").json["items"]
    assert [one["this"] for one in items] == [False, True]
    assert {(one["kind"], one["how"], one["remote"]) for one in items} == {("web", "password", "127.0.0.1")}
    assert all(one["agent"].startswith("Werkzeug") for one in items)
    assert here.delete(f"/api/me/sessions/{items[0]['id']}").status_code == 204
    assert problem(there.get("/api/me")) == (401, "auth.ended")
    assert len(here.get("/api/me/sessions").json["items"]) == 1
    assert problem(here.delete(f"/api/me/sessions/{items[0]['id']}")) == (404, "session.not_found")


def test_nobody_ends_anothers_session_here(sign_in: Callable[[str], Browser]) -> None:
    mine, other = sign_in("manager"), sign_in("judge")
    theirs = other.get("/api/me/sessions").json["items"][0]["id"]
    assert problem(mine.delete(f"/api/me/sessions/{theirs}")) == (404, "session.not_found")
    assert other.get("/api/me").status_code == 200


def test_the_list_shows_no_secret(sign_in: Callable[[str], Browser], database: Any) -> None:
    shown = sign_in("manager").get("/api/me/sessions").get_data(as_text=True)
    assert not [one["_id"] for one in database.sessions.find() if one["_id"] in shown]


def test_a_lost_phone_is_out_at_once_and_cannot_come_back(
    phone: Callable[[str], Phone], people: dict[str, Person]
) -> None:
    lost, now = phone("wc001"), utc_now()
    assert lost.get("/api/phone/route").status_code == 200
    assert accounts.lost_phone(person_id=people["wc001"].id, now=now) == 1
    assert problem(lost.get("/api/phone/route")) == (401, "auth.ended")
    with pytest.raises(DomainError, match=r"phone\.not_bound"):
        accounts.sign_in_phone(openid="openid-wc001", device=None, now=now)


def test_a_phone_may_do_a_phones_work_only_whoever_holds_it(phone: Callable[[str], Phone]) -> None:
    principal = accounts.identify_token(phone("admin").token, now=utc_now())
    assert isinstance(principal, Principal)
    assert principal.permissions <= {"phone.work", "me.view", "session.finish"}
    assert {code for seat in principal.seats for code in seat.scopes} <= {"phone.work", "me.view", "session.finish"}


def test_ending_all_but_this_one_spares_this_one(people: dict[str, Person]) -> None:
    now = utc_now()
    kept, *others = [accounts.open_web(people["judge"], how="password", remote="", agent="", now=now) for _ in range(4)]
    assert accounts.end_sessions(people["judge"].id, except_id=kept.session_id, now=now) == 3
    assert refusal(kept.token, now) == "in"
    assert {refusal(one.token, now) for one in others} == {"auth.ended"}
    assert Session.objects(person_id=people["judge"].id, ended_at=None).count() == 1
