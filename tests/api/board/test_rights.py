"""Who may call what, asked of every address of the board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from server.accounts.models import Person
from server.accounts.roles import ROLES
from server.core.audit import AuditEntry
from server.core.permissions import declared
from tests.api.board.conftest import ok, problem
from tests.api.conftest import STAFF, Browser

FILLED = {"date": "2026-11-24"}


def addresses(app: Flask) -> list[tuple[str, str, str]]:
    """(method, path with some id filled in, permission) of every route of the board."""
    found = []
    for _, method, rule, permission in declared(app):
        if rule.startswith("/api/board"):
            path = rule
            for name in ("date", "run_id", "task_id", "plan_id", "visit_id", "batch_id", "evidence_id", "paper_id",
                         "person_id"):  # fmt: skip
                path = path.replace(f"<string:{name}>", FILLED.get(name, "nothing"))
            found.append((method, path, str(permission)))
    return found


def test_no_address_of_the_board_is_public(app: Flask) -> None:
    found = addresses(app)
    assert len(found) >= 30
    assert not [one for one in found if one[2].startswith("public")]
    assert not [one for one in found if "<" in one[1]]


def test_a_stranger_is_asked_to_sign_in_everywhere(app: Flask) -> None:
    client = app.test_client()
    for method, path, _ in addresses(app):
        answer = client.open(path, method=method)
        assert problem(answer) == (401, "auth.required"), (method, path)


@pytest.mark.parametrize("username", ["manager", "specialist", "judge", "clerk", "wc001"])
def test_each_role_is_let_in_exactly_where_its_rights_say(
    app: Flask, sign_in: Callable[[str], Browser], username: str
) -> None:
    browser = sign_in(username)
    granted = ROLES[STAFF[username]][1]
    for method, path, permission in addresses(app):
        answer = browser.call(method, path, json={} if method in ("POST", "PUT") else None)
        refused = answer.status_code == 403
        if answer.status_code == 422 and permission not in granted:
            continue  # the body was judged first; the right is asked before anything is done
        assert refused == (permission not in granted), (username, method, path, answer.status_code)


def test_a_bind_code_is_told_once_and_recorded(manager: Browser, people: dict[str, Person]) -> None:
    person = people["wc001"]
    told = ok(manager.post(f"/api/board/people/{person.id}/bind-code"), 201)
    assert len(told["bind_code"]) == 8
    [entry] = AuditEntry.objects(action="person.bind_code")
    assert (entry.person_id, entry.object_id) == (people["manager"].id, person.id)
    assert told["bind_code"] not in str(entry.to_mongo())


def test_people_are_listed_by_role_without_secrets(manager: Browser, people: dict[str, Person]) -> None:
    servers = ok(manager.get("/api/board/people?role=process_server"))
    assert [one["staff_no"] for one in servers["items"]] == ["WC001", "WC002", "WC003"]
    assert {tuple(sorted(one)) for one in servers["items"]} == {
        ("active", "bound", "id", "name", "role_names", "roles", "staff_no", "username")
    }


def every_schema(document: dict[str, Any]) -> set[str]:
    return set(document["components"]["schemas"])


def test_the_document_names_its_shapes_and_describes_every_call(app: Flask) -> None:
    document = app.test_client().get("/api/openapi.json").json
    names = every_schema(document)
    assert {"BoardDayView", "BoardPlan", "BoardVisitDetail", "BoardImportRun", "BoardTaskDetail"} <= names
    assert not [name for name in names if name[-1].isdigit()], "two schemas share a name"
    for path, operations in document["paths"].items():
        if path.startswith("/api/board"):
            for method in set(operations) & {"get", "post", "put", "delete"}:
                assert operations[method].get("summary"), (method, path)
