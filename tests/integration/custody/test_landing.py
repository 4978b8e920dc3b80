"""Announced bytes become an item once, whole, or not at all; nothing that was captured is thrown away."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from evidence.manifest import sha256_of
from evidence.stores import FileStore
from server.accounts.models import Person
from server.core.clock import court_day, utc_now
from server.core.errors import DomainError
from server.core.ids import new_id
from server.custody.models import Announced
from server.custody.services import landing, receiving
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.field.services.evidence import Held, Upload, content_digest
from server.migrations import m20261122d_evidence_manifests as evidence_manifests
from server.service.actor import Actor
from tests.factories import visits as make
from tests.factories.media import small_photo


def announce(visit: Visit | None, server: Person, data: bytes, **fields: Any) -> Announced:
    now = utc_now()
    values = {
        "court": make.COURT,
        "server_id": server.id,
        "date": court_day(now).isoformat(),
        "visit_id": visit.id if visit else "",
        "client_id": new_id(),
        "digest": new_id(),
        "kind": "photo_door",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "captured_at": now - timedelta(minutes=3),
        "announced_at": now,
    }
    return Announced(**(values | fields)).save(force_insert=True)


def land(one: Announced, data: bytes, store: FileStore, server: Person) -> landing.Landed:
    return landing.land(
        court=make.COURT,
        announced_id=one.id,
        actor=Actor(server.id, server.name),
        stream=io.BytesIO(data),
        store=store,
        now=utc_now(),
    )


def test_announced_bytes_become_an_item_with_its_manifest(visit: Visit, server: Person, store: FileStore) -> None:
    data = small_photo(1)
    one = announce(visit, server, data)
    landed = land(one, data, store, server)
    assert (landed.state, landed.repeated) == ("held", False)
    item = EvidenceItem.objects.get(id=landed.evidence_id)
    with store.open(item.store_key) as held:
        assert held.read() == data
    said = json.loads(item.manifest)
    assert item.manifest_sha256 == sha256_of(item.manifest)
    assert (said["sha256"], said["size"], said["evidence_id"]) == (one.sha256, len(data), item.id)
    assert (item.task_id, item.late) == (visit.task_id, {})
    assert Announced.objects.get(id=one.id).state == "held"


def test_landing_twice_answers_the_first_item(visit: Visit, server: Person, store: FileStore) -> None:
    data = small_photo(2)
    one = announce(visit, server, data)
    first, again = land(one, data, store, server), land(one, data, store, server)
    assert (again.evidence_id, again.repeated) == (first.evidence_id, True)
    assert EvidenceItem.objects.count() == 1


def test_a_landing_killed_before_it_settled_the_ledger_is_finished_by_the_next(
    visit: Visit, server: Person, store: FileStore
) -> None:
    data = small_photo(3)
    one = announce(visit, server, data)
    first = land(one, data, store, server)
    Announced.objects(id=one.id).update(set__state="announced", unset__evidence_id=True)
    again = land(one, data, store, server)
    assert (again.state, again.evidence_id) == ("held", first.evidence_id)
    assert Announced.objects.get(id=one.id).evidence_id == first.evidence_id


def test_other_bytes_than_announced_are_refused_and_nothing_is_kept(
    visit: Visit, server: Person, store: FileStore
) -> None:
    one = announce(visit, server, small_photo(4))
    with pytest.raises(DomainError) as refused:
        land(one, small_photo(5), store, server)
    assert refused.value.code == "evidence.hash_mismatch"
    assert Announced.objects.get(id=one.id).state == "announced"
    assert EvidenceItem.objects.count() == 0
    assert not list(store.root.rglob("sha256/*/*"))


def test_bytes_that_are_no_photo_are_kept_and_the_item_is_refused(
    visit: Visit, server: Person, store: FileStore
) -> None:
    data = b"PK\x03\x04 this is a zip"
    one = announce(visit, server, data)
    landed = land(one, data, store, server)
    assert landed.state == "refused"
    assert (landed.problem or {})["code"] == "evidence.not_an_image"
    kept = Announced.objects.get(id=one.id).kept_key
    with store.open(kept) as held:
        assert held.read() == data
    assert EvidenceItem.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"review": {"state": "accepted", "round": 1}, "state": "ended"}, "visit_closed"),
        ({"state": "withdrawn"}, "visit_closed"),
        ({"server_id": "somebody-else"}, "visit_lost"),
    ],
)
def test_an_item_that_comes_after_its_visit_waits_for_the_office(
    visit: Visit, server: Person, store: FileStore, change: dict[str, Any], why: str
) -> None:
    data = small_photo(6)
    one = announce(visit, server, data)
    Visit._get_collection().update_one({"_id": visit.id}, {"$set": change})
    landed = land(one, data, store, server)
    late = EvidenceItem.objects.get(id=landed.evidence_id).late
    assert (late["why"], late["state"]) == (why, "waiting")


def test_what_was_captured_without_a_visit_is_held_without_one(server: Person, store: FileStore) -> None:
    data = small_photo(7)
    landed = land(announce(None, server, data), data, store, server)
    item = EvidenceItem.objects.get(id=landed.evidence_id)
    assert (item.visit_id, item.task_id) == ("", "")


def test_items_of_earlier_versions_get_a_manifest_once(
    visit: Visit, server: Person, store: FileStore, database: Any
) -> None:
    data = small_photo(8)
    landed = land(announce(visit, server, data), data, store, server)
    before = bytes(EvidenceItem.objects.get(id=landed.evidence_id).manifest)
    new = dict.fromkeys(("manifest", "manifest_sha256", "log", "analysis", "capture", "source", "version"), "")
    database.evidence_items.update_one({"_id": landed.evidence_id}, {"$unset": new})
    assert evidence_manifests.migrate(database) == "evidence_items 1"
    assert evidence_manifests.migrate(database) == "evidence_items 0"
    after = EvidenceItem.objects.get(id=landed.evidence_id)
    assert (bytes(after.manifest), after.log["state"]) == (before, "waiting")


def send_small(visit: Visit, server: Person, store: FileStore, data: bytes, one: Announced) -> Held:
    upload = Upload(
        client_id=one.client_id,
        kind=one.kind,
        sha256=hashlib.sha256(data).hexdigest(),
        captured_at=one.captured_at,
        fix=None,
        stream=io.BytesIO(data),
    )
    actor = Actor(server.id, server.name)
    return receiving.receive(
        court=make.COURT, visit_id=visit.id, actor=actor, store=store, upload=upload, now=utc_now()
    )


def announced_for_small(visit: Visit, server: Person, data: bytes) -> Announced:
    sha256 = hashlib.sha256(data).hexdigest()
    at = utc_now().replace(microsecond=0) - timedelta(minutes=3)
    digest = content_digest(kind="photo_door", sha256=sha256, captured_at=at, fix=None)
    one = announce(visit, server, data, digest=digest, captured_at=at)
    envelope = {"payload": b"{}", "signature": bytes(64), "device_id": "d"}
    Announced._get_collection().update_one({"_id": one.id}, {"$set": {"envelope": envelope}})
    return one


def test_an_announced_item_sent_in_one_request_keeps_its_envelope(
    visit: Visit, server: Person, store: FileStore
) -> None:
    data = small_photo(9)
    one = announced_for_small(visit, server, data)
    held = send_small(visit, server, store, data, one)
    item = EvidenceItem.objects.get(id=held.evidence_id)
    assert bytes(item.envelope["payload"]) == b"{}"
    assert json.loads(item.manifest)["envelope_sha256"] == hashlib.sha256(b"{}").hexdigest()
    assert Announced.objects.get(id=one.id).evidence_id == held.evidence_id


def test_one_request_cannot_bring_other_bytes_than_were_announced(
    visit: Visit, server: Person, store: FileStore
) -> None:
    one = announced_for_small(visit, server, small_photo(10))
    with pytest.raises(DomainError) as refused:
        send_small(visit, server, store, small_photo(11), one)
    assert refused.value.code == "client_id.reused"
    assert Announced.objects.get(id=one.id).state == "announced"
    assert EvidenceItem.objects.count() == 0
