"""A phone becomes known by a one-time code, then signs in by WeChat alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from server.accounts import services as accounts
from server.accounts.models import Person, Session
from server.core.audit.models import ChainEntry
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.gateways.wechat import WeChatIdentity
from tests.api.conftest import COURT, Phone
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


def test_wrong_bind_codes_slow_down(client: Any) -> None:
    body = {"code": "code-of-abc", "court": COURT, "bind_code": "00000000"}
    answers = [problem(client.post("/api/phone/bindings", json=body)) for _ in range(11)]
    assert answers == [(422, "phone.bad_bind_code")] * 10 + [(429, "auth.slow_down")]


def rotate(phone: Phone) -> str:
    answer = phone.post("/api/phone/session/rotate")
    assert answer.status_code == 201, answer.json
    return str(answer.json["token"])


def looks(token: str, *, minutes: float = 0) -> str:
    """What a token is worth that many minutes from now."""
    try:
        accounts.identify_token(token, now=utc_now() + timedelta(minutes=minutes), kind="phone")
    except DomainError as error:
        return error.code
    return "in"


def test_a_rotated_token_works_and_the_one_before_for_five_minutes_more(phone: Callable[[str], Phone]) -> None:
    one = phone("wc001")
    fresh = rotate(one)
    assert fresh != one.token
    assert looks(fresh) == "in"
    assert one.get("/api/phone/route").status_code == 200  # a request that was under way
    assert looks(one.token, minutes=4.9) == "in"


def test_using_a_replaced_token_later_ends_the_session_for_both(phone: Callable[[str], Phone]) -> None:
    one = phone("wc001")
    fresh = rotate(one)
    assert looks(one.token, minutes=6) == "auth.token_reused"
    assert looks(fresh) == "auth.token_reused"
    assert looks(one.token) == "auth.token_reused"
    entry = ChainEntry.objects(action="session.reused").get()
    assert (entry.court, entry.object_id) == (COURT, one.person.id)


def test_a_rotation_whose_answer_was_lost_may_be_asked_again(phone: Callable[[str], Phone]) -> None:
    one, now = phone("wc001"), utc_now()
    session_id = accounts.identify_token(one.token, now=now).session_id
    lost = accounts.rotate(session_id=session_id, now=now).token
    with pytest.raises(DomainError, match=r"auth\.rotating"):
        accounts.rotate(session_id=session_id, now=now + timedelta(seconds=2))
    received = accounts.rotate(session_id=session_id, now=now + timedelta(seconds=20)).token
    assert looks(received, minutes=1) == "in"
    assert looks(lost, minutes=1) == "auth.token_reused"  # it was not lost: somebody has it


def test_rotating_with_a_token_that_was_replaced_by_one_in_use_ends_the_session(phone: Callable[[str], Phone]) -> None:
    one, now = phone("wc001"), utc_now()
    first = accounts.identify_token(one.token, now=now).session_id
    second = accounts.rotate(session_id=first, now=now)
    third = accounts.rotate(session_id=second.session_id, now=now + timedelta(seconds=30))
    with pytest.raises(DomainError, match=r"auth\.token_reused"):
        accounts.rotate(session_id=first, now=now + timedelta(seconds=60))
    assert looks(third.token, minutes=2) == "auth.token_reused"


def test_of_many_rotations_at_once_one_token_lives(phone: Callable[[str], Phone]) -> None:
    one, now = phone("wc001"), utc_now()
    session_id = accounts.identify_token(one.token, now=now).session_id

    def turn(_: int) -> str | None:
        try:
            return accounts.rotate(session_id=session_id, now=now).token
        except DomainError:
            return None

    with ThreadPoolExecutor(8) as pool:
        tokens = [token for token in pool.map(turn, range(8)) if token]
    assert len(tokens) == 1
    assert looks(tokens[0]) == "in"


def test_ending_a_session_while_it_rotates_leaves_no_token_alive(phone: Callable[[str], Phone]) -> None:
    for _ in range(5):
        one, now = phone("wc001"), utc_now()
        session_id = accounts.identify_token(one.token, now=now).session_id
        with ThreadPoolExecutor(2) as pool:
            turned = pool.submit(_turn, session_id, now)
            pool.submit(accounts.end_sessions, one.person.id, now=now).result()
        token = turned.result()
        assert token is None or looks(token) == "auth.ended"
        assert looks(one.token) == "auth.ended"


def _turn(session_id: str, now: Any) -> str | None:
    try:
        return accounts.rotate(session_id=session_id, now=now).token
    except DomainError:
        return None


def test_signing_out_with_the_old_token_ends_the_new_one(phone: Callable[[str], Phone]) -> None:
    one = phone("wc001")
    fresh = rotate(one)
    assert one.call("DELETE", "/api/phone/session").status_code == 204
    assert looks(fresh) == "auth.ended"


def test_rotating_does_not_prolong_the_thirty_days(phone: Callable[[str], Phone]) -> None:
    one = phone("wc001")
    before = Session.objects(person_id=one.person.id).get().expires_at
    rotate(one)
    assert {session.expires_at for session in Session.objects(person_id=one.person.id)} == {before}


def test_a_browser_is_not_rotated_here_with_its_cookie_as_bearer(app: Flask, people: dict[str, Person]) -> None:
    opened = accounts.open_web(people["wc001"], how="password", remote="", agent="", now=utc_now())
    answer = app.test_client().post("/api/phone/session/rotate", headers={"Authorization": f"Bearer {opened.token}"})
    assert problem(answer) == (401, "auth.bad_token")


def test_binding_another_phone_ends_the_sessions_of_the_first(
    client: Any, phone: Callable[[str], Phone], people: dict[str, Person]
) -> None:
    first = phone("wc001")
    body = {"code": "code-of-new", "court": COURT, "bind_code": bind_code(people["wc001"])}
    assert client.post("/api/phone/bindings", json=body).status_code == 201
    assert problem(first.get("/api/phone/route")) == (401, "auth.ended")


def test_who_has_left_cannot_sign_in_or_bind(client: Any, people: dict[str, Person]) -> None:
    code = bind_code(people["wc001"])
    Person.objects(id=people["wc001"].id).update(set__left_on="2020-01-01", set__openid="abc")
    assert problem(client.post("/api/phone/session", json={"code": "code-of-abc"})) == (403, "phone.not_bound")
    body = {"code": "code-of-abc", "court": COURT, "bind_code": code}
    assert problem(client.post("/api/phone/bindings", json=body)) == (422, "phone.bad_bind_code")
