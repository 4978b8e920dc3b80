"""The whole program in this process, on real databases; people of two courts; signed-in clients.

`app`       the composed Flask app (faces included), one for the session
`people`    two courts with one person of every role, in an empty database
`sign_in`   `sign_in("manager")` → a Browser that carries cookie and CSRF token
`phone`     `phone("wc001")` → a client that carries the bearer token of a bound phone
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from miniprogram_api import api as miniprogram_api
from portal.judge import api as judge_portal
from server.accounts import services as accounts
from server.accounts.models import Court, Person, holding
from server.accounts.roles import ROLES
from server.accounts.services import second_factor
from server.app import create_app
from server.board import api as board
from server.config import Settings
from server.core import database as core_database
from server.core.clock import utc_now
from tests.stack import scratch

COURT, OTHER_COURT = "京0102", "京0105"
PASSWORD = "correct horse battery"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STAFF = {
    "admin": "court_admin",
    "manager": "manager",
    "specialist": "specialist",
    "reviewer": "specialist",
    "judge": "judge",
    "clerk": "clerk",
    "wc001": "process_server",
    "wc002": "process_server",
    "wc003": "process_server",
}
# Roles whose holders sign in with two factors.
WITH_SECOND_FACTOR = frozenset(code for code, role in ROLES.items() if role.privileged)


@pytest.fixture(scope="session")
def api_settings(mongo_uri: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("api")
    master_key = folder / "master.key"
    master_key.write_bytes(base64.b64encode(scratch.MASTER_KEY))
    evidence = folder / "evidence"
    evidence.mkdir()
    return Settings(
        mode="test",
        mongodb_uri=mongo_uri,
        redis_url=redis_url,
        secret_key=secrets.token_hex(32),
        master_key_file=master_key,
        evidence_store=evidence.as_uri(),
        wechat_appid="wx0000000000000000",
        wechat_secret=secrets.token_hex(16),
        wechat_base_url="http://127.0.0.1:9",
        web_dist=folder / "dist",
    )


@pytest.fixture(scope="session")
def composed_app(api_settings: Settings) -> Flask:
    """Composed once: blueprints and Celery signals register for the life of the process."""
    core_database.connect(api_settings.mongodb_uri)
    scratch.empty(core_database.database())  # what a test before left may be sealed with keys of its own
    app = create_app(api_settings, faces=(board, miniprogram_api, judge_portal))
    app.config["TESTING"] = False  # errors are answered as in production
    return app


@pytest.fixture
def app(composed_app: Flask, database: Any, clean_redis: Any) -> Flask:
    return composed_app


@pytest.fixture
def people(app: Flask) -> dict[str, Person]:
    """Username → person. The other court's people are `other-…`."""
    now = utc_now()
    password = accounts.hash_password(PASSWORD)
    found: dict[str, Person] = {}
    for court, name, prefix in ((COURT, "北京市西城区人民法院", ""), (OTHER_COURT, "北京市朝阳区人民法院", "other-")):
        Court(id=court, name=name, level=4).save(force_insert=True)
        for username, role in STAFF.items():
            person = Person(
                court=court,
                username=prefix + username,
                name=f"{prefix}{username}",
                staff_no=username.upper(),
                grants=holding(role),
                password_hash=password,
                created_at=now,
            ).save(force_insert=True)
            if role in WITH_SECOND_FACTOR:
                second_factor.set_secret(person_id=person.id, court=court, secret=TOTP_SECRET, now=now)
            found[prefix + username] = person
    return found


@dataclass
class Browser:
    """A signed-in browser: every call carries the cookie and, when it changes something, the CSRF token."""

    client: FlaskClient
    csrf: str
    me: dict[str, Any] = field(default_factory=dict)

    def call(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = {"X-CSRF-Token": self.csrf, **kwargs.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **kwargs)

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.call("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self.call("POST", path, **kwargs)

    def put(self, path: str, **kwargs: Any) -> TestResponse:
        return self.call("PUT", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> TestResponse:
        return self.call("DELETE", path, **kwargs)


@pytest.fixture
def sign_in(app: Flask, people: dict[str, Person]) -> Callable[[str], Browser]:
    def sign_in(username: str) -> Browser:
        client = app.test_client()
        answer = client.post("/api/session", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 201, answer.get_data(as_text=True)
        if answer.json["next"] == "second_factor":
            answer = client.post(
                "/api/session/second-factor",
                json={"code": fresh_code(people[username])},
                headers={"X-CSRF-Token": answer.json["csrf"]},
            )
            assert answer.status_code == 200, answer.get_data(as_text=True)
        assert answer.json["next"] == "done"
        return Browser(client, answer.json["csrf"], answer.json["me"])

    return sign_in


def fresh_code(person: Person) -> str:
    """What the person's authenticator app shows, as if half a minute had passed since they last used it."""
    Person.objects(id=person.id).update(set__totp__last_step=0)
    return pyotp.TOTP(TOTP_SECRET).now()


@dataclass
class Phone:
    """A bound phone: every call carries its bearer token."""

    client: FlaskClient
    token: str
    person: Person

    def call(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **kwargs.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **kwargs)

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.call("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self.call("POST", path, **kwargs)


@pytest.fixture
def phone(app: Flask, people: dict[str, Person]) -> Callable[[str], Phone]:
    """Binds through the services (the WeChat exchange has tests of its own) and signs in."""

    def bound(username: str) -> Phone:
        person, now = people[username], utc_now()
        code, _ = accounts.issue_bind_code(court=person.court, person_id=person.id, now=now)
        signed_in = accounts.bind_phone(
            openid=f"openid-{username}", court=person.court, bind_code=code, device="test phone", now=now
        )
        return Phone(app.test_client(), signed_in.token, signed_in.person)

    return bound
