"""People, a visit and a store without any web around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from evidence.stores import FileStore
from server.accounts.models import Person, holding
from server.core import events, redis_client
from server.core.clock import utc_now
from server.core.ids import new_id
from server.dispatch.models import Visit
from server.field import tasks
from server.service.actor import Actor
from tests.factories import visits as make

REVIEWER = Actor("p-reviewer", "送达专员甲")


@pytest.fixture(autouse=True)
def field(database: Any, clean_redis: Any, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database, Redis, keys."""
    redis_client.connect(redis_url)
    subscriptions = events.Subscriptions()
    tasks.register(subscriptions)
    monkeypatch.setattr(events, "subscriptions", subscriptions)
    yield
    redis_client.client().close()


def person(name: str, role: str = "process_server") -> Person:
    saved: Person = Person(
        court=make.COURT, username=new_id(), name=name, staff_no=new_id(), grants=holding(role), created_at=utc_now()
    ).save(force_insert=True)
    return saved


@pytest.fixture
def server() -> Person:
    return person("外出送达员甲")


@pytest.fixture
def visit(server: Person) -> Visit:
    return make.visit(server=server)


@pytest.fixture
def store(tmp_path: Any) -> FileStore:
    return FileStore(tmp_path / "evidence")


@pytest.fixture
def actor() -> Callable[[Person], Actor]:
    return lambda one: Actor(one.id, one.name)
