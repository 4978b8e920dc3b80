"""The chain grows by many hands at once, and nothing that was appended is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from server.core import crypto
from server.core.audit import checkpoints, entries, heads, pending
from server.core.audit.adopt import adopt_old
from server.core.audit.chain import append
from server.core.audit.verify import verify
from server.core.crypto.mongo_keys import MongoKeys
from tests.integration.core.audit_chain import COURT, START, row
from tests.stack.processes import ROOT


@pytest.fixture(autouse=True)
def vault(database: Any) -> None:
    crypto.use(crypto.Vault.from_master(bytes(range(32)), MongoKeys()))


def chain(database: Any, court: str = COURT) -> list[dict[str, Any]]:
    return list(database.audit_entries.find({"court": court}).sort("seq", 1))


def test_entries_stand_one_behind_the_other(database: Any) -> None:
    ids = append([row(n) for n in range(5)])
    ids += append([row(5)])
    found = chain(database)
    assert [one["_id"] for one in found] == ids
    assert [one["seq"] for one in found] == list(range(6))
    assert [one["prev"] for one in found] == [bytes(32), *(one["hash"] for one in found[:-1])]
    assert verify(COURT).ok


def test_each_court_has_a_chain_of_its_own(database: Any) -> None:
    append([row(0), row(1, "京0105"), row(2), row(3, "")])
    assert [one["object_id"] for one in chain(database)] == ["visit-0", "visit-2"]
    assert [one["seq"] for one in chain(database, "京0105") + chain(database, "")] == [0, 0]
    assert all(verify(court).ok for court in (COURT, "京0105", ""))


def test_the_same_row_sent_twice_is_written_once(database: Any) -> None:
    append([row(0), row(1)], ids=["a", "b"])
    append([row(1), row(2)], ids=["b", "c"])
    assert [one["_id"] for one in chain(database)] == ["a", "b", "c"]
    assert verify(COURT).ok


def test_odd_values_are_kept_and_verified(database: Any) -> None:
    odd = {
        "$ne": None,
        "$ref": {"$id": 1, "$ref": "x"},
        "a.b": 2**80,
        "nul\0": "\ud800 lone",
        "nan": float("nan"),
        "zero": -0.0,
        "tiny": 5e-324,
        "deep": [[{"x": (1, 2, {3})}]],
        "when": START,
        "raw": b"\0",
        "empty": {},
        "": "no name",
        "_id": 7,
        "emoji": "送达😀",
    }
    append([row(0, detail=odd, before=odd), row(1, detail={"x": "汉" * 400_000})])
    assert verify(COURT).ok
    assert chain(database)[1]["detail"].keys() == {"cut_bytes"}
    assert entries.row_of(chain(database)[0]).detail["a.b"] == str(2**80)


def test_a_row_without_a_time_zone_is_refused(database: Any) -> None:
    naive = row(0)
    object.__setattr__(naive, "at", START.replace(tzinfo=None))
    with pytest.raises(ValueError, match="aware"):
        append([naive])


def test_the_chain_goes_on_in_an_emptied_database(database: Any) -> None:
    append([row(n) for n in range(3)])
    for name in ("audit_entries", "audit_heads"):
        database[name].delete_many({})
    append([row(0)])
    assert [one["seq"] for one in chain(database)] == [0]
    assert verify(COURT).ok


def test_the_head_never_moves_back(database: Any) -> None:
    append([row(n) for n in range(3)])
    key = entries.key_of(COURT)
    old = heads.Tail.empty()
    old.grow(chain(database)[0]["hash"])
    heads.advance(COURT, old, key, None)
    assert database.audit_heads.find_one({"_id": COURT})["size"] == 3


def test_a_lagging_head_is_caught_up_and_accuses_nobody(database: Any) -> None:
    append([row(0)])
    kept = database.audit_heads.find_one({"_id": COURT})
    append([row(1), row(2)])
    database.audit_heads.replace_one({"_id": COURT}, kept)
    assert verify(COURT).ok
    append([row(3)])
    assert verify(COURT).ok
    assert database.audit_heads.find_one({"_id": COURT})["size"] == 4


def test_a_forked_child_writes_its_own_way(database: Any, mongo_uri: str) -> None:
    """gunicorn and Celery fork after import: locks and queues of the parent must not be the child's."""
    append([row(0)])
    script = (
        "import os, sys\n"
        "from server.core import crypto, database\n"
        "from server.core.audit.chain import _chain, append\n"
        "from server.core.crypto.mongo_keys import MongoKeys\n"
        "from tests.integration.core.audit_chain import COURT, row\n"
        "database.connect(sys.argv[1])\n"
        "crypto.use(crypto.Vault.from_master(bytes(range(32)), MongoKeys()))\n"
        "append([row(1)])\n"
        "_chain(COURT)._leading.acquire()\n"
        "database.disconnect()\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    database.connect(sys.argv[1])\n"
        "    append([row(2)])\n"
        "    os._exit(0)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    subprocess.run([sys.executable, "-c", script, mongo_uri], check=True, timeout=60, cwd=ROOT)
    assert [one["seq"] for one in chain(database)] == [0, 1, 2]
    assert verify(COURT).ok


class Writer:
    """A process that appends."""

    def __init__(self, mongo_uri: str, name: str, threads: int, rows: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.core.audit_writer", mongo_uri, name, str(threads), str(rows)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ids: list[str] = []
        assert self.line() == "READY"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def read(self, count: int | None = None) -> None:
        """Acknowledged ids: so many, or all until the process ends."""
        while count is None or len(self.ids) < count:
            found = self.line()
            if not found:
                return
            self.ids.append(found)

    def close(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


@pytest.fixture
def writers(mongo_uri: str, database: Any) -> Iterator[list[Writer]]:
    """Three processes, sixteen threads."""
    started = [Writer(mongo_uri, f"p{n}", threads, 60) for n, threads in enumerate((6, 5, 5))]
    yield started
    for one in started:
        one.close()


def test_sixteen_writers_in_three_processes_make_one_chain(database: Any, writers: list[Writer]) -> None:
    for one in writers:
        one.go()
    readers = [threading.Thread(target=one.read) for one in writers]
    for reader in readers:
        reader.start()
    # A log that grows meanwhile is accused of nothing, and checkpoints are made of it as it stands.
    looks = 0
    while any(reader.is_alive() for reader in readers):
        checkpoints.checkpoint(COURT, now=START)
        report = verify(COURT)
        assert report.ok, report
        looks += 1
    assert looks
    for reader in readers:
        reader.join(timeout=120)
    assert [one.process.wait(timeout=10) for one in writers] == [0, 0, 0]
    told = [one for writer in writers for one in writer.ids]
    found = chain(database)
    assert len(told) == 16 * 60
    assert sorted(one["_id"] for one in found) == sorted(told)
    assert [one["seq"] for one in found] == list(range(16 * 60))
    report = verify(COURT)
    assert report.ok, report
    assert report.entries == 16 * 60
    assert database.audit_heads.find_one({"_id": COURT})["size"] == 16 * 60
    assert database.audit_pending.count_documents({}) == 0


def test_a_writer_killed_in_the_middle_leaves_a_log_that_verifies(database: Any, writers: list[Writer]) -> None:
    for one in writers:
        one.go()
    victim = writers[0]
    victim.read(40)
    victim.process.kill()
    victim.read()
    for one in writers[1:]:
        one.read()
        assert one.process.wait(timeout=10) == 0
    report = verify(COURT)
    assert report.ok, report
    found = {one["_id"] for one in chain(database)}
    told = {one for writer in writers for one in writer.ids}
    assert told <= found
    # What it was doing when it died is recorded as unknown, unless its row was just written.
    swept = pending.sweep(now=START + timedelta(days=1))
    assert database.audit_pending.count_documents({}) == 0
    unknown = [one for one in chain(database) if one["result"] == "unknown"]
    assert len(unknown) == swept
    assert verify(COURT).ok


def test_a_deed_that_was_never_finished_gets_a_row(database: Any) -> None:
    pending_id = pending.begin(row(0))
    assert pending.sweep(now=START + timedelta(minutes=4)) == 0
    assert chain(database) == []
    assert pending.sweep(now=START + timedelta(minutes=6)) == 1
    assert pending.sweep(now=START + timedelta(minutes=7)) == 0
    assert [(one["result"], one["object_id"]) for one in chain(database)] == [("unknown", "visit-0")]
    pending.finish(pending_id, row(0))
    assert [one["result"] for one in chain(database)] == ["unknown", "done"]
    assert verify(COURT).ok


def test_a_deed_whose_note_outlived_its_row_is_not_called_unknown(database: Any) -> None:
    pending_id = pending.begin(row(0))
    append([row(0)], ids=[pending_id])
    assert pending.sweep(now=START + timedelta(minutes=6)) == 0
    assert [one["result"] for one in chain(database)] == ["done"]
    assert database.audit_pending.count_documents({}) == 0


def test_two_sweeps_at_once_write_one_row(database: Any) -> None:
    for n in range(20):
        pending.begin(row(n))
    sweeps = [threading.Thread(target=pending.sweep, kwargs={"now": START + timedelta(minutes=20)}) for _ in range(4)]
    for one in sweeps:
        one.start()
    for one in sweeps:
        one.join()
    assert sorted(one["object_id"] for one in chain(database)) == sorted(f"visit-{n}" for n in range(20))
    assert verify(COURT).ok


def test_entries_of_earlier_versions_are_adopted_once_and_in_order(database: Any) -> None:
    old = [
        {
            "_id": f"old-{n}",
            "court": COURT if n % 2 else "京0105",
            "at": START - timedelta(days=n),
            "person_id": "person-1",
            "action": "evidence.view",
            "object_type": "evidence",
            "object_id": f"item-{n}",
            "detail": {"phone": "13812345678"},
        }
        for n in range(1200)
    ]
    database.audit.insert_many(old)
    append([row(0)])
    assert adopt_old(START) == 1200
    assert adopt_old(START) == 1200
    found = chain(database)
    assert [one["_id"] for one in found[1:]] == [f"old-{n}" for n in range(1199, 0, -2)]
    assert found[1]["at"] == START - timedelta(days=1199)
    assert found[1]["detail"] == {"phone": "138****5678", "adopted_at": START.isoformat()}
    assert len(chain(database, "京0105")) == 600
    assert verify(COURT).ok
    assert verify("京0105").ok
    assert database.audit.count_documents({}) == 1200
