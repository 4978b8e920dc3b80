"""Signing in by steps: second factor, enrolment, forced change of password; each step leaves the old token behind."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from server.accounts import services as accounts
from server.accounts.models import Person, Session, SignInFailure
from server.accounts.services import policy, second_factor, sessions
from server.core.clock import utc_now
from server.core.errors import DomainError
from tests.api.conftest import PASSWORD, TOTP_SECRET, Browser, fresh_code

NEW = "purple lamp by the river"


def begin(app: Flask, username: str, password: str = PASSWORD) -> Browser:
    client = app.test_client()
    answer = client.post("/api/session", json={"username": username, "password": password})
    assert answer.status_code == 201, answer.json
    return Browser(client, answer.json["csrf"], answer.json)


def token_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("songda_session")
    assert cookie is not None
    return cookie.value


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def enrol(browser: Browser) -> tuple[str, Any]:
    begun = browser.post("/api/me/totp")
    assert begun.status_code == 201, begun.json
    code = pyotp.TOTP(begun.json["secret"]).now()
    done = browser.post("/api/me/totp/confirm", json={"code": code})
    if done.status_code == 200:
        browser.csrf = done.json["csrf"]
    return begun.json["secret"], done


def test_a_privileged_person_may_do_nothing_before_the_second_factor(app: Flask, people: dict[str, Person]) -> None:
    browser = begin(app, "admin")
    assert browser.me["next"] == "second_factor"
    me = browser.get("/api/me").json
    assert (me["stage"], me["next"], me["permissions"]) == ("second_factor", "second_factor", ["session.finish"])
    assert problem(browser.get("/api/me/sessions")) == (403, "auth.second_factor_needed")
    assert problem(browser.get("/api/board/people")) == (403, "auth.second_factor_needed")
    assert problem(browser.post("/api/me/totp")) == (409, "session.wrong_step")
    assert problem(browser.put("/api/me/password", json={"old": PASSWORD, "new": NEW})) == (409, "session.wrong_step")


def test_the_right_code_finishes_and_the_token_before_it_is_worthless(app: Flask, people: dict[str, Person]) -> None:
    browser = begin(app, "admin")
    before = token_of(browser.client)
    done = browser.post("/api/session/second-factor", json={"code": fresh_code(people["admin"])})
    assert (done.status_code, done.json["next"]) == (200, "done")
    assert token_of(browser.client) != before
    assert "people.edit" in done.json["me"]["permissions"]
    assert browser.get("/api/me").json["stage"] == "full"
    thief = app.test_client()
    thief.set_cookie("songda_session", before)
    assert problem(thief.get("/api/me")) == (401, "auth.bad_token")
    assert problem(browser.post("/api/session/scan")) == (403, "auth.csrf")  # the old CSRF token went with it
    browser.csrf = done.json["csrf"]
    assert browser.delete("/api/session").status_code == 204


def test_a_cookie_planted_before_signing_in_is_not_the_one_that_is_signed_in(
    app: Flask, people: dict[str, Person]
) -> None:
    client = app.test_client()
    client.set_cookie("songda_session", "planted-by-somebody")
    client.post("/api/session", json={"username": "manager", "password": PASSWORD})
    assert token_of(client) != "planted-by-somebody"
    thief = app.test_client()
    thief.set_cookie("songda_session", "planted-by-somebody")
    assert problem(thief.get("/api/me")) == (401, "auth.bad_token")


def test_a_code_works_once(app: Flask, people: dict[str, Person]) -> None:
    code = fresh_code(people["admin"])
    assert begin(app, "admin").post("/api/session/second-factor", json={"code": code}).status_code == 200
    again = begin(app, "admin").post("/api/session/second-factor", json={"code": code})
    assert problem(again) == (422, "totp.wrong_code")


def test_of_two_uses_of_one_code_at_once_one_wins(app: Flask, people: dict[str, Person]) -> None:
    person, now = people["admin"], utc_now()
    code = fresh_code(person)
    held = Person.objects(id=person.id).get()
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda _: second_factor.use_code(held, code, now=now), range(16)))
    assert won.count(True) == 1


@pytest.mark.parametrize(("seconds", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_half_a_minute_off_is_forgiven_and_no_more(people: dict[str, Person], seconds: int, good: bool) -> None:
    now = utc_now()
    person = Person.objects(id=people["admin"].id).get()
    code = pyotp.TOTP(TOTP_SECRET).at(now + timedelta(seconds=seconds))
    assert second_factor.use_code(person, code, now=now) is good


def test_an_older_code_is_refused_after_a_newer_one(people: dict[str, Person]) -> None:
    now, totp = utc_now(), pyotp.TOTP(TOTP_SECRET)
    person = Person.objects(id=people["admin"].id).get()
    assert second_factor.use_code(person, totp.at(now), now=now)
    assert not second_factor.use_code(person, totp.at(now - timedelta(seconds=30)), now=now)


@pytest.mark.parametrize("code", ["000000", "abcdef", "１２３４５６", "12345678", "      ", "0x1234"])
def test_a_wrong_code_says_only_that_it_is_wrong(app: Flask, people: dict[str, Person], code: str) -> None:
    assert problem(begin(app, "admin").post("/api/session/second-factor", json={"code": code})) == (
        422,
        "totp.wrong_code",
    )


def test_the_fifth_wrong_code_ends_the_session(app: Flask, people: dict[str, Person]) -> None:
    browser = begin(app, "admin")
    wrong = [browser.post("/api/session/second-factor", json={"code": "000000"}) for _ in range(5)]
    assert [problem(one)[1] for one in wrong] == ["totp.wrong_code"] * 4 + ["auth.ended"]
    right = browser.post("/api/session/second-factor", json={"code": fresh_code(people["admin"])})
    assert problem(right) == (401, "auth.ended")


def test_twenty_wrong_codes_slow_down_even_who_knows_the_password(app: Flask, people: dict[str, Person]) -> None:
    now = utc_now()
    for _ in range(20):
        SignInFailure(username=f"code:{people['admin'].id}", remote="192.0.2.9", at=now).save(force_insert=True)
    slowed = begin(app, "admin").post("/api/session/second-factor", json={"code": fresh_code(people["admin"])})
    assert problem(slowed) == (429, "auth.slow_down")


def test_who_must_enrol_does_so_before_anything_else(app: Flask, people: dict[str, Person]) -> None:
    Person.objects(id=people["admin"].id).update(unset__totp=True)
    browser = begin(app, "admin")
    assert browser.me["next"] == "enrol"
    assert problem(browser.get("/api/me/sessions")) == (403, "auth.enrolment_needed")
    before = token_of(browser.client)
    secret, done = enrol(browser)
    assert (done.status_code, done.json["next"]) == (200, "done")
    assert len(set(done.json["recovery_codes"])) == 10
    assert token_of(browser.client) != before
    assert "people.edit" in browser.get("/api/me").json["permissions"]
    state = browser.get("/api/me/totp").json
    assert (state["enrolled"], state["recovery_left"]) == (True, 10)
    stored = str(Person._get_collection().find_one({"_id": people["admin"].id}))
    assert secret not in stored
    assert not any(code in stored for code in done.json["recovery_codes"])


def test_an_enrolment_holds_only_once_its_first_code_was_right(app: Flask, people: dict[str, Person]) -> None:
    Person.objects(id=people["admin"].id).update(unset__totp=True)
    browser = begin(app, "admin")
    begun = browser.post("/api/me/totp").json
    assert begun["uri"].startswith("otpauth://totp/")
    assert re.match(r"<svg [^>]*>", begun["qr_svg"])
    assert "script" not in begun["qr_svg"]
    assert problem(browser.post("/api/me/totp/confirm", json={"code": "000000"})) == (422, "totp.wrong_code")
    assert begin(app, "admin").me["next"] == "enrol"


def test_a_recovery_code_replaces_the_phone_once(app: Flask, people: dict[str, Person]) -> None:
    Person.objects(id=people["admin"].id).update(unset__totp=True)
    _, done = enrol(begin(app, "admin"))
    code = done.json["recovery_codes"][3]
    assert begin(app, "admin").post("/api/session/second-factor", json={"code": code.upper()}).status_code == 200
    again = begin(app, "admin").post("/api/session/second-factor", json={"code": code})
    assert problem(again) == (422, "totp.wrong_code")
    assert second_factor.state_of(people["admin"].id)["recovery_left"] == 9


def test_an_enrolled_app_is_replaced_only_by_who_holds_it(app: Flask, people: dict[str, Person]) -> None:
    browser = begin(app, "manager")
    secret, done = enrol(browser)
    assert done.status_code == 200, done.json
    assert problem(browser.post("/api/me/totp")) == (409, "totp.enrolled")
    assert problem(browser.delete("/api/me/totp", json={"code": "000000"})) == (422, "totp.wrong_code")
    assert begin(app, "manager").me["next"] == "second_factor"  # whoever has one is asked for it
    Person.objects(id=people["manager"].id).update(set__totp__last_step=0)
    assert browser.delete("/api/me/totp", json={"code": pyotp.TOTP(secret).now()}).status_code == 204
    assert begin(app, "manager").me["next"] == "done"


def test_enrolling_signs_the_other_browsers_out(app: Flask, people: dict[str, Person]) -> None:
    other = begin(app, "manager")
    enrol(begin(app, "manager"))
    assert problem(other.get("/api/me")) == (401, "auth.ended")


def test_the_court_may_ask_everybody_for_a_second_factor(app: Flask, people: dict[str, Person]) -> None:
    before = policy.rules()
    policy.use_rules(replace(before, second_factor="all"))
    try:
        assert begin(app, "judge").me["next"] == "enrol"
    finally:
        policy.use_rules(before)
    assert begin(app, "judge").me["next"] == "done"


def test_a_one_time_password_must_be_changed_before_anything_else(app: Flask, people: dict[str, Person]) -> None:
    Person.objects(id=people["manager"].id).update(set__must_change_password=True)
    browser = begin(app, "manager")
    assert browser.me["next"] == "password"
    assert problem(browser.get("/api/me/sessions")) == (403, "auth.password_change_needed")
    before = token_of(browser.client)
    done = browser.put("/api/me/password", json={"old": PASSWORD, "new": NEW})
    assert (done.status_code, done.json["next"]) == (200, "done")
    assert token_of(browser.client) != before
    assert browser.get("/api/me/sessions").status_code == 200
    assert begin(app, "manager", NEW).me["next"] == "done"


def test_an_old_password_must_be_changed(app: Flask, people: dict[str, Person]) -> None:
    Person.objects(id=people["manager"].id).update(set__password_changed_at=utc_now() - timedelta(days=91))
    assert begin(app, "manager").me["next"] == "password"
    Person.objects(id=people["manager"].id).update(set__password_changed_at=utc_now() - timedelta(days=89))
    assert begin(app, "manager").me["next"] == "done"


def test_a_changed_password_ends_every_other_browser_but_not_this_one(app: Flask, people: dict[str, Person]) -> None:
    mine, other = begin(app, "manager"), begin(app, "manager")
    done = mine.put("/api/me/password", json={"old": PASSWORD, "new": NEW})
    assert done.status_code == 200
    assert mine.get("/api/me").status_code == 200
    assert problem(other.get("/api/me")) == (401, "auth.ended")
    old = app.test_client().post("/api/session", json={"username": "manager", "password": PASSWORD})
    assert problem(old) == (401, "auth.wrong_password")


def test_a_new_password_is_asked_for_the_old_one_and_may_not_be_a_recent_one(
    app: Flask, people: dict[str, Person]
) -> None:
    browser = begin(app, "manager")
    wrong = browser.put("/api/me/password", json={"old": "nope", "new": NEW})
    assert problem(wrong) == (422, "password.wrong_old")
    assert problem(browser.put("/api/me/password", json={"old": PASSWORD, "new": PASSWORD})) == (
        422,
        "password.used_before",
    )
    assert problem(browser.put("/api/me/password", json={"old": PASSWORD, "new": "北京市西城区人民法院01"})) == (
        422,
        "password.own_words",
    )
    used = [PASSWORD, *(f"{NEW} number {n}" for n in range(5))]
    for old, new in pairwise(used):
        done = browser.put("/api/me/password", json={"old": old, "new": new})
        assert done.status_code == 200, done.json
        browser.csrf = done.json["csrf"]
    recent = browser.put("/api/me/password", json={"old": used[-1], "new": used[1]})
    assert problem(recent) == (422, "password.used_before")
    sixth = browser.put("/api/me/password", json={"old": used[-1], "new": PASSWORD})
    assert sixth.status_code == 200


def test_a_password_hashed_with_older_parameters_is_hashed_again(app: Flask, people: dict[str, Person]) -> None:
    weak = "$argon2id$v=19$m=8,t=1,p=1$"
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    old = hasher.hash(PASSWORD)
    assert old.startswith(weak)
    Person.objects(id=people["manager"].id).update(set__password_hash=old)
    begin(app, "manager")
    stored = Person.objects(id=people["manager"].id).get().password_hash
    assert not stored.startswith(weak)
    begin(app, "manager")


def test_a_step_done_twice_at_once_makes_one_session(app: Flask, people: dict[str, Person]) -> None:
    now, person = utc_now(), people["manager"]
    opened = accounts.open_web(person, how="password", remote="192.0.2.1", agent="", now=now)

    def advance(_: int) -> bool:
        try:
            sessions.advance(opened.session_id, stage="full", person=person, now=now)
        except DomainError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(advance, range(8)))
    assert won.count(True) == 1
    assert Session.objects(person_id=person.id, ended_at=None).count() == 1
