"""What a competitor is, the two processes they all may use, and how routes become a legal plan."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from typing import Any, ParamSpec, Protocol, TypeVar

import numpy as np

from routing import Plan, Problem
from routing.assemble import make_plan
from routing.construct import Builder, fill
from routing.instance import Instance, Order
from routing.objective import objective
from routing.timeline import time_all
from routing.warm import repair_orders

PROCESSES = 2
# Kept back from every budget for handing orders over and exact times.
CLOSING_S = 0.05
Deadline = float
P = ParamSpec("P")
T = TypeVar("T")


class Rival(Protocol):
    """A competitor. It may not take longer than `seconds` of wall time, compiling the problem included."""

    @property
    def name(self) -> str: ...

    def plan(self, problem: Problem, seconds: float, seed: int) -> Plan: ...


class Workers(Protocol):
    """Where work may run beside each other: what ProcessPoolExecutor has."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]: ...


class Inline:
    """Runs everything at once in this process: for tests."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        done: Future[T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@cache
def processes() -> ProcessPoolExecutor:
    """Two processes kept warm, so that no engine pays for their start."""
    return ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn"))


def close() -> None:
    """Ends both processes, if there are any."""
    if processes.cache_info().currsize:
        processes().shutdown(cancel_futures=True)
        processes.cache_clear()


def warm(work: Callable[[], Any]) -> None:
    """Let both processes import, and compile, what they need before the clock runs."""
    for future in [processes().submit(_slowly, work) for _ in range(PROCESSES)]:
        future.result()


def _slowly(work: Callable[[], Any]) -> None:
    """Long enough for the other process to take the other job."""
    work()
    time.sleep(1.0)


def left_s(deadline: Deadline) -> float:
    """Seconds left. Deadlines are of the wall clock, which processes share."""
    return deadline - time.time()


def legal(instance: Instance, orders: Sequence[Order], deadline: Deadline) -> list[Order]:
    """Orders made to hold exactly (lunch and all), then filled with what still fits while there is time."""
    kept = repair_orders(instance, orders)
    builder = Builder(instance, kept)
    fill(builder, np.random.default_rng(0), halt=lambda: left_s(deadline) <= 0)
    return builder.orders


def value_of(instance: Instance, orders: Sequence[Order]) -> int:
    """Our objective. Raises ValueError for orders that do not hold."""
    times = time_all(instance, orders)
    if times is None:
        raise ValueError("orders do not hold")
    return objective(instance, orders, times)


def as_plan(instance: Instance, orders: Sequence[Order], name: str, seed: int, began: float) -> Plan:
    """A plan of legal orders."""
    return make_plan(instance, orders, engine=name, seed=seed, elapsed_s=time.time() - began)
