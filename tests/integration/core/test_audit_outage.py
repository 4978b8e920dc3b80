"""A mongod that dies under the writers: they wait, go on, and the chain is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.core import crypto
from server.core import database as core_database
from server.core.audit.verify import verify
from server.core.crypto.mongo_keys import MongoKeys
from tests.integration.core.audit_chain import COURT
from tests.integration.core.test_audit_chain import Writer
from tests.stack import scratch
from tools.stack.mongo import Mongo


@pytest.fixture
def mongo(tmp_path: Path) -> Iterator[Mongo]:
    """A mongod of this test's own: it is going to be killed."""
    server = scratch.start_mongo(tmp_path)
    yield server
    core_database.disconnect()  # the next test that asks for a database connects to the session's again
    server.kill()


@pytest.mark.resilience
def test_nothing_acknowledged_is_lost_when_mongod_is_killed_under_the_writers(mongo: Mongo) -> None:
    uri = mongo.uri_for("songda_test_outage")
    core_database.connect(uri)
    core_database.ensure_indexes()
    writers = [Writer(uri, f"p{n}", 4, 150) for n in range(2)]
    try:
        for one in writers:
            one.go()
        writers[0].read(100)
        mongo.kill()
        mongo.start()
        for one in writers:
            one.read()
        assert [one.process.wait(timeout=30) for one in writers] == [0, 0]
    finally:
        for one in writers:
            one.close()
    core_database.connect(uri)
    crypto.use(crypto.Vault.from_master(bytes(range(32)), MongoKeys()))
    database: Any = core_database.database()
    found = [one["_id"] for one in database.audit_entries.find({"court": COURT}).sort("seq", 1)]
    told = [one for writer in writers for one in writer.ids]
    assert len(found) == len(set(found)) == 2 * 4 * 150
    assert set(told) == set(found)
    report = verify(COURT)
    assert report.ok, report
