"""The whole program in this process, on real databases; people of two courts; signed-in clients.

`app`       the composed Flask app (faces included), one for the session
`people`    two courts with one person of every role, in an empty database
`sign_in`   `sign_in("manager")` → a Browser that carries cookie and CSRF token
`phone`     `phone("wc001")` → a client that carries the bearer token of a bound phone
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from miniprogram_api import api as miniprogram_api
from portal.judge import api as judge_portal
from portal.verify import api as verify_portal
from server.accounts import services as accounts
from server.accounts.models import Court, Person, holding
from server.accounts.roles import ROLES
from server.accounts.services import passwords, second_factor
from server.app import create_app
from server.board import api as board
from server.config import Settings
from server.core import crypto, gate
from server.core import database as core_database
from server.core.clock import utc_now
from server.reports import sealing
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
    app = create_app(api_settings, faces=(board, miniprogram_api, judge_portal, verify_portal))
    app.config["TESTING"] = False  # errors are answered as in production
    return app


@pytest.fixture
def quick_hashes() -> Iterator[None]:
    """Argon2 with the least work: every test signs somebody in. What the product asks for is a unit test of its own."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    passwords._decoy_hash.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "hasher", lambda: cheap)
        yield
    passwords._decoy_hash.cache_clear()


@pytest.fixture
def app(composed_app: Flask, database: Any, clean_redis: Any, quick_hashes: None) -> Flask:
    """What the app remembers of refused strangers and keys of seals goes with the databases of the test before."""
    gate.init_strangers(composed_app)
    composed_app.extensions["seals"] = sealing.provider_from(composed_app.extensions["settings"])
    return composed_app


@lru_cache(maxsize=1)
def _password_hash() -> str:
    return accounts.hash_password(PASSWORD)


@dataclass
class Sealed:
    """The second factor of each court, sealed, and the keys it was sealed with: made once, brought back per test."""

    keys: list[dict[str, Any]] = field(default_factory=list)
    factors: dict[str, Any] = field(default_factory=dict)


_sealed = Sealed()
_KEYS = "data_keys"


@pytest.fixture
def people(app: Flask, database: Any) -> dict[str, Person]:
    """Username → person. The other court's people are `other-…`."""
    now, courts = utc_now(), ((COURT, "北京市西城区人民法院", ""), (OTHER_COURT, "北京市朝阳区人民法院", "other-"))
    Court.objects.insert([Court(id=court, name=name, level=4) for court, name, _ in courts], load_bulk=False)
    fresh = database[_KEYS].find_one() is None  # no fixture before this one has sealed anything
    copied = fresh and bool(_sealed.keys)
    if copied:
        database[_KEYS].insert_many(_sealed.keys)
    made = [
        Person(
            court=court,
            username=prefix + username,
            name=f"{prefix}{username}",
            staff_no=username.upper(),
            grants=holding(role),
            password_hash=_password_hash(),
            totp=_sealed.factors[court] if copied and role in WITH_SECOND_FACTOR else None,
            created_at=now,
        )
        for court, _, prefix in courts
        for username, role in STAFF.items()
    ]
    found = {person.username: person for person in Person.objects.insert(made)}
    if not copied:
        _seal(found)
    if fresh and not copied:
        _sealed.factors = {one.court: one.totp for one in Person.objects(totp__ne=None)}
        _sealed.keys = list(database[_KEYS].find())
    return found


def _seal(people: dict[str, Person]) -> None:
    """Keys and second factors the product's way: for the first test of a session, and where keys are there already."""
    for court in ("", COURT, OTHER_COURT):
        crypto.vault().index("the first key", court=court)
    for person in people.values():
        if WITH_SECOND_FACTOR.intersection(person.roles):
            second_factor.set_secret(person_id=person.id, court=person.court, secret=TOTP_SECRET, now=utc_now())


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
