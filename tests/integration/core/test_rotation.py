"""A court's key is changed while everybody works: nothing is lost, nothing is unreadable, a kill changes nothing."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from server.cases.models import Party
from server.core import crypto
from server.core.clock import utc_now
from server.core.crypto import TOMBSTONE, Vault, VaultError, ciphers, rotation
from server.core.crypto.mongo_keys import MongoKeys
from server.core.crypto.records import ACTIVE, RETIRED, SEAL
from server.core.fields import sealed_phone
from server.dispatch.models import Visit
from server.service.models import ServiceTask
from tests.factories import visits as make
from tests.factories.service import ADDRESS
from tests.factories.service import task as make_task

COURT = make.COURT
MASTER = b"r" * 32
LATER = timedelta(minutes=5)


@pytest.fixture
def vault(database: Any, monkeypatch: pytest.MonkeyPatch) -> Vault:
    """A vault whose processes learn of a new key at once."""
    made = Vault.from_master(MASTER, MongoKeys(), ttl_s=0.05)
    monkeypatch.setattr(crypto._Holder, "vault", made)
    return made


def party(number: int) -> str:
    now, party_id = utc_now(), f"p{number}"
    phone = sealed_phone(f"199{number:08d}", court=COURT, subject=party_id)
    Party._get_collection().insert_one(
        {
            "_id": party_id, "court": COURT, "case_id": "c", "identity": party_id, "name": "甲", "kind": "自然人",
            "phone": phone, "created_at": now, "updated_at": now,
        }
    )  # fmt: skip
    return party_id


def until_retired(vault: Vault, **options: Any) -> rotation.Advance:
    for _ in range(50):
        done = rotation.advance(vault, court=COURT, now=utc_now() + LATER, **options)
        if done.retired:
            return done
    raise AssertionError("never retired")


def states() -> list[str]:
    keys = [key for key in MongoKeys().keys(COURT) if key.purpose == SEAL]
    return [key.state for key in sorted(keys, key=lambda key: key.generation)]


def test_every_value_at_any_depth_is_sealed_anew_and_the_old_key_retired(vault: Vault, database: Any) -> None:
    visit = make.visit()
    left = {"signer": {"name": "某甲", "id_sealed": vault.seal("1101", court=COURT, subject=visit.party_id)}}
    database.visits.update_one({}, {"$set": {"outcome": left, "submissions": [left, {"code": "x"}, left]}})
    make_task(recipients=3)
    party(1)
    (old,) = (key for key in MongoKeys().keys(COURT) if key.purpose == SEAL)
    assert rotation.carried_by(old) == 6  # party, two tasks, visit, its outcome, its submissions

    newest = rotation.begin(vault, court=COURT, now=utc_now())
    done = until_retired(vault)

    assert done.retired == [old.id]
    assert (rotation.carried_by(old), rotation.carried_by(newest)) == (0, 6)
    assert states() == [RETIRED, ACTIVE]
    assert Visit.objects.get().address.open(court=COURT, subject=visit.party_id) == ADDRESS
    stored = database.visits.find_one()
    for outcome in (stored["outcome"], stored["submissions"][0], stored["submissions"][2]):
        assert vault.open(outcome["signer"]["id_sealed"], court=COURT, subject=visit.party_id) == "1101"
    assert all(one.address.open(court=COURT) == ADDRESS for task in ServiceTask.objects for one in task.recipients)
    assert Party.objects.get().phone.open(court=COURT) == "19900000001"


def test_a_key_is_not_retired_before_every_writer_knows_the_new_one(vault: Vault) -> None:
    party(1)
    rotation.begin(vault, court=COURT, now=utc_now())
    for _ in range(3):
        assert rotation.advance(vault, court=COURT, now=utc_now()).retired == []
    assert states() == [ACTIVE, ACTIVE]
    assert rotation.pending(vault) == [COURT]
    assert until_retired(vault).retired
    assert rotation.pending(vault) == []


def test_a_writer_with_an_old_key_in_memory_is_waited_for(vault: Vault) -> None:
    slow = Vault.from_master(MASTER, MongoKeys(), ttl_s=3600)
    party_id = party(1)
    slow.seal("warm", court=COURT)
    rotation.begin(vault, court=COURT, now=utc_now())
    rotation.advance(vault, court=COURT, now=utc_now())
    late = slow.seal("19900009999", court=COURT, subject=party_id)
    Party._get_collection().update_one({"_id": party_id}, {"$set": {"phone.text": late}})

    assert until_retired(vault).resealed == 0
    assert Party.objects.get().phone.text != late
    assert Party.objects.get().phone.open(court=COURT) == "19900009999"


def test_writers_at_work_lose_nothing(vault: Vault) -> None:
    """Eight writers change numbers without pause while the key is changed three times."""
    ids = [party(number) for number in range(60)]
    said: dict[str, str] = {}
    stop, parties = threading.Event(), Party._get_collection()

    def write(worker: int) -> int:
        chance, count = random.Random(worker), 0  # which party, no secret
        mine = ids[worker::8]
        while not stop.is_set():
            party_id, number = chance.choice(mine), f"199{chance.randrange(10**8):08d}"
            sealed = sealed_phone(number, court=COURT, subject=party_id)
            parties.update_one({"_id": party_id}, {"$set": {"phone": sealed}})
            said[party_id] = number
            found = parties.find_one({"_id": chance.choice(ids)})
            assert crypto.vault().open(found["phone"]["text"], court=COURT, subject=found["_id"]).startswith("199")
            count += 1
        return count

    with ThreadPoolExecutor(8) as pool:
        working = [pool.submit(write, worker) for worker in range(8)]
        try:
            for _ in range(3):
                rotation.begin(vault, court=COURT, now=utc_now())
                for _ in range(4):
                    rotation.advance(vault, court=COURT, now=utc_now())
        finally:
            stop.set()
        written = sum(one.result() for one in working)
    until_retired(vault)

    assert written > 100
    for found in parties.find():
        text = crypto.vault().open(found["phone"]["text"], court=COURT, subject=found["_id"])
        assert text == said.get(found["_id"], text)
        assert found["phone"]["index"] == crypto.vault().index(text, court=COURT)
    assert states() == [RETIRED, RETIRED, RETIRED, ACTIVE]
    assert [rotation.carried_by(key) for key in MongoKeys().keys(COURT) if key.state == RETIRED] == [0, 0, 0]


def test_stopped_in_the_middle_it_goes_on_where_the_values_say(vault: Vault) -> None:
    for number in range(450):
        party(number)
    (old,) = (key for key in MongoKeys().keys(COURT) if key.purpose == SEAL)
    rotation.begin(vault, court=COURT, now=utc_now())

    first = rotation.advance(vault, court=COURT, now=utc_now() + LATER, seconds=0)

    assert (first.resealed, first.finished, first.retired) == (rotation.BATCH, False, [])
    assert rotation.carried_by(old) == 250
    another = Vault.from_master(MASTER, MongoKeys())
    assert set(_phones(another)) == {f"199{number:08d}" for number in range(450)}
    until_retired(another)
    assert rotation.carried_by(old) == 0


def _phones(vault: Vault) -> list[str | None]:
    return vault.open_many([one["phone"]["text"] for one in Party._get_collection().find()], court=COURT)


def test_a_key_is_destroyed_only_when_retired_and_carried_by_nothing(vault: Vault) -> None:
    party_id = party(1)
    before = Party.objects.get().phone.text
    (old,) = (key for key in MongoKeys().keys(COURT) if key.purpose == SEAL)
    with pytest.raises(VaultError, match="已停用"):
        rotation.destroy(vault, key_id=old.id, now=utc_now())
    rotation.begin(vault, court=COURT, now=utc_now())
    until_retired(vault)
    assert vault.open(before, court=COURT) == "19900000001"  # a copy that was out still opens

    Party._get_collection().update_one({"_id": party_id}, {"$set": {"phone.text": before}})
    with pytest.raises(VaultError, match="仍有 1 处"):
        rotation.destroy(vault, key_id=old.id, now=utc_now())
    Party._get_collection().delete_many({})
    rotation.destroy(vault, key_id=old.id, now=utc_now())
    for one in (vault, Vault.from_master(MASTER, MongoKeys())):
        with pytest.raises(VaultError):
            one.open(before, court=COURT)
    assert [key.wrapped for key in MongoKeys().keys(COURT) if key.id == old.id] == [None]


def test_values_of_the_first_form_and_of_the_destroyed_leave_with_the_old_key(vault: Vault, database: Any) -> None:
    # Sealed by the program as it was before courts had keys of their own, under this master key.
    one, two = party(1), party(2)
    legacy = vault.ring.provider.legacy(next(iter(vault.ring.provider._masters)))  # type: ignore[attr-defined]  # the file provider's
    assert legacy is not None
    raw = ciphers.encrypt("a", legacy.seal_key, b"19907613984", COURT.encode())
    database.parties.update_one({"_id": one}, {"$set": {"phone.text": f"1.{legacy.key_id}.{ciphers.body_of(raw)}"}})
    vault.destroy_subject(two, court=COURT, reason="申请", by="p", now=utc_now())

    rotation.begin(vault, court=COURT, now=utc_now())
    until_retired(vault)

    assert Party.objects.get(id=one).phone.text.startswith("2.")
    assert Party.objects.get(id=one).phone.open(court=COURT, subject=one) == "19907613984"
    assert vault.subject_of(Party.objects.get(id=one).phone.text, court=COURT) == one
    assert Party.objects.get(id=two).phone.text == TOMBSTONE
