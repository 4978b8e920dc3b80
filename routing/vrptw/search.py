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


@dataclass(frozen=True, slots=True)
class Tuning:
    """Heats are in mean edge lengths of the instance; the rest as in the paper."""

    hot: float = 1.0
    cold: float = 0.005
    mean_cut: float = 15.0
    longest: float = 20.0
    split: float = 0.5
    deeper: float = 0.9
    blink: float = 0.01
    neighbours: int = 50
    waiting: float = 0.0
    depot: int = 100000


def _neighbours(instance: Instance, tuning: Tuning) -> tuple[Ints, Ints, Ints]:
    n = instance.customers
    count = min(tuning.neighbours, n - 1)
    dist = instance.dist.astype(np.int64)
    # [a, b]: waiting and lateness at b when served right after a.
    earliest = np.maximum(instance.opens, instance.opens[0] + dist[0])
    earliest[0] = instance.opens[0]
    reach = (earliest + instance.service)[:, None] + dist
    latest = (instance.closes + instance.service)[:, None] + dist
    waiting = np.maximum(instance.opens[None] - latest, 0)
    score = dist + tuning.waiting * waiting + np.where(reach > instance.closes[None], 1e9, 0)
    np.fill_diagonal(score, 4e9)
    score[0, :] = score[:, 0] = 4e9
    after = np.argsort(score, axis=1, kind="stable")[:, :count]
    before = np.argsort(score.T, axis=1, kind="stable")[:, :count]
    near = dist.astype(np.float64)
    np.fill_diagonal(near, 4e9)
    near[:, 0] = 4e9
    close = np.argsort(near, axis=1, kind="stable")[:, : min(n - 1, 100)]
    return before.astype(np.int32), after.astype(np.int32), close.astype(np.int32)


class Search:
    """State of one search. `load` routes (or nothing), `run`, look at `routes()` and `best_routes()`."""

    def __init__(self, instance: Instance, seed: int, tuning: Tuning = Tuning()) -> None:
        self.instance = instance
        self.tuning = tuning
        n = instance.customers
        before, after, close = _neighbours(instance, tuning)
        node = np.zeros((n + 1, k.NODE_WIDTH), np.int32)
        node[:, k.OPEN], node[:, k.CLOSE] = instance.opens, instance.closes
        node[:, k.SERVICE], node[:, k.DEMAND] = instance.service, instance.demand
        rank = (instance.dist < instance.dist[:, :1]).sum(axis=1)
        r = min(instance.vehicles, n)
        node[:, k.NEAR_DEPOT] = rank <= tuning.depot
        head = np.zeros(16, np.int64)
        head[k.LISTED] = before.shape[1]
        head[k.RANDOM] = (seed * 0x9E3779B97F4A7C15 + 0x1234567) % (2**63 - 1) + 1
        self.state = State(
            node=node,
            route=np.zeros((r, k.ROUTE_WIDTH), np.int32),
            dist=instance.dist,
            lists=np.concatenate([before, after, close], axis=1),
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
