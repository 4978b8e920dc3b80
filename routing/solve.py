"""`solve`: first a plan that holds, then a better one, until the caller says stop."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from .assemble import make_plan, orders_of
from .check import check
from .construct import Builder, fill
from .engines.base import Task
from .engines.best import Best
from .engines.kernel import KernelEngine
from .engines.searcher import Searcher, SearchRefusedError, search_ready
from .engines.tiny import TinyEngine
from .explain import explain
from .instance import Instance, Order, compile_problem, travel_asked, travel_places
from .plan import Plan, Progress
from .pool import Workers, shared
from .problem import Problem, ProblemError
from .stop import Stop, iterations_limit, seconds_limit
from .warm import repair_orders

_log = logging.getLogger(__name__)

# Kept back from the budget for the exact times, the check and the reasons: so many times what they took on the first
# plan, and a little for the unforeseen; but never more than this share of the budget.
_CLOSING_TIMES, _CLOSING_S, _CLOSING_SHARE = 1.0, 0.02, 0.3
# Days of more visits are planned in this process: their matrices in every worker would be too much memory.
_MOST_SHARED = 2000
# While the search is being compiled: how often it is looked for.
_POLL_S = 0.05
# Travel times and distances of a day may take so much memory (5,000 visits by one mode: 0.2 GB).
_MOST_BYTES = 1 << 30


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
    _bounded(problem)
    alone = iterations_limit(stop) is not None or len(problem.visits) > _MOST_SHARED
    with shared(0 if alone else processes) as workers:
        day = _Day(problem, warm_start, against, stop, seed, began, on_improve)
        # Two workers compile by themselves while this process plans by insertion; alone, it has to.
        day.may_search = workers is None or search_ready()
        day.start(warm_start)
        day.improve(workers)
        return day.close()


def published(plan: Plan) -> list[tuple[str, list[str]]]:
    """(server id, visits led in order) of every route: what disruption and reordering are measured against."""
    return [(route.server_id, [stop.visit_id for stop in route.stops if stop.role == "lead"]) for route in plan.routes]


def _bounded(problem: Problem) -> None:
    """Refuses a day whose matrices would not fit: a court plans its districts one by one."""
    places, kinds = len(travel_places(problem)), len(travel_asked(problem))
    if 8 * kinds * places**2 > _MOST_BYTES:
        raise ProblemError("problem.too_large", "任务过多，无法一次规划，请按片区分开规划", str(len(problem.visits)))


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
        self.may_search = True

    def start(self, warm_start: Plan | None) -> None:
        """The warm start as far as it holds, filled with what fits; a plan is ready from here on."""
        given = [[] for _ in self.instance.servers] if warm_start is None else orders_of(self.instance, warm_start)
        kept = repair_orders(self.instance, given)
        self.best.judge(kept, "warm" if self.standing else "none")
        self.best.judge(self._filled(kept), "insertion")
        began = time.monotonic()
        self.fallback = self._plan(self.best.orders, self.best.engine)
        self.closing_s = _CLOSING_TIMES * (time.monotonic() - began) + _CLOSING_S

    def _filled(self, orders: list[Order]) -> list[Order]:
        """The orders with whatever fits and pays put in."""
        if not self.instance.n or not self.instance.servers:
            return orders
        if not self.may_search:
            _log.warning("the search is not compiled yet (python -m routing warm), planning by insertion meanwhile")
            return self._inserted(orders)
        try:
            self.searcher = Searcher(self.instance, orders, self.seed)
            return self.searcher.filled()
        except ValueError:
            # Must not happen: the search and the exact times say the same about every order.
            _log.critical("the search refuses orders that hold; the day is planned by insertion alone")
            self.searcher = None
            return self._inserted(orders)

    def _inserted(self, orders: list[Order]) -> list[Order]:
        builder = Builder(self.instance, orders)
        fill(builder, np.random.default_rng(self.seed), halt=self.best.halt)
        return builder.orders

    def _await(self, workers: Workers | None, until_s: float) -> None:
        """Until the workers have compiled the search, if they do so in time."""
        while workers is not None and not self.may_search and self.best.elapsed() < until_s and not self.best.halt():
            time.sleep(_POLL_S)
            self.may_search = search_ready()
        if self.may_search and self.searcher is None and self.instance.n and self.instance.servers:
            self.best.judge(self._filled(self.best.orders), "insertion")

    def improve(self, workers: Workers | None) -> None:
        """Until the time is up, less what closing needs."""
        best, budget_s = self.best, seconds_limit(self.stop)
        closes_s = budget_s - min(self.closing_s, _CLOSING_SHARE * budget_s)
        if not self.may_search:
            self._await(workers, closes_s)
        left_s = closes_s - best.elapsed()
        if left_s <= 0 or self.searcher is None or best.halt():
            return
        engine = TinyEngine() if TinyEngine.suits(self.instance) else KernelEngine(workers, self.searcher)
        before, value, best.engine = best.engine, best.objective, engine.name
        limit = iterations_limit(self.stop)
        task = Task(self.instance, best.orders, self.seed, left_s, limit, best.halt, best.report, self.standing)
        try:
            engine.improve(task)
        except SearchRefusedError:
            _log.critical("the search refuses orders that hold; the day stays as it was found so far")
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
