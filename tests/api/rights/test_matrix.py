"""Every endpoint × every seeded role × every relation of the object to the person, against what the roles declare."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.accounts.resources import COOKIE
from server.accounts.roles import ROLES
from server.accounts.services import csrf_of, digest
from server.core import objects
from server.core.clock import court_day, utc_now
from server.core.gate import COURT_HEADER
from server.core.permissions import SAFE_METHODS, Route, Scope, declared
from tests.api.rights import world as worlds
from tests.api.rights.counted import COUNTED
from tests.api.rights.world import BELOW, DIVISION, ELSEWHERE, OTHERS, OWN, RELATIONS, World

pytestmark = pytest.mark.timeout(600)

OTHER_PARAMETERS = {
    "date": court_day(utc_now()).isoformat(),
    "provider": "nobody",
    "token": "forged",
    "path": "index.html",
    "secondment_id": "nothing",
    "public_id": "nothing",
    "session_id": "nothing",
}
# What hangs on the object an address names: the same relation's own.
INSIDE = {"recipient_id": "recipient", "evidence_id": "evidence"}
REFUSALS = {"auth.required", "auth.forbidden", "auth.scope_too_narrow", "court.out_of_reach"}
# After these the asker may have to sign in again.
ENDING = ("session.close", "person.sessions_end")
PAGES = "/judge/"


@dataclass
class Actor:
    """The same person in a browser and on a phone."""

    client: FlaskClient
    web: str
    phone: str

    def ask(self, route: Route, path: str, court: str | None) -> TestResponse:
        headers = {COURT_HEADER: court} if court else {}
        if route.rule.startswith("/api/phone"):
            headers["Authorization"] = f"Bearer {self.phone}"
        else:
            self.client.set_cookie(COOKIE, self.web)
            headers["X-CSRF-Token"] = csrf_of(digest(self.web))
        # Unreadable on purpose: whoever is let in is told so (400), and nothing is changed.
        body = {} if route.method in SAFE_METHODS else {"data": b"{", "content_type": "application/json"}
        return self.client.open(path, method=route.method, headers=headers, buffered=True, **body)  # type: ignore[arg-type]  # a body or none


@pytest.fixture
def world(app: Flask) -> World:
    return worlds.build(app.extensions["evidence_store"])


def routes(app: Flask) -> list[Route]:
    """Safe ones first, ending the session last."""
    found = [route for route in declared(app) if route.declaration and route.declaration.public is None]
    return sorted(found, key=lambda one: (_ends_session(one), one.method not in SAFE_METHODS, one.rule, one.method))


def _ends_session(route: Route) -> bool:
    return bool(route.declaration and route.declaration.does in ENDING)


def path_of(route: Route, world: World, relation: str) -> str:
    """The address with the object of this relation; raises KeyError for a parameter nobody thought of."""
    said = route.declaration
    assert said is not None

    def fill(match: re.Match[str]) -> str:
        name = match.group(1).rpartition(":")[2]
        if name == said.parameter and said.kind:
            return world.ids[said.kind][relation]
        return world.ids[INSIDE[name]][relation] if name in INSIDE else OTHER_PARAMETERS[name]

    return re.sub(r"<([^>]+)>", fill, route.rule)


def expected(route: Route, role: str, relation: str) -> bool:
    """From the table of roles alone: code, scope, and whose the object is."""
    said, held = route.declaration, ROLES[role]
    assert said is not None
    if said.permission not in held.permissions:
        return False
    scope = held.scope
    if relation == ELSEWHERE:
        return False
    if relation == BELOW:
        return scope is Scope.BELOW
    if said.kind is None:
        return scope >= said.least
    kind = _deciding(said.kind)
    if scope >= Scope.COURT:
        return True
    if kind.anyones_own:  # the service looks whose it is, and says why not: after the body of a changing call is read
        return relation == OWN or route.method not in SAFE_METHODS
    own = bool(kind.own) and relation == OWN
    return own or (scope is Scope.DIVISION and bool(kind.division) and relation in (OWN, OTHERS))


def _deciding(name: str) -> objects.Kind:
    kind = objects.kinds()[name]
    return _deciding(kind.parent[0]) if kind.parent else kind


def _missing_codes(route: Route) -> set[str]:
    said = route.declaration
    return {objects.kinds()[said.kind].missing().code} if said and said.kind else set()


def let_in(route: Route, answer: TestResponse) -> bool:
    """Judges' pages tell a refusal by their status, or by leading to the sign-in page (where signing out leads too)."""
    if route.rule.startswith(PAGES):
        sent_away = "sign-in" in answer.headers.get("Location", "") and not _ends_session(route)
        return answer.status_code not in (401, 403, 404) and not sent_away
    code = (answer.get_json(silent=True) or {}).get("code", "") if answer.mimetype.endswith("json") else ""
    return code not in REFUSALS | _missing_codes(route)


@pytest.mark.parametrize("role", list(ROLES))
def test_each_role_reaches_exactly_what_the_table_says(app: Flask, world: World, role: str) -> None:
    world.become(role)
    actor = _signed_in(app, world)
    found = routes(app)
    COUNTED["endpoints"] = len(found)
    wrong: list[str] = []
    for route in found:
        said = route.declaration
        assert said is not None
        for relation in RELATIONS:
            if said.kind is None and relation in (OTHERS, DIVISION):
                continue  # nothing is named that could be somebody's; lists are looked at in test_lists
            answer = actor.ask(route, path_of(route, world, relation), _court(route, relation))
            got, want = let_in(route, answer), expected(route, role, relation)
            COUNTED["calls"] += 1
            COUNTED["let in" if got else "refused"] += 1
            if got != want:
                wrong.append(f"{route.method} {route.rule} {relation}: {_told(answer)}, should be {want}")
            assert answer.status_code < 500, (route, relation, answer.get_data(as_text=True)[:300])
            if route.method not in SAFE_METHODS and answer.status_code < 400:
                world.restore(*world.kept)
            if _ends_session(route):
                actor = _signed_in(app, world)
    assert not wrong, "\n".join(wrong)


def _told(answer: TestResponse) -> str:
    return f"{answer.status_code} {(answer.get_json(silent=True) or {}).get('code', '')}"


def _court(route: Route, relation: str) -> str | None:
    said = route.declaration
    return None if said and said.kind else worlds.COURT_OF[relation]


def _signed_in(app: Flask, world: World) -> Actor:
    return Actor(app.test_client(), worlds.sign_in(world.actor, "web"), worlds.sign_in(world.actor, "phone"))


def test_every_address_of_the_document_is_in_the_matrix(app: Flask, world: World) -> None:
    """A new endpoint whose object nobody can fill in makes this fail; so does one that hides from the document."""
    asked = {(route.method, _as_documented(route.rule)) for route in routes(app)}
    public = {
        (route.method, _as_documented(route.rule))
        for route in declared(app)
        if route.declaration and route.declaration.public is not None
    }
    for route in routes(app):
        for relation in RELATIONS:
            path_of(route, world, relation)
    document: Any = app.test_client().get("/api/openapi.json").json
    written = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
        if method in ("get", "post", "put", "patch", "delete")
    }
    assert written <= asked | public, written - asked - public
    assert len(asked) >= 80


def _as_documented(rule: str) -> str:
    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule)


@pytest.mark.parametrize("role", list(ROLES))
def test_a_list_names_nothing_outside_the_reach(app: Flask, world: World, role: str) -> None:
    """No answer of a list holds the id of an object the role may not open by itself."""
    world.become(role)
    actor = _signed_in(app, world)
    scope = ROLES[role].scope
    for route in routes(app):
        said = route.declaration
        assert said is not None
        if said.kind or route.method != "GET" or said.permission not in ROLES[role].permissions:
            continue
        text = actor.ask(route, path_of(route, world, OWN), None).get_data(as_text=True)
        for kind in ("task", "visit", "evidence", "paper", "plan", "move_batch", "import", "group", "alert"):
            for relation in _out_of_reach(kind, scope):
                assert world.ids[kind][relation] not in text, (route.rule, kind, relation)


def _out_of_reach(kind: str, scope: Scope) -> list[str]:
    found = [ELSEWHERE]
    if scope is not Scope.BELOW:
        found.append(BELOW)
    if scope in (Scope.OWN, Scope.DIVISION) and _deciding(kind).division:
        found.append(DIVISION)
    if scope is Scope.OWN:
        found.append(OTHERS)
    return found


def test_a_person_without_a_role_may_see_who_they_are_and_leave(app: Flask, world: World) -> None:
    world.actor.grants = []
    world.actor.save()
    actor = _signed_in(app, world)
    for route in routes(app):
        answer = actor.ask(route, path_of(route, world, OWN), None)
        finishing = route.declaration is not None and route.declaration.permission in ("session.finish", "me.view")
        assert let_in(route, answer) <= finishing, (route.method, route.rule, answer.status_code)
