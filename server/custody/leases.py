"""One lease per upload in Redis: the right to touch it, across processes and machines.

A holder renews it every half second; when it is killed, the lease runs out within seconds. A newcomer leaves a note
that it wants the upload; the holder finds the note when it renews, stores what it has and leaves. Redis may be lost at
any moment: then there are no leases, and the stores' own fences alone keep two writers apart.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

import redis

from evidence.uploads import errors
from server.core.ids import new_id

log = logging.getLogger(__name__)

LIFE_MS = 6_000
RENEW_S = 0.5
WAIT_S = 8.0
_POLL_S = 0.05

_RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end
return 1
"""
# 1: still ours. 2: still ours, and somebody wants it. 0: another has it. A lease lost with Redis is taken again.
_RENEW = """
local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1 + redis.call('exists', KEYS[2])
"""


class RedisLease:
    """See :class:`evidence.uploads.protocol.Lease`."""

    def __init__(self, locker: RedisLocker, upload_id: str) -> None:
        self._locker = locker
        self.key, self.note = f"songda:upload:{upload_id}", f"songda:upload:{upload_id}:wanted"
        self.token = new_id()
        self.asked = False

    def release(self) -> None:
        self._locker.give_back(self)


class RedisLocker:
    """See :class:`evidence.uploads.protocol.Locker`. One per process; one thread renews all its leases."""

    def __init__(self, client: Any, *, wait_s: float = WAIT_S, life_ms: int = LIFE_MS) -> None:
        self._client, self._wait_s, self._life_ms = client, wait_s, life_ms
        self._release, self._renew = client.register_script(_RELEASE), client.register_script(_RENEW)
        self._guard = threading.Lock()
        self._held: set[RedisLease] = set()
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._some = threading.Event()

    def take(self, upload_id: str) -> RedisLease:
        """Raises ``upload.locked`` when the holder does not let go within `wait_s`."""
        lease = RedisLease(self, upload_id)
        try:
            self._wait_for(lease)
        except redis.RedisError as error:
            log.warning("no lease for upload %s, its store fences alone: %s", upload_id, error)
        self._keep(lease)
        return lease

    def give_back(self, lease: RedisLease) -> None:
        with self._guard:
            self._held.discard(lease)
        try:
            self._release(keys=[lease.key], args=[lease.token])
        except redis.RedisError:
            log.warning("lease %s was not given back; it runs out by itself", lease.key)

    def _wait_for(self, lease: RedisLease) -> None:
        until, waited = time.monotonic() + self._wait_s, False
        while not self._client.set(lease.key, lease.token, nx=True, px=self._life_ms):
            if time.monotonic() > until:
                raise errors.locked()
            self._client.set(lease.note, "1", px=2_000)
            waited = True
            time.sleep(_POLL_S)
        if waited:
            self._client.delete(lease.note)  # it was meant for the holder before; who else waits writes it again

    def _keep(self, lease: RedisLease) -> None:
        with self._guard:
            if self._pid != os.getpid():  # threads and what they hold do not survive a fork
                self._held, self._thread, self._pid = set(), None, os.getpid()
                self._some = threading.Event()
            self._held.add(lease)
            if self._thread is None:
                self._thread = threading.Thread(target=self._renew_all, name="upload-leases", daemon=True)
                self._thread.start()
        self._some.set()

    def _renew_all(self) -> None:
        while True:
            self._some.wait()
            time.sleep(RENEW_S)
            with self._guard:
                held = list(self._held)
                if not held:
                    self._some.clear()
            for lease in held:
                self._renew_one(lease)

    def _renew_one(self, lease: RedisLease) -> None:
        try:
            found = self._renew(keys=[lease.key, lease.note], args=[lease.token, self._life_ms])
        except redis.RedisError:
            return  # taken again when Redis is back, unless another was quicker
        with self._guard:
            gone = lease not in self._held
        if gone:
            # Given back between the two: what was just renewed must not stand for its whole life.
            self.give_back(lease)
        elif found != 1:
            lease.asked = True
