"""The chain grows by many hands at once, and nothing that was appended is lost."""

from __future__ import annotations

from typing import Any

import pytest

from server.core import crypto
from server.core.audit.chain import append
from tests.integration.core.audit_chain import COURT, row


@pytest.fixture(autouse=True)
def vault() -> None:
    crypto.use(crypto.Vault.from_master(bytes(range(32))))


def test_entries_stand_one_behind_the_other(database: Any) -> None:
    ids = append([row(n) for n in range(5)])
    ids += append([row(5)])
    found = list(database.audit_entries.find({"court": COURT}).sort("seq"))
    assert [one["_id"] for one in found] == ids
    assert [one["seq"] for one in found] == list(range(6))
    assert [one["prev"] for one in found] == [bytes(32), *(one["hash"] for one in found[:-1])]
