"""Live news reaches every open board of its own court, and only that."""

from __future__ import annotations

import json
import queue
import time
from typing import Any

import pytest

from server.core import live, redis_client
from server.live import Hub, stream


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
