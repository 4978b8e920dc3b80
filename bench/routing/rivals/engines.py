"""The four competitors on a court day."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.routing.days import made_up_day
from routing import MaxSeconds, Plan, Problem, solve
from routing.instance import Instance, Order, compile_problem

from . import ortools_search, pyvrp_routes, vroom_routes
from .base import CLOSING_S, PROCESSES, Deadline, Rival, Workers, as_plan, left_s, legal, processes, value_of

# The share of the time PyVRP has before the exact repair.
PYVRP_SHARE = 0.3
VROOM_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Ours:
    """`routing.solve`, as the product calls it."""

    name: str = "Songda"

    def plan(self, problem: Problem, seconds: float, seed: int) -> Plan:
        return solve(problem, MaxSeconds(seconds), seed)


@dataclass(frozen=True, slots=True)
class PyVrpChain:
    """In two processes with different seeds: PyVRP, exact repair and filling, OR-Tools; the better of the two."""

    name: str = "PyVRP+repair+OR-Tools"
    workers: Callable[[], Workers] = field(default=processes)

    def plan(self, problem: Problem, seconds: float, seed: int) -> Plan:
        began = time.time()
        deadline = began + seconds - CLOSING_S
        return _best_of(self.name, self.workers(), _chain, problem, seed, began, deadline, seconds)


@dataclass(frozen=True, slots=True)
class OrToolsAlone:
    """In two processes with different first solutions; the better of the two."""

    name: str = "OR-Tools"
    workers: Callable[[], Workers] = field(default=processes)

    def plan(self, problem: Problem, seconds: float, seed: int) -> Plan:
        began = time.time()
        deadline = began + seconds - CLOSING_S
        return _best_of(self.name, self.workers(), _ortools, problem, seed, began, deadline, seconds)


@dataclass(frozen=True, slots=True)
class Vroom:
    """VROOM on two threads, then exact repair and filling."""

    name: str = "VROOM"

    def plan(self, problem: Problem, seconds: float, seed: int) -> Plan:
        began = time.time()
        deadline = began + seconds - CLOSING_S
        instance = compile_problem(problem)
        orders = vroom_routes.routes(instance, began + VROOM_SHARE * seconds - time.time(), threads=PROCESSES)
        return as_plan(instance, legal(instance, orders, deadline), self.name, seed, began)


RIVALS: tuple[Rival, ...] = (Ours(), PyVrpChain(), Vroom(), OrToolsAlone())


def warm_up() -> None:
    """Everything the competitors need in a worker process, imported and used once."""
    day = made_up_day(12, "full", 0).problem
    _chain(day, 0, time.time() + 0.5, 0.5)


Work = Callable[[Problem, int, Deadline, float], list[Order]]


def _best_of(
    name: str,
    workers: Workers,
    work: Work,
    problem: Problem,
    seed: int,
    began: float,
    deadline: Deadline,
    seconds: float,
) -> Plan:
    asked = [workers.submit(work, problem, PROCESSES * seed + number, deadline, seconds) for number in range(PROCESSES)]
    instance = compile_problem(problem)
    found = [future.result() for future in asked]
    return as_plan(instance, min(found, key=lambda orders: value_of(instance, orders)), name, seed, began)


def _chain(problem: Problem, seed: int, deadline: Deadline, seconds: float) -> list[Order]:
    began = deadline + CLOSING_S - seconds
    instance = compile_problem(problem)
    share_s = began + PYVRP_SHARE * seconds - time.time()
    kept = legal(instance, pyvrp_routes.routes(instance, max(0.05, share_s), seed), deadline)
    return _improved(instance, kept, deadline)


def _improved(instance: Instance, kept: list[Order], deadline: Deadline) -> list[Order]:
    """OR-Tools from there for the rest of the time; what does not hold or is not better does not count."""
    if left_s(deadline) < 0.1:
        return kept
    better = ortools_search.search(instance, deadline, start=kept)
    if better is None:
        return kept
    better = legal(instance, better, deadline)
    return min(kept, better, key=lambda orders: value_of(instance, orders))


def _ortools(problem: Problem, seed: int, deadline: Deadline, _seconds: float) -> list[Order]:
    instance = compile_problem(problem)
    first = ortools_search.FIRST_SOLUTIONS[seed % PROCESSES]
    found = ortools_search.search(instance, deadline, first=first)
    return [[] for _ in instance.servers] if found is None else legal(instance, found, deadline)
