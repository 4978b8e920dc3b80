"""Which routes are improved together: halves of the plan along a turning line, and parts around a route."""

import math
import random
from collections.abc import Sequence

import numpy as np

from .read import Instance, Ints

Routes = list[list[int]]

# Links of a customer to its nearest customers say which routes touch.
_LINKS = 10


def halves(instance: Instance, routes: Sequence[list[int]], dice: random.Random) -> tuple[list[int], list[int]]:
    """Indices of the routes on either side of a line of random direction, about half of the customers each."""
    turn = dice.random() * math.tau
    way = np.array([math.cos(turn), math.sin(turn)])
    at = [float(instance.points[route].mean(axis=0) @ way) for route in routes]
    order = sorted(range(len(routes)), key=lambda i: (at[i], i))
    half = sum(len(route) for route in routes) / 2
    count = 0
    first: list[int] = []
    for i in order:
        if first and count + len(routes[i]) / 2 > half:
            break
        first.append(i)
        count += len(routes[i])
    return first, order[len(first) :]


def links(instance: Instance) -> Ints:
    """(n + 1, up to 10): the nearest customers of each customer."""
    apart = instance.dist.astype(np.float64)
    np.fill_diagonal(apart, np.inf)
    apart[:, 0] = np.inf
    count = min(_LINKS, instance.customers - 1)
    return np.argsort(apart, axis=1, kind="stable")[:, :count].astype(np.int32)


class Parts:
    """Parts of a plan that are worked on in turn: the routes touched least come first."""

    def __init__(self, instance: Instance) -> None:
        self.near = links(instance)
        self.touched = np.zeros(instance.customers + 1)

    def two(self, routes: Sequence[list[int]], size: int, dice: random.Random) -> tuple[list[int], list[int]]:
        """Two parts without a common route, about `size` customers each (the second may be empty)."""
        first = self._grow(routes, size, set(), dice)
        second = self._grow(routes, size, set(first), dice)
        for i in (*first, *second):
            self.touched[routes[i]] += 1
        return first, second

    def _grow(self, routes: Sequence[list[int]], size: int, taken: set[int], dice: random.Random) -> list[int]:
        free = [i for i in range(len(routes)) if i not in taken]
        if not free:
            return []
        owner = np.full(len(self.touched), -1, dtype=np.int64)
        for i in free:
            owner[routes[i]] = i
        at = min(free, key=lambda i: (float(self.touched[routes[i]].mean()), dice.random()))
        part, count = [at], len(routes[at])
        bonds = np.zeros(len(routes))
        while True:
            linked = owner[self.near[routes[at]].ravel()]
            np.add.at(bonds, linked[linked >= 0], 1)
            bonds[part] = -1
            at = max((i for i in free if i not in part), key=lambda i: (bonds[i], -i), default=-1)
            if at < 0 or bonds[at] <= 0 or count + len(routes[at]) > size:
                return part
            part.append(at)
            count += len(routes[at])
