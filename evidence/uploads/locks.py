"""Locks among the threads of one process: for a single process, and for tests. Several processes need a lease that
they share (the server keeps it in Redis)."""

from __future__ import annotations

import threading
import time

from evidence.uploads.errors import locked
from evidence.uploads.protocol import Lease


class ThreadLocker:
    """See :class:`evidence.uploads.protocol.Locker`."""

    def __init__(self, *, wait_s: float = 5.0) -> None:
        self._wait_s = wait_s
        self._changed = threading.Condition()
        self._held: dict[str, _ThreadLease] = {}

    def take(self, upload_id: str) -> Lease:
        until = time.monotonic() + self._wait_s
        with self._changed:
            while (holder := self._held.get(upload_id)) is not None:
                holder.asked = True
                if not self._changed.wait(max(0.0, until - time.monotonic())) and time.monotonic() >= until:
                    raise locked()
            lease = self._held[upload_id] = _ThreadLease(self, upload_id)
            return lease

    def give_back(self, lease: _ThreadLease) -> None:
        with self._changed:
            if self._held.get(lease.upload_id) is lease:
                del self._held[lease.upload_id]
                self._changed.notify_all()


class _ThreadLease:
    def __init__(self, locker: ThreadLocker, upload_id: str) -> None:
        self.upload_id = upload_id
        self.asked = False
        self._locker = locker

    def release(self) -> None:
        self._locker.give_back(self)
