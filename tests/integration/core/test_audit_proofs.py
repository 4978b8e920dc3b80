"""Proofs over a court's log: from tiles, for what is archived too, never one its checkpoint does not confirm."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import Binary

from evidence.log import Leaves, leaf_hash, tree_root, verify_consistency, verify_inclusion
from evidence.log import tiles as tiling
from evidence.stores import FileStore
from server.core import crypto
from server.core.audit import archive, checkpoints, proofs, tiles
from server.core.audit.chain import append
from server.core.clock import utc_now
from server.core.errors import DomainError
from tests.integration.core.audit_chain import COURT, START, row

SIZES = (3, 256, 700)
LATER = START + timedelta(days=400)


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "store")


@pytest.fixture
def log(database: Any) -> Any:
    """700 entries with checkpoints over the first 3, 256 and all."""
    crypto.use(crypto.Vault.from_master(bytes(range(32))))
    done = 0
    for size in SIZES:
        append([row(n) for n in range(done, size)], ids=[f"e{n}" for n in range(done, size)])
        assert checkpoints.checkpoint(COURT, now=START)
        done = size
    return database


def holds(signed: proofs.Signed, found: dict[str, proofs.Inclusion]) -> bool:
    size, root = signed.checkpoint.size, signed.checkpoint.root
    return all(verify_inclusion(leaf_hash(one.entry), one.index, size, one.hashes, root) for one in found.values())


def test_the_tiles_make_the_root_the_checkpoint_signed(log: Any) -> None:
    hashes = [one["hash"] for one in log.audit_entries.find().sort("seq", 1)]
    for size in SIZES:
        root = proofs.of_size(COURT, size).checkpoint.root
        assert tree_root(tiling.Tiles(tiles.reader(COURT)), size) == root
        assert tree_root(Leaves(lambda begin, end: hashes[begin:end]), size) == root
    assert sorted((one["level"], one["index"], one["count"]) for one in log.audit_tiles.find()) == [
        (0, 0, 256), (0, 1, 256), (0, 2, 188), (1, 0, 2),
    ]  # fmt: skip


def test_entries_are_proven_to_be_in_the_log(log: Any) -> None:
    signed = proofs.newest(COURT)
    found = proofs.inclusion(COURT, ["e0", "e255", "e699", "none"], signed, store=None)
    assert {key: one.index for key, one in found.items()} == {"e0": 0, "e255": 255, "e699": 699}
    assert holds(signed, found)
    early = proofs.of_size(COURT, 256)
    assert list(proofs.inclusion(COURT, ["e255", "e256"], early, store=None)) == ["e255"]


def test_a_later_log_goes_on_from_an_earlier_one(log: Any) -> None:
    for old, new in ((3, 256), (3, 700), (256, 700), (700, 700)):
        first, second, hashes = proofs.consistency(COURT, old, new, store=None)
        assert verify_consistency(old, new, first.checkpoint.root, second.checkpoint.root, hashes)
    for old, new, code in ((4, 700, "log.no_checkpoint"), (700, 3, "log.bad_sizes"), (0, 3, "log.bad_sizes")):
        with pytest.raises(DomainError) as refusal:
            proofs.consistency(COURT, old, new, store=None)
        assert refusal.value.code == code


@pytest.mark.parametrize("lost", [{}, {"level": 1}, {"level": 0, "index": 2}, {"level": 0}])
def test_tiles_that_are_gone_are_built_anew(log: Any, lost: dict[str, int]) -> None:
    log.audit_tiles.delete_many(lost)
    signed = proofs.newest(COURT)
    assert holds(signed, proofs.inclusion(COURT, ["e1", "e650"], signed, store=None))
    assert log.audit_tiles.count_documents({}) == 4


def test_an_altered_tile_proves_nothing_and_is_built_anew(log: Any) -> None:
    tile = log.audit_tiles.find_one({"level": 0, "index": 0})
    log.audit_tiles.update_one({"_id": tile["_id"]}, {"$set": {"hashes": Binary(bytes(len(tile["hashes"])))}})
    signed = proofs.newest(COURT)
    assert holds(signed, proofs.inclusion(COURT, ["e1", "e650"], signed, store=None))


def test_an_altered_entry_gets_no_proof_and_costs_no_rebuilding(log: Any) -> None:
    log.audit_entries.update_one({"_id": "e7"}, {"$set": {"action": "other"}})
    before = list(log.audit_tiles.find())
    with pytest.raises(DomainError) as refusal:
        proofs.inclusion(COURT, ["e7"], proofs.newest(COURT), store=None)
    assert refusal.value.code == "log.broken"
    assert list(log.audit_tiles.find()) == before


def archived(database: Any, store: FileStore, mongo_uri: str, before: datetime) -> None:
    archive.archive(COURT, before=before, now=LATER, store=store, per_segment=300)
    archive.remove(COURT, admin_uri=mongo_uri, now=LATER, store=store)


@pytest.mark.parametrize("tiles_kept", [True, False])
def test_archived_entries_are_proven_as_before(log: Any, store: FileStore, mongo_uri: str, tiles_kept: bool) -> None:
    archived(log, store, mongo_uri, LATER - timedelta(days=190))
    assert log.audit_entries.count_documents({"seq": {"$lt": 700}}) == 0
    if not tiles_kept:
        log.audit_tiles.delete_many({})
    assert checkpoints.checkpoint(COURT, now=LATER)
    signed = proofs.newest(COURT)
    found = proofs.inclusion(COURT, ["e0", "e512"], signed, store=store)
    assert {key: one.index for key, one in found.items()} == {"e0": 0, "e512": 512}
    assert holds(signed, found)
    assert proofs.consistency(COURT, 256, signed.checkpoint.size, store=store)


def test_tiles_that_were_never_made_are_made_before_entries_leave(log: Any, store: FileStore, mongo_uri: str) -> None:
    log.audit_tiles.delete_many({})
    archived(log, store, mongo_uri, LATER - timedelta(days=190))
    assert log.audit_tiles.count_documents({"level": 0}) == 3


def test_without_a_checkpoint_there_is_no_proof(database: Any) -> None:
    crypto.use(crypto.Vault.from_master(bytes(range(32))))
    append([row(1)])
    with pytest.raises(DomainError) as refusal:
        proofs.newest(COURT)
    assert refusal.value.code == "log.no_checkpoint"
    checkpoints.checkpoint(COURT, now=utc_now())
    with pytest.raises(DomainError):
        proofs.newest(COURT, at_least=2)
