"""`solve_file`, `solve_instance`: short routes over all vehicles of a standard VRPTW, in the time given."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from routing.pool import WorkerError, Workers
from routing.problem import ProblemError

from .cut import Parts, halves
from .greedy import first_plan
from .native.state import ABSENT
from .read import SCALE, Instance, read
from .search import Routes, Tuning
from .team import Alone, Asked, LateError, Pair, Team, lent
from .worker import Outcome, Task, as_task

# Kept back for the last answers to arrive and to be put together.
_CLOSING_SHARE, _CLOSING_S = 0.02, 0.06
_LOOK_S = 0.02
_EPOCH_SHARE, _EPOCH_LOW_S, _EPOCH_HIGH_S = 0.03, 0.1, 1.0
# Below this many customers halves are too small: two whole searches of different kinds are better.
_WHOLE = 150
_STEPS_OF_EPOCH = 2000
# Fewer routes than this lie across every line: both processes search the whole plan, and the better one goes on.
_FEWEST_ROUTES = 16
# Routes of more customers than this on average: ruin and recreate has so much of the time, then PyVRP improves parts
# of so many customers in slices.
_LONG, _LONG_SHARE, _PART = 25, 0.7, 200
_SLICE_SHARE, _SLICE_LOW_S, _SLICE_HIGH_S = 0.07, 0.4, 3.0
# PyVRP's late acceptance: short for slices, its own default for a whole run.
_HISTORY, _HISTORY_WHOLE = 50, 300
# Steps for each customer of the descent to a first plan, whose mean edge then sets the heat; tenths of distance.
_FIRST_STEPS, _COLDEST = 5, 0.5
# Heat of a start from a plan somebody made, as a share of the usual one.
_WARM_HEAT = 0.1


@dataclass(frozen=True, slots=True)
class Solution:
    """Customers in order of service, one list for each vehicle used; distance in the file's unit."""

    distance: float
    routes: Routes
    vehicles: int
    seconds: float
    engine: str


class _Run:
    """The best plan so far, the clock, and the epochs."""

    def __init__(
        self,
        instance: Instance,
        began: float,
        until: float,
        steps: int,
        seed: int,
        on_improve: Callable[[Solution], None] | None,
        halt: Callable[[], bool] | None,
    ) -> None:
        self.instance = instance
        self.began = began
        self.until = until
        self.steps = steps
        self.dice = random.Random(seed)  # noqa: S311 - a search, not a secret
        self.on_improve = on_improve
        self.halt = halt
        self.stopped = False
        self.engine = "ruin-recreate"
        self.current: Routes = []
        self.best: Routes = []
        self.best_cost = (instance.customers + 1) * ABSENT
        self.done = 0
        self.tuning = Tuning()
        self.hot = self.cold = 1.0
        self.started = began
        self.warm = False

    def halted(self) -> bool:
        self.stopped = self.stopped or (self.halt is not None and bool(self.halt()))
        return self.stopped

    def share(self, at: float) -> float:
        """Share of the budget used at a moment."""
        if self.steps:
            return min(1.0, self.done / self.steps)
        return min(1.0, max(0.0, (at - self.started) / max(self.until - self.started, 1e-6)))

    def over(self) -> bool:
        if self.halted():
            return True
        return self.done >= self.steps if self.steps else time.monotonic() >= self.until

    def heat(self, share: float) -> float:
        return float(self.hot * (self.cold / self.hot) ** share)

    def cost(self, routes: Routes) -> int:
        """Distance in tenths, ABSENT more for each customer left out."""
        return self.instance.distance(routes) + (self.instance.customers - sum(map(len, routes))) * ABSENT

    def keep(self, cost: int, routes: Routes) -> None:
        if cost >= self.best_cost:
            return
        self.best_cost, self.best = cost, routes
        if self.on_improve is not None and cost < ABSENT:
            self.on_improve(self.solution())

    def solution(self) -> Solution:
        seconds = time.monotonic() - self.began
        return Solution(self.best_cost / SCALE, self.best, len(self.best), round(seconds, 3), self.engine)

    def first(self, team: Team) -> None:
        """From the first plan down to a fair one, whose mean edge sets the heat; a plan somebody made stays."""
        self.started = time.monotonic()
        everybody = list(range(1, self.instance.customers + 1))
        steps = 0 if self.warm else _FIRST_STEPS * self.instance.customers
        task = Task(self.best, everybody, self.instance.vehicles, 0.0 if self.steps else self.until, steps, 0)
        out = team.do([("anneal", task, (_COLDEST, _COLDEST))], self.until)[0]
        self.current = out.best
        self.keep(out.best_cost, out.best)
        edge = max(1.0, (out.best_cost % ABSENT) / self.instance.customers)
        self.hot, self.cold = edge * self.tuning.hot, max(_COLDEST, edge * self.tuning.cold)
        if self.warm:
            self.hot = max(self.cold, self.hot * _WARM_HEAT)

    def epoch(self, share: float, low_s: float, high_s: float) -> float:
        """When the next epoch ends."""
        now = time.monotonic()
        length = min(high_s, max(low_s, share * (self.until - self.began)))
        # A rest shorter than half an epoch is not worth one of its own.
        return self.until if now + 1.5 * length > self.until else now + length

    def tasks(self, groups: Sequence[Sequence[int]], until: float) -> list[Task]:
        """A task for each group of the current plan's routes; spare vehicles and customers left out are dealt out."""
        plan = self.current
        spare = self.instance.vehicles - len(plan)
        out = set(range(1, self.instance.customers + 1)).difference(*plan)
        lucky = self.dice.randrange(len(groups))
        tasks = []
        for i, group in enumerate(groups):
            limit = len(group) + spare // len(groups) + (spare % len(groups) if i == lucky else 0)
            steps = min(_STEPS_OF_EPOCH, self.steps - self.done) if self.steps else 0
            end = 0.0 if self.steps else until
            task = as_task([plan[r] for r in group], limit, end, steps, self.dice.randrange(1 << 31))
            tasks.append(task._replace(customers=task.customers + sorted(out)) if i == lucky else task)
        return tasks

    def merge(self, groups: Sequence[Sequence[int]], outs: Sequence[Outcome]) -> None:
        """The groups' routes make way for what came back; the best of both groups together may be a new best."""
        busy = {r for group in groups for r in group}
        rest = [route for i, route in enumerate(self.current) if i not in busy]
        best = rest + [route for out in outs for route in out.best]
        self.current = rest + [route for out in outs for route in out.routes]
        self.keep(self.cost(best), best)
        self.done += _STEPS_OF_EPOCH


def _anneal(run: _Run, team: Team, upto: float) -> None:
    """Ruin and recreate until a share of the budget, by when it has cooled."""
    full, run.until = run.until, run.started + upto * (run.until - run.started)
    while not run.over():
        _one_epoch(run, team)
    run.until = full


def _one_epoch(run: _Run, team: Team) -> None:
    """Two improve a half each, or the whole plan both; one improves the whole plan."""
    until = run.epoch(_EPOCH_SHARE, _EPOCH_LOW_S, _EPOCH_HIGH_S)
    hot = run.heat(run.share(time.monotonic()))
    cold = run.heat(run.share(until) if not run.steps else min(1.0, (run.done + _STEPS_OF_EPOCH) / run.steps))
    everything: list[Sequence[int]] = [range(len(run.current))]
    if team.hands == 2 and len(run.current) >= _FEWEST_ROUTES:
        groups: list[Sequence[int]] = list(halves(run.instance, run.current, run.dice))
        asked: list[Asked] = [("anneal", task, (hot, cold)) for task in run.tasks(groups, until)]
        run.merge(groups, team.do(asked, until))
        return
    asked = [("anneal", run.tasks(everything, until)[0], (hot, cold)) for _ in range(team.hands)]
    outs = team.do(asked, until)
    for out in outs:
        run.keep(out.best_cost, out.best)
    run.merge(everything, [min(outs, key=lambda out: run.cost(out.routes))])


def _polish(run: _Run, team: Team) -> None:
    """PyVRP on parts around routes little touched. Parts, slices and its history are as large as the time allows."""
    parts = Parts(run.instance)
    run.current = run.best
    size = min(_PART, run.instance.customers // 2)
    while not run.over():
        until = run.epoch(_SLICE_SHARE, _SLICE_LOW_S, _SLICE_HIGH_S)
        groups = [group for group in parts.two(run.current, size, run.dice) if group]
        asked: list[Asked] = [("polish", task, (_HISTORY,)) for task in run.tasks(groups, until)]
        run.merge(groups, team.do(asked, until))
        run.current = run.best


def _both(run: _Run, pair: Pair) -> None:
    """Small instances: PyVRP whole by one, ruin and recreate whole by the other."""
    everything = [range(len(run.current))]
    call = pair.send(0, "polish", run.tasks(everything, run.until)[0], (_HISTORY_WHOLE,))
    while not run.over():
        until = run.epoch(_EPOCH_SHARE, _EPOCH_LOW_S, _EPOCH_HIGH_S)
        heats = (run.heat(run.share(time.monotonic())), run.heat(run.share(until)))
        task = run.tasks(everything, until)[0]
        run.merge(everything, pair.wait([pair.send(1, "anneal", task, heats)], until))
        everything = [range(len(run.current))]
    out = pair.wait([call], run.until)[0]
    run.keep(out.best_cost, out.best)


def _work(run: _Run, team: Team) -> None:
    run.first(team)
    if isinstance(team, Pair) and run.instance.customers < _WHOLE:
        run.engine = "pyvrp+ruin-recreate"
        _both(run, team)
    elif isinstance(team, Pair) and run.instance.customers > _LONG * len(run.current):
        run.engine = "ruin-recreate+pyvrp"
        _anneal(run, team, _LONG_SHARE)
        _polish(run, team)
    else:
        _anneal(run, team, 1.0)


def _by_two(run: _Run, seed: int, workers: Workers) -> None:
    """In the workers; by this process alone while they warm up, and after one is lost."""
    pair = Pair(workers, run.halted, run.until)
    try:
        # The plan in hand is the answer should the workers not be warm in time: compiling here would take too long.
        while not run.over() and not workers.wait_ready(_LOOK_S):
            pass
        if not run.over():
            pair.load(run.instance, seed)
            _work(run, pair)
    except LateError:
        pass
    except WorkerError:
        if not run.over():
            _work(run, Alone(run.instance, seed, run.halted))


def solve_instance(
    instance: Instance,
    seconds: float | None = None,
    seed: int = 0,
    processes: int = 2,
    on_improve: Callable[[Solution], None] | None = None,
    halt: Callable[[], bool] | None = None,
    *,
    iterations: int | None = None,
    warm_start: Sequence[Sequence[int]] | None = None,
    began: float | None = None,
) -> Solution:
    """The shortest routes found for one instance.

    Either `seconds` of wall time (from `began`, a time.monotonic(), if given) with up to two `processes`, or
    `iterations` in this process: then the result depends on the instance and the seed alone. `halt` is asked often;
    when it says so the best so far is returned within 0.2 s. Never longer than `warm_start`. Raises ProblemError
    vrptw.no_budget, vrptw.bad_start, and vrptw.no_plan when no plan was found that the fleet can drive.
    """
    began = time.monotonic() if began is None else began
    if (seconds is None) == (iterations is None) or (seconds or 0) < 0 or (iterations or 0) < 0:
        raise ProblemError("vrptw.no_budget", "应指定求解秒数或迭代次数之一，且不为负")
    start = _checked(instance, warm_start or ())
    budget = seconds or 0.0
    until = began + budget - min(_CLOSING_S, _CLOSING_SHARE * budget)
    run = _Run(instance, began, until, iterations or 0, seed, on_improve, halt)
    if instance.customers == 0:
        return Solution(0.0, [], 0, 0.0, run.engine)
    run.warm = bool(start)
    plan = start or first_plan(instance)
    run.keep(run.cost(plan), plan)
    with lent(processes if seconds is not None else 1) as workers:
        if workers is not None:
            _by_two(run, seed, workers)
        else:
            _work(run, Alone(instance, seed, run.halted))
    if run.best_cost >= ABSENT:
        raise ProblemError("vrptw.no_plan", f"在给定时间内未找到 {instance.vehicles} 辆车可行的方案")
    return run.solution()


def _checked(instance: Instance, routes: Sequence[Sequence[int]]) -> Routes:
    """The warm start as lists, if it serves everybody in time and within the fleet; an empty one is none."""
    plan = [list(route) for route in routes if len(route)]
    if not plan:
        return []
    if sorted(c for route in plan for c in route) != list(range(1, instance.customers + 1)):
        raise ProblemError("vrptw.bad_start", "初始方案应恰好服务每个客户一次")
    if len(plan) > instance.vehicles or not all(instance.holds(route) for route in plan):
        raise ProblemError("vrptw.bad_start", "初始方案违反时间窗、载量或车辆数")
    return plan


def solve_file(
    path: str | Path,
    seconds: float | None = None,
    seed: int = 0,
    processes: int = 2,
    on_improve: Callable[[Solution], None] | None = None,
    halt: Callable[[], bool] | None = None,
    *,
    iterations: int | None = None,
    warm_start: Sequence[Sequence[int]] | None = None,
) -> Solution:
    """`solve_instance` for a file in the format of Solomon or of Gehring & Homberger; reading counts as well."""
    began = time.monotonic()
    return solve_instance(
        read(path),
        seconds,
        seed,
        processes,
        on_improve,
        halt,
        iterations=iterations,
        warm_start=warm_start,
        began=began,
    )
