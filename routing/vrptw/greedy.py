"""A first plan without compiled code: cheapest insertion, customers far from the depot first, all places at once."""

import numpy as np

from .read import Instance
from .search import Routes


class _Plan:
    """Linked routes as arrays over nodes: customers 1…n and, behind them, one start for each route opened."""

    def __init__(self, instance: Instance) -> None:
        n, fleet = instance.customers, min(instance.vehicles, instance.customers)
        self.instance = instance
        self.n, self.fleet, self.used = n, fleet, 0
        # The place of a node in the distances: a route's start stands at the depot.
        self.at = np.concatenate([np.arange(n + 1), np.zeros(fleet, np.int64)])
        self.after = np.full(n + 1 + fleet, -1)
        self.route = np.full(n + 1 + fleet, -1)
        self.leave = np.full(n + 1 + fleet, int(instance.opens[0]))
        self.latest = np.full(n + 1 + fleet, int(instance.closes[0]))
        self.load = np.zeros(fleet, np.int64)

    def insert(self, c: int) -> None:
        """Puts c at the cheapest place in time, in a new route if that is cheaper; nowhere if there is none."""
        instance, dist = self.instance, self.instance.dist
        a = np.flatnonzero(self.after >= 0)
        b = self.after[a]
        da, db = dist[c, self.at[a]], dist[c, self.at[b]]
        added = da + db - dist[self.at[a], self.at[b]]
        start = np.maximum(self.leave[a] + da, int(instance.opens[c]))
        fits = start <= int(instance.closes[c])
        fits &= start + int(instance.service[c]) + db <= np.where(b > 0, self.latest[b], int(instance.closes[0]))
        fits &= self.load[self.route[a]] + int(instance.demand[c]) <= instance.capacity
        best = int(np.argmin(np.where(fits, added, np.iinfo(np.int32).max))) if len(a) else -1
        found = best >= 0 and bool(fits[best])
        if self.used < self.fleet and not (found and added[best] <= 2 * dist[0, c]):
            start_node = self.n + 1 + self.used
            self.after[start_node], self.route[start_node] = 0, self.used
            self.used += 1
            self._link(start_node, c)
        elif found:
            self._link(int(a[best]), c)

    def _link(self, a: int, c: int) -> None:
        r = int(self.route[a])
        self.after[c], self.after[a], self.route[c] = self.after[a], c, r
        self.load[r] += int(self.instance.demand[c])
        self._times(r)

    def _times(self, r: int) -> None:
        instance, chain = self.instance, self.chain(r)
        t, last = int(instance.opens[0]), 0
        for c in chain:
            t = max(t + int(instance.dist[last, c]), int(instance.opens[c])) + int(instance.service[c])
            self.leave[c], last = t, c
        z, following = int(instance.closes[0]), 0
        for c in reversed(chain):
            z = min(z - int(instance.dist[c, following]) - int(instance.service[c]), int(instance.closes[c]))
            self.latest[c], following = z, c

    def chain(self, r: int) -> list[int]:
        """The customers of a route in order."""
        chain: list[int] = []
        c = int(self.after[self.n + 1 + r])
        while c > 0:
            chain.append(c)
            c = int(self.after[c])
        return chain


def first_plan(instance: Instance) -> Routes:
    """Routes of all customers that could be placed within the fleet."""
    plan = _Plan(instance)
    for c in np.argsort(-instance.dist[0, 1:], kind="stable") + 1:
        plan.insert(int(c))
    return [plan.chain(r) for r in range(plan.used)]
