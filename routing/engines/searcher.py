"""The compiled search as one process runs it: epochs of wall time, or blocks of steps, over all or part of a day."""

import time
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from routing.instance import Instance, Order

if TYPE_CHECKING:
    from routing.kernel import KernelSearch

# One call of the compiled search takes about so long: the halt flag is looked at in between.
_BLOCK_S = 0.012
_FIRST_PACE = 400.0
# Days of so few stops are searched for what pays only together, too.
_SMALL_NODES = 30
# So cold that nothing worse is ever taken.
_FROZEN = 0.01


def search_ready() -> bool:
    """Whether a Searcher starts at once, without compiling for a minute first."""
    return bool(import_module("routing.kernel").ready())


@dataclass(frozen=True, slots=True)
class Part:
    """What an epoch may touch: servers, and visits (those of other servers are left alone anyway)."""

    servers: tuple[int, ...]
    visits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What an epoch left: current and best orders with their values, and how many steps it made."""

    orders: list[Order]
    best: list[Order]
    value: int
    best_value: int
    steps: int


def temperature(share: float, warm: float, cold: float) -> float:
    """Geometric cooling: objective seconds at this share (0…1) of the way."""
    return float(warm * (cold / warm) ** min(1.0, max(0.0, share)))


class SearchRefusedError(ValueError):
    """The compiled search will not go on from orders it was given: they do not hold, as it sees it."""


class Searcher:
    """See the module. `halt[0]` may be shared memory: set, it ends an epoch within a block."""

    def __init__(self, instance: Instance, orders: Sequence[Order], seed: int) -> None:
        """Raises ValueError if the orders do not hold."""
        # Loaded by the first search only: numba takes half a second and much memory, and who serves pages and asks for
        # prices or reasons never searches.
        native = import_module("routing.kernel")
        tune = native.SMALL_DAY if sum(visit.crew for visit in instance.visits) <= _SMALL_NODES else None
        self.kernel: KernelSearch = native.KernelSearch(instance, orders, seed, tune)
        self.halt: NDArray[np.int64] = np.zeros(1, dtype=np.int64)
        self._pace = _FIRST_PACE

    def epoch(
        self, orders: Sequence[Order] | None, part: Part | None, seconds: float, warm: float, cold: float
    ) -> Found:
        """Search for so long, going on from `orders` (None: from where it stands), cooling from `warm` to `cold`."""
        if orders is not None:
            self.load(orders)
        began = time.monotonic()
        spent = 0.0
        steps = 0
        while spent < seconds and not self.halt[0]:
            block = max(1, int(self._pace * min(_BLOCK_S, seconds - spent)))
            ends = min(1.0, (spent + block / self._pace) / seconds)
            self._run(block, temperature(spent / seconds, warm, cold), temperature(ends, warm, cold), part)
            now = time.monotonic() - began
            self._pace = 0.7 * self._pace + 0.3 * block / max(1e-6, now - spent)
            spent = now
            steps += block
        return self.found(steps)

    def steps(self, count: int, warm: float, cold: float) -> Found:
        """So many steps over the whole day, whatever time they take."""
        self._run(count, warm, cold, None)
        return self.found(count)

    def load(self, orders: Sequence[Order]) -> int:
        """Go on from these orders; their value. Raises SearchRefusedError if they do not hold."""
        try:
            self.kernel.load(orders)
        except ValueError as error:
            raise SearchRefusedError(str(error)) from error
        return self.kernel.value

    def filled(self) -> list[Order]:
        """Where it stands, with whatever fits and pays put in; goes on from there."""
        self.kernel.build()
        return self.kernel.best_orders()

    def found(self, steps: int = 0) -> Found:
        """Where the search stands."""
        kernel = self.kernel
        return Found(kernel.orders(), kernel.best_orders(), kernel.value, kernel.best_value, steps)

    def _run(self, count: int, warm: float, cold: float, part: Part | None) -> None:
        if part is None:
            self.kernel.run(count, warm, cold)
        else:
            self.kernel.run(count, warm, cold, part.servers, part.visits)


@dataclass(slots=True)
class _NowhereTravel:
    """Takes the place of a problem's travel times in a worker, which has the matrices."""

    def matrix(self, _points: Any, _mode: str, _hour: int) -> Any:
        raise NotImplementedError


class Remote(Searcher):
    """A worker's searcher, on the tables its parent has made."""

    def __init__(self, kernel: "KernelSearch") -> None:
        self.kernel = kernel
        self.halt = np.zeros(1, dtype=np.int64)
        self._pace = _FIRST_PACE

    def begin(self, orders: Sequence[Order], slot: int) -> None:
        """Search from these orders; each slot has luck of its own."""
        self.kernel.load(orders)
        for _ in range(slot):
            self.kernel.run(1, _FROZEN, _FROZEN)


def portable(searcher: Searcher) -> "KernelSearch":
    """The search for another process: its tables, without the matrices they were made from and whatever connections
    the source of travel times may hold."""
    made = copy(searcher.kernel)
    instance = made.instance
    problem = replace(instance.problem, travel=_NowhereTravel())
    made.instance = replace(instance, problem=problem, seconds=[], metres=[])
    return made
