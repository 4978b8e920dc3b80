"""The compiled search as an engine: alone, or in two warm worker processes.

Large days are cut in two along a turning line, epoch after epoch: each process improves its half, then the halves
are put together and cut elsewhere, which doubles the number of steps. Small days are searched whole in both
processes with different seeds; the better one is taken over by both from time to time.
"""

import logging
import math
import time

from routing.instance import Order
from routing.pool import WorkerError, Workers

from .base import Task
from .pair import Pair
from .searcher import Searcher, temperature

_log = logging.getLogger(__name__)

# Objective seconds at the beginning and the end of a search, and at the beginning of one from a day people know.
WARM, COLD, STANDING = 2000.0, 20.0, 300.0
# Epochs of a cut day, and of a whole one: a share of the search, within bounds.
_EPOCH_SHARE, _EPOCH_S = 0.02, (0.06, 0.5)
_WHOLE_SHARE, _WHOLE_S = 0.1, (0.1, 3.0)
# In-process epochs: how often the caller's stop is asked.
_ALONE_S = 0.05
# With an iteration budget: steps between looks at the caller's stop.
_BLOCK_STEPS = 100
# A search without an end cools over so long, then starts warm again from its best.
_ENDLESS_S = 20.0


class KernelEngine:
    """See the module. `workers`: lent by `routing.pool.shared`, used as soon as they are warm."""

    name = "kernel"

    def __init__(self, workers: Workers | None = None, searcher: Searcher | None = None) -> None:
        """`searcher`: one that has the day already, whatever its orders."""
        self.workers = workers
        self.searcher = searcher

    def improve(self, task: Task) -> None:
        """See Engine."""
        if not task.instance.n or not task.instance.servers:
            return
        searcher = self.searcher or Searcher(task.instance, task.orders, task.seed)
        searcher.load(task.orders)
        if task.iterations is not None:
            _counted(task, searcher, task.iterations)
        else:
            _Search(task, searcher, self.workers).run()


def _counted(task: Task, searcher: Searcher, iterations: int) -> None:
    """So many steps in this process: the same everywhere."""
    warm = STANDING if task.standing else WARM
    best = searcher.kernel.best_value
    done = 0
    while done < iterations and not task.halt():
        block = min(_BLOCK_STEPS, iterations - done)
        begin, end = (temperature(one / iterations, warm, COLD) for one in (done, done + block))
        found = searcher.steps(block, begin, end)
        done += block
        if found.best_value < best:
            best = found.best_value
            task.report(found.best)


class _Search:
    """One search against the clock."""

    def __init__(self, task: Task, searcher: Searcher, workers: Workers | None) -> None:
        self.task = task
        self.workers = workers
        self.warm = STANDING if task.standing else WARM
        self.length_s = task.seconds if math.isfinite(task.seconds) else _ENDLESS_S
        self.began = time.monotonic()
        # Judges joined halves, and searches here as long as there are no workers.
        self.own = searcher
        self.orders: list[Order] = [list(order) for order in task.orders]
        self.best: list[Order] = self.orders
        self.best_value: int = self.own.kernel.value
        self.pair: Pair | None = None

    def run(self) -> None:
        while not self._over():
            try:
                pair = self._partners()
                if pair is None:
                    self._alone()
                else:
                    self._together(pair)
            except WorkerError as error:
                _log.error("routing worker lost, going on in-process: %s", error)
                self.workers = self.pair = None

    def _share(self) -> float:
        return (time.monotonic() - self.began) / max(1e-6, self.length_s)

    def _over(self) -> bool:
        if self.task.halt():
            return True
        if self._share() < 1.0:
            return False
        if math.isfinite(self.task.seconds):
            return True
        self.began, self.orders = time.monotonic(), self.best
        return False

    def _span(self, seconds: float) -> float:
        """So long, but not beyond the end."""
        left_s = self.length_s - (time.monotonic() - self.began)
        return max(0.005, min(seconds, left_s))

    def _warmth(self, seconds: float) -> tuple[float, float]:
        share = self._share()
        ends = share + self._span(seconds) / max(1e-6, self.length_s)
        return temperature(share, self.warm, COLD), temperature(ends, self.warm, COLD)

    def _take(self, orders: list[Order], best: list[Order], best_value: int) -> None:
        self.orders = orders
        if best_value < self.best_value:
            self.best, self.best_value = best, best_value
            self.task.report(best)

    def _alone(self) -> None:
        found = self.own.epoch(self.orders, None, self._span(_ALONE_S), *self._warmth(_ALONE_S))
        self._take(found.orders, found.best, found.best_value)

    def _partners(self) -> Pair | None:
        """Two workers who have the day: it is given to them once they are warm."""
        if self.pair is None and self.workers is not None and self.workers.count >= 2 and self.workers.ready():
            self.pair = Pair(self.workers, self.task, self.own, self.orders)
        return self.pair

    def _together(self, pair: Pair) -> None:
        low, high = _EPOCH_S if pair.cuts else _WHOLE_S
        length = min(high, max(low, (_EPOCH_SHARE if pair.cuts else _WHOLE_SHARE) * self.length_s))
        warmth, span = self._warmth(length), self._span(length)
        if not pair.cuts:
            found = pair.whole(self.orders, span, warmth, share=self._share())
            self._take(found.orders, found.best, found.best_value)
            return
        for current, best in pair.halves(self.orders, span, warmth):
            if self._value(current) is not None:
                best_value = self._value(best)
                self._take(current, best, self.best_value if best_value is None else best_value)
                return
        _log.info("halves of a day do not fit together; the epoch is lost")

    def _value(self, orders: list[Order]) -> int | None:
        """What the orders are worth; None if they do not hold: crews of both halves may have made the other wait."""
        try:
            return self.own.load(orders)
        except ValueError:
            return None
