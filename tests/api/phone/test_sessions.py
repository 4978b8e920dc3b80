"""A phone becomes known by a one-time code, then signs in by WeChat alone."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from server.accounts import services as accounts
from server.accounts.models import Person
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.gateways.wechat import WeChatIdentity
from tests.api.conftest import COURT
from tests.api.phone.conftest import problem


class Wechat:
    """Answers as the gateway does: `code-of-X` belongs to openid X (the gateway itself has tests of its own)."""

    def code_to_openid(self, js_code: str) -> WeChatIdentity:
        if not js_code.startswith("code-of-"):
            raise DomainError(code="wechat.bad_code", status=422, title="微信登录凭证无效或已过期，请重新登录")
        return WeChatIdentity(js_code.removeprefix("code-of-"))


@pytest.fixture
def client(app: Flask, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setitem(app.extensions, "wechat", Wechat())
    return app.test_client()


def bind_code(person: Person) -> str:
    return accounts.issue_bind_code(court=person.court, person_id=person.id, now=utc_now())[0]


def test_an_unknown_phone_is_told_to_bind(client: Any) -> None:
    answer = client.post("/api/phone/session", json={"code": "code-of-abc"})
    assert problem(answer) == (403, "phone.not_bound")


def test_a_bound_phone_signs_in_by_wechat_alone(client: Any, people: dict[str, Person]) -> None:
    body = {"code": "code-of-abc", "court": COURT, "bind_code": bind_code(people["wc001"]), "device": "Mate 60"}
    bound = client.post("/api/phone/bindings", json=body)
    assert bound.status_code == 201, bound.json
    signed_in = client.post("/api/phone/session", json={"code": "code-of-abc"})
    assert signed_in.status_code == 201
    assert signed_in.json["person"]["id"] == people["wc001"].id
    headers = {"Authorization": f"Bearer {signed_in.json['token']}"}
    assert client.get("/api/phone/route", headers=headers).status_code == 200
    assert client.delete("/api/phone/session", headers=headers).status_code == 204
    assert client.get("/api/phone/route", headers=headers).status_code == 401


def test_a_bind_code_works_once(client: Any, people: dict[str, Person]) -> None:
    body = {"code": "code-of-abc", "court": COURT, "bind_code": bind_code(people["wc001"])}
    assert client.post("/api/phone/bindings", json=body).status_code == 201
    again = client.post("/api/phone/bindings", json=body | {"code": "code-of-thief"})
    assert problem(again) == (422, "phone.bad_bind_code")


def test_a_bad_wechat_code_is_refused(client: Any) -> None:
    assert problem(client.post("/api/phone/session", json={"code": "made up"})) == (422, "wechat.bad_code")
    assert problem(client.post("/api/phone/session", json={})) == (422, "request.invalid")
