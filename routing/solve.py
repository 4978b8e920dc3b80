"""`solve`: first a plan that holds, then a better one, until the caller says stop."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from .assemble import make_plan, orders_of
from .construct import OTHER_TASTES, PLAIN, Builder, Taste, fill
from .engines.base import Engine, Task
from .engines.chain import ChainEngine
from .engines.ortools import OrToolsEngine
from .engines.pieces import PiecesEngine
from .engines.ruin import RuinEngine
from .explain import explain
from .instance import Instance, Order, compile_problem
from .objective import objective, planned_visits
from .plan import Plan, Progress
from .problem import Problem
from .stop import Stop, iterations_limit, seconds_limit
from .timeline import metres_of, time_all
from .warm import repair_orders

# The chain that measured best on court days: our own search first, then the solver as a second opinion.
ENGINE: Engine = ChainEngine(((RuinEngine(), 0.75), (PiecesEngine(OrToolsEngine()), 0.25)))

# The stop is asked, and improvements are looked at, this often at most.
_LOOK_EVERY_S = 0.1
# First plans of other tastes are tried within this share of the budget.
_STARTING_SHARE = 0.1
# Kept back from the budget for the last fill, the exact times and the reasons.
_CLOSING_SHARE, _CLOSING_MAX_S = 0.05, 0.5
# The last fill may take this long past the stop.
_GRACE_S = 0.25


class _Best:
    """The best orders so far, and the clock: engines report to it, the stop is asked through it."""

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
        self.closed_at = 0.0

    def elapsed(self) -> float:
        return time.monotonic() - self.began

    def halt(self) -> bool:
        """Whether to stop; asks the caller's stop at most every _LOOK_EVERY_S, and then also judges what came in."""
        now = self.elapsed()
        if not self.stopped and now - self.looked >= _LOOK_EVERY_S:
            self.judge_pending()
            self.looked = now
            self.stopped = bool(self.stop(now, self.objective))
        return self.stopped

    def closing(self) -> bool:
        """Whether the last fill has used up its grace."""
        self.closed_at = self.closed_at or self.elapsed() + _GRACE_S
        return self.elapsed() > self.closed_at

    def report(self, orders: Sequence[Order]) -> None:
        self.pending = [list(order) for order in orders]
        if self.patient or self.elapsed() - self.looked >= _LOOK_EVERY_S:
            self.judge_pending()

    def judge_pending(self) -> None:
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


def solve(
    problem: Problem,
    stop: Stop,
    seed: int = 0,
    *,
    warm_start: Plan | None = None,
    against: Plan | None = None,
    on_improve: Callable[[Progress], None] | None = None,
) -> Plan:
    """Plan the day.

    Always returns a plan that `check` finds no fault with; what could not be planned is listed with its reasons.
    With a `warm_start` the answer is never worse than it (as far as it still holds under this problem), and
    `weights.disruption` and `reorder` price every visit that is moved against it, or against the plan `against` if
    that is another one. `stop` is asked about ten times a
    second; with `Iterations` (and no other stop) the plan depends on problem and seed alone.
    """
    began = time.monotonic()
    before = warm_start if against is None else against
    instance = compile_problem(problem, () if before is None else published(before))
    best = _Best(instance, stop, began, on_improve)
    start = [[] for _ in instance.servers] if warm_start is None else orders_of(instance, warm_start)
    start = repair_orders(instance, start)
    best.judge(start, "warm" if warm_start is not None else "none")
    for taste in (PLAIN, *OTHER_TASTES):
        if taste != PLAIN and best.elapsed() > _STARTING_SHARE * seconds_limit(stop):
            break
        best.judge(_filled(instance, start, seed, best.halt, taste), "insertion")
    _improve(instance, stop, seed, best, ENGINE)
    best.judge(_filled(instance, best.orders, seed, best.closing, PLAIN), best.engine)
    reasons = explain(instance, best.orders)
    return make_plan(instance, best.orders, engine=best.engine, seed=seed, elapsed_s=best.elapsed(), reasons=reasons)


def published(plan: Plan) -> list[tuple[str, list[str]]]:
    """(server id, visits led in order) of every route: what disruption and reordering are measured against."""
    return [(route.server_id, [stop.visit_id for stop in route.stops if stop.role == "lead"]) for route in plan.routes]


def _filled(
    instance: Instance, orders: Sequence[Order], seed: int, halt: Callable[[], bool], taste: Taste
) -> list[Order]:
    builder = Builder(instance, orders)
    fill(builder, np.random.default_rng(seed), taste, halt)
    return builder.orders


def _improve(instance: Instance, stop: Stop, seed: int, best: _Best, engine: Engine) -> None:
    budget_s = seconds_limit(stop)
    closing_s = min(_CLOSING_MAX_S, _CLOSING_SHARE * budget_s)
    left_s = budget_s - closing_s - best.elapsed()
    if left_s <= 0 or best.halt():
        return
    best.engine, before = engine.name, best.engine
    value = best.objective
    engine.improve(Task(instance, best.orders, seed, left_s, iterations_limit(stop), best.halt, best.report))
    best.judge_pending()
    if best.objective == value:
        best.engine = before
