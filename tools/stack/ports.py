"""Loopback ports: which are taken, and picking free ones."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """True when a server could listen on the port now; TIME_WAIT counts as free, as for servers."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            # Two sockets may share a bound address under SO_REUSEADDR; only one may listen on it.
            probe.listen(1)
        except OSError:
            return False
    return True


def free_ports(count: int, avoid: frozenset[int] = frozenset()) -> list[int]:
    """`count` different free ports. Held open together while picking, so that none is given twice."""
    probes: list[socket.socket] = []
    found: list[int] = []
    try:
        while len(found) < count:
            probe = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            probes.append(probe)
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
            if port not in avoid:
                found.append(port)
    finally:
        for probe in probes:
            probe.close()
    return found


def free_port() -> int:
    """One free port."""
    return free_ports(1)[0]
