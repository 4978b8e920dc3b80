"""The demonstration court's one-time codes: told at start-up, made on the spot, never in production."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask

from server.accounts import services as accounts
from server.accounts.models import Person
from server.accounts.services import second_factor
from server.core.clock import utc_now
from server.demo import services as demo


@pytest.fixture
def demo_admin(app: Flask) -> Person:
    person, _ = accounts.ensure_person(
        court=demo.COURT, username="admin", name="演示管理员", staff_no="GL001", roles=["court_admin"], now=utc_now()
    )
    second_factor.set_secret(person_id=person.id, court=demo.COURT, secret=demo.totp_secret("admin"), now=utc_now())
    return Person.objects(id=person.id).get()


def test_the_code_that_is_shown_signs_in(app: Flask, demo_admin: Person) -> None:
    shown = app.test_cli_runner().invoke(args=["demo", "code", "admin"])
    assert shown.exit_code == 0, shown.output
    digits = re.match(r"(\d{6})（还有 \d+ 秒有效）", shown.output)
    assert digits is not None
    assert second_factor.use_code(demo_admin, digits[1], now=utc_now())


def test_the_list_of_accounts_names_the_secret_of_each_that_needs_one(app: Flask) -> None:
    listed = app.test_cli_runner().invoke(args=["demo", "accounts"]).output
    for account in demo.ACCOUNTS:
        assert (demo.totp_secret(account.username) in listed) is account.two_factors
    assert sum(account.two_factors for account in demo.ACCOUNTS) >= 4


def test_other_names_have_no_code(app: Flask) -> None:
    for name in ("manager", "nobody"):
        assert app.test_cli_runner().invoke(args=["demo", "code", name]).exit_code == 1


def test_production_tells_no_code(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(app.extensions["settings"], mode="production")
    monkeypatch.setitem(app.extensions, "settings", settings)
    assert app.test_cli_runner().invoke(args=["demo", "code", "admin"]).exit_code == 1
