"""What boards hear while a plan runs and when routes change."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import redis

from server.core import events, live
from server.core.clock import utc_now
from server.dispatch.services import assign_visit, create_plan, publish_plan
from server.dispatch.services.runner import run_plan
from tests.integration.dispatch import samples
from tests.integration.dispatch.samples import COURT, DAY, MANAGER


@pytest.fixture
def heard(clean_redis: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """What a board of this court hears, with nobody else subscribed to the events."""
    fresh = events.Subscriptions()
    fresh.subscribe("*", live.on_event)
    monkeypatch.setattr(events, "subscriptions", fresh)
    ear = clean_redis.pubsub(ignore_subscribe_messages=True)
    ear.subscribe(live.CHANNEL + COURT)
    ear.get_message(timeout=1)

    def all_so_far() -> list[dict[str, Any]]:
        found = []
        while (message := ear.get_message(timeout=0.3)) is not None:
            found.append(json.loads(message["data"]))
        return found

    return all_so_far


def test_boards_hear_progress_at_most_twice_a_second_and_then_the_end(
    heard: Callable[[], list[dict[str, Any]]],
) -> None:
    samples.make_day(15)
    plan = create_plan(court=COURT, day=DAY, seconds=2.6, seed=1, actor=MANAGER, now=utc_now())
    run_plan(plan_id=plan["_id"], now=utc_now())
    messages = [one for one in heard() if one["name"].startswith("plan.")]
    progress = [one["data"] for one in messages if one["name"] == "plan.progress"]
    assert 1 <= len(progress) <= 6
    assert progress[-1]["plan_id"] == plan["_id"]
    assert progress[-1]["progress"]["planned"] == 15
    assert messages[-1]["name"] == "plan.finished"
    assert messages[-1]["data"]["totals"]["planned"] == 15


def test_publishing_a_plan_is_one_message_with_ids_only(heard: Callable[[], list[dict[str, Any]]]) -> None:
    samples.make_day(6)
    plan = create_plan(court=COURT, day=DAY, seconds=0.3, seed=1, actor=MANAGER, now=utc_now())
    run_plan(plan_id=plan["_id"], now=utc_now())
    heard()
    publish_plan(court=COURT, plan_id=plan["_id"], actor=MANAGER, now=utc_now())
    [message] = heard()
    assert message["name"] == "plan.published"
    assert set(message["data"]) == {"plan_id", "date", "servers"}
    publish_plan(court=COURT, plan_id=plan["_id"], actor=MANAGER, now=utc_now())
    assert heard() == []


def test_a_visit_moved_by_hand_is_told_to_the_boards(heard: Callable[[], list[dict[str, Any]]]) -> None:
    [visit] = samples.make_day(1)
    heard()
    assign_visit(
        court=COURT,
        visit_id=visit["_id"],
        server_id="server-1",
        position=None,
        version=None,
        actor=MANAGER,
        now=utc_now(),
    )
    [message] = heard()
    assert (message["name"], message["data"]["server_id"]) == ("visit.assigned", "server-1")
    assert visit["recipient_name"] not in json.dumps(message, ensure_ascii=False)
