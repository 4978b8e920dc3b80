"""Who works: two worker processes at the same time, or one worker object in this process, one task after the other."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from routing.pool import Call, Workers, shared

from .read import Instance
from .worker import Outcome, Task, Worker

WARM_UP = "routing.vrptw.warm:warm_up"
_KEY = "vrptw"
_LOOK_S = 0.02
# A worker is late by at most one of PyVRP's iterations, long on a crowded machine. At the end of the budget nobody
# waits for it; before that it counts as lost after a while.
_GRACE_S, _LATE_S = 0.05, 5.0

Asked = tuple[str, Task, tuple[float, ...]]


class LateError(Exception):
    """The answer did not come in time: the plan in hand is the result."""


class Team(Protocol):
    """Does tasks: (method of Worker, task, further arguments) each."""

    hands: int

    def do(self, asked: Sequence[Asked], until: float) -> list[Outcome]:
        """Results in order, at about `until` (time.monotonic) or when halted. Raises WorkerError."""
        ...


class Alone:
    """In this process. With tasks that count steps the results are the same on every machine."""

    hands = 1

    def __init__(self, instance: Instance, seed: int, halted: Callable[[], bool]) -> None:
        self.worker = Worker(instance, seed)
        self.worker.ask = halted

    def do(self, asked: Sequence[Asked], until: float) -> list[Outcome]:  # noqa: ARG002 - tasks know
        return [getattr(self.worker, method)(task, *rest) for method, task, rest in asked]


class Pair:
    """Two of the pool's processes."""

    hands = 2

    def __init__(self, workers: Workers, halted: Callable[[], bool], end: float) -> None:
        self.workers = workers
        self.end = end
        self.halted = halted

    def load(self, instance: Instance, seed: int) -> list[Call]:
        """Sends the instance; arrays live in the workers from then on."""
        payloads = [(*instance.parts(), seed * 1000 + slot) for slot in range(self.workers.count)]
        return self.workers.load_each(_KEY, "routing.vrptw.worker:make", payloads)

    def send(self, slot: int, method: str, task: Task, rest: tuple[float, ...]) -> Call:
        """Starts a task in one of the processes."""
        return self.workers.call(slot, _KEY, method, task, *rest)

    def wait(self, calls: Sequence[Call], until: float) -> list[Outcome]:
        """Their results, at about `until` or when halted. Raises LateError if they do not come."""
        halted = False
        while not self.workers.wait(calls, _LOOK_S):
            if not halted and self.halted():
                halted, until = True, time.monotonic()
                self.workers.halt()
            if time.monotonic() > until + (_GRACE_S if halted or until >= self.end else _LATE_S):
                raise LateError
        return [call.result(_LATE_S) for call in calls]

    def do(self, asked: Sequence[Asked], until: float) -> list[Outcome]:
        return self.wait([self.send(slot, *one) for slot, one in enumerate(asked)], until)


@contextmanager
def lent(processes: int) -> Iterator[Workers | None]:
    """The pool's workers, warm or warming up for this kind of work; None: work alone."""
    with shared(processes, (WARM_UP,)) as workers:
        yield workers
