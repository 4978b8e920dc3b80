"""Frames on a pipe: eight bytes of length (big endian), then a pickle. Both ends are this package's own processes."""

import fcntl
import os
import pickle
import select
import struct
from contextlib import suppress
from typing import Any

_LENGTH = struct.Struct(">Q")
_CHUNK = 1 << 20


def packed(message: Any) -> bytes:
    """A message as a frame."""
    body = pickle.dumps(message, protocol=5)
    return _LENGTH.pack(len(body)) + body


# The other end reads all the time: one that takes nothing for so long is hung.
_PATIENCE_S = 5.0


def write_all(fd: int, frame: bytes) -> None:
    """Write a whole frame. Raises OSError when the other end is gone, TimeoutError when it takes nothing any more."""
    view = memoryview(frame)
    while view:
        if not select.select([], [fd], [], _PATIENCE_S)[1]:
            raise TimeoutError("nobody reads the pipe")
        with suppress(BlockingIOError):
            view = view[os.write(fd, view) :]


def widen(fd: int) -> None:
    """A pipe that holds a megabyte where the system allows, and never blocks its writer (`write_all` waits)."""
    os.set_blocking(fd, False)
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _CHUNK)


class FrameReader:
    """Puts frames together from whatever arrives; never waits for more than is there."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.ended = False
        self._buffer = bytearray()

    def pull(self) -> bool:
        """Read once (blocks if nothing is there: ask `select` first); False, and `ended`, if the other end is gone."""
        try:
            arrived = os.read(self.fd, _CHUNK)
        except OSError:
            arrived = b""
        self.ended = self.ended or not arrived
        self._buffer += arrived
        return not self.ended

    def frame(self) -> Any:
        """The next whole message, or None. (None itself is never sent.)"""
        head = _LENGTH.size
        if len(self._buffer) < head:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        if len(self._buffer) < head + length:
            return None
        with memoryview(self._buffer) as view:
            message = pickle.loads(view[head : head + length])  # noqa: S301 - both ends are ours
        del self._buffer[: head + length]
        return message
