"""A phone hears of its own visits and of no others; boards and phones never share a stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from server.accounts.models import Person
from server.core import events, live
from server.core.clock import utc_now
from server.core.ids import new_id
from server.custody import looks_tasks
from tests.factories import visits as make
from tests.integration.custody.conftest import person

# Redis tells every listener whatever its database: a court of this test's own hears nobody else's news.
COURT = f"京{new_id()}"
Heard = Callable[[], dict[str, list[dict[str, Any]]]]


@pytest.fixture
def heard(clean_redis: redis.Redis) -> Iterator[Heard]:
    """Channel (without its prefix for people) → messages so far."""
    looks_tasks.register(events.subscriptions)
    ear = clean_redis.pubsub(ignore_subscribe_messages=True)
    ear.psubscribe(f"{live.PERSON_CHANNEL}{COURT}/*", live.CHANNEL + COURT)
    ear.get_message(timeout=1)
    ear.get_message(timeout=1)

    def all_so_far() -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        while (message := ear.get_message(timeout=0.2)) is not None:
            found.setdefault(message["channel"], []).append(json.loads(message["data"]))
        return found

    yield all_so_far
    ear.close()


def tell(name: str, **data: Any) -> None:
    events.announce(events.Event("e1", name, COURT, utc_now(), data))


def channel(one: Person) -> str:
    return f"{live.PERSON_CHANNEL}{COURT}/{one.id}"


def test_a_visit_that_moves_is_told_to_who_had_it_and_who_has_it(heard: Heard, server: Person) -> None:
    second, before = person("同行送达员"), person("原送达员")
    visit = make.visit(server=server, second=second, court=COURT)
    heard()
    tell("visit.assigned", visit_id=visit.id, server_id=server.id, from_server_id=before.id, state="assigned", date="d")
    found = heard()
    assert set(found) == {channel(server), channel(second), channel(before)}
    (message,) = found[channel(before)]
    assert message == {"name": "visit.assigned", "data": {"visit_id": visit.id, "state": "assigned", "date": "d"}}


def test_what_says_nothing_of_whose_it_is_reaches_nobody(heard: Heard, server: Person) -> None:
    visit = make.visit(server=server, court=COURT)
    heard()
    tell("visit.unassigned", date="2026-11-24", count=3)
    tell("visit.reviewed", visit_id="another-court's", decision="accept")
    tell("visit.progress", visit_id=visit.id, server_id=server.id)
    assert heard() == {}
    tell("plan.published", plan_id="p1", date="2026-11-24", servers=[server.id])
    assert heard() == {
        channel(server): [{"name": "plan.published", "data": {"date": "2026-11-24", "plan_id": "p1"}}]
    }  # fmt: skip
