"""Connections that break, as in a stairwell: some requests lose theirs at a random byte, on the way out or on the way
back, and what was done on the other side the phone cannot know. Plain HTTP only: the drill stays on this machine."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

# An answer has at least so many bytes of head, so that a cut behind any of them is one.
_SHORTEST_ANSWER = 150
_HEAD = 300


class Fate:
    """How many bytes of the present request still pass in each direction; None: all of them."""

    def __init__(self, share: float, rng: random.Random, tell: Callable[[], None]) -> None:
        """`share` of the requests are cut; `tell` is called at each cut."""
        self._share, self._rng, self._tell = share, rng, tell
        self._up: int | None = None
        self._down: int | None = None

    def draw(self, size: int) -> None:
        """For the next request, of about `size` bytes."""
        self._up = self._down = None
        if self._rng.random() >= self._share:
            return
        if self._rng.random() < 0.5:
            self._up = self._rng.randrange(size)
        else:
            self._down = self._rng.randrange(_SHORTEST_ANSWER)

    def sent(self, wanted: int) -> int:
        """How many of these bytes pass."""
        allowed = wanted if self._up is None else min(wanted, self._up)
        if self._up is not None:
            self._up -= allowed
        return allowed

    def received(self, wanted: int) -> int:
        """As `sent`, the other way."""
        allowed = wanted if self._down is None else min(wanted, self._down)
        if self._down is not None:
            self._down -= allowed
        return allowed

    def cut(self) -> None:
        self._up = self._down = None
        self._tell()


class BreakingSocket(socket.socket):
    """A TCP socket that breaks where its fate says."""

    def __init__(self, taken: socket.socket, fate: Fate) -> None:
        timeout = taken.gettimeout()
        super().__init__(taken.family, taken.type, taken.proto, fileno=taken.detach())
        self.settimeout(timeout)
        self._fate = fate

    def sendall(self, data: ReadableBuffer, flags: int = 0, /) -> None:
        view = memoryview(data).cast("B")
        allowed = self._fate.sent(len(view))
        super().sendall(view[:allowed], flags)
        if allowed < len(view):
            self._break()

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0, /) -> int:
        view = memoryview(buffer).cast("B")
        wanted = nbytes or len(view)
        allowed = self._fate.received(wanted)
        if allowed == 0:
            self._break()
        # What is read counts against the fate as if all of it came: a cut may be early, never late.
        return super().recv_into(view[:allowed], allowed, flags)

    def _break(self) -> None:
        self._fate.cut()
        self.shutdown(socket.SHUT_RDWR)
        raise ConnectionResetError("the connection was lost")


class DroppingAdapter(HTTPAdapter):
    """Sends requests over connections that break. Not shared between threads, like the line it belongs to."""

    def __init__(self, share: float, rng: random.Random, tell: Callable[[], None]) -> None:
        self._fate = Fate(share, rng, tell)
        super().__init__()

    def init_poolmanager(self, *args: Any, **given: Any) -> None:
        super().init_poolmanager(*args, **given)
        fate = self._fate

        class Connection(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return BreakingSocket(super()._new_conn(), fate)

        class Pool(HTTPConnectionPool):
            ConnectionCls = Connection

        self.poolmanager.pool_classes_by_scheme = {"http": Pool}

    def send(self, request: PreparedRequest, *args: Any, **given: Any) -> Response:
        self._fate.draw(_HEAD + _length(request.body))
        return super().send(request, *args, **given)


def _length(body: object) -> int:
    return len(body) if isinstance(body, bytes | str) else 0
