"""A link opens one file for five minutes, for whoever made it, as long as their session and their right stand."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from server import files
from server.accounts.models import Person, Session
from server.config import Settings
from server.core.audit.models import ChainEntry
from tests.api.conftest import Browser
from tests.api.rights import world as worlds
from tests.api.rights.world import ELSEWHERE, OWN, World


@pytest.fixture
def world(app: Flask) -> World:
    world = worlds.build(app.extensions["evidence_store"])
    world.become("specialist")
    return world


@pytest.fixture
def browser(app: Flask, world: World) -> Browser:
    return worlds.browser(app, world.actor)


def link(browser: Browser, world: World, kind: str = "paper", relation: str = OWN) -> Any:
    address = "papers" if kind == "paper" else "evidence"
    return browser.post(f"/api/board/{address}/{world.ids[kind][relation]}/link")


@pytest.mark.parametrize("kind", ["paper", "evidence"])
def test_a_link_opens_without_a_cookie_as_a_download(app: Flask, browser: Browser, world: World, kind: str) -> None:
    made = link(browser, world, kind)
    assert made.status_code == 201, made.get_data(as_text=True)
    answer = app.test_client().get(made.json["url"], buffered=True)
    assert (answer.status_code, answer.data) == (200, b"%PDF-1.7")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    [row] = ChainEntry.objects(action="file.open")
    assert (row.person_id, row.object_type, row.object_id) == (world.actor.id, kind, world.ids[kind][OWN])


def test_nobody_makes_a_link_to_what_they_may_not_open(browser: Browser, world: World) -> None:
    assert link(browser, world, relation=ELSEWHERE).json["code"] == "paper.not_found"


def test_a_forged_or_foreign_token_opens_nothing(
    app: Flask, browser: Browser, world: World, api_settings: Settings
) -> None:
    url = link(browser, world).json["url"]
    client = app.test_client()
    assert client.get(url[:-2] + "xx").json["code"] == "link.invalid"
    other = URLSafeTimedSerializer(api_settings.secret_key, salt="another purpose")
    said = ["paper", world.ids["paper"][ELSEWHERE], worlds.SIBLING, "session"]
    assert client.get(f"/files/{other.dumps(said)}").json["code"] == "link.invalid"


def test_a_link_dies_with_the_session_and_with_the_right(app: Flask, browser: Browser, world: World) -> None:
    url = link(browser, world).json["url"]
    Person.objects(id=world.actor.id).update(set__grants=[])
    assert app.test_client().get(url).json["code"] == "paper.not_found"
    world.restore("actor")
    Session.objects(person_id=world.actor.id).delete()
    assert app.test_client().get(url).json["code"] == "link.invalid"


def test_a_link_lives_five_minutes(app: Flask, browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    url = link(browser, world).json["url"]
    monkeypatch.setattr(files, "LIFE", files.LIFE * -1)
    assert app.test_client().get(url).json["code"] == "link.expired"
