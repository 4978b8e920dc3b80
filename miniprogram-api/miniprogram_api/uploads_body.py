"""The body of a request straight from the connection: no copies, no thread held by a line that is dead.

gunicorn reads a body through several buffers and waits for the phone for ever. Its environment hands out the socket and
what it had read ahead; from there bytes go into our own buffer, and nothing coming for a second is told. Other servers
(and the test client) are read the ordinary way.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from typing import Any

from flask import Request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]  # gunicorn ships no types
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wsgi import get_input_stream

TICK_S = 1.0
_LINGER_S = 5.0
_LINGER_BYTES = 64 * 1024 * 1024
_SILENCE_S = 20.0
_CHUNKED_S = 300.0
_PLAIN_BYTES = 64 * 1024


class PlainBody:
    """See :class:`evidence.uploads.messages.Body`, over any stream of WSGI; bodies of unknown length come this way.

    Such a stream cannot be taken up again after a silence, so behind gunicorn a silence ends it, and so does its time.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        self._stream = get_input_stream(environ)
        self._environ = environ
        self._connection: Any = environ.get("gunicorn.socket")
        self._alarm: threading.Timer | None = None

    def readinto(self, buffer: memoryview, /) -> int:
        if self._connection is not None and self._alarm is None:
            self._connection.settimeout(_SILENCE_S)
            self._alarm = threading.Timer(_CHUNKED_S, self._connection.shutdown, [socket.SHUT_RD])
            self._alarm.daemon = True
            self._alarm.start()
        try:
            data = self._stream.read(min(len(buffer), _PLAIN_BYTES))
        except (TimeoutError, ClientDisconnected, ParseException) as error:
            raise ConnectionResetError from error
        buffer[: len(data)] = data
        return len(data)

    def leave(self) -> None:
        """Gives the connection back."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._connection.settimeout(None)
        if self._connection is not None:
            # What is left of it is gunicorn's to read, which does not wait for ever.
            self._environ["wsgi.input"] = io.BytesIO()


class SocketBody:
    """See :class:`evidence.uploads.messages.Body`, over a connection of gunicorn and a body of known length.

    `reader.length` is what gunicorn still expects of this body; it is kept right, so that the connection can serve the
    next request.
    """

    def __init__(self, connection: Any, reader: Any) -> None:
        self._connection, self._reader = connection, reader
        self._ahead = memoryview(reader.unreader.take_buffered())
        if len(self._ahead) > reader.length:  # the next request, already
            reader.unreader.unread(bytes(self._ahead[reader.length :]))
            self._ahead = self._ahead[: reader.length]
        connection.settimeout(TICK_S)

    def readinto(self, buffer: memoryview, /) -> int:
        wanted = buffer[: self._reader.length]
        if not len(wanted):
            return 0
        if len(self._ahead):
            count = min(len(self._ahead), len(wanted))
            wanted[:count] = self._ahead[:count]
            self._ahead = self._ahead[count:]
        else:
            count = int(self._connection.recv_into(wanted))
            if not count:
                raise ConnectionResetError
        self._reader.length -= count
        return count

    def leave(self) -> None:
        """Gives the connection back. Whoever is refused and still sends is listened to for a moment only, so that the
        refusal is not lost in a reset connection (RFC 9112 §9.6)."""
        until, left = time.monotonic() + _LINGER_S, _LINGER_BYTES
        scrap = memoryview(bytearray(64 * 1024))
        try:
            while self._reader.length and left > 0 and time.monotonic() < until:
                left -= self.readinto(scrap)
        except OSError:
            left = 0  # cut, or silent for a second
        finally:
            if len(self._ahead):
                self._reader.unreader.unread(bytes(self._ahead))
            self._connection.settimeout(None)


def body_of(request: Request) -> PlainBody | SocketBody:
    """The body of this request, for one reader only."""
    environ = request.environ
    connection = environ.get("gunicorn.socket")
    reader = getattr(environ.get("wsgi.input"), "reader", None)
    if connection is None or not hasattr(getattr(reader, "unreader", None), "take_buffered"):
        return PlainBody(environ)
    if not isinstance(getattr(reader, "length", None), int):
        return PlainBody(environ)  # chunked
    # Nobody else may read what is read here.
    environ["wsgi.input"] = io.BytesIO()
    return SocketBody(connection, reader)
