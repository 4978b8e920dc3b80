"""Memory the parent and its workers share: halt flags, and large arrays that would clog the pipes.

A file without a name (in memory where the system can): nothing is left behind, however the processes end.
"""

import mmap
import os
import pickle
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The flags have the first page; arrays lie behind it, aligned.
_PAGE, _ALIGN = 4096, 64
# Smaller arrays go through the pipe.
_LARGE = 1 << 16

Place = tuple[int, int]


def _nameless_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("routing")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


class Board:
    """The parent's side."""

    def __init__(self, count: int) -> None:
        """`count` flags, all down. Raises OSError if the system has no memory to share."""
        self.fd = _nameless_file()
        os.ftruncate(self.fd, _PAGE)
        self._end = _PAGE
        self.flags: NDArray[np.int64] = np.frombuffer(mmap.mmap(self.fd, _PAGE), dtype=np.int64, count=max(1, count))

    def apart(self, message: Any) -> tuple[bytes, list[Place]]:
        """The message pickled, its large arrays put on the board: they stay there until `wipe`."""
        places: list[Place] = []

        def lay_down(buffer: pickle.PickleBuffer) -> bool:
            with buffer.raw() as raw:
                if raw.nbytes < _LARGE:
                    return True
                places.append((self._end, raw.nbytes))
                self._write(raw)
            return False

        return pickle.dumps(message, protocol=5, buffer_callback=lay_down), places

    def _write(self, raw: memoryview) -> None:
        at = self._end
        self._end += -(-raw.nbytes // _ALIGN) * _ALIGN
        os.ftruncate(self.fd, self._end)
        while raw:
            written = os.pwrite(self.fd, raw, at)
            raw, at = raw[written:], at + written

    def wipe(self) -> None:
        """Give the memory back; nobody may look at what was put here any more."""
        if self._end > _PAGE:
            self._end = _PAGE
            os.ftruncate(self.fd, _PAGE)

    def close(self) -> None:
        """Let go of it."""
        self.flags = np.zeros(0, dtype=np.int64)
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def flag_of(fd: int, slot: int) -> NDArray[np.int64]:
    """A worker's own flag, an array of one."""
    flags: NDArray[np.int64] = np.frombuffer(mmap.mmap(fd, _PAGE), dtype=np.int64)
    return flags[slot : slot + 1]


def together(fd: int, body: bytes, places: Sequence[Place]) -> Any:
    """In a worker: the message whose large arrays lie on the board. They are not copied before they are written to."""
    if not places:
        return pickle.loads(body)  # noqa: S301 - both ends are ours
    # Private and writable: compiled code takes read-only arrays for another type, and would be compiled again.
    view = memoryview(mmap.mmap(fd, 0, access=mmap.ACCESS_COPY))
    return pickle.loads(body, buffers=[view[at : at + size] for at, size in places])  # noqa: S301 - both ends are ours
