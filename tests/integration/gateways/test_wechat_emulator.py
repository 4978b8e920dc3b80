"""The emulator keeps WeChat's documented rules; a gateway tested against a softer one would be tested for nothing."""

from typing import Any

import pytest

from tests.integration.gateways.conftest import APPID, SECRET, Emulator


def ask(emulator: Emulator, path: str, **query: str) -> Any:
    return emulator.http.get(f"{emulator.url}{path}", params=query, timeout=5).json()


def stable(emulator: Emulator, **more: Any) -> Any:
    body = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET, **more}
    return emulator.http.post(f"{emulator.url}/cgi-bin/stable_token", json=body, timeout=5).json()


def plain(emulator: Emulator) -> str:
    answer = ask(emulator, "/cgi-bin/token", grant_type="client_credential", appid=APPID, secret=SECRET)
    return str(answer["access_token"])


def errcode_of_sending(emulator: Emulator, token: str) -> int:
    """40003 says the token was good: only the receiver is unknown."""
    url = f"{emulator.url}/cgi-bin/message/subscribe/send"
    body = {"touser": "nobody", "template_id": "t"}
    answer = emulator.http.post(url, params={"access_token": token}, json=body, timeout=5)
    return int(answer.json()["errcode"])


def test_each_plain_token_voids_the_one_before(emulator: Emulator) -> None:
    first, second = plain(emulator), plain(emulator)
    assert first != second
    assert [errcode_of_sending(emulator, token) for token in (first, second)] == [40001, 40003]


def test_the_stable_token_stays_until_five_minutes_before_its_end_and_overlaps_the_next(emulator: Emulator) -> None:
    first = stable(emulator)
    assert len(first["access_token"]) > 100
    assert first["expires_in"] in (7199, 7200)
    emulator.post("advance", seconds=6800)
    assert stable(emulator)["access_token"] == first["access_token"]
    emulator.post("advance", seconds=150)
    second = stable(emulator)
    assert second["access_token"] != first["access_token"]
    for token in (first, second):
        assert errcode_of_sending(emulator, token["access_token"]) == 40003
    emulator.post("advance", seconds=300)
    assert errcode_of_sending(emulator, first["access_token"]) == 42001
    assert errcode_of_sending(emulator, second["access_token"]) == 40003


def test_a_plain_token_leaves_the_stable_one_alone(emulator: Emulator) -> None:
    token = stable(emulator)["access_token"]
    plain(emulator)
    assert errcode_of_sending(emulator, token) == 40003


def test_forcing_a_token_is_rationed(emulator: Emulator) -> None:
    emulator.post("advance", seconds=90_000)
    first = stable(emulator)["access_token"]
    assert stable(emulator, force_refresh=True)["access_token"] != first
    assert errcode_of_sending(emulator, first) == 40001
    assert stable(emulator, force_refresh=True)["errcode"] == 45011
    for _ in range(19):
        emulator.post("advance", seconds=31)
        assert "access_token" in stable(emulator, force_refresh=True)
    emulator.post("advance", seconds=31)
    assert stable(emulator, force_refresh=True)["errcode"] == 45009


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"appid": "other"}, 40013),
        ({"appid": ""}, 41002),
        ({"secret": "other"}, 40125),
        ({"secret": ""}, 41004),
        ({"grant_type": "password"}, 40002),
        ({"js_code": "none"}, 40029),
    ],
)
def test_a_wrong_login_has_its_documented_code(emulator: Emulator, changed: dict[str, str], errcode: int) -> None:
    query = {
        "appid": APPID,
        "secret": SECRET,
        "js_code": emulator.code_for("someone"),
        "grant_type": "authorization_code",
    }
    answer = ask(emulator, "/sns/jscode2session", **(query | changed))
    assert answer["errcode"] == errcode
    assert "rid: " in answer["errmsg"]


def test_a_message_needs_a_token(emulator: Emulator) -> None:
    assert [errcode_of_sending(emulator, token) for token in ("", "made-up")] == [41001, 40001]


def test_health_is_answered_and_nonsense_is_not(emulator: Emulator) -> None:
    assert emulator.get("health") == {"status": "ok"}
    for path, status in (("/emulator/login", 400), ("/no/such/path", 404)):
        assert emulator.http.post(f"{emulator.url}{path}", json={}, timeout=5).status_code == status
    bad = emulator.http.post(f"{emulator.url}/emulator/login", data=b"{not json", timeout=5)
    assert bad.status_code == 400
