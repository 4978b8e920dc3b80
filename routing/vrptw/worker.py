"""What a worker process does for one instance; the same object works in-process."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .polish import polish
from .read import Instance, build
from .search import Routes, Search

# One call of compiled code takes about this long: how late a halt is noticed.
_BLOCK_S = 0.004
_FIRST_STEPS = 50


class Task(NamedTuple):
    """Routes over some customers, to be improved in at most `limit` routes until `until` (or for `steps`)."""

    routes: Routes
    customers: list[int]
    limit: int
    until: float  # time.monotonic(), which is the same in all processes of a machine; 0: only `steps` count
    steps: int  # 0: by the clock alone
    seed: int


class Outcome(NamedTuple):
    """Routes at the end and the best ones on the way; costs in tenths (kernel.ABSENT more per customer left out)."""

    cost: int
    routes: Routes
    best_cost: int
    best: Routes


class Worker:
    """Searches on one instance. `halt[0]` not 0, or `ask()`: return early."""

    def __init__(self, instance: Instance, seed: int) -> None:
        self.instance = instance
        self.search = Search(instance, seed)
        self.halt: NDArray[np.int64] = np.zeros(1, np.int64)
        self.ask: Callable[[], bool] | None = None
        self._rate = 0.0

    def _stopped(self) -> bool:
        return bool(self.halt[0]) or (self.ask is not None and self.ask())

    def anneal(self, task: Task, hot: float, cold: float) -> Outcome:
        """Ruin and recreate, cooling from `hot` to `cold` (tenths). Nothing but a first plan if there is no time."""
        search = self.search
        search.load(task.routes, task.customers, task.limit)
        search.construct()
        if task.steps:
            self._by_steps(task.steps, task.until or math.inf, hot, cold)
        else:
            self._by_clock(task.until, hot, cold)
        return Outcome(search.cost, search.routes(), search.best_cost, search.best_routes())

    def _by_steps(self, steps: int, until: float, hot: float, cold: float) -> None:
        block = max(1, min(200, steps // 20))
        for done in range(0, steps, block):
            if self._stopped() or time.monotonic() >= until:
                return
            self.search.run(min(block, steps - done), hot * (cold / hot) ** (done / steps))

    def _by_clock(self, until: float, hot: float, cold: float) -> None:
        began = now = time.monotonic()
        while now < until and not self._stopped():
            steps = max(1, int(self._rate * min(_BLOCK_S, until - now))) if self._rate else _FIRST_STEPS
            self.search.run(steps, hot * (cold / hot) ** ((now - began) / (until - began)))
            now, before = time.monotonic(), now
            # A block interrupted by other processes must not make the next ones tiny.
            self._rate = max(steps / max(now - before, 1e-6), 0.8 * self._rate)

    def polish(self, task: Task, history: int) -> Outcome:
        """PyVRP on these customers; the routes given come back if it found nothing better."""
        left = [task.steps]

        def stop() -> bool:
            left[0] -= 1
            over = left[0] < 0 if task.steps else time.monotonic() >= task.until
            return over or self._stopped()

        better = polish(
            self.instance, task.routes, task.customers, task.limit, seed=task.seed, history=history, stop=stop
        )
        routes = better or task.routes
        cost = self.instance.distance(routes)
        return Outcome(cost, routes, cost, routes)


def make(payload: tuple[Any, ...]) -> Worker:
    """Factory for the pool. The distances are counted anew: faster than sending them."""
    *parts, seed = payload
    return Worker(build(*parts), seed)


def as_task(routes: Sequence[list[int]], limit: int, until: float, steps: int, seed: int) -> Task:
    """A task over the customers of these routes."""
    return Task([list(r) for r in routes], [c for r in routes for c in r], limit, until, steps, seed)
