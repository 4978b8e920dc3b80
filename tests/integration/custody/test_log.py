"""Every item received is one row of the court's log, once, whatever dies in between."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from evidence.manifest import read
from evidence.stores import FileStore
from server.accounts.models import Person
from server.core import events
from server.core.audit.verify import verify
from server.core.clock import utc_now
from server.core.ids import new_id
from server.custody import log_tasks
from server.custody.services import logging
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from tests.factories.visits import COURT
from tests.integration.custody.handset import PHOTOS, Handset

Bring = Callable[[], EvidenceItem]


@pytest.fixture
def bring(server: Person, visit: Visit, store: FileStore) -> Bring:
    handset = Handset(server, visit, store)
    numbers = iter([0, 1, 2, 3] * 3)

    def brought() -> EvidenceItem:
        number = next(numbers)
        return handset.bring(handset.item(new_id(), PHOTOS[number], None), number)

    return brought


@pytest.fixture
def listening() -> None:
    log_tasks.register(events.subscriptions)


@pytest.mark.usefixtures("listening")
def test_an_item_is_in_the_log_as_soon_as_it_is_received(bring: Bring, database: Any) -> None:
    items = [bring() for _ in range(3)]
    for seq, item in enumerate(items):
        item.reload()
        row = database.audit_entries.find_one({"_id": f"ev-{item.id}"})
        assert item.log == {"state": "logged", "entry_id": row["_id"], "seq": seq}
        assert (row["action"], row["object_id"], row["seq"]) == ("evidence.received", item.id, seq)
        manifest = bytes(item.manifest)
        assert row["detail"] == {
            "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
            "sha256": item.sha256,
            "size": item.size,
            "schema": read(manifest)["schema"],
        }
    assert verify(COURT).ok


def test_an_item_left_waiting_is_found_by_the_sweep_once(bring: Bring, database: Any) -> None:
    items = [bring() for _ in range(4)]
    assert {one.log["state"] for one in items} == {"waiting"}
    assert logging.sweep(now=utc_now()) == 0  # too young: its own process may be at it
    later = utc_now() + timedelta(minutes=1)
    assert logging.sweep(now=later) == 4
    assert logging.sweep(now=later) == 0
    assert [one["_id"] for one in database.audit_entries.find().sort("seq", 1)] == [f"ev-{one.id}" for one in items]
    assert not logging.receive(evidence_id=items[0].id)


def test_a_process_that_died_behind_the_row_leaves_no_second_one(bring: Bring, database: Any) -> None:
    item = bring()
    assert logging.receive(evidence_id=item.id)
    database.evidence_items.update_one({"_id": item.id}, {"$set": {"log": {"state": "waiting"}}})
    assert logging.sweep(now=utc_now() + timedelta(minutes=1)) == 1
    assert database.audit_entries.count_documents({"_id": f"ev-{item.id}"}) == 1
    assert item.reload().log["state"] == "logged"


def test_many_at_once_write_one_row_for_each_item(bring: Bring, database: Any) -> None:
    ids = [bring().id for _ in range(6)]
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda one: logging.receive(evidence_id=one), ids * 4))
    assert sum(done) == 6
    assert database.audit_entries.count_documents({"action": "evidence.received"}) == 6
    assert verify(COURT).ok


def test_a_database_that_does_not_answer_leaves_the_item_to_the_sweep(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = bring()

    def away(*_: Any, **__: Any) -> None:
        raise AutoReconnect("no primary")

    with monkeypatch.context() as patch:
        patch.setattr(logging, "append", away)
        assert not logging.try_to_receive(evidence_id=item.id)
    assert item.reload().log["state"] == "waiting"
    assert logging.sweep(now=utc_now() + timedelta(minutes=1)) == 1
