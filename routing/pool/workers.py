"""The parent's end of the worker processes: starting, loading, calling, halting, and noticing that one is gone."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .board import Board
from .wire import FrameReader, packed, widen, write_all

KERNEL = "routing.kernel:warm_up"
# Workers are single-threaded: the number of processes says how many cores are used.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
# How long a worker may take to end by itself once its pipe is closed.
_GOODBYE_S = 0.5


class WorkerError(Exception):
    """A worker ended, failed or did not answer in time. `code` is worker.lost, worker.failed or worker.hung."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Call:
    """An answer to come from one worker."""

    def __init__(self, process: "_Process", number: int) -> None:
        self._process = process
        self._number = number

    def done(self) -> bool:
        """Whether `result` would return (or raise) at once."""
        self._process.collect(0.0)
        return self._process.settled(self._number)

    def result(self, timeout_s: float) -> Any:
        """The method's answer. Raises WorkerError if the worker is gone, or silent for `timeout_s` (it is killed)."""
        return self._process.answer(self._number, timeout_s)


class Workers:
    """`count` single-threaded processes. Not thread-safe: `shared` lends them to one caller at a time.

    `halt_flags[worker]` is memory the workers' objects see as `self.halt[0]`: set it to 1 to ask for an early return.
    """

    def __init__(self, count: int, warm: Sequence[str] = (KERNEL,)) -> None:
        """Start the processes; they import and warm up by themselves (`ready` tells). Raises OSError if none start."""
        self.count = count
        self.owner = os.getpid()
        self.warm = tuple(warm)
        self._board = Board(count)
        self.halt_flags: NDArray[np.int64] = self._board.flags
        self._processes: list[_Process] = []
        try:
            for slot in range(count):
                self._processes.append(_Process(self._board.fd, slot, self.warm))
        finally:
            if len(self._processes) < count:
                self.close()

    def ready(self) -> bool:
        """Whether every worker has warmed up. Raises WorkerError if one is gone."""
        return all(process.is_ready() for process in self._processes)

    def wait_ready(self, timeout_s: float) -> bool:
        """Wait for `ready`, at most `timeout_s`."""
        until = time.monotonic() + timeout_s
        while not self.ready():
            if time.monotonic() >= until:
                return False
            self._select(max(0.0, until - time.monotonic()))
        return True

    def alive(self) -> bool:
        """Whether all processes still run and belong to this process (not to the one it was forked from)."""
        return self.owner == os.getpid() and len(self._processes) == self.count and self._all_run()

    def _all_run(self) -> bool:
        return all(process.running() for process in self._processes)

    def load(self, key: str, factory: str, payload: Any) -> list[Call]:
        """Build `factory(payload)` in every worker under `key`; the payload is pickled once."""
        body = packed(("load", 0, key, factory, *self._board.apart(payload)))
        return [process.send(body) for process in self._processes]

    def load_each(self, key: str, factory: str, payloads: Sequence[Any]) -> list[Call]:
        """`load` with a payload of its own for each worker."""
        return [
            process.send(packed(("load", 0, key, factory, *self._board.apart(payload))))
            for process, payload in zip(self._processes, payloads, strict=True)
        ]

    def drop(self, key: str | None) -> list[Call]:
        """Let go of what was loaded under `key`; None: of everything."""
        return [process.send(packed(("drop", 0, key))) for process in self._processes]

    def call(self, worker: int, key: str, method: str, *arguments: Any) -> Call:
        """Ask one worker to run a method of its object. Calls to one worker are answered in order."""
        return self._processes[worker].send(packed(("call", 0, key, method, arguments)))

    def wait(self, calls: Sequence[Call], timeout_s: float) -> bool:
        """Wait until all calls are settled, at most `timeout_s`; True if they are."""
        until = time.monotonic() + timeout_s
        while not all(call.done() for call in calls):
            left_s = until - time.monotonic()
            if left_s <= 0:
                return False
            self._select(left_s)
        return True

    def rest(self, timeout_s: float) -> bool:
        """Wait until every order has been answered, and forget answers nobody asked for; False if one is missing."""
        until = time.monotonic() + timeout_s
        rested = [process.rest(max(0.0, until - time.monotonic())) for process in self._processes]
        return all(rested)

    def clear(self, timeout_s: float) -> bool:
        """Ask for silence and let go of all that was loaded; False if a worker does not answer within the time."""
        self.halt()
        self.drop(None)
        if not self.rest(timeout_s):
            return False
        self._board.wipe()
        return True

    def halt(self) -> None:
        """Ask every worker's running call to return early."""
        self.halt_flags[:] = 1

    def resume(self) -> None:
        """Take `halt` back."""
        self.halt_flags[:] = 0

    def _select(self, timeout_s: float) -> None:
        # A closed pipe is always readable: one that has ended must not turn the waiting into spinning.
        fds = [process.reader.fd for process in self._processes if not process.reader.ended]
        if fds:
            select.select(fds, [], [], timeout_s)
        else:
            time.sleep(min(timeout_s, 0.01))

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.part()
        for process in self._processes:
            process.end()
        self._release()

    def abandon(self) -> None:
        """In a forked child: let go of the parent's workers without touching them."""
        for process in self._processes:
            process.part()
            process.forget()
        self._release()

    def _release(self) -> None:
        self._processes = []
        self.halt_flags = np.zeros(0, dtype=np.int64)
        self._board.close()


def _environment() -> dict[str, str]:
    """The parent's environment, this library importable, one thread each."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


class _Process:
    """One worker process with its two pipes."""

    def __init__(self, board_fd: int, slot: int, warm: Sequence[str]) -> None:
        worker_in, self.writer = os.pipe()
        answers, worker_out = os.pipe()
        widen(self.writer)
        widen(worker_out)
        fds = (worker_in, worker_out, board_fd)
        options = [str(one) for one in (*fds, slot, os.getpid())]
        try:
            # -P: what lies in the current directory is not imported by accident.
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-P", "-m", "routing.pool.worker", *options, *warm],
                stdin=subprocess.DEVNULL,
                stdout=sys.__stderr__.fileno() if sys.__stderr__ is not None else subprocess.DEVNULL,
                pass_fds=fds,
                env=_environment(),
            )
        except OSError:
            os.close(self.writer)
            os.close(answers)
            raise
        finally:
            os.close(worker_in)
            os.close(worker_out)
        self.reader = FrameReader(answers)
        self._sent = 0
        self._answers: list[Any] = []
        self._taken = 0
        self._kept: dict[int, Any] = {}
        self._ready = False
        self._failure: WorkerError | None = None
        self._open = True

    def send(self, frame: bytes) -> Call:
        """Send a frame; answers come in the order of sending. A broken pipe shows in the call's result."""
        try:
            write_all(self.writer, frame)
        except OSError:
            self._fail("worker.lost")
        self._sent += 1
        return Call(self, self._sent)

    def collect(self, timeout_s: float) -> None:
        """Take in what has arrived, waiting at most `timeout_s` for something."""
        if self.reader.ended or not self._open:
            self._fail("worker.lost")
            return
        while select.select([self.reader.fd], [], [], timeout_s)[0]:
            timeout_s = 0.0
            if not self.reader.pull():
                self._fail("worker.lost")
                return
            while (message := self.reader.frame()) is not None:
                self._note(*message)

    def _note(self, kind: str, _number: int, content: Any) -> None:
        if kind == "ready":
            self._ready = True
        elif kind == "error":
            self._fail("worker.failed", str(content))
        else:
            self._taken += 1
            self._kept[self._taken] = content

    def _fail(self, code: str, detail: str = "") -> None:
        self._failure = self._failure or WorkerError(code, detail)

    def settled(self, number: int) -> bool:
        return number in self._kept or self._failure is not None

    def answer(self, number: int, timeout_s: float) -> Any:
        until = time.monotonic() + timeout_s
        self.collect(0.0)
        while not self.settled(number):
            left_s = until - time.monotonic()
            if left_s <= 0:
                self._fail("worker.hung")
                self.process.kill()
                break
            self.collect(left_s)
        if number in self._kept:
            return self._kept.pop(number)
        raise self._failure or WorkerError("worker.lost")

    def rest(self, timeout_s: float) -> bool:
        until = time.monotonic() + timeout_s
        while self._taken < self._sent and self._failure is None and (left_s := until - time.monotonic()) > 0:
            self.collect(left_s)
        self._kept.clear()
        return self._taken == self._sent and self._failure is None

    def is_ready(self) -> bool:
        if not self._ready:
            self.collect(0.0)
        failure = self._failure
        if failure is not None:
            raise failure
        return self._ready

    def running(self) -> bool:
        return self._failure is None and self.process.poll() is None

    def part(self) -> None:
        """Close the pipes: the worker ends when it sees that."""
        if self._open:
            self._open = False
            os.close(self.writer)
            os.close(self.reader.fd)
            self._fail("worker.lost")

    def end(self) -> None:
        """See the worker out."""
        try:
            self.process.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def forget(self) -> None:
        """The process belongs to somebody else: no waiting for it, no complaint that it still runs."""
        self.process.returncode = 0
