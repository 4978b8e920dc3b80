"""Ruin and recreate: take out visits that lie near each other, put them back by regret insertion, keep what is better.

Needs no solver and speaks every rule natively, crews included: what comes out always holds.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.construct import Builder, Taste, fill
from routing.instance import Instance, Order
from routing.objective import day_price, route_price
from routing.slots import RouteState
from routing.timeline import time_route

from .base import Task

# Visits taken out at once, missing visits offered with them, routes they may go to.
_FEWEST_OUT, _MOST_OUT = 4, 18
_MISSING_OFFERED, _CREWS_OFFERED = 30, 2
_ROUTES_OFFERED = 8
# Improvements are judged by exact re-timing of the whole day: not more often than this.
_REPORT_EVERY_S = 0.1
# A worse day is accepted now and then: by about so many objective seconds at the start, and at the end.
_WARM, _COLD = 600.0, 30.0


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is needed to undo a step."""

    orders: list[Order]
    states: list[RouteState]
    appointments: dict[int, int]
    prices: list[int]


class RuinEngine:
    """See the module."""

    name = "ruin"

    def improve(self, task: Task) -> None:
        """Repeat ruin and recreate until the task's limits; reports every new best."""
        if task.instance.servers and task.instance.visits:
            _Search(task).run()


class _Search:
    def __init__(self, task: Task) -> None:
        self.task = task
        self.instance: Instance = task.instance
        self.rng = np.random.default_rng(task.seed)
        self.began = time.monotonic()
        self.builder = Builder(task.instance, task.orders)
        self.prices = [self._price(server) for server in range(len(self.builder.orders))]
        self.value = self.best = sum(self.prices) + day_price(self.instance, self.builder.orders)
        self.steps = 0
        self.unreported: list[Order] | None = None
        self.reported_at = self.began
        # Travel by the first server's mode stands for nearness in general.
        doors = self.instance.point_of[: self.instance.n]
        self.apart = self.instance.seconds[0][np.ix_(doors, doors)]

    def _report(self, wait_s: float) -> None:
        """Hand in the best, unless the last one went less than `wait_s` ago."""
        now = time.monotonic()
        if self.unreported is not None and now - self.reported_at >= wait_s:
            self.task.report(self.unreported)
            self.unreported, self.reported_at = None, now

    def _price(self, server: int) -> int:
        order = self.builder.orders[server]
        back_s = 0
        if order and self.instance.servers[server].overtime_s:
            times = time_route(self.instance, server, order, self.builder.appointments)
            back_s = times.back_s if times is not None else 0
        return route_price(self.instance, server, order, back_s)

    def _share_done(self) -> float:
        if self.task.iterations is not None:
            return self.steps / self.task.iterations
        if math.isfinite(self.task.seconds):
            return (time.monotonic() - self.began) / max(self.task.seconds, 1e-6)
        return 0.5

    def run(self) -> None:
        while not self.task.halt():
            share = self._share_done()
            if share >= 1.0:
                break
            self._step(_WARM * (_COLD / _WARM) ** share)
            self.steps += 1
        self._report(wait_s=0.0)

    def _step(self, warmth: float) -> None:
        builder = self.builder
        kept = _Kept(list(builder.orders), list(builder.states), dict(builder.appointments), list(self.prices))
        planned = builder.planned.copy()
        out, offered = self._choose()
        changed = builder.take_out(out)
        builder.among = self._servers_near(changed, [*out, *offered])
        taste = Taste(
            regret=float(self.rng.choice([0.5, 1.0, 2.0, 4.0])),
            padding_s=float(self.rng.choice([0.0, 300.0, 900.0])),
            noise=0.5,
            crews_last=bool(self.rng.random() < 0.5),
        )
        fill(builder, self.rng, taste, only=[*out, *offered])
        builder.among = None
        for server, order in enumerate(builder.orders):
            if order is not kept.orders[server]:
                self.prices[server] = self._price(server)
        value = sum(self.prices) + day_price(self.instance, builder.orders)
        if value < self.value - warmth * math.log(max(1e-12, self.rng.random())):
            self.value = value
            if value < self.best:
                self.best, self.unreported = value, list(builder.orders)
            self._report(wait_s=_REPORT_EVERY_S)
            return
        builder.orders, builder.states = kept.orders, kept.states
        builder.appointments, self.prices = kept.appointments, kept.prices
        builder.planned = planned

    def _choose(self) -> tuple[list[int], list[int]]:
        """Planned visits to take out around a random visit, and missing ones nearby to offer with them."""
        centre = int(self.rng.integers(self.instance.n))
        planned = self.builder.planned
        near = np.argsort(self.apart[centre] * (1.0 + 0.6 * self.rng.random(self.instance.n)), kind="stable")
        size = int(self.rng.integers(_FEWEST_OUT, _MOST_OUT + 1))
        out = [int(visit) for visit in near[: 4 * size] if planned[visit] and not self.instance.visits[visit].pinned]
        missing = [int(visit) for visit in near if not planned[visit]]
        singles = [visit for visit in missing if self.instance.visits[visit].crew == 1]
        crews = [visit for visit in missing if self.instance.visits[visit].crew == 2]
        return out[:size], [*crews[:_CREWS_OFFERED], *singles[:_MISSING_OFFERED]]

    def _servers_near(self, changed: set[int], visits: Sequence[int]) -> frozenset[int]:
        """The ruined routes and some others that may take one of the visits."""
        able = {
            server
            for visit in visits
            for node in self.instance.nodes_of(visit)
            for server in self.instance.allowed[node]
        }
        others = sorted(able - changed)
        self.rng.shuffle(others)
        return frozenset([*changed, *others[: max(2, _ROUTES_OFFERED - len(changed))]])
