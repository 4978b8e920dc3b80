import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from server.core.errors import DomainError
from server.gateways.wechat import WeChatMiniProgram
from tests.integration.gateways.conftest import APPID, SECRET, Emulator

SEND = "/cgi-bin/message/subscribe/send"
STABLE = "/cgi-bin/stable_token"
TEMPLATE = "tmpl-visit"
TEXT = {"thing1": "今日上门送达安排", "time2": "2026-11-24 09:30"}


@pytest.fixture
def openid(emulator: Emulator, user: str) -> str:
    """Somebody who agreed to one message."""
    emulator.post("consent", user=user, template_id=TEMPLATE)
    return str(emulator.post("login", user=user)["openid"])


def received(emulator: Emulator, user: str) -> list[dict[str, object]]:
    return [message for message in emulator.get("messages")["messages"] if message["user"] == user]


def send(gateway: WeChatMiniProgram, openid: str, data: dict[str, str] | None = None) -> None:
    gateway.send_subscribe_message(openid=openid, template_id=TEMPLATE, data=data or TEXT, page="pages/today/today")


def code_of_sending(gateway: WeChatMiniProgram, openid: str, data: dict[str, str] | None = None) -> str:
    with pytest.raises(DomainError) as refused:
        send(gateway, openid, data)
    return refused.value.code


def test_a_message_arrives_with_its_text_and_page(
    gateway: WeChatMiniProgram, emulator: Emulator, user: str, openid: str
) -> None:
    send(gateway, openid)
    (message,) = received(emulator, user)
    assert message["data"] == {key: {"value": text} for key, text in TEXT.items()}
    assert (message["page"], message["touser"], message["lang"]) == ("pages/today/today", openid, "zh_CN")


def test_one_consent_is_one_message(gateway: WeChatMiniProgram, emulator: Emulator, user: str, openid: str) -> None:
    send(gateway, openid)
    assert code_of_sending(gateway, openid) == "wechat.not_subscribed"
    assert len(received(emulator, user)) == 1


def test_a_text_the_template_cannot_hold_is_a_bad_message(
    gateway: WeChatMiniProgram, emulator: Emulator, openid: str
) -> None:
    assert code_of_sending(gateway, openid, {"thing1": "过" * 21}) == "wechat.bad_message"
    assert code_of_sending(gateway, "o-nobody") == "wechat.bad_openid"


def test_the_token_is_fetched_once_for_all_workers(
    emulator: Emulator, clean_redis: redis.Redis, user: str, openid: str
) -> None:
    emulator.post("consent", user=user, template_id=TEMPLATE, times=5)
    for _ in range(3):
        send(WeChatMiniProgram(APPID, SECRET, emulator.url, clean_redis), openid)
    assert len(emulator.calls(STABLE)) == 1
    (key,) = clean_redis.keys("songda:wechat:*")
    assert 7000 < clean_redis.ttl(key) <= 7140


def test_workers_that_fetch_at_once_void_nobodys_token(
    emulator: Emulator, clean_redis: redis.Redis, user: str, openid: str
) -> None:
    emulator.post("consent", user=user, template_id=TEMPLATE, times=8)
    workers = [WeChatMiniProgram(APPID, SECRET, emulator.url, clean_redis) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda worker: send(worker, openid), workers))
    assert len(received(emulator, user)) == 8
    assert len(emulator.calls(SEND)) == 8


def test_a_refused_token_is_replaced_once_and_the_message_arrives(
    gateway: WeChatMiniProgram, emulator: Emulator, user: str, openid: str
) -> None:
    emulator.post("consent", user=user, template_id=TEMPLATE)
    send(gateway, openid)
    emulator.post("revoke")
    send(gateway, openid)
    assert len(received(emulator, user)) == 2
    assert (len(emulator.calls(STABLE)), len(emulator.calls(SEND))) == (2, 3)


def test_an_expired_token_is_replaced(gateway: WeChatMiniProgram, emulator: Emulator, user: str, openid: str) -> None:
    emulator.post("consent", user=user, template_id=TEMPLATE)
    send(gateway, openid)
    emulator.post("advance", seconds=7300)
    send(gateway, openid)
    assert len(received(emulator, user)) == 2


def test_a_token_that_stays_refused_ends_after_two_calls_and_an_alarm(
    gateway: WeChatMiniProgram, emulator: Emulator, openid: str, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.fault(SEND, "errcode", errcode=40001, times=50)
    assert code_of_sending(gateway, openid) == "wechat.unavailable"
    assert len(emulator.calls(SEND)) == 2
    assert [record.levelno for record in caplog.records if "second time" in record.message] == [logging.ERROR]


def test_a_message_whose_answer_is_lost_is_not_sent_again(
    gateway: WeChatMiniProgram, emulator: Emulator, user: str, openid: str
) -> None:
    emulator.post("consent", user=user, template_id=TEMPLATE, times=3)
    emulator.fault(SEND, "lost")
    assert code_of_sending(gateway, openid) == "wechat.unavailable"
    assert len(received(emulator, user)) == 1


def test_a_busy_wechat_is_asked_once_more(
    gateway: WeChatMiniProgram, emulator: Emulator, user: str, openid: str
) -> None:
    emulator.fault(SEND, "errcode", errcode=-1)
    send(gateway, openid)
    assert len(received(emulator, user)) == 1


@pytest.mark.parametrize(
    ("kind", "details"), [("status", {"status": 503}), ("garbage", {}), ("slow", {"seconds": 0.8})]
)
def test_no_token_to_be_had_is_unavailable_within_the_time_limits(
    gateway: WeChatMiniProgram, emulator: Emulator, openid: str, kind: str, details: dict[str, float]
) -> None:
    emulator.fault(STABLE, kind, times=5, **details)
    assert code_of_sending(gateway, openid) == "wechat.unavailable"
    assert len(emulator.calls(STABLE)) <= 2
    assert emulator.calls(SEND) == []


def test_without_redis_messages_still_go_out(emulator: Emulator, user: str, openid: str) -> None:
    gone = redis.Redis(port=9, socket_connect_timeout=0.2)
    send(WeChatMiniProgram(APPID, SECRET, emulator.url, gone), openid)
    assert len(received(emulator, user)) == 1
