"""Old entries move to the evidence store and stay verifiable; removing them takes another database user."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from evidence.stores import FileStore
from server.core import crypto
from server.core.audit import archive, checkpoints, pending, search
from server.core.audit.chain import append
from server.core.audit.verify import Against, verify
from server.core.errors import DomainError
from tests.integration.core.audit_chain import COURT, START, row

LATER = START + timedelta(days=200)
BEFORE = START + timedelta(seconds=20)


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "store")


@pytest.fixture(autouse=True)
def log(database: Any) -> Any:
    crypto.use(crypto.Vault.from_master(bytes(range(32))))
    for begin in range(0, 30, 10):
        append([row(n) for n in range(begin, begin + 10)])
        checkpoints.checkpoint(COURT, now=START)
    return database


def archived(store: FileStore, per_segment: int = 8) -> list[dict[str, Any]]:
    return archive.archive(COURT, before=BEFORE, now=LATER, store=store, per_segment=per_segment)


def checked(store: FileStore) -> tuple[bool, int, int, int]:
    report = verify(COURT, Against(store=store))
    return report.ok, report.entries, report.archived, report.checkpoints


def test_archived_entries_are_verified_from_the_store(log: Any, store: FileStore, mongo_uri: str) -> None:
    made = archived(store)
    assert [(one["begin"], one["end"]) for one in made] == [(0, 8), (8, 16), (16, 20)]
    assert checked(store) == (True, 31, 20, 3)  # the archiving itself is a row
    assert archive.remove(COURT, admin_uri=mongo_uri, now=LATER, store=store) == 20
    assert log.audit_entries.count_documents({"seq": {"$lt": 20}}) == 0
    assert checked(store) == (True, 32, 20, 3)
    assert archive.remove(COURT, admin_uri=mongo_uri, now=LATER, store=store) == 0


def test_a_file_is_lines_of_json_that_anybody_can_read(store: FileStore) -> None:
    with store.open(archived(store)[0]["store_key"]) as stream:
        lines = [json.loads(line) for line in gzip.decompress(stream.read()).decode().splitlines()]
    assert [one["seq"] for one in lines] == list(range(8))
    assert lines[3]["object_id"] == "visit-3"
    assert lines[3]["prev"] == lines[2]["hash"]


def test_the_log_goes_on_when_all_of_it_was_archived(log: Any, store: FileStore, mongo_uri: str) -> None:
    archive.archive(COURT, before=START + timedelta(days=1), now=LATER, store=store)
    archive.remove(COURT, admin_uri=mongo_uri, now=LATER, store=store)
    log.audit_entries.delete_many({"seq": {"$gte": 30}})
    log.audit_heads.delete_one({"_id": COURT})
    append([row(31)])
    found = [one["action"] for one in log.audit_entries.find().sort("seq", 1)]
    assert found == ["audit.head_lost", "visit.assign"]
    assert log.audit_heads.find_one({"_id": COURT})["size"] == 32


def test_archiving_again_goes_on_where_it_stopped(store: FileStore) -> None:
    archived(store)
    assert archived(store) == []
    more = archive.archive(COURT, before=START + timedelta(seconds=25), now=LATER, store=store)
    assert [(one["begin"], one["end"]) for one in more] == [(20, 25)]
    assert checked(store)[:3] == (True, 32, 25)


def test_half_a_year_stays_online(store: FileStore) -> None:
    with pytest.raises(DomainError, match=r"audit\.too_recent"):
        archive.archive(COURT, before=BEFORE, now=BEFORE + timedelta(days=183), store=store)
    assert archive.archive(COURT, before=BEFORE, now=BEFORE + timedelta(days=184), store=store)


def test_nothing_is_archived_over_a_fault(log: Any, store: FileStore) -> None:
    log.audit_entries.update_one({"seq": 12}, {"$set": {"person_name": "另一人"}})
    with pytest.raises(DomainError, match=r"audit\.broken") as refusal:
        archived(store)
    assert (refusal.value.extra["seq"], refusal.value.extra["what"]) == (12, "altered")
    assert log.audit_segments.count_documents({}) == 1


def files(store: FileStore) -> list[Path]:
    return sorted(store.root.glob("sha256/*/*"))


@pytest.mark.parametrize("removed", [True, False])
@pytest.mark.parametrize("what", ["file", "no file", "swapped", "descriptor", "no descriptor", "end", "sha256"])
def test_a_damaged_archive_is_found(log: Any, store: FileStore, mongo_uri: str, what: str, removed: bool) -> None:
    made = archived(store)
    if removed:
        archive.remove(COURT, admin_uri=mongo_uri, now=LATER, store=store)
    path = store.root / made[1]["store_key"]
    path.chmod(0o640)
    other = made[0]
    if what == "file":
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    elif what == "no file":
        path.unlink()
    elif what == "swapped":
        said = {name: other[name] for name in ("sha256", "store_key", "mac")}
        log.audit_segments.update_one({"_id": made[1]["_id"]}, {"$set": said})
    elif what == "no descriptor":
        log.audit_segments.delete_one({"_id": made[1]["_id"]})
    else:
        name = {"descriptor": "hash", "end": "end", "sha256": "sha256"}[what]
        value = {"descriptor": bytes(32), "end": 20, "sha256": other["sha256"]}[what]
        log.audit_segments.update_one({"_id": made[1]["_id"]}, {"$set": {name: value}})
    report = verify(COURT, Against(store=store))
    assert report.first_bad is not None, what
    assert report.first_bad.where in ("segment", "entry")


def test_an_archived_entry_altered_before_its_removal_is_found(log: Any, store: FileStore) -> None:
    archived(store)
    log.audit_entries.update_one({"seq": 5}, {"$set": {"result": "refused"}})
    report = verify(COURT, Against(store=store))
    assert report.first_bad is not None
    assert (report.first_bad.what, report.first_bad.seq) == ("altered", 5)


def test_nothing_is_removed_whose_archive_is_not_whole(log: Any, store: FileStore, mongo_uri: str) -> None:
    made = archived(store)
    (store.root / made[0]["store_key"]).unlink()
    with pytest.raises(DomainError, match=r"audit\.broken"):
        archive.remove(COURT, admin_uri=mongo_uri, now=LATER, store=store)
    assert log.audit_entries.count_documents({"seq": {"$lt": 20}}) == 20


def test_the_same_entries_make_the_same_file(log: Any, store: FileStore, tmp_path: Path) -> None:
    first = archived(store, 100)[0]["sha256"]
    log.audit_segments.delete_many({})
    assert archived(FileStore(tmp_path / "other"), 100)[0]["sha256"] == first


def test_removal_needs_a_user_who_may(log: Any, store: FileStore, mongo_uri: str) -> None:
    archived(store)
    stranger = mongo_uri.replace("mongodb://", "mongodb://nobody:wrong@")
    with pytest.raises(OperationFailure):
        archive.remove(COURT, admin_uri=stranger, now=LATER, store=store)
    assert log.audit_entries.count_documents({"seq": {"$lt": 20}}) == 20


def test_the_program_itself_only_adds_and_reads(log: Any, store: FileStore) -> None:
    """Its database user needs neither the right to change nor to delete an entry."""
    log.command("profile", 2)
    try:
        append([row(n) for n in range(5)])
        pending.finish(pending.begin(row(6)), row(6))
        pending.begin(row(7))
        pending.sweep(now=LATER)
        checkpoints.make(now=LATER, tsa=None)
        archived(store)
        assert verify(COURT, Against(store=store)).ok
        search.statistics(courts=[COURT], since=START, until=LATER)
    finally:
        log.command("profile", 0)
    done = {one["op"] for one in log["system.profile"].find({"ns": f"{log.name}.audit_entries"})}
    log["system.profile"].drop()
    assert done == {"insert", "query", "command", "getmore"} - ({"getmore"} - done)
