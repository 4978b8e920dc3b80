"""One ruin-and-recreate search on one instance: builds the arrays, heats and cools, gives routes back."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .native import state as k
from .native.run import run, start
from .native.state import State
from .read import Instance, Ints

Routes = list[list[int]]

# So many nearest customers are looked through for routes to tear strings out of.
_CLOSE = 100


@dataclass(frozen=True, slots=True)
class Tuning:
    """Heats are in mean edge lengths of the instance; the names of the paper are in brackets."""

    hot: float = 3.0  # (T0)
    cold: float = 0.005  # (Tf)
    mean_cut: float = 15.0  # customers torn out on average (c-bar)
    longest: float = 10.0  # longest string (L-max)
    split: float = 0.5  # share of strings some of whose middle stays (alpha)
    deeper: float = 0.9  # chance that one more of the middle stays; the paper's 0.01 does worse in seconds (beta)
    blink: float = 0.01  # chance that a place is overlooked (gamma)
    neighbours: int = 50  # places looked at, before and after as many customers
    waiting: float = 0.1  # distance that a unit of waiting counts for among neighbours


def _first(score: NDArray[np.float32], count: int) -> Ints:
    """The columns of the `count` lowest scores in each row, lowest first."""
    some = np.argpartition(score, count - 1, axis=1)[:, :count] if count < score.shape[1] else np.argsort(score)
    # Equal scores in the order of the numbers, whatever the partition left behind.
    some.sort(axis=1)
    order = np.argsort(np.take_along_axis(score, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1).astype(np.int32)


def _neighbours(instance: Instance, tuning: Tuning) -> Ints:
    """For each customer who may come right before, who right after, and who is near: `lists` of the state."""
    n = instance.customers
    count = min(tuning.neighbours, n - 1)
    never = np.float32(4e9)
    near = instance.dist.astype(np.float32)
    np.fill_diagonal(near, never)
    near[:, 0] = never
    near[0, :] = never
    # [a, b]: waiting and lateness at b when served right after a.
    reach = (np.maximum(instance.opens, instance.opens[0] + instance.dist[0]) + instance.service)[
        :, None
    ] + instance.dist
    latest = (instance.closes + instance.service)[:, None] + instance.dist
    waiting = np.maximum(instance.opens[None] - latest, 0).astype(np.float32)
    score = near + np.float32(tuning.waiting) * waiting
    score[reach > instance.closes[None]] = np.float32(1e9)
    close = _first(near, min(n - 1, _CLOSE))
    return np.concatenate([_first(score.T.copy(), count), _first(score, count), close], axis=1)


class Search:
    """State of one search. `load` routes (or nothing), `run`, look at `routes()` and `best_routes()`."""

    def __init__(self, instance: Instance, seed: int, tuning: Tuning | None = None) -> None:
        self.instance = instance
        self.tuning = tuning = tuning or Tuning()
        n = instance.customers
        lists = _neighbours(instance, tuning)
        node = np.zeros((n + 1, k.NODE_WIDTH), np.int32)
        node[:, k.OPEN], node[:, k.CLOSE] = instance.opens, instance.closes
        node[:, k.SERVICE], node[:, k.DEMAND] = instance.service, instance.demand
        r = min(instance.vehicles, n)
        head = np.zeros(16, np.int64)
        head[k.LISTED] = min(tuning.neighbours, n - 1)
        head[k.RANDOM] = (seed * 0x9E3779B97F4A7C15 + 0x1234567) % (2**63 - 1) + 1
        self.state = State(
            node=node,
            route=np.zeros((r, k.ROUTE_WIDTH), np.int32),
            dist=instance.dist,
            lists=lists,
            work=np.zeros((n + 1, k.WORK_WIDTH), np.int64),
            head=head,
        )

    def load(self, routes: Sequence[Sequence[int]], customers: Iterable[int] | None = None, limit: int = 0) -> None:
        """Starts from these routes; `customers` (all) take part, in at most `limit` (the fleet) routes."""
        s, instance = self.state, self.instance
        s.node[:, : k.SAVED] = 0
        s.node[:, k.ROUTE] = -1
        s.node[0, k.LEAVE] = instance.opens[0]
        s.node[0, k.LATEST] = instance.closes[0]
        s.route[:] = 0
        s.node[:, k.STAMP] = 0
        head = s.head
        active = np.arange(1, instance.customers + 1) if customers is None else np.fromiter(customers, np.int32)
        s.work[: len(active), k.PART] = active
        head[k.ACTIVE], head[k.CAPACITY] = len(active), instance.capacity
        head[k.ROUTES] = min(limit or len(s.route), len(s.route))
        used = [route for route in routes if len(route)]
        flat = np.fromiter((c for route in used for c in route), np.int32)
        ends = np.cumsum([len(route) for route in used], dtype=np.int32)
        out = np.setdiff1d(active, flat)
        s.work[: len(out), k.OUT] = out
        head[k.GONE] = len(out)
        head[k.PLACED] = head[k.USED] = 0
        start(s.node, s.route, s.dist, s.work, s.head, flat, ends)

    def run(self, steps: int, heat: float) -> None:
        """`steps` iterations at `heat` in tenths."""
        t = self.tuning
        s = self.state
        run(
            s.node,
            s.route,
            s.dist,
            s.lists,
            s.work,
            s.head,
            steps,
            heat,
            t.mean_cut,
            t.longest,
            t.split,
            t.deeper,
            t.blink,
        )

    def construct(self) -> None:
        """Puts everybody in who has no route yet, greedily."""
        if self.state.head[k.GONE]:
            self.run(1, math.inf)

    @property
    def cost(self) -> int:
        return int(self.state.head[k.COST])

    @property
    def best_cost(self) -> int:
        """In tenths; kernel.ABSENT more for each customer without a route."""
        return int(self.state.head[k.BEST])

    def routes(self) -> Routes:
        return _chains(self.state.node[:, k.ROUTE], self.state.node[:, k.PRED], self._active())

    def best_routes(self) -> Routes:
        return _chains(self.state.node[:, k.BEST_ROUTE], self.state.node[:, k.BEST_PRED], self._active())

    def _active(self) -> NDArray[np.int64]:
        return self.state.work[: self.state.head[k.ACTIVE], k.PART]


def _chains(route: Ints, pred: Ints, customers: NDArray[np.int64]) -> Routes:
    """Routes from each customer's route and predecessor."""
    follower: dict[tuple[int, int], int] = {}
    firsts = []
    for c in customers.tolist():
        r = int(route[c])
        if r >= 0:
            a = int(pred[c])
            if a == 0:
                firsts.append((r, c))
            else:
                follower[r, a] = c
    routes = []
    for r, c in sorted(firsts):
        chain = [c]
        while (after := follower.get((r, chain[-1]))) is not None:
            chain.append(after)
        routes.append(chain)
    return routes
