"""The kernel's face: a search that keeps its day in arrays and runs in blocks of steps."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from routing.instance import Instance, Order, compile_problem
from routing.problem import Break, Point, Problem, Server, Visit, Window

from .arrays import day_of
from .layout import BEST, FREE_TO, LENGTH, NODE, OPEN, VALUE, WHERE
from .recreate import BY_VALUE, DENSITY, FARTHEST, RANDOM, TIGHTEST
from .search import BUILD, RESET, SEARCH, run

_SEQUENCES = (DENSITY, TIGHTEST, BY_VALUE, FARTHEST, RANDOM)


@dataclass(frozen=True, slots=True)
class Tune:
    """How the search ruins and recreates; the defaults did best in few, noisy runs on court days.

    average_out: stops taken out per step on average. longest_string: of one route. blink: share of gaps overlooked.
    keep_middle: how often part of a string's middle stays. absent, absent_everywhere: absent visits offered, from
    near and from anywhere. routes: offered. absent_seed: how often a step happens around an absent visit.
    Shares that are nought on large days, where they cost more steps than they are worth: generous: of steps in which
    visits need not pay by themselves. move_under_way: of visits under way that are taken out like others. meet_late:
    of crews who meet later than they could. meet_again: of steps taken after which crews agree on starts anew.
    """

    average_out: float = 10.0
    longest_string: float = 6.0
    blink: float = 0.01
    keep_middle: float = 0.2
    absent: float = 4.0
    routes: float = 16.0
    absent_seed: float = 0.1
    absent_everywhere: float = 1.0
    generous: float = 0.0
    move_under_way: float = 0.0
    meet_late: float = 0.0
    meet_again: float = 0.0


# For days of so few stops that nearly every plan can be looked at.
SMALL_DAY = Tune(blink=0.05, generous=0.3, move_under_way=0.5, meet_late=0.3, meet_again=0.3)


class KernelSearch:
    """Ruin and recreate on one day. `value`/`best_value` are objective seconds, exactly `routing.objective`'s.

    The instance must not change. Same instance, orders, seed and calls give the same routes.
    """

    def __init__(self, instance: Instance, orders: Sequence[Order], seed: int, tune: Tune | None = None) -> None:
        """Raises ValueError if the orders cannot hold or the instance has no visits or no servers."""
        if not instance.n or not instance.servers:
            raise ValueError("nothing to search: no visits or no servers")
        self.instance = instance
        self._seed = seed
        self._runs = 0
        taste = tune or Tune()
        self._day = day_of(instance, orders, [float(getattr(taste, name)) for name in Tune.__slots__])
        self.load(orders)

    def load(self, orders: Sequence[Order]) -> None:
        """Go on from these orders, which also become the best. Raises ValueError if they cannot hold."""
        for server, order in enumerate(orders):
            self._day.server[server, LENGTH] = len(order)
            self._day.stops[server, 1 : len(order) + 1, NODE] = order
        if not run(self._day, RESET, 0, 0, 1.0, 1.0):
            raise ValueError("orders to improve are not feasible")
        self._day.best[:, 0] = self._day.server[:, LENGTH]
        self._day.best[:, 1:] = self._day.stops[:, 1 : self._day.best.shape[1], NODE]
        self._day.num[BEST] = self._day.num[VALUE]

    @property
    def value(self) -> int:
        """Objective of the current orders."""
        return int(self._day.num[VALUE])

    @property
    def best_value(self) -> int:
        """Objective of the best orders since the last load."""
        return int(self._day.num[BEST])

    def orders(self) -> list[Order]:
        """The current orders."""
        day = self._day
        return [[int(node) for node in day.stops[k, 1 : m + 1, NODE]] for k, m in enumerate(day.server[:, LENGTH])]

    def best_orders(self) -> list[Order]:
        """The best orders since the last load."""
        return [[int(node) for node in row[1 : row[0] + 1]] for row in self._day.best]

    def run(
        self,
        iterations: int,
        warm_from: float,
        warm_to: float,
        servers: Collection[int] | None = None,
        visits: Collection[int] | None = None,
    ) -> None:
        """So many steps with temperatures (objective seconds) falling from `warm_from` to `warm_to`.

        Only these servers' routes and these visits are touched (None: all); crews with one half outside keep their
        start, and `value` is an upper bound then until the orders are loaded again.
        """
        self._mask(servers, visits)
        low, high = max(warm_to, 1e-3), max(warm_from, 1e-3)
        holds = run(self._day, SEARCH, self._next_seed(), iterations, high, low)
        if not holds and servers is None and visits is None:
            best = self.best_value
            self.load(self.best_orders())
            self._day.num[BEST] = min(best, self.best_value)

    def _mask(self, servers: Collection[int] | None, visits: Collection[int] | None) -> None:
        node, n = self._day.node, self.instance.n
        self._day.server[:, OPEN] = 1 if servers is None else 0
        node[:, FREE_TO] = 1 if visits is None else 0
        if visits is not None:
            node[list(visits), FREE_TO] = 1
        if servers is not None:
            self._day.server[list(servers), OPEN] = 1
            where = node[:, WHERE]
            outside = (where >= 0) & (self._day.server[np.maximum(where, 0), OPEN] == 0)
            node[:n, FREE_TO][outside[:n] | outside[n:]] = 0

    def _next_seed(self) -> int:
        self._runs += 1
        return int(np.random.SeedSequence((self._seed, self._runs)).generate_state(1)[0])

    def build(self, tries: int = len(_SEQUENCES)) -> None:
        """Fill the current orders with absent visits in several sequences; the best filling becomes current."""
        start = self.orders()
        found: tuple[int, list[Order]] | None = None
        for sequence in _SEQUENCES[:tries]:
            self.load(start)
            run(self._day, BUILD, self._next_seed(), sequence, 1.0, 1.0)
            if found is None or self.best_value < found[0]:
                found = (self.best_value, self.best_orders())
        if found is not None:
            self.load(found[1])


def construct(instance: Instance, orders: Sequence[Order], seed: int = 0) -> list[Order]:
    """Feasible orders filled with whatever fits and pays, in milliseconds."""
    if not instance.n or not instance.servers:
        return [list(order) for order in orders]
    made = KernelSearch(instance, orders, seed)
    made.build()
    return made.best_orders()


def warm_up() -> None:
    """Compile everything, or load it from the disk; takes long once per machine, then less than half a second."""
    door = Point(0.0, 0.0)
    shift = Window(0, 36_000)
    lunch = Break(Window(3_600, 10_800), 1_800)
    servers = tuple(Server(id=name, start=door, end=door, shift=shift, breaks=(lunch,)) for name in "ab")
    visits = tuple(Visit(id=str(crew), point=door, service_s=60, drop_penalty=60, crew=crew) for crew in (1, 2))
    made = KernelSearch(compile_problem(Problem(visits, servers)), [[], []], seed=0)
    made.build(tries=1)
    made.run(2, 1.0, 1.0)
