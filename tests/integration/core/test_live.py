"""Live news reaches every open board of its own court, and only that."""

from __future__ import annotations

import json
import queue
import time
from typing import Any

import pytest

from server import live as service
from server.core import live, redis_client
from server.core.errors import DomainError
from server.core.ids import new_id
from server.live import Hub, phone_stream, stream


def next_named(mine: queue.Queue[str], name: str) -> dict[str, Any]:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        message: dict[str, Any] = json.loads(mine.get(timeout=5))
        if message["name"] == name:
            return message
    raise AssertionError(f"{name} did not come")


@pytest.fixture
def hub(redis_url: str, clean_redis: Any) -> Hub:
    redis_client.connect(redis_url)
    return Hub(redis_url)


def test_news_reaches_all_boards_of_the_court_and_no_other(hub: Hub) -> None:
    first, second, elsewhere = hub.join("京0102"), hub.join("京0102"), hub.join("京0105")
    next_named(first, "live.reload")  # the listener is connected
    live.publish("京0102", "visit.assigned", visit_id="v1")
    for mine in (first, second):
        assert next_named(mine, "visit.assigned")["data"] == {"visit_id": "v1"}
    live.publish("京0105", "visit.assigned", visit_id="v2")
    assert next_named(elsewhere, "visit.assigned")["data"] == {"visit_id": "v2"}


def test_a_board_that_cannot_keep_up_is_told_to_reload(hub: Hub) -> None:
    slow = hub.join("京0102")
    next_named(slow, "live.reload")
    for n in range(slow.maxsize + 1):
        hub.hand_out("京0102", json.dumps({"name": "visit.progress", "data": {"n": n}}))
    assert json.loads(slow.get_nowait())["name"] == "live.reload"
    assert slow.empty()


def test_the_stream_speaks_event_stream_and_leaves_when_closed(hub: Hub) -> None:
    lines = stream(hub, "京0102")
    assert next(lines).startswith("retry: 3000\nevent: live.hello\n")
    assert next(lines).startswith("event: live.reload\n")
    live.publish("京0102", "plan.progress", plan_id="p1")
    body = next(lines)
    assert body.startswith("event: plan.progress\ndata: ")
    assert body.endswith("\n\n")
    lines.close()
    assert hub._queues["京0102"] == set()


def test_a_phone_hears_what_is_for_its_person_and_boards_do_not(hub: Hub) -> None:
    court = new_id()  # Redis tells every listener, whatever its database
    board, phone, other = hub.join(court), hub.join_phone(court, "p1"), hub.join_phone(court, "p2")
    next_named(phone, "live.reload")
    next_named(board, "live.reload")
    live.publish(court, "visit.assigned", visit_id="v1")
    live.publish_to(court, "p1", "look.answered", look_id="l1")
    live.publish_to("京0105", "p1", "look.answered", look_id="of another court")
    assert next_named(phone, "look.answered")["data"] == {"look_id": "l1"}
    assert next_named(board, "visit.assigned")["data"] == {"visit_id": "v1"}
    live.publish_to(court, "p2", "look.answered", look_id="l2")
    assert next_named(other, "look.answered")["data"] == {"look_id": "l2"}
    assert board.empty()
    assert phone.empty()


def test_phones_leave_the_boards_their_threads(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PHONES_AT_ONCE", 2)
    first = hub.join_phone("京0102", "p1")
    hub.join_phone("京0102", "p2")
    with pytest.raises(DomainError) as caught:
        hub.join_phone("京0102", "p3")
    assert (caught.value.code, caught.value.status) == ("live.full", 503)
    again = hub.join_phone("京0102", "p1")  # who has a stream may open it anew
    next_named(first, "live.replaced")
    hub.leave_phone("京0102", "p1", first)  # the old one's end comes late and changes nothing
    with pytest.raises(DomainError):
        hub.join_phone("京0102", "p3")
    hub.leave_phone("京0102", "p1", again)
    assert hub.join_phone("京0102", "p3")


def test_a_phones_stream_ends_by_itself(hub: Hub) -> None:
    lines = list(phone_stream(queue.Queue(), lasts_s=0.05))
    assert lines[0].startswith("retry: 3000\nevent: live.hello\n")
    assert lines[1:] == [": still here\n\n"]
