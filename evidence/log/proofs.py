"""Inclusion and consistency proofs (RFC 9162 §2.1.3 and §2.1.4; the same bytes as RFC 6962 §2.1.1 and §2.1.2).

A proof is a list of hashes, from the leaf's level towards the root. Checking needs no store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from evidence.errors import EvidenceError
from evidence.log.compact import CompactRange, subtrees
from evidence.log.hashing import EMPTY_ROOT, node_hash


class NodeStore(Protocol):
    """Whoever keeps the tree."""

    def node(self, level: int, index: int) -> bytes:
        """Root of the perfect subtree of 2**level leaves, the `index`th of its size; level 0 are leaf hashes."""
        ...


class Leaves:
    """A store that keeps leaf hashes only and hashes what lies above them when asked.

    `read(begin, end)` gives the leaf hashes of [begin, end) in order.
    """

    def __init__(self, read: Callable[[int, int], Iterable[bytes]]) -> None:
        self._read = read

    def node(self, level: int, index: int) -> bytes:
        """See :class:`NodeStore`. Raises ``log.no_such_leaf`` when leaves are missing."""
        begin, end = index << level, (index + 1) << level
        grown = CompactRange(begin)
        for leaf in self._read(begin, end):
            grown.append(leaf)
        if grown.end != end:
            raise no_such_leaf()
        return grown.hashes[0]


def tree_root(store: NodeStore, size: int) -> bytes:
    """The root over the first `size` leaves."""
    return _range_root(store, 0, size) if size else EMPTY_ROOT


def inclusion_proof(store: NodeStore, index: int, size: int) -> list[bytes]:
    """That leaf `index` is in the tree of `size` leaves. Raises ``log.no_such_leaf`` when it cannot be."""
    if not 0 <= index < size:
        raise no_such_leaf()
    proof: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            proof.append(_range_root(store, middle, end))
            end = middle
        else:
            proof.append(_range_root(store, begin, middle))
            begin = middle
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162 §2.1.3.2: whether the proof leads from the leaf's hash to this root."""
    if not 0 <= index < size:
        return False
    first, last, found = index, size - 1, leaf
    for one in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            found = node_hash(one, found)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            found = node_hash(found, one)
        first, last = first >> 1, last >> 1
    return last == 0 and found == root


def consistency_proof(store: NodeStore, old: int, new: int) -> list[bytes]:
    """That the tree of `old` leaves is the beginning of the tree of `new`. Raises ``log.no_such_leaf``."""
    if not 0 < old <= new:
        raise no_such_leaf()
    proof: list[bytes] = []
    begin, end, whole = 0, new, True
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            proof.append(_range_root(store, middle, end))
            end = middle
        else:
            proof.append(_range_root(store, begin, middle))
            begin, whole = middle, False
    if not whole:
        proof.append(_range_root(store, begin, end))
    return proof[::-1]


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162 §2.1.4.2: whether the proof leads from the old root to the new one."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = list(proof)
    if not old & (old - 1):
        path.insert(0, old_root)
    if not path:
        return False
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    return _walk(first, last, path, old_root, new_root)


def _walk(first: int, last: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Step 5 and 6 of RFC 9162 §2.1.4.2."""
    found_old = found_new = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            found_old = node_hash(one, found_old)
            found_new = node_hash(one, found_new)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            found_new = node_hash(found_new, one)
        first, last = first >> 1, last >> 1
    return last == 0 and found_old == old_root and found_new == new_root


def _split(count: int) -> int:
    """The largest power of two below `count` (RFC 6962: k < n ≤ 2k)."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_root(store: NodeStore, begin: int, end: int) -> bytes:
    """MTH of the leaves [begin, end), where `begin` is a place the tree splits at."""
    hashes = [store.node(level, index) for level, index in subtrees(begin, end)]
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found


def no_such_leaf() -> EvidenceError:
    """What was asked for lies outside the tree."""
    return EvidenceError("log.no_such_leaf", "日志中没有这一条")
