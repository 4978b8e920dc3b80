"""Engines in a row: each goes on from the best the one before it left."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from routing.instance import Order
from routing.objective import objective
from routing.timeline import time_all

from .base import Engine, Task

# A run without a time limit goes round the chain in turns of this length.
_TURN_S = 20.0


@dataclass(frozen=True, slots=True)
class ChainEngine:
    """Gives each link its share of the time (shares sum to 1); without a time limit, turn after turn."""

    links: tuple[tuple[Engine, float], ...]

    @property
    def name(self) -> str:
        return "+".join(engine.name for engine, _ in self.links)

    def improve(self, task: Task) -> None:
        """See Engine. With an iteration budget every link gets the whole of it, once."""
        relay = _Relay(task)
        endless = task.iterations is None and math.isinf(task.seconds)
        began = time.monotonic()
        while True:
            turn_s = _TURN_S if endless else task.seconds
            ends_s = time.monotonic() - began
            for engine, share in self.links:
                ends_s += share * turn_s
                left_s = ends_s - (time.monotonic() - began)
                if left_s > 0 and not task.halt():
                    engine.improve(replace(task, orders=relay.orders, seconds=left_s, report=relay.report))
            if not endless or task.halt():
                return


class _Relay:
    """Keeps the best orders reported and passes them on."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.orders: Sequence[Order] = task.orders
        self.value = math.inf
        self.report(task.orders)

    def report(self, orders: Sequence[Order]) -> None:
        times = time_all(self.task.instance, orders)
        if times is None:
            return
        value = objective(self.task.instance, orders, times)
        if value < self.value:
            self.orders, self.value = [list(order) for order in orders], value
            self.task.report(self.orders)
