"""The tree in tiles, so that a proof reads a handful of them and no leaves (https://c2sp.org/tlog-tiles).

A tile holds up to 256 hashes: tile `index` of `level` the roots of the perfect subtrees number 256 · index … of
2 ** (8 · level) leaves each; level 0 are leaf hashes. What lies between two levels is hashed when it is asked for. A
full tile never changes; only the last of each level grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from evidence.log.hashing import HASH_BYTES, leaf_hash, node_hash
from evidence.log.proofs import consistency_proof, inclusion_proof, no_such_leaf

HEIGHT = 8
WIDTH = 1 << HEIGHT
Place = tuple[int, int]
"""(level, index) of a tile."""
Reader = Callable[[Iterable[Place]], Mapping[Place, bytes]]
"""Gives the hashes of tiles, joined; what is not there is left out, and a tile may be longer than is needed."""


class Tiles:
    """A node store (see :class:`evidence.log.proofs.NodeStore`) over tiles; keeps what it has read."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._kept: dict[Place, bytes] = {}

    def fetch(self, places: Iterable[Place]) -> None:
        """Reads these tiles at once."""
        wanted = [one for one in places if one not in self._kept]
        if wanted:
            self._kept.update(self._read(wanted))

    def node(self, level: int, index: int) -> bytes:
        """Root of the perfect subtree of 2 ** level leaves. Raises ``log.no_such_leaf`` when its tile is not there."""
        tile_level, above = divmod(level, HEIGHT)
        begin = index << above
        place = (tile_level, begin >> HEIGHT)
        self.fetch([place])
        hashes = self._kept.get(place, b"")
        at = (begin & (WIDTH - 1)) * HASH_BYTES
        found = hashes[at : at + (HASH_BYTES << above)]
        if len(found) != HASH_BYTES << above:
            raise no_such_leaf()
        return fold(found)


def inclusion(read: Reader, index: int, size: int) -> list[bytes]:
    """`proofs.inclusion_proof` with all tiles read at once. Raises ``log.no_such_leaf``."""
    tiles = Tiles(read)
    if 0 <= index < size:
        tiles.fetch(dict.fromkeys([*path(index, size), *edge(size)]))
    return inclusion_proof(tiles, index, size)


def consistency(read: Reader, old: int, new: int) -> list[bytes]:
    """`proofs.consistency_proof` with all tiles read at once. Raises ``log.no_such_leaf``."""
    tiles = Tiles(read)
    if 0 < old <= new:
        tiles.fetch(dict.fromkeys([*path(old - 1, new), *edge(old), *edge(new)]))
    return consistency_proof(tiles, old, new)


def path(index: int, size: int) -> Iterator[Place]:
    """The tiles from a leaf to the top of a tree of `size`: its siblings on the way lie in them."""
    level = 0
    while size >> (HEIGHT * level):
        yield level, index >> (HEIGHT * (level + 1))
        level += 1


def edge(size: int) -> Iterator[Place]:
    """The tiles that hold the perfect subtrees a tree of `size` ends with."""
    level = 0
    while count := size >> (HEIGHT * level):
        if count & (WIDTH - 1):
            yield level, count >> HEIGHT
        level += 1


def fold(hashes: bytes) -> bytes:
    """The root over 2 ** n joined hashes."""
    while len(hashes) > HASH_BYTES:
        hashes = b"".join(
            node_hash(hashes[at : at + HASH_BYTES], hashes[at + HASH_BYTES : at + 2 * HASH_BYTES])
            for at in range(0, len(hashes), 2 * HASH_BYTES)
        )
    return hashes


def grow(read: Reader, counts: Sequence[int], leaves: Iterable[bytes], size: int) -> Iterator[tuple[Place, bytes]]:
    """The tiles that are new or longer when a tree grows to `size` leaves, lower levels first.

    `counts`: how many hashes there are at each level so far; `leaves`: the leaf hashes from number counts[0] on. Memory
    holds one tile of leaves and the hashes of the level above. Raises ``log.no_such_leaf`` when there
    are fewer leaves than `size` needs.
    """
    level, fresh = 0, iter(leaves)
    while wanted := size >> (HEIGHT * level):
        have = counts[level] if level < len(counts) else 0
        above = counts[level + 1] if level + 1 < len(counts) else 0
        roots: list[bytes] = []
        if above < have >> HEIGHT:
            # The level above was left behind by a process that died: its hashes come from tiles that are there.
            roots += _roots(read, level, range(above, have >> HEIGHT))
        for place, hashes in _level(read, level, have, wanted, fresh):
            if len(hashes) == WIDTH * HASH_BYTES:
                roots.append(fold(hashes))
            yield place, hashes
        fresh = iter(roots)
        level += 1


def _level(read: Reader, level: int, have: int, wanted: int, fresh: Iterator[bytes]) -> Iterator[tuple[Place, bytes]]:
    """Tiles of one level from hash number `have` up to `wanted`."""
    at = have
    while at < wanted:
        index, begun = at >> HEIGHT, at & (WIDTH - 1)
        hashes = bytearray(_first(read, (level, index), begun))
        while at < wanted and at >> HEIGHT == index:
            found = next(fresh, None)
            if found is None:
                raise no_such_leaf()
            hashes += found
            at += 1
        yield (level, index), bytes(hashes)


def _first(read: Reader, place: Place, count: int) -> bytes:
    """The first hashes of a tile that is there."""
    if not count:
        return b""
    found = read([place]).get(place, b"")[: count * HASH_BYTES]
    if len(found) != count * HASH_BYTES:
        raise no_such_leaf()
    return found


def _roots(read: Reader, level: int, indexes: Iterable[int]) -> Iterator[bytes]:
    return (fold(_first(read, (level, index), WIDTH)) for index in indexes)


class MemoryTiles:
    """Tiles in memory: for tests and measurements, or a log small enough."""

    def __init__(self) -> None:
        self.tiles: dict[Place, bytes] = {}
        self.size = 0

    def read(self, places: Iterable[Place]) -> dict[Place, bytes]:
        """A :data:`Reader`."""
        return {one: self.tiles[one] for one in places if one in self.tiles}

    def extend(self, leaves: Iterable[bytes], size: int) -> None:
        """Grows to `size` leaves; `leaves` are the hashes of the new ones."""
        counts: list[int] = []
        while count := self.size >> (HEIGHT * len(counts)):
            counts.append(count)
        for place, hashes in grow(self.read, counts, leaves, size):
            self.tiles[place] = hashes
        self.size = size


class RepeatingTiles:
    """The tiles of a log of any size whose leaf n is the hash of n mod 256: real hashes, made without making them all.

    For measuring proofs over millions of leaves: 256 leaves repeat, so all full tiles of a level are the same.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._full = [b"".join(self.leaf(n) for n in range(WIDTH))]
        while size >> (HEIGHT * len(self._full)):
            self._full.append(fold(self._full[-1]) * WIDTH)

    @staticmethod
    def leaf(index: int) -> bytes:
        """The leaf hash of this place."""
        return leaf_hash(bytes([index % WIDTH]))

    def read(self, places: Iterable[Place]) -> dict[Place, bytes]:
        """A :data:`Reader`."""
        found = {}
        for level, index in places:
            count = min(WIDTH, (self.size >> (HEIGHT * level)) - (index << HEIGHT))
            if count > 0:
                found[level, index] = self._full[level][: count * HASH_BYTES]
        return found
