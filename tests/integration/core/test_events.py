"""News is written with the change, goes out at least once, and survives a process that dies before telling it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis

from server.core import events
from server.core.clock import utc_now
from server.core.events import Event, Subscriptions
from server.service.models import ServiceTask
from tests.factories.service import task as make_task

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    subscriptions, received = Subscriptions(), []
    subscriptions.subscribe("task.updated", received.append)
    monkeypatch.setattr(events, "subscriptions", subscriptions)
    return received


def with_news(task_id: str, minutes_ago: float = 0) -> None:
    now = utc_now() - timedelta(minutes=minutes_ago)
    news = events.event("task.updated", court="京0102", now=now, task_id=task_id)
    ServiceTask._get_collection().update_one({"_id": task_id}, {"$push": {"outbox": news}})


def waiting(task_id: str) -> int:
    return len(ServiceTask.objects.get(id=task_id).outbox)


def test_an_event_goes_out_once_and_leaves_the_outbox(heard: list[Event]) -> None:
    task = make_task()
    with_news(task.id)
    assert events.relay(ServiceTask, task.id) == 1
    assert events.relay(ServiceTask, task.id) == 0
    assert [(one.name, one.court, one.data) for one in heard] == [("task.updated", "京0102", {"task_id": task.id})]
    assert waiting(task.id) == 0


def test_the_sweep_tells_what_a_dead_process_left(heard: list[Event]) -> None:
    old, fresh = make_task(), make_task()
    with_news(old.id, minutes_ago=1)
    with_news(fresh.id)
    assert events.sweep(now=utc_now()) == 1
    assert [one.data["task_id"] for one in heard] == [old.id]
    assert waiting(fresh.id) == 1, "the process that wrote it may still be about to tell it"


def test_when_the_queue_is_away_the_event_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    subscriptions = Subscriptions()

    def away(_: Event) -> None:
        raise redis.ConnectionError("gone")

    subscriptions.subscribe("*", away)
    monkeypatch.setattr(events, "subscriptions", subscriptions)
    task = make_task()
    with_news(task.id)
    assert events.relay(ServiceTask, task.id) == 0
    assert waiting(task.id) == 1
