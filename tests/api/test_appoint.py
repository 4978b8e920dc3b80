"""The first administrators of a real installation come from the console, once, with a password told once."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask

from server.accounts.models import Person
from server.core.audit.models import ChainEntry

WANTED = ("--court", "京0199", "--role", "supervisor", "--username", "aq1", "--name", "安全员甲", "--staff-no", "AQ1")


def run(app: Flask, *words: str) -> Any:
    return app.test_cli_runner().invoke(args=["accounts", "appoint", *words])


def test_the_first_supervisor_signs_in_and_must_enrol_a_second_factor_first(app: Flask) -> None:
    told = run(app, *WANTED, "--court-name", "示例人民法院")
    assert told.exit_code == 0, told.output
    password = re.search(r"：(\S+)$", told.output.strip())
    assert password is not None
    answer = app.test_client().post("/api/session", json={"username": "aq1", "password": password.group(1)})
    assert (answer.status_code, answer.json["next"]) == (201, "enrol")
    [row] = ChainEntry.objects(court="京0199", action="person.appoint")
    assert row.detail["role"] == "supervisor"
    assert password.group(1) not in str(row.to_mongo())


def test_a_post_that_is_held_is_not_given_again_at_the_console(app: Flask) -> None:
    assert run(app, *WANTED, "--court-name", "示例人民法院").exit_code == 0
    again = run(app, *WANTED[:4], "--username", "aq2", "--name", "乙", "--staff-no", "AQ2")
    assert again.exit_code == 1
    assert "已有人担任" in again.output
    assert Person.objects(username="aq2").count() == 0


def test_a_court_nobody_named_is_asked_for(app: Flask) -> None:
    told = run(app, *WANTED)
    assert (told.exit_code, Person.objects.count()) == (1, 0)
    assert "--court-name" in told.output
