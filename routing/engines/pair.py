"""A day in two worker processes: cut in halves, or whole with different seeds."""

import time
from collections.abc import Sequence

from routing.instance import Order
from routing.pool import Call, Workers

from .base import Task
from .cut import Cutter, joined
from .searcher import Found, Part, Searcher, portable

# Below this many servers, or visits, a day is not cut.
_FEWEST_SERVERS, _FEWEST_VISITS = 6, 120
# How often the caller's stop is asked while the workers work.
_POLL_S = 0.04
# A worker may be so much later than its epoch should have ended.
_LATE_S = 5.0
# At these shares of a search over the whole day, both workers go on from the better one's best.
_EXCHANGE = (0.4, 0.6, 0.8)
_KEY = "day"
_BOTH = 2


class Pair:
    """Two warm workers who hold the day. Every method may raise WorkerError."""

    def __init__(self, workers: Workers, task: Task, searcher: Searcher, orders: Sequence[Order]) -> None:
        self.workers = workers
        self.task = task
        workers.load(_KEY, "routing.engines.searcher:Remote", portable(searcher))
        calls = [workers.call(slot, _KEY, "begin", orders, slot) for slot in range(workers.count)]
        self._results(calls, _LATE_S)
        self.cuts = len(orders) >= _FEWEST_SERVERS and task.instance.n >= _FEWEST_VISITS
        self._cutter = Cutter(task.instance, task.seed)
        self._exchanged = 0

    def halves(
        self, orders: list[Order], seconds: float, warmth: tuple[float, float]
    ) -> list[tuple[list[Order], list[Order]]]:
        """An epoch on both halves of the day: where it stands then, and the best of both halves put together; behind
        that the same with one half's answer alone, should the two not fit together (crews of both may wait in turn)."""
        parts = self._cutter.halves(orders)
        found = self._epoch([orders] * _BOTH, parts, seconds, warmth)
        ways = ((0, 1), (0,), (1,))
        return [
            (
                joined(orders, [parts[half] for half in way], [found[half].orders for half in way]),
                joined(orders, [parts[half] for half in way], [found[half].best for half in way]),
            )
            for way in ways
        ]

    def whole(self, orders: list[Order], seconds: float, warmth: tuple[float, float], *, share: float) -> Found:
        """An epoch of two searches of their own, which now and then go on from one's best; the better answer."""
        exchange = sum(share >= one for one in _EXCHANGE)
        given = orders if exchange > self._exchanged else None
        self._exchanged = exchange
        found = self._epoch([given] * _BOTH, [None] * _BOTH, seconds, warmth)
        best = min(found, key=lambda one: one.best_value)
        # What comes back as current is what an exchange hands out: the best.
        return Found(best.best, best.best, best.best_value, best.best_value, sum(one.steps for one in found))

    def _epoch(
        self,
        orders: Sequence[list[Order] | None],
        parts: Sequence[Part | None],
        seconds: float,
        warmth: tuple[float, float],
    ) -> list[Found]:
        calls = [
            self.workers.call(worker, _KEY, "epoch", orders[worker], parts[worker], seconds, *warmth)
            for worker in range(_BOTH)
        ]
        return self._results(calls, seconds)

    def _results(self, calls: Sequence[Call], seconds: float) -> list[Found]:
        """The answers; meanwhile the caller's stop is asked, and halted workers answer at once."""
        until = time.monotonic() + seconds + _LATE_S
        while not self.workers.wait(calls, _POLL_S) and time.monotonic() < until:
            if self.task.halt():
                self.workers.halt()
        return [call.result(0.0) for call in calls]
