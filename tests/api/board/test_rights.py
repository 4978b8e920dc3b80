"""Who may call what, asked of every address of the board."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask

from server.accounts.models import Person
from server.core.audit.models import ChainEntry
from server.core.permissions import Declaration, declared
from tests.api.board.conftest import ok, problem
from tests.api.conftest import Browser


def addresses(app: Flask) -> list[tuple[str, str, Declaration]]:
    """(method, path with some id filled in, what it declares) of every route of the board."""
    return [
        (route.method, re.sub(r"<[^>]+>", "nothing", route.rule), route.declaration or Declaration())
        for route in declared(app)
        if route.rule.startswith("/api/board")
    ]


def test_no_address_of_the_board_is_public(app: Flask) -> None:
    found = addresses(app)
    assert len(found) >= 30
    assert not [one for one in found if one[2].public is not None]


def test_a_stranger_is_asked_to_sign_in_everywhere(app: Flask) -> None:
    client = app.test_client()
    for method, path, _ in addresses(app):
        answer = client.open(path, method=method)
        assert problem(answer) == (401, "auth.required"), (method, path)


def test_a_bind_code_is_told_once_and_recorded(manager: Browser, people: dict[str, Person]) -> None:
    person = people["wc001"]
    told = ok(manager.post(f"/api/board/people/{person.id}/bind-code"), 201)
    assert len(told["bind_code"]) == 8
    [entry] = ChainEntry.objects(action="person.bind_code")
    assert (entry.person_id, entry.object_id) == (people["manager"].id, person.id)
    assert told["bind_code"] not in str(entry.to_mongo())


def test_people_are_listed_by_role_without_secrets(manager: Browser, people: dict[str, Person]) -> None:
    servers = ok(manager.get("/api/board/people?role=process_server"))
    assert [one["staff_no"] for one in servers["items"]] == ["WC001", "WC002", "WC003"]
    assert {tuple(one["role_names"]) for one in servers["items"]} == {("外出送达员",)}
    hidden = {"password_hash", "old_password_hashes", "totp", "openid", "device", "external", "_id"}
    assert not [one for one in servers["items"] if hidden & set(one)]
    assert "$argon2" not in str(servers)


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
