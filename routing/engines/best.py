"""The best orders of a solve, and its clock: engines report here, the caller's stop is asked here."""

import time
from collections.abc import Callable, Sequence

from routing.instance import Instance, Order
from routing.objective import objective, planned_visits
from routing.plan import Progress
from routing.stop import Stop, iterations_limit
from routing.timeline import metres_of, time_all

# The stop is asked, and improvements are looked at, this often at most.
_LOOK_EVERY_S = 0.06


class Best:
    """See the module. Nothing is best that exact times have not confirmed."""

    def __init__(
        self, instance: Instance, stop: Stop, began: float, on_improve: Callable[[Progress], None] | None
    ) -> None:
        self.instance = instance
        self.stop = stop
        self.began = began
        self.on_improve = on_improve
        self.patient = iterations_limit(stop) is not None
        self.orders: list[Order] = [[] for _ in instance.servers]
        self.objective: int | None = None
        self.pending: list[Order] | None = None
        self.looked = 0.0
        self.stopped = False
        self.engine = ""

    def elapsed(self) -> float:
        """Seconds since the solve began."""
        return time.monotonic() - self.began

    def halt(self) -> bool:
        """Whether to stop; asks the caller's stop at most every _LOOK_EVERY_S, and then also judges what came in."""
        now = self.elapsed()
        if not self.stopped and now - self.looked >= _LOOK_EVERY_S:
            self.judge_pending()
            self.looked = now
            self.stopped = bool(self.stop(now, self.objective))
        return self.stopped

    def report(self, orders: Sequence[Order]) -> None:
        """Hand in an improvement; it is judged at once, or with the next look at the clock."""
        self.pending = [list(order) for order in orders]
        if self.patient or self.elapsed() - self.looked >= _LOOK_EVERY_S:
            self.judge_pending()

    def judge_pending(self) -> None:
        """Judge what was reported last."""
        if self.pending is not None:
            orders, self.pending = self.pending, None
            self.judge(orders, self.engine)

    def judge(self, orders: list[Order], engine: str) -> None:
        """Keep the orders if their exact times hold and they are better."""
        times = time_all(self.instance, orders)
        if times is None:
            return
        value = objective(self.instance, orders, times)
        if self.objective is None or value < self.objective:
            self.orders, self.objective, self.engine = [list(order) for order in orders], value, engine
            self._tell()

    def _tell(self) -> None:
        if self.on_improve is None or self.objective is None:
            return
        planned = len(planned_visits(self.instance, self.orders))
        metres = sum(metres_of(self.instance, server, order) for server, order in enumerate(self.orders))
        self.on_improve(Progress(self.elapsed(), self.objective, planned, self.instance.n - planned, metres))
