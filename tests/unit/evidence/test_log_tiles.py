"""Tiles: the same proofs as from the leaves, from a handful of reads, however the log grew."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.errors import EvidenceError
from evidence.log import (
    Leaves,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from evidence.log import tiles as tiling
from evidence.log.tiles import MemoryTiles, RepeatingTiles, Tiles
from tests.unit.evidence.test_log_tree import INPUTS, ROOTS

HASHES = [leaf_hash(n.to_bytes(4, "big")) for n in range(70_000)]
LEAVES = Leaves(lambda begin, end: HASHES[begin:end])
SIZES = st.one_of(st.integers(1, 700), st.sampled_from([255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_000]))


def grown(*sizes: int) -> MemoryTiles:
    found = MemoryTiles()
    for size in sizes:
        found.extend(HASHES[found.size : size], size)
    return found


WHOLE = grown(66_000)


@settings(max_examples=60, deadline=None)
@given(size=SIZES, data=st.data())
def test_proofs_from_tiles_are_those_from_the_leaves(size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root = tree_root(Tiles(WHOLE.read), size)
    proof = tiling.inclusion(WHOLE.read, index, size)
    assert verify_inclusion(HASHES[index], index, size, proof, root)
    between = tiling.consistency(WHOLE.read, old, size)
    assert verify_consistency(old, size, tree_root(Tiles(WHOLE.read), old), root, between)
    if size <= 700:
        assert root == tree_root(LEAVES, size)
        assert proof == inclusion_proof(LEAVES, index, size)
        assert between == consistency_proof(LEAVES, old, size)


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(st.integers(1, 600), min_size=1, max_size=6))
def test_a_log_that_grew_in_steps_has_the_tiles_of_one_that_grew_at_once(steps: list[int]) -> None:
    sizes = [sum(steps[: n + 1]) for n in range(len(steps))]
    assert grown(*sizes).tiles == grown(sizes[-1]).tiles


def test_the_roots_of_the_published_leaves_come_from_tiles_too() -> None:
    found = MemoryTiles()
    found.extend((leaf_hash(one) for one in INPUTS), len(INPUTS))
    assert [tree_root(Tiles(found.read), size).hex() for size in range(1, 9)] == ROOTS


@pytest.mark.parametrize("level", [1, 2])
def test_levels_a_dead_process_left_behind_are_caught_up(level: int) -> None:
    whole = grown(66_000)
    lost = {place: hashes for place, hashes in whole.tiles.items() if place[0] < level}
    counts = [66_000 >> (8 * one) for one in range(level)]

    def read(places: Iterable[tiling.Place]) -> dict[tiling.Place, bytes]:
        return {one: lost[one] for one in places if one in lost}

    lost.update(tiling.grow(read, counts, [], 66_000))
    assert lost == whole.tiles


def test_every_tile_a_proof_needs_is_read_at_once_and_they_are_few() -> None:
    log = RepeatingTiles(10_000_000)
    reads: list[list[tiling.Place]] = []

    def read(places: Iterable[tiling.Place]) -> dict[tiling.Place, bytes]:
        reads.append(list(places))
        return log.read(reads[-1])

    tiling.inclusion(read, 1_234_567, 10_000_000)
    tiling.consistency(read, 7_654_321, 10_000_000)
    assert [len(one) for one in reads] == [5, 5]


def test_a_proof_over_ten_million_leaves_takes_milliseconds() -> None:
    log = RepeatingTiles(10_000_000)
    root = tree_root(Tiles(log.read), log.size)
    spent = time.process_time()
    for index in range(0, log.size, 500_009):
        proof = tiling.inclusion(log.read, index, log.size)
        assert verify_inclusion(log.leaf(index), index, log.size, proof, root)
    assert (time.process_time() - spent) / 20 < 0.005


def test_tiles_that_are_not_there_make_no_proof() -> None:
    found = grown(300)
    for ask in (lambda: tiling.inclusion(found.read, 5, 301), lambda: tiling.consistency(found.read, 5, 301)):
        with pytest.raises(EvidenceError, match=r"log\.no_such_leaf"):
            ask()
    with pytest.raises(EvidenceError, match=r"log\.no_such_leaf"):
        found.extend(HASHES[300:310], 311)
    with pytest.raises(EvidenceError, match=r"log\.no_such_leaf"):
        tiling.inclusion(found.read, 300, 300)
