"""Two or more stores seen as one while evidence moves from the old ones to the new one.

Writes go to the new store only; reads look there first, then in the old ones. So a court works on while its evidence is
copied, and the old place may be taken away on the day everything in it has been verified at the new one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from evidence.errors import EvidenceError
from evidence.hashing import Reader
from evidence.stores.protocol import Remover, Store, Stored, Sweeper, not_found, take_over, unavailable


class MovingStore:
    """``new`` is written and read; ``old``, in order, only read."""

    def __init__(self, new: Store, old: Sequence[Store]) -> None:
        self.new = new
        self.old = tuple(old)

    def put(
        self,
        stream: Reader,
        *,
        max_bytes: int,
        expected_sha256: str | None = None,
        content_type: str = "application/octet-stream",
    ) -> Stored:
        """See :class:`evidence.stores.protocol.Store`."""
        return self.new.put(stream, max_bytes=max_bytes, expected_sha256=expected_sha256, content_type=content_type)

    def adopt(self, path: Path, *, expected_sha256: str, size: int) -> Stored:
        """See :class:`evidence.stores.protocol.Adopter`; copied when the new store cannot rename."""
        return take_over(self.new, path, expected_sha256=expected_sha256, size=size)

    def open(self, key: str) -> BinaryIO:
        """See :class:`evidence.stores.protocol.Store`."""
        for store in (self.new, *self.old):
            try:
                return store.open(key)
            except EvidenceError as error:
                if error.code != "evidence.not_found":
                    raise
        raise not_found(key)

    def size(self, key: str) -> int:
        """See :class:`evidence.stores.protocol.Store`."""
        for store in (self.new, *self.old):
            try:
                return store.size(key)
            except EvidenceError as error:
                if error.code != "evidence.not_found":
                    raise
        raise not_found(key)

    def exists(self, key: str) -> bool:
        """See :class:`evidence.stores.protocol.Store`."""
        return any(store.exists(key) for store in (self.new, *self.old))

    def remove(self, key: str) -> bool:
        """See :class:`evidence.stores.protocol.Remover`: everywhere, the old places first, so that what is refused
        on the way is still readable and the removal may be repeated."""
        removers = []
        for store in (*self.old, self.new):
            if not isinstance(store, Remover):
                raise unavailable("not removable")
            removers.append(store)
        removed = [store.remove(key) for store in removers]
        return any(removed)

    def sweep_incoming(self, *, older_than_seconds: float) -> int:
        """See :class:`evidence.stores.protocol.Sweeper`."""
        stores = [store for store in (self.new, *self.old) if isinstance(store, Sweeper)]
        return sum(store.sweep_incoming(older_than_seconds=older_than_seconds) for store in stores)
