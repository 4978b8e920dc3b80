"""Messages between a parent and the child it lets decode: length, JSON, and open files beside the first byte."""

import json
import socket
import struct
from typing import Any

MAX_MESSAGE_BYTES = 256 * 1024
_HEAD = struct.Struct(">I")


class WireClosed(Exception):
    """The other side is gone, or speaks nonsense."""


def send(link: socket.socket, message: dict[str, Any], files: tuple[int, ...] = ()) -> None:
    """Sends one message; raises WireClosed when nobody listens."""
    body = json.dumps(message, separators=(",", ":")).encode()
    data = _HEAD.pack(len(body)) + body
    try:
        sent = socket.send_fds(link, [data], list(files)) if files else link.send(data)
        link.sendall(data[sent:])
    except OSError as error:
        raise WireClosed(str(error)) from error


def receive(link: socket.socket, *, files: int = 0) -> tuple[dict[str, Any], list[int]]:
    """One message and the files that came with it. Raises WireClosed, and TimeoutError by the socket's own timeout."""
    try:
        if files:
            data, handles, _, _ = socket.recv_fds(link, _HEAD.size, files)
        else:
            data, handles = link.recv(_HEAD.size), []
        data = data + _exactly(link, _HEAD.size - len(data)) if data else data
        if not data:
            raise WireClosed("end")
        (length,) = _HEAD.unpack(data)
        if length > MAX_MESSAGE_BYTES:
            raise WireClosed("too long")
        message = json.loads(_exactly(link, length))
    except TimeoutError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise WireClosed(str(error)) from error
    if not isinstance(message, dict):
        raise WireClosed("not an object")
    return message, handles


def _exactly(link: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = link.recv(min(count, 65_536))
        if not part:
            raise WireClosed("end")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
