"""Signing in at an OpenID Connect provider that runs beside the tests: what it vouches for, and what is no proof."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from server.accounts.models import Person, Session
from server.accounts.services import external_flow
from server.config import OidcSettings, Settings
from server.core.audit.models import ChainEntry
from server.gateways import oidc
from tests.api.conftest import COURT
from tests.emulators import process

CLIENT_ID, SECRET = "songda-tests", "client secret of the tests"
START = "/api/session/oidc/sso/start"
SUBJECT = "sub-of-the-manager"


@dataclass
class Emulator:
    """The control side of the provider."""

    issuer: str
    http: requests.Session

    def post(self, path: str, /, **body: Any) -> None:
        answer = self.http.post(f"{self.issuer}/emulator/{path}", json=body, timeout=5)
        assert answer.status_code == 200, answer.text

    def calls(self) -> list[dict[str, Any]]:
        return list(self.http.get(f"{self.issuer}/emulator/calls", timeout=5).json()["calls"])

    def browse(self, location: str) -> str:
        """The browser follows us to the provider, signs in there, and is sent back to this address."""
        answer = self.http.get(location, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["Location"])
        return f"{parts.path}?{parts.query}"


@pytest.fixture(scope="module")
def provider_process() -> Iterator[Emulator]:
    with process.running("tests.emulators.oidc", "--client-id", CLIENT_ID, "--client-secret", SECRET) as (issuer, http):
        yield Emulator(issuer, http)


@pytest.fixture
def emulator(provider_process: Emulator) -> Emulator:
    provider_process.post("reset")
    provider_process.post("user", sub=SUBJECT, preferred_username="manager")
    return provider_process


def use(app: Flask, monkeypatch: pytest.MonkeyPatch, issuer: str, **changes: str) -> None:
    given = {"issuer": issuer, "client_id": CLIENT_ID, "client_secret": SECRET, **changes}
    settings = Settings(public_url="http://127.0.0.1:8000", oidc=OidcSettings(**given))
    monkeypatch.setitem(app.extensions, "oidc", oidc.from_settings(settings))


@pytest.fixture
def client(app: Flask, people: dict[str, Person], emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    use(app, monkeypatch, emulator.issuer)
    return app.test_client()


def go(client: FlaskClient, emulator: Emulator) -> Any:
    """All the way there and back."""
    return client.get(emulator.browse(client.get(START).location))


def refused(answer: Any, status: int, code: str) -> None:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "text/html"
    row = ChainEntry.objects(action="session.open").order_by("-at").first()
    assert (row.result, row.code) == ("refused", code)
    assert Session.objects(how="oidc").count() == 0


def test_the_sign_in_page_is_told_of_the_provider(client: FlaskClient) -> None:
    assert client.get("/api/session/ways").json == {
        "password": True,
        "oidc": [{"provider": "sso", "label": "统一身份认证"}],
        "ldap": False,
    }


def test_whom_the_provider_vouches_for_is_signed_in(client: FlaskClient, emulator: Emulator) -> None:
    answer = go(client, emulator)
    assert (answer.status_code, answer.location) == (302, "/board/")
    me = client.get("/api/me").json
    assert (me["person"]["name"], me["next"]) == ("manager", "done")
    person = Person.objects(username="manager").get()
    assert person.external == {"provider": "sso", "subject": SUBJECT}
    assert person.roles == ["manager"]
    row = ChainEntry.objects(action="session.open").get()
    assert (row.result, row.object_id, row.court) == ("done", person.id, COURT)


def test_the_browser_is_sent_with_state_nonce_and_a_challenge_and_the_verifier_stays_here(
    client: FlaskClient, emulator: Emulator
) -> None:
    start = client.get(START)
    sent = parse_qs(urlsplit(start.location).query)
    assert sent["code_challenge_method"] == ["S256"]
    assert len(sent["state"][0]) >= 43
    assert len(sent["nonce"][0]) >= 43
    client.get(emulator.browse(start.location))
    verifier = emulator.calls()[-1]["form"]["code_verifier"]
    assert verifier not in start.location
    assert verifier not in str(start.headers)


def test_a_linked_person_is_found_by_the_subject_whatever_the_name_says_now(
    client: FlaskClient, emulator: Emulator
) -> None:
    go(client, emulator)
    emulator.post("user", sub=SUBJECT, preferred_username="judge")
    go(client, emulator)
    assert client.get("/api/me").json["person"]["name"] == "manager"


def test_somebody_elses_subject_does_not_take_over_a_linked_name(client: FlaskClient, emulator: Emulator) -> None:
    go(client, emulator)
    Session.objects.delete()
    emulator.post("user", sub="sub-of-a-stranger", preferred_username="manager")
    refused(go(client, emulator), 403, "external.unknown")


@pytest.mark.parametrize("name", ["nobody-here", "", "manager\x00", "*", '{"$ne": null}'])
def test_who_is_nobody_here_is_refused_and_not_created(client: FlaskClient, emulator: Emulator, name: str) -> None:
    before = Person.objects.count()
    emulator.post("user", sub="another", preferred_username=name)
    refused(go(client, emulator), 403, "external.unknown")
    assert Person.objects.count() == before


def test_claims_of_rights_give_none(client: FlaskClient, emulator: Emulator) -> None:
    emulator.post(
        "user", sub=SUBJECT, preferred_username="manager", roles=["court_admin"], groups=["admin"], court="京0105"
    )
    go(client, emulator)
    assert client.get("/api/me").json["person"]["roles"] == ["manager"]


def test_who_has_left_is_refused(client: FlaskClient, emulator: Emulator) -> None:
    Person.objects(username="manager").update(set__active=False)
    refused(go(client, emulator), 403, "auth.left")


def test_a_privileged_person_still_needs_the_second_factor(client: FlaskClient, emulator: Emulator) -> None:
    emulator.post("user", sub="sub-admin", preferred_username="admin")
    go(client, emulator)
    assert client.get("/api/me").json["next"] == "second_factor"
    assert client.get("/api/board/people").status_code == 403


@pytest.mark.parametrize(
    "twist",
    [
        pytest.param({"sign": "none"}, id="alg none"),
        pytest.param({"sign": "hs256"}, id="HMAC with the public key"),
        pytest.param({"sign": "stranger"}, id="a stranger's key under the known kid"),
        pytest.param({"claims": {"aud": "another-client"}}, id="for another client"),
        pytest.param({"claims": {"aud": [CLIENT_ID, "another-client"]}}, id="for several, presented by nobody"),
        pytest.param({"claims": {"aud": [CLIENT_ID, "x"], "azp": "x"}}, id="presented by another"),
        pytest.param({"claims": {"azp": "x"}}, id="azp of another"),
        pytest.param({"claims": {"aud": None}}, id="for nobody"),
        pytest.param({"claims": {"iss": "https://evil.example"}}, id="of another issuer"),
        pytest.param({"claims": {"exp": int(time.time()) - 3600}}, id="expired"),
        pytest.param({"claims": {"exp": None}}, id="never expiring"),
        pytest.param({"claims": {"iat": int(time.time()) - 7200}}, id="made long ago"),
        pytest.param({"claims": {"iat": int(time.time()) + 7200}}, id="made in the future"),
        pytest.param({"claims": {"nonce": "of another sign-in"}}, id="wrong nonce"),
        pytest.param({"claims": {"nonce": None}}, id="no nonce"),
        pytest.param({"claims": {"sub": None}}, id="about nobody"),
        pytest.param({"claims": {"sub": {"$ne": None}}}, id="an operator for a subject"),
        pytest.param({"claims": {"sub": ""}}, id="an empty subject"),
    ],
)
def test_a_token_that_is_no_proof_is_refused(client: FlaskClient, emulator: Emulator, twist: dict[str, Any]) -> None:
    location = client.get(START).location
    emulator.post("twist", **twist)
    refused(client.get(emulator.browse(location)), 401, "oidc.refused")


def test_a_callback_works_once(client: FlaskClient, emulator: Emulator) -> None:
    back = emulator.browse(client.get(START).location)
    cookie = client.get_cookie("songda_oidc", path="/api/session/oidc")
    assert cookie is not None
    assert client.get(back).status_code == 302
    client.set_cookie("songda_oidc", cookie.value, path="/api/session/oidc")
    Session.objects.delete()
    refused(client.get(back), 400, "oidc.bad_state")


def test_a_callback_belongs_to_the_browser_that_began(app: Flask, client: FlaskClient, emulator: Emulator) -> None:
    back = emulator.browse(client.get(START).location)
    refused(app.test_client().get(back), 400, "oidc.bad_state")


@pytest.mark.parametrize("state", ["", "made-up", "x" * 128])
def test_a_made_up_state_is_refused(client: FlaskClient, emulator: Emulator, state: str) -> None:
    back = urlsplit(emulator.browse(client.get(START).location))
    code = parse_qs(back.query)["code"][0]
    refused(client.get(back.path, query_string={"state": state, "code": code}), 400, "oidc.bad_state")


def test_a_made_up_code_is_refused(client: FlaskClient, emulator: Emulator) -> None:
    back = urlsplit(emulator.browse(client.get(START).location))
    state = parse_qs(back.query)["state"][0]
    refused(client.get(back.path, query_string={"state": state, "code": "made-up"}), 401, "oidc.refused")


def test_a_provider_that_says_no_is_heard(client: FlaskClient, emulator: Emulator) -> None:
    back = urlsplit(emulator.browse(client.get(START).location))
    state = parse_qs(back.query)["state"][0]
    answer = client.get(back.path, query_string={"state": state, "error": "access_denied"})
    refused(answer, 401, "oidc.refused")


def test_a_new_key_of_the_provider_is_fetched_when_it_is_first_met(
    client: FlaskClient, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "KEYS_AGAIN_S", 0.0)
    go(client, emulator)
    emulator.post("rotate")
    assert go(client, emulator).status_code == 302
    location = client.get(START).location
    emulator.post("twist", sign="old")  # the key that was withdrawn
    Session.objects.delete()
    refused(client.get(emulator.browse(location)), 401, "oidc.refused")


def test_a_provider_that_is_away_is_said_to_be_away(client: FlaskClient, emulator: Emulator) -> None:
    emulator.post("fault", path="/.well-known/openid-configuration", status=500)
    answer = client.get(START)
    assert (answer.status_code, answer.json["code"]) == (503, "oidc.unavailable")
    location = client.get(START).location
    emulator.post("fault", path="/token", status=502)
    answer = client.get(emulator.browse(location))
    assert answer.status_code == 503


def test_a_provider_that_calls_itself_something_else_is_not_used(
    app: Flask, people: Any, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(app, monkeypatch, emulator.issuer + "/")
    assert app.test_client().get(START).status_code == 503


def test_staff_numbers_find_people_of_that_court_only(
    app: Flask, people: Any, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(app, monkeypatch, emulator.issuer, match="staff_no", claim="employee", court="京0105")
    client = app.test_client()
    emulator.post("user", sub="s-9", employee="MANAGER", preferred_username="manager")
    go(client, emulator)
    assert client.get("/api/me").json["person"]["name"] == "other-manager"


def test_where_nothing_may_be_matched_only_linked_people_get_in(
    app: Flask, people: Any, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(app, monkeypatch, emulator.issuer, match="none")
    client = app.test_client()
    refused(go(client, emulator), 403, "external.unknown")
    Person.objects(username="manager").update(set__external={"provider": "sso", "subject": SUBJECT})
    assert go(client, emulator).status_code == 302


def test_an_unknown_provider_is_nowhere(client: FlaskClient) -> None:
    for path in ("/api/session/oidc/other/start", "/api/session/oidc/other/callback?state=a&code=b"):
        assert client.get(path).status_code == 404


def test_the_callback_leads_nowhere_else_whatever_is_appended(client: FlaskClient, emulator: Emulator) -> None:
    back = emulator.browse(client.get(START).location)
    answer = client.get(f"{back}&next=https://evil.example&session_state=1&iss=x")
    assert (answer.status_code, answer.location) == (302, "/board/")


def test_one_address_cannot_begin_without_end(
    client: FlaskClient, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(external_flow, "BEGUN_PER_MINUTE", 3)
    answers = [client.get(START) for _ in range(5)]
    assert [one.status_code for one in answers] == [302] * 3 + [429] * 2
    elsewhere = client.get(START, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert elsewhere.status_code == 302
