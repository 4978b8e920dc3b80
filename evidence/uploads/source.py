"""The body of one request as a store reads it: never past its limit, hashed on the way, and ended when it must be."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from evidence.uploads.messages import Body, new_hash
from evidence.uploads.protocol import Lease


@dataclass(frozen=True, slots=True)
class Pace:
    """How long one request may hold its thread. A body that stands still, crawls or never ends is cut off; what had
    arrived is kept, so a slow phone loses nothing but the request."""

    stall_s: float = 20.0
    total_s: float = 600.0
    least_bytes_per_s: float = 1024.0
    grace_s: float = 30.0


class BodySource:
    """See :class:`evidence.uploads.protocol.Source`. `ended` says why it stopped early: asked, slow, cut or nothing."""

    def __init__(
        self,
        body: Body,
        *,
        limit: int,
        lease: Lease,
        pace: Pace,
        seal: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._body, self._limit, self._lease, self._pace, self._clock = body, limit, lease, pace, clock
        self._seal = seal
        self._hash = new_hash(seal.partition(" ")[0]) if seal else None
        self._began = self._last = clock()
        self.received = 0
        self.ended = ""

    @property
    def seal(self) -> str:
        return self._seal

    def sound(self) -> bool:
        return self._hash is None or self._hash.hexdigest() == self._seal.partition(" ")[2]

    def readinto(self, buffer: memoryview, /) -> int:
        wanted = buffer[: self._limit - self.received]
        while len(wanted) and not self._must_end():
            try:
                count = self._body.readinto(wanted)
            except TimeoutError:
                continue  # nothing for about a second: look again whether to go on
            except OSError:
                count = 0
            if not count:
                self.ended = "cut"  # or the end of a body whose length was not stated
                break
            self._last = self._clock()
            self.received += count
            if self._hash is not None:
                self._hash.update(wanted[:count])
            return count
        return 0

    def _must_end(self) -> bool:
        if self.ended:
            return True
        if self._lease.asked:
            self.ended = "asked"
            return True
        now, pace = self._clock(), self._pace
        ran = now - self._began
        crawls = ran > pace.grace_s and self.received < ran * pace.least_bytes_per_s
        if now - self._last > pace.stall_s or ran > pace.total_s or crawls:
            self.ended = "slow"
        return bool(self.ended)
