"""Guessing is slowed down, and nobody can use that to keep a colleague out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.accounts import services as accounts
from server.accounts.models import Person, SignInFailure
from server.accounts.sign_in_rules import THROTTLE
from server.core.clock import utc_now
from server.core.errors import DomainError
from tests.api.conftest import PASSWORD


def try_password(client: FlaskClient, username: str, password: str, remote: str) -> Any:
    return client.post(
        "/api/session", json={"username": username, "password": password}, environ_base={"REMOTE_ADDR": remote}
    )


@pytest.fixture
def attacked(app: Flask, people: dict[str, Person]) -> Person:
    """A name that strangers from a hundred addresses have just tried."""
    now = utc_now()
    SignInFailure.objects.insert(
        [SignInFailure(username="manager", remote=f"198.51.100.{n}", at=now) for n in range(100)]
    )
    return people["manager"]


def test_a_device_that_has_signed_in_before_is_not_slowed_by_strangers(app: Flask, people: dict[str, Person]) -> None:
    mine = app.test_client()
    assert try_password(mine, "manager", PASSWORD, "192.0.2.1").status_code == 201
    now = utc_now()
    for n in range(200):  # everywhere, and from the very address of the owner
        SignInFailure(username="manager", remote=["198.51.100.7", "192.0.2.1"][n % 2], at=now).save(force_insert=True)
    assert try_password(mine, "manager", PASSWORD, "192.0.2.1").status_code == 201
    assert try_password(app.test_client(), "manager", PASSWORD, "192.0.2.1").status_code == 429


def test_a_colleague_at_a_new_machine_waits_half_a_minute_at_most_whatever_attackers_do(attacked: Person) -> None:
    now = utc_now()

    def sign_in(at: Any, remote: str, password: str = PASSWORD) -> str:
        try:
            accounts.sign_in_web(username="manager", password=password, remote=remote, now=at)
        except DomainError as error:
            return f"{error.code} {error.extra.get('retry_after_s', '')}".strip()
        return "in"

    assert sign_in(now, "192.0.2.50") == "auth.slow_down 30"
    for second in range(1, 30):  # attackers keep trying, each address twice a second
        for n in range(3):
            sign_in(now + timedelta(seconds=second), f"203.0.113.{n}", "guess")
    assert sign_in(now + timedelta(seconds=29), "192.0.2.50") == "auth.slow_down 1"
    assert sign_in(now + timedelta(seconds=30), "192.0.2.50") == "in"


def test_one_address_guesses_a_name_under_attack_at_most_every_half_minute(attacked: Person) -> None:
    now, tried = utc_now(), 0
    for second in range(120):
        try:
            accounts.sign_in_web(
                username="manager", password="guess", remote="203.0.113.5", now=now + timedelta(seconds=second)
            )
        except DomainError as error:
            tried += error.code == "auth.wrong_password"
    assert 1 <= tried <= 4


def test_what_was_refused_unseen_does_not_prolong_the_lock(app: Flask, people: dict[str, Person]) -> None:
    now = utc_now()
    for n in range(20):
        with pytest.raises(DomainError):
            accounts.sign_in_web(username="judge", password="x", remote="192.0.2.8", now=now + timedelta(seconds=n))
    assert SignInFailure.objects(username="judge").count() == THROTTLE.per_name_and_place
    later = now + THROTTLE.window + timedelta(seconds=40)
    assert accounts.sign_in_web(username="judge", password=PASSWORD, remote="192.0.2.8", now=later).token


def test_a_hundred_guesses_at_once_are_counted_as_a_hundred(app: Flask, people: dict[str, Person]) -> None:
    now = utc_now()

    def guess(n: int) -> str:
        try:
            accounts.sign_in_web(username="clerk", password=f"guess {n}", remote="192.0.2.9", now=now)
        except DomainError as error:
            return error.code
        return "in"

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(guess, range(60)))
    assert answers.count("auth.wrong_password") <= THROTTLE.per_name_and_place
    assert answers.count("auth.slow_down") >= 50


def test_one_address_may_not_try_many_names(app: Flask, people: dict[str, Person]) -> None:
    now = utc_now()
    SignInFailure.objects.insert(
        [SignInFailure(username=f"name{n}", remote="192.0.2.77", at=now) for n in range(THROTTLE.per_address - 1)]
    )
    with pytest.raises(DomainError, match=r"auth\.wrong_password"):
        accounts.sign_in_web(username="one-more", password="x", remote="192.0.2.77", now=now)
    with pytest.raises(DomainError, match=r"auth\.slow_down"):
        accounts.sign_in_web(username="manager", password=PASSWORD, remote="192.0.2.77", now=now)
    assert accounts.sign_in_web(username="manager", password=PASSWORD, remote="192.0.2.78", now=now).token


def test_a_right_password_leaves_no_failure_behind(app: Flask, people: dict[str, Person]) -> None:
    assert try_password(app.test_client(), "manager", PASSWORD, "192.0.2.1").status_code == 201
    assert SignInFailure.objects.count() == 0


@pytest.mark.parametrize("mark", ["", "x", "eyJpZCI6ImEiLCJuYW1lcyI6W119.aaaa.bbbb", "\x00"])
def test_a_forged_mark_of_a_device_is_no_mark(app: Flask, people: dict[str, Person], mark: str) -> None:
    now = utc_now()
    for _ in range(THROTTLE.per_name_and_place):
        SignInFailure(username="manager", remote="192.0.2.1", at=now).save(force_insert=True)
    client = app.test_client()
    client.set_cookie("songda_device", mark)
    assert try_password(client, "manager", PASSWORD, "192.0.2.1").status_code == 429


def test_a_mark_counts_for_the_names_that_signed_in_there_only(app: Flask, people: dict[str, Person]) -> None:
    client = app.test_client()
    assert try_password(client, "judge", PASSWORD, "192.0.2.1").status_code == 201
    now = utc_now()
    for _ in range(THROTTLE.per_name_and_place):
        SignInFailure(username="manager", remote="192.0.2.1", at=now).save(force_insert=True)
    assert try_password(client, "manager", PASSWORD, "192.0.2.1").status_code == 429


def test_guessing_from_a_marked_device_is_limited_too(app: Flask, people: dict[str, Person]) -> None:
    client = app.test_client()
    assert try_password(client, "judge", PASSWORD, "192.0.2.1").status_code == 201
    answers = [try_password(client, "judge", "guess", f"192.0.2.{n}").status_code for n in range(12)]
    assert answers == [401] * 10 + [429] * 2


def test_bind_codes_cannot_be_guessed(app: Flask, people: dict[str, Person]) -> None:
    now = utc_now()

    def bind(openid: str, remote: str, code: str = "00000000") -> str:
        try:
            accounts.bind_phone(openid=openid, court="京0102", bind_code=code, device=None, remote=remote, now=now)
        except DomainError as error:
            return error.code
        return "bound"

    assert [bind("thief", f"192.0.2.{n}") for n in range(11)] == ["phone.bad_bind_code"] * 10 + ["auth.slow_down"]
    assert [bind(f"thief{n}", "203.0.113.1") for n in range(11)] == ["phone.bad_bind_code"] * 10 + ["auth.slow_down"]
    good, _ = accounts.issue_bind_code(court="京0102", person_id=people["wc001"].id, now=now)
    assert bind("thief", "192.0.2.200", good) == "auth.slow_down"
    assert bind("honest", "192.0.2.201", good) == "bound"
