"""A compact range: what must be remembered of the leaves [begin, end) to go on building the tree over them.

That is one hash for each of the largest perfect subtrees which cover the range, left to right: at most
2 · log2(end) of them. Ranges that touch can be merged, so that a long log may be hashed in parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evidence.errors import EvidenceError
from evidence.log.hashing import EMPTY_ROOT, HASH_BYTES, node_hash


class CompactRange:
    """Grows by `append` and `merge`; never holds a leaf longer than it must."""

    __slots__ = ("_hashes", "begin", "end")

    def __init__(self, begin: int = 0, end: int | None = None, hashes: Sequence[bytes] = ()) -> None:
        """Raises ``log.bad_range`` when the number or length of the hashes is not what [begin, end) needs."""
        self.begin = begin
        self.end = begin if end is None else end
        self._hashes = list(hashes)
        wrong_bounds = begin < 0 or self.end < begin
        if wrong_bounds or len(self._hashes) != len(list(subtrees(begin, self.end))):
            raise bad_range()
        if any(len(one) != HASH_BYTES for one in self._hashes):
            raise bad_range()

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Roots of the perfect subtrees, left to right."""
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> None:
        """Adds the hash of the next leaf."""
        self._push(0, leaf)

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Adds the hashes of the next leaves."""
        for leaf in leaves:
            self._push(0, leaf)

    def merge(self, other: CompactRange) -> None:
        """Adds the range that begins where this one ends. Raises ``log.bad_range`` when it begins elsewhere."""
        if other.begin != self.end:
            raise bad_range()
        for (level, _), found in zip(subtrees(other.begin, other.end), other.hashes, strict=True):
            self._push(level, found)

    def root(self) -> bytes:
        """The root of the tree over leaves 0 … end - 1. Raises ``log.bad_range`` when the range begins later."""
        if self.begin:
            raise bad_range()
        if not self._hashes:
            return EMPTY_ROOT
        found = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            found = node_hash(left, found)
        return found

    def copy(self) -> CompactRange:
        return CompactRange(self.begin, self.end, self._hashes)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON or a database."""
        return {"begin": self.begin, "end": self.end, "hashes": [one.hex() for one in self._hashes]}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> CompactRange:
        """The opposite of `as_dict`. Raises ``log.bad_range`` for anything else."""
        try:
            hashes = [bytes.fromhex(one) for one in given["hashes"]]
            begin, end = given["begin"], given["end"]
        except (KeyError, TypeError, ValueError) as error:
            raise bad_range() from error
        if type(begin) is bool or type(end) is bool or not (isinstance(begin, int) and isinstance(end, int)):
            raise bad_range()
        return cls(int(begin), int(end), hashes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CompactRange):
            return NotImplemented
        return (self.begin, self.end, self._hashes) == (other.begin, other.end, other._hashes)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"CompactRange({self.begin}, {self.end})"

    def _push(self, level: int, found: bytes) -> None:
        """Adds the perfect subtree of 2**level leaves at `end`, and joins it with its left neighbours."""
        hashes = self._hashes
        end = self.end + (1 << level)
        index = self.end >> level
        width = 2 << level
        while index & 1 and end - width >= self.begin:
            found = node_hash(hashes.pop(), found)
            index >>= 1
            width <<= 1
        hashes.append(found)
        self.end = end


def subtrees(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """(level, index) of the largest perfect subtrees that cover [begin, end), left to right."""
    at = begin
    while at < end:
        level = (end - at).bit_length() - 1
        if at:
            level = min(level, (at & -at).bit_length() - 1)
        yield level, at >> level
        at += 1 << level


def bad_range() -> EvidenceError:
    """What is no compact range, or does not fit its neighbour."""
    return EvidenceError("log.bad_range", "日志的紧凑区间不完整或不相接")
