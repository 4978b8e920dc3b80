"""Older data becomes what the program expects now: once, safely repeated, with its reason written down."""

from __future__ import annotations

from typing import Any

import pytest

from server.addresses.models import ContactPoint
from server.cases.models import Party
from server.core import crypto
from server.core.clock import utc_now
from server.core.fields import address_index, phone_index
from server.dispatch.models import Visit
from server.migrations import m20261121_seal_addresses as seal_addresses
from server.migrations import runner
from server.service.models import ServiceTask
from tests.factories import visits as make
from tests.factories.service import ADDRESS

COURT = make.COURT
OTHER = "北京市西城区新街口外大街9号"


@pytest.fixture
def older(database: Any) -> Any:
    """Two addresses of one party, a task with its timeline, a visit and a landline, as they were stored before."""
    now = utc_now()
    visit = make.visit()
    database.visits.update_one({}, {"$set": {"address": ADDRESS, "building": ADDRESS[:14]}})
    database.service_tasks.update_one(
        {},
        {
            "$set": {
                "recipients.0.address": ADDRESS,
                "steps": [
                    {"id": "s1", "text": f"导入更新：案由：借贷 → 买卖；送达地址：{OTHER} → {ADDRESS}；坐标：无 → 1,2"},
                    {"id": "s2", "text": "审核通过"},
                ],
            }
        },
    )
    database.contact_points.create_index([("court", 1), ("party_id", 1), ("text", 1)], unique=True)
    common = {"court": COURT, "party_id": visit.party_id, "basis": "原告提供", "source": "import:r", "created_at": now,
              "updated_at": now}  # fmt: skip
    # Two in clear of one party: the new unique index is made after the migration, as `db indexes` does.
    database.contact_points.drop_index("court_1_party_id_1_text.index_1")
    database.contact_points.insert_many(
        [{"_id": "a", "text": ADDRESS, **common}, {"_id": "b", "text": OTHER, **common}]
    )
    phone = {"text": crypto.vault().seal("010-83900011", court=COURT), "mask": "010-******11", "index": "old"}
    party = {"_id": visit.party_id, "court": COURT, "case_id": "c", "identity": "i", "name": "甲", "kind": "法人",
             "phone": phone, "created_at": now, "updated_at": now}  # fmt: skip
    database.parties.insert_one(party)
    yield visit
    ContactPoint.ensure_indexes()


def test_addresses_in_clear_are_sealed_everywhere_and_only_once(older: Visit, database: Any) -> None:
    (migration, result), *_ = runner.run_all(now=utc_now())
    assert migration.name == "m20261121_seal_addresses"
    assert result == "contact_points 2, service_tasks 1, timelines 1, visits 1, landlines 1"
    assert "court_1_party_id_1_text_1" not in database.contact_points.index_information()

    sealed = {one.id: one.text.open(court=COURT, subject=older.party_id) for one in ContactPoint.objects}
    assert sealed == {"a": ADDRESS, "b": OTHER}
    visit, task = Visit.objects.get(), ServiceTask.objects.get()
    assert visit.address.open(court=COURT, subject=older.party_id) == ADDRESS
    assert visit.address.index == address_index(ADDRESS, court=COURT)
    assert visit.building == crypto.vault().index("building:北京市西城区人定湖北巷7号楼", court=COURT)
    assert task.recipients[0].address.open(court=COURT) == ADDRESS
    assert task.steps[0].text == (
        "导入更新：案由：借贷 → 买卖；送达地址：北京市西城区新街口外大街** → 北京市西城区人定湖北巷**；坐标：无 → 1,2"
    )
    assert Party.objects.get().phone.index == phone_index("01083900011", court=COURT)

    stored = database.migrations.find_one({"_id": migration.name})
    assert (stored["_id"], stored["result"]) == (migration.name, result)
    assert "in clear" in stored["reason"]
    assert runner.run_all(now=utc_now()) == []


def test_a_migration_that_was_interrupted_is_done_again_without_harm(older: Visit, database: Any) -> None:
    seal_addresses.migrate(database)
    before = {name: list(database[name].find()) for name in ("visits", "service_tasks", "contact_points", "parties")}
    assert runner.run_all(now=utc_now())[0][1] == (
        "contact_points 0, service_tasks 0, timelines 0, visits 0, landlines 0"
    )
    assert {name: list(database[name].find()) for name in before} == before
    assert older.id == before["visits"][0]["_id"]


def test_every_migration_says_why() -> None:
    names = [migration.name for migration in runner.known()]
    assert names == sorted(names)
    assert {"m20261121_seal_addresses", "m20261122_people_and_log"} <= set(names)
    assert all(len(migration.reason) > 40 for migration in runner.known())
