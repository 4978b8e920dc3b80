"""A small limit on how often something may be said, per key, inside one process."""

from __future__ import annotations

import threading
import time


class Quiet:
    """At most `limit` times in `seconds` for each key; forgets keys that have been silent."""

    def __init__(self, *, limit: int, seconds: float) -> None:
        self._limit, self._seconds = limit, seconds
        self._said: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def allows(self, key: str) -> bool:
        now = time.monotonic()
        with self._lock:
            if len(self._said) > 10_000:
                self._said = {k: times for k, times in self._said.items() if times[-1] > now - self._seconds}
            recent = [at for at in self._said.get(key, ()) if at > now - self._seconds]
            if len(recent) >= self._limit:
                self._said[key] = recent
                return False
            self._said[key] = [*recent, now]
            return True
