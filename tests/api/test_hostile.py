"""What a hostile caller tries: headers, pages, names, sizes, fields that are not theirs. A clear code, one row each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from server.accounts.models import Person
from server.core.audit.models import ChainEntry
from server.core.gate import COURT_HEADER
from tests.api.conftest import Browser, Phone
from tests.factories import visits as make


def test_answers_of_the_api_load_nothing_and_are_framed_by_nobody_else(
    app: Flask, sign_in: Callable[[str], Browser]
) -> None:
    headers = sign_in("manager").get("/api/board/tasks").headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"]) == ("nosniff", "SAMEORIGIN")
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers
    secure = app.test_client().get("/healthz", base_url="https://songda.example")
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize("path", ["/board/", "/api/docs", "/judge/sign-in"])
def test_no_page_allows_inline_scripts_or_styles(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, buffered=True)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy or "default-src 'none'" in policy
    text = answer.get_data(as_text=True)
    if answer.status_code == 200:
        assert "<style" not in text
        assert " style=" not in text
        assert "onclick" not in text


@pytest.mark.parametrize("court", ["京0105", "最高", "x" * 300, "$ne", "京0102\u3000"])
def test_a_court_out_of_reach_is_refused_whatever_it_is_called(sign_in: Callable[[str], Browser], court: str) -> None:
    browser = sign_in("manager")
    before = ChainEntry.objects.count()
    answer = browser.get("/api/board/tasks", headers={COURT_HEADER: court.encode().decode("latin-1")})
    assert (answer.status_code, answer.json["code"]) == (403, "court.out_of_reach")
    assert ChainEntry.objects.count() == before + 1


@pytest.mark.parametrize(
    "extra",
    [
        {"roles": ["court_admin"]},
        {"court_id": "京0105"},
        {"court": "京0105"},
        {"grants": [{"role": "court_admin"}]},
        {"active": True},
        {"$set": {"court": "京0105"}},
        {"version": {"$gt": 0}},
    ],
)
def test_fields_that_are_not_asked_for_are_refused_and_change_nothing(
    sign_in: Callable[[str], Browser], people: dict[str, Person], extra: dict[str, Any]
) -> None:
    target = people["clerk"]
    before = Person.objects(id=target.id).get().to_mongo()
    body = {"version": 1, "name": "改名", **extra}
    answer = sign_in("admin").call("PATCH", f"/api/board/people/{target.id}", json=body)
    assert (answer.status_code, answer.json["code"]) == (422, "request.invalid")
    assert Person.objects(id=target.id).get().to_mongo() == before
    [row] = ChainEntry.objects(action="person.change")
    assert (row.result, row.code) == ("refused", "request.invalid")


@pytest.mark.parametrize("query", ["state[$ne]=done", "q[$regex]=.*", "state=%7B%22%24ne%22%3Anull%7D", "page[]=1"])
def test_operators_in_a_query_reach_no_database(sign_in: Callable[[str], Browser], query: str) -> None:
    assert sign_in("manager").get(f"/api/board/tasks?{query}").status_code == 422


def test_a_huge_json_body_is_refused_before_it_is_read(sign_in: Callable[[str], Browser]) -> None:
    answer = sign_in("specialist").post(
        "/api/board/tasks/review-batch", data=b'{"task_ids": ["' + b"x" * 3_000_000, content_type="application/json"
    )
    assert (answer.status_code, answer.json["code"]) == (413, "request.too_large")


@pytest.mark.parametrize("name", ["..%2f..%2f..%2fetc%2fpasswd", "....//....//etc/passwd", "%00", "assets/..%5c..%5cx"])
def test_no_name_leads_out_of_the_folder(app: Flask, name: str) -> None:
    answer = app.test_client().get(f"/board/{name}", buffered=True)
    assert "root:" not in answer.get_data(as_text=True)
    assert answer.status_code in (404, 503)


@pytest.mark.parametrize("given", ["abc\r\nSet-Cookie: x=1", "é" * 20, "<script>alert(1)</script>", "a" * 500])
def test_a_request_id_of_the_callers_never_becomes_a_header_of_ours(app: Flask, given: str) -> None:
    answer = app.test_client().get("/healthz", headers=[("X-Request-Id", given.replace("\r\n", "%0d%0a"))])
    assert answer.headers["X-Request-Id"] != given
    assert answer.headers["X-Request-Id"].isalnum()
    assert "Set-Cookie" not in answer.headers


def test_what_was_taken_away_is_gone_with_the_next_request(
    sign_in: Callable[[str], Browser], phone: Callable[[str], Phone], people: dict[str, Person]
) -> None:
    browser, mine = sign_in("manager"), phone("wc001")
    assert browser.get("/api/board/tasks").status_code == 200
    assert mine.get("/api/phone/route").status_code == 200
    Person.objects(id__in=[people["manager"].id, people["wc001"].id]).update(set__grants=[])
    assert browser.get("/api/board/tasks").json["code"] == "auth.forbidden"
    assert mine.get("/api/phone/route").json["code"] == "auth.forbidden"


def test_a_token_of_one_kind_is_none_of_the_other(
    app: Flask, sign_in: Callable[[str], Browser], phone: Callable[[str], Phone]
) -> None:
    cookie = sign_in("manager").client.get_cookie("songda_session")
    assert cookie is not None
    as_phone = app.test_client().get("/api/board/tasks", headers={"Authorization": f"Bearer {cookie.value}"})
    assert (as_phone.status_code, as_phone.json["code"]) == (401, "auth.bad_token")
    client = app.test_client()
    client.set_cookie("songda_session", phone("wc001").token)
    assert client.get("/api/phone/route").status_code == 401


def test_a_double_of_a_header_decides_nothing(sign_in: Callable[[str], Browser]) -> None:
    """Two courts named at once are one name that no court has."""
    browser = sign_in("manager")
    answer = browser.get("/api/board/tasks", headers={COURT_HEADER: "x, y"})
    assert answer.status_code == 403


def test_another_courts_visit_named_in_a_body_is_not_moved(sign_in: Callable[[str], Browser]) -> None:
    theirs = make.visit(court="京0105")
    browser = sign_in("manager")
    answer = browser.post("/api/board/visits/assign-batch", json={"visit_ids": [theirs.id], "server_id": "nobody"})
    assert answer.status_code in (404, 409, 422)
    theirs.reload()
    assert theirs.server_id is None
