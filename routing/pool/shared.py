"""This process's warm workers, lent to one caller at a time.

Started when first asked for, replaced when one has died, abandoned in a forked child (which starts its own), ended
with the process.
"""

import atexit
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from .workers import KERNEL, Workers

# A call still running when its caller has left may take so long to notice.
_REST_S = 0.15

_log = logging.getLogger(__name__)


class _Shared:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.workers: Workers | None = None
        self.usual = 2
        self.late = False

    def get(self, count: int, warm: tuple[str, ...]) -> Workers | None:
        """Living workers, at least `count`, warm for these; None if the system will not start any."""
        have = self.workers
        fits = have is not None and have.count >= count and set(warm) <= set(have.warm)
        if have is not None and self.late:
            fits = have.clear(_REST_S) and fits
        self.late = False
        if have is not None and (not fits or not have.alive()):
            have.close()
            self.workers = None
            warm = tuple(dict.fromkeys((*have.warm, *warm)))
        if self.workers is None:
            try:
                self.workers = Workers(count, warm)
            except OSError as error:
                _log.warning("routing workers cannot be started, solving in-process: %s", error)
        return self.workers

    def put_back(self, workers: Workers) -> None:
        """Fit for the next caller, or ended. Those still warming up have run nothing yet, and go on with it."""
        if workers.alive() and not workers.ready():
            workers.drop(None)
            return
        # One that is late now is given until the next caller comes: ending it here would cost this one its budget.
        self.late = not workers.clear(_REST_S) and workers.alive()
        if not (self.late or workers.alive()):
            workers.close()
            self.workers = None


_state = _Shared()


def use(count: int) -> None:
    """How many processes to work with where nobody says; 0 or 1: none beside this one."""
    _state.usual = count


@contextmanager
def shared(count: int | None = None, warm: Sequence[str] = (KERNEL,), wait_s: float = 0.0) -> Iterator[Workers | None]:
    """The process's workers for the length of the block, at least `count`; None means: work in-process.

    `count` None means what `use` was told. Lent are none when `count` < 2, when another thread has them (after
    waiting `wait_s` for it), or when none can be started. They may still be warming up (`Workers.ready`). Halt flags
    are down at the beginning; whatever went wrong in the block, the next caller gets workers without old orders.
    """
    count = _state.usual if count is None else count
    if count < 2 or not _state.lock.acquire(timeout=wait_s if wait_s > 0 else -1, blocking=wait_s > 0):
        yield None
        return
    try:
        workers = _state.get(count, tuple(warm))
        if workers is not None:
            workers.resume()
        try:
            yield workers
        finally:
            if workers is not None:
                _state.put_back(workers)
    finally:
        _state.lock.release()


def start_shared(count: int, warm: Sequence[str] = (KERNEL,)) -> None:
    """Start the workers now, so that the first solve finds them warm."""
    with shared(count, warm):
        pass


def close_shared() -> None:
    """End this process's workers."""
    with _state.lock:
        if _state.workers is not None:
            _state.workers.close()
            _state.workers = None


def _after_fork() -> None:
    have, _state.workers = _state.workers, None
    # The lock may have been held by a thread that does not exist in the child.
    _state.lock = threading.Lock()
    if have is not None:
        have.abandon()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(close_shared)
