"""`solve`: first a plan that holds, then a better one, until the caller says stop."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from .assemble import make_plan, orders_of
from .check import check
from .engines.base import Task
from .engines.best import Best
from .engines.kernel import KernelEngine
from .engines.searcher import Searcher
from .engines.tiny import TinyEngine
from .explain import explain
from .instance import Instance, Order, compile_problem
from .plan import Plan, Progress
from .pool import Workers, shared
from .problem import Problem
from .stop import Stop, iterations_limit, seconds_limit
from .warm import repair_orders

_log = logging.getLogger(__name__)

# Kept back from the budget for the exact times, the check and the reasons: so many times what they took on the first
# plan, and a little for the unforeseen; but never more than this share of the budget.
_CLOSING_TIMES, _CLOSING_S, _CLOSING_SHARE = 1.0, 0.02, 0.3
# Days of more visits are planned in this process: their matrices in every worker would be too much memory.
_MOST_SHARED = 2000


def solve(
    problem: Problem,
    stop: Stop,
    seed: int = 0,
    *,
    warm_start: Plan | None = None,
    against: Plan | None = None,
    on_improve: Callable[[Progress], None] | None = None,
    processes: int | None = None,
) -> Plan:
    """Plan the day.

    Always returns a plan that `check` finds no fault with; what could not be planned is listed with its reasons.
    With a `warm_start` the answer is never worse than it (as far as it still holds under this problem), and
    `weights.disruption` and `reorder` price every visit that is moved against it, or against the plan `against` if
    that is another one. `stop` is asked ten to twenty times a second; with `Iterations` (and no other stop) the plan
    depends on problem and seed alone. `processes`: 2 uses this process's warm workers if nobody else has them
    (`routing.pool`), 0 or 1 works in-process, None is what `routing.pool.use` was told (2). Raises ProblemError for a
    problem that cannot be meant.
    """
    began = time.monotonic()
    alone = iterations_limit(stop) is not None or len(problem.visits) > _MOST_SHARED
    with shared(0 if alone else processes) as workers:
        day = _Day(problem, warm_start, against, stop, seed, began, on_improve)
        day.start(warm_start)
        day.improve(workers)
        return day.close()


def published(plan: Plan) -> list[tuple[str, list[str]]]:
    """(server id, visits led in order) of every route: what disruption and reordering are measured against."""
    return [(route.server_id, [stop.visit_id for stop in route.stops if stop.role == "lead"]) for route in plan.routes]


class _Day:
    """One run of `solve`."""

    def __init__(
        self,
        problem: Problem,
        warm_start: Plan | None,
        against: Plan | None,
        stop: Stop,
        seed: int,
        began: float,
        on_improve: Callable[[Progress], None] | None,
    ) -> None:
        self.problem = problem
        self.stop = stop
        self.seed = seed
        self.before = warm_start if against is None else against
        self.instance: Instance = compile_problem(problem, () if self.before is None else published(self.before))
        self.best = Best(self.instance, stop, began, on_improve)
        self.standing = warm_start is not None
        self.closing_s = 0.0
        self.fallback: Plan | None = None
        self.searcher: Searcher | None = None

    def start(self, warm_start: Plan | None) -> None:
        """The warm start as far as it holds, filled with what fits; a plan is ready from here on."""
        given = [[] for _ in self.instance.servers] if warm_start is None else orders_of(self.instance, warm_start)
        kept = repair_orders(self.instance, given)
        self.best.judge(kept, "warm" if self.standing else "none")
        if self.instance.n and self.instance.servers:
            self.searcher = Searcher(self.instance, kept, self.seed)
            self.best.judge(self.searcher.filled(), "insertion")
        began = time.monotonic()
        self.fallback = self._plan(self.best.orders, self.best.engine)
        self.closing_s = _CLOSING_TIMES * (time.monotonic() - began) + _CLOSING_S

    def improve(self, workers: Workers | None) -> None:
        """Until the time is up, less what closing needs."""
        best, budget_s = self.best, seconds_limit(self.stop)
        left_s = budget_s - min(self.closing_s, _CLOSING_SHARE * budget_s) - best.elapsed()
        if left_s <= 0 or best.halt():
            return
        engine = TinyEngine() if TinyEngine.suits(self.instance) else KernelEngine(workers, self.searcher)
        before, value, best.engine = best.engine, best.objective, engine.name
        limit = iterations_limit(self.stop)
        engine.improve(
            Task(self.instance, best.orders, self.seed, left_s, limit, best.halt, best.report, self.standing)
        )
        best.judge_pending()
        if best.objective == value:
            best.engine = before

    def close(self) -> Plan:
        """The best plan with its reasons, checked once more."""
        made = self._plan(self.best.orders, self.best.engine)
        faults = check(self.problem, made, self.before)
        if not faults:
            return made
        _log.critical("a plan with faults was found and thrown away: %s", faults[:5])
        if self.fallback is not None:
            faults = check(self.problem, self.fallback, self.before)
            if not faults:
                return replace(self.fallback, elapsed_s=self.best.elapsed())
        _log.critical("the first plan has faults too, nothing is planned: %s", faults[:5])
        return self._plan([[] for _ in self.instance.servers], "none")

    def _plan(self, orders: Sequence[Order], engine: str) -> Plan:
        reasons = explain(self.instance, orders)
        elapsed_s = self.best.elapsed()
        return make_plan(self.instance, orders, engine=engine, seed=self.seed, elapsed_s=elapsed_s, reasons=reasons)
