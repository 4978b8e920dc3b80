"""The tree: the published vectors of Certificate Transparency, and proofs that prove nothing but the truth."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.errors import EvidenceError
from evidence.log import (
    EMPTY_ROOT,
    CompactRange,
    Leaves,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves of the reference implementation of RFC 6962 (certificate-transparency, merkle_tree_test.cc).
INPUTS = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
sizes = st.integers(min_value=1, max_value=70)


def tree(size: int) -> Leaves:
    hashes = [leaf_hash(INPUTS[n] if n < len(INPUTS) else n.to_bytes(2, "big")) for n in range(size)]
    return Leaves(lambda begin, end: hashes[begin:end])


def grown(begin: int, end: int) -> CompactRange:
    found = CompactRange(begin)
    found.extend([tree(end).node(0, n) for n in range(begin, end)])
    return found


def test_the_empty_tree_has_the_published_root() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert CompactRange().root() == EMPTY_ROOT
    assert tree_root(tree(0), 0) == EMPTY_ROOT


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_published_ones(size: int) -> None:
    assert grown(0, size).root().hex() == ROOTS[size - 1]
    assert tree_root(tree(8), size).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("place", "hashes"), INCLUSION.items())
def test_inclusion_proofs_are_the_published_ones(place: tuple[int, int], hashes: list[str]) -> None:
    index, size = place
    proof = inclusion_proof(tree(8), index, size)
    assert [one.hex() for one in proof] == hashes
    assert verify_inclusion(leaf_hash(INPUTS[index]), index, size, proof, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("sizes", "hashes"), CONSISTENCY.items())
def test_consistency_proofs_are_the_published_ones(sizes: tuple[int, int], hashes: list[str]) -> None:
    old, new = sizes
    proof = consistency_proof(tree(8), old, new)
    assert [one.hex() for one in proof] == hashes
    roots = [bytes.fromhex(ROOTS[size - 1]) for size in sizes]
    assert verify_consistency(old, new, roots[0], roots[1], proof)


def flipped(data: bytes, bit: int) -> bytes:
    at = bit % (len(data) * 8)
    return bytes(one ^ (1 << at % 8) if n == at // 8 else one for n, one in enumerate(data))


def damaged(proof: list[bytes], how: int, bit: int) -> list[bytes]:
    """One bit flipped, one hash dropped, or one doubled."""
    at = bit % len(proof)
    if how == 0:
        return [flipped(one, bit // len(proof)) if n == at else one for n, one in enumerate(proof)]
    return proof[:at] + proof[at + 1 :] if how == 1 else [*proof[:at], proof[at], *proof[at:]]


bits = st.integers(min_value=0, max_value=20_000)


@settings(deadline=None)
@given(sizes, sizes, st.integers(0, 2), bits)
def test_every_inclusion_proof_verifies_and_no_damaged_one_does(one: int, other: int, how: int, bit: int) -> None:
    size, index = max(one, other), min(one, other) - 1
    store = tree(size)
    leaf, root = store.node(0, index), tree_root(store, size)
    proof = inclusion_proof(store, index, size)
    assert verify_inclusion(leaf, index, size, proof, root)
    assert not verify_inclusion(flipped(leaf, bit), index, size, proof, root)
    assert not verify_inclusion(leaf, index, size, proof, flipped(root, bit))
    assert not verify_inclusion(leaf, index, size, [*proof, leaf], root)
    if size > 1:
        assert not verify_inclusion(leaf, (index + 1) % size, size, proof, root)
        assert not verify_inclusion(leaf, index, size, damaged(proof, how, bit), root)


@settings(deadline=None)
@given(sizes, sizes, st.integers(0, 2), bits)
def test_every_consistency_proof_verifies_and_no_damaged_one_does(one: int, other: int, how: int, bit: int) -> None:
    old, new = min(one, other), max(one, other)
    store = tree(new)
    old_root, new_root = tree_root(store, old), tree_root(store, new)
    proof = consistency_proof(store, old, new)
    assert verify_consistency(old, new, old_root, new_root, proof)
    assert not verify_consistency(old, new, flipped(old_root, bit), new_root, proof)
    assert not verify_consistency(old, new, old_root, flipped(new_root, bit), proof)
    assert not verify_consistency(old, new, old_root, new_root, [*proof, old_root])
    if proof:
        assert not verify_consistency(old, new, old_root, new_root, damaged(proof, how, bit))


def test_proofs_of_what_is_not_there_are_refused() -> None:
    for index, size in ((-1, 4), (4, 4), (0, 0)):
        with pytest.raises(EvidenceError, match=r"log\.no_such_leaf"):
            inclusion_proof(tree(8), index, size)
        assert not verify_inclusion(bytes(32), index, size, [], bytes(32))
    for old, new in ((0, 4), (5, 4)):
        with pytest.raises(EvidenceError, match=r"log\.no_such_leaf"):
            consistency_proof(tree(8), old, new)
        assert not verify_consistency(old, new, bytes(32), bytes(32), [])
    with pytest.raises(EvidenceError, match=r"log\.no_such_leaf"):
        tree_root(tree(3), 4)


@settings(deadline=None)
@given(st.lists(st.integers(0, 200), min_size=3, max_size=3))
def test_a_tree_hashed_in_parts_is_the_tree_hashed_at_once(places: list[int]) -> None:
    first, middle, last = sorted(places)
    left, right = grown(first, middle), grown(middle, last)
    left.merge(right)
    assert left == grown(first, last)
    beginning = grown(0, first)
    beginning.merge(left)
    assert beginning.root() == tree_root(tree(last), last)


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(0, 200))
def test_a_compact_range_survives_being_stored_and_stays_small(one: int, other: int) -> None:
    found = grown(min(one, other), max(one, other))
    again = CompactRange.from_dict(found.as_dict())
    assert again == found
    assert len(again.hashes) <= 2 * 8
    again.append(bytes(32))
    assert again != found
    assert found.copy() == found


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"begin": 0, "end": 2, "hashes": []},
        {"begin": 0, "end": 1, "hashes": ["00"]},
        {"begin": 0, "end": 1, "hashes": ["zz" * 32]},
        {"begin": 2, "end": 1, "hashes": []},
        {"begin": -1, "end": -1, "hashes": []},
        {"begin": "0", "end": 0, "hashes": []},
        {"begin": False, "end": 0, "hashes": []},
    ],
)
def test_what_is_no_compact_range_is_refused(given_: dict[str, object]) -> None:
    with pytest.raises(EvidenceError, match=r"log\.bad_range"):
        CompactRange.from_dict(given_)


def test_ranges_that_do_not_touch_are_not_merged() -> None:
    with pytest.raises(EvidenceError, match=r"log\.bad_range"):
        grown(0, 3).merge(grown(4, 5))
    with pytest.raises(EvidenceError, match=r"log\.bad_range"):
        grown(1, 3).root()


def test_leaf_and_node_hashes_are_kept_apart() -> None:
    assert node_hash(b"a" * 32, b"b" * 32) != leaf_hash(b"a" * 32 + b"b" * 32)
    assert leaf_hash(b"x") == hashlib.sha256(b"\0x").digest()
