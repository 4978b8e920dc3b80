import logging
from dataclasses import replace

import pytest
import redis
import requests

from server.config import Settings
from server.core.errors import DomainError
from server.gateways.wechat import WeChatGateway, WeChatMiniProgram, from_settings
from tests.integration.gateways.conftest import APPID, SECRET, Emulator

LOGIN = "/sns/jscode2session"
STABLE = "/cgi-bin/stable_token"


def refusal(gateway: WeChatGateway, code: str) -> DomainError:
    with pytest.raises(DomainError) as refused:
        gateway.code_to_openid(code)
    return refused.value


def test_a_code_from_the_phone_becomes_the_persons_stable_openid(
    gateway: WeChatMiniProgram, emulator: Emulator, user: str
) -> None:
    first, second = (gateway.code_to_openid(emulator.code_for(user)) for _ in range(2))
    assert first == second
    assert first.openid == emulator.post("login", user=user)["openid"]
    assert first.unionid is not None
    assert gateway.code_to_openid(emulator.code_for(user + "x")).openid != first.openid


def test_a_person_without_open_platform_account_has_no_unionid(gateway: WeChatMiniProgram, emulator: Emulator) -> None:
    assert gateway.code_to_openid(emulator.code_for("nounion-1")).unionid is None


def test_login_needs_and_sends_no_access_token(gateway: WeChatMiniProgram, emulator: Emulator, user: str) -> None:
    emulator.fault(STABLE, "status", status=503, times=9)
    gateway.code_to_openid(emulator.code_for(user))
    assert emulator.calls(LOGIN) == [["appid", "grant_type", "js_code", "secret"]]
    assert emulator.calls(STABLE) == []


def test_a_code_works_once(gateway: WeChatMiniProgram, emulator: Emulator, user: str) -> None:
    code = emulator.code_for(user)
    gateway.code_to_openid(code)
    refused = refusal(gateway, code)
    assert (refused.code, refused.status) == ("wechat.bad_code", 422)


def test_a_code_dies_after_five_minutes(gateway: WeChatMiniProgram, emulator: Emulator, user: str) -> None:
    alive, dead = emulator.code_for(user), emulator.code_for(user)
    emulator.post("advance", seconds=290)
    gateway.code_to_openid(alive)
    emulator.post("advance", seconds=15)
    assert refusal(gateway, dead).code == "wechat.bad_code"


def test_an_unknown_code_is_refused_without_a_second_try(gateway: WeChatMiniProgram, emulator: Emulator) -> None:
    assert refusal(gateway, "0123456789abcdef").extra["wechat_errcode"] == 40029
    assert len(emulator.calls(LOGIN)) == 1


@pytest.mark.parametrize("code", ["", "a b", "x" * 513, "换行\n", "abc\n", "../..", "a&secret=x"])
def test_what_cannot_be_a_code_never_travels(gateway: WeChatMiniProgram, emulator: Emulator, code: str) -> None:
    assert refusal(gateway, code).code == "wechat.bad_code"
    assert emulator.calls(LOGIN) == []


def test_the_hundred_and_first_login_of_a_minute_is_too_many(
    gateway: WeChatMiniProgram, emulator: Emulator, user: str
) -> None:
    for _ in range(100):
        gateway.code_to_openid(emulator.code_for(user))
    refused = refusal(gateway, emulator.code_for(user))
    assert (refused.code, refused.status) == ("wechat.too_many", 429)
    emulator.post("advance", seconds=61)
    gateway.code_to_openid(emulator.code_for(user))


FAULTS: list[tuple[str, dict[str, float]]] = [
    ("errcode", {"errcode": -1}),
    ("status", {"status": 500}),
    ("status", {"status": 502}),
    ("garbage", {}),
    ("drop", {}),
]


@pytest.mark.parametrize(("kind", "details"), FAULTS)
def test_one_failure_of_wechat_is_mended_by_the_one_retry(
    gateway: WeChatMiniProgram, emulator: Emulator, user: str, kind: str, details: dict[str, float]
) -> None:
    emulator.fault(LOGIN, kind, **details)
    assert gateway.code_to_openid(emulator.code_for(user)).openid
    assert len(emulator.calls(LOGIN)) == 2


@pytest.mark.parametrize(("kind", "details"), [*FAULTS, ("slow", {"seconds": 0.8})])
def test_two_failures_are_told_after_exactly_two_calls(
    gateway: WeChatMiniProgram, emulator: Emulator, user: str, kind: str, details: dict[str, float]
) -> None:
    emulator.fault(LOGIN, kind, times=3, **details)
    refused = refusal(gateway, emulator.code_for(user))
    assert (refused.code, refused.status) == ("wechat.unavailable", 503)
    assert len(emulator.calls(LOGIN)) == 2


def test_a_code_used_up_by_a_lost_answer_is_not_blamed_on_the_phone(
    gateway: WeChatMiniProgram, emulator: Emulator, user: str
) -> None:
    emulator.fault(LOGIN, "lost")
    assert refusal(gateway, emulator.code_for(user)).code == "wechat.unavailable"
    gateway.code_to_openid(emulator.code_for(user))


def test_nobody_at_the_address_is_unavailable(clean_redis: redis.Redis) -> None:
    gateway = WeChatMiniProgram(APPID, SECRET, "http://127.0.0.1:9", clean_redis, timeout=(0.5, 0.5))
    assert refusal(gateway, "0123456789abcdef").code == "wechat.unavailable"


@pytest.mark.parametrize(("appid", "secret"), [("wxother", SECRET), (APPID, "wrong"), ("", SECRET), (APPID, "")])
def test_a_wrong_app_or_secret_is_our_fault_and_says_so(
    emulator: Emulator, clean_redis: redis.Redis, user: str, appid: str, secret: str
) -> None:
    gateway = WeChatMiniProgram(appid, secret, emulator.url, clean_redis)
    refused = refusal(gateway, emulator.code_for(user))
    assert (refused.code, refused.status) == ("wechat.misconfigured", 503)
    # What is not even set is not sent anywhere.
    assert len(emulator.calls(LOGIN)) == (1 if appid and secret else 0)


def test_a_blocked_person_is_told_so(gateway: WeChatMiniProgram, emulator: Emulator, user: str) -> None:
    emulator.fault(LOGIN, "errcode", errcode=40226)
    assert refusal(gateway, emulator.code_for(user)).code == "wechat.user_blocked"


def test_an_unknown_error_of_wechat_is_unavailable_and_keeps_its_number(
    gateway: WeChatMiniProgram, emulator: Emulator, user: str
) -> None:
    emulator.fault(LOGIN, "errcode", errcode=99999)
    refused = refusal(gateway, emulator.code_for(user))
    assert (refused.code, refused.extra) == ("wechat.unavailable", {"wechat_errcode": 99999})


def test_the_secret_is_in_no_log_and_no_error(
    emulator: Emulator, clean_redis: redis.Redis, user: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    gateway = WeChatMiniProgram(APPID, SECRET, emulator.url, clean_redis, timeout=(1.0, 0.3))
    for kind, details in (("drop", {}), ("slow", {"seconds": 0.5}), ("status", {"status": 500})):
        emulator.fault(LOGIN, kind, times=2, **details)
        refused = refusal(gateway, emulator.code_for(user))
        assert SECRET not in f"{refused} {refused.extra} {refused.__cause__}"
        assert refused.__suppress_context__
    assert "no answer" in caplog.text
    assert SECRET not in caplog.text


def test_proxies_of_the_machine_are_not_used(
    gateway: WeChatMiniProgram, emulator: Emulator, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    code = emulator.code_for(user)
    with pytest.raises(requests.exceptions.ProxyError):
        requests.get(f"{emulator.url}/emulator/health", timeout=2)
    assert gateway.code_to_openid(code).openid


def test_settings_make_the_gateway(settings: Settings, emulator: Emulator, clean_redis: redis.Redis, user: str) -> None:
    pointed = replace(settings, wechat_appid=APPID, wechat_secret=SECRET, wechat_base_url=emulator.url + "/")
    assert from_settings(pointed, clean_redis).code_to_openid(emulator.code_for(user)).openid
