"""The iterations."""

import math

import numpy as np

from routing.kernel.jit import compiled, entry

from .dice import share
from .links import place, undo
from .recreate import recreate, sort
from .ruin import ruin
from .state import (
    ABSENT,
    BACK,
    BEST,
    BEST_PRED,
    BEST_ROUTE,
    COST,
    GONE,
    LEFT,
    OUT,
    PLACED,
    PRED,
    ROUTE,
    SAVED_NODES,
    SAVED_ROUTES,
    STEP,
    USED,
    Ints,
    Longs,
)


@compiled
def accept(node: Ints, work: Longs, head: Longs, cost: int) -> None:
    head[COST] = cost
    head[GONE] = head[LEFT]
    for i in range(head[LEFT]):
        work[i, OUT] = work[i, BACK]
    if cost < head[BEST]:
        head[BEST] = cost
        for x in range(node.shape[0]):
            node[x, BEST_ROUTE] = node[x, ROUTE]
            node[x, BEST_PRED] = node[x, PRED]


@entry
def start(node: Ints, route: Ints, dist: Ints, work: Longs, head: Longs, flat: Ints, ends: Ints) -> None:
    """Fills empty routes: `flat` customers in order, route i ending before ends[i]. The cost counts who is gone."""
    head[STEP] += 1
    head[SAVED_NODES] = head[SAVED_ROUTES] = 0
    cost, begin = head[GONE] * ABSENT, 0
    for r in range(len(ends)):
        last = 0
        for i in range(begin, ends[r]):
            c = flat[i]
            cost += dist[last, c] + dist[c, 0] - dist[last, 0]
            place(node, route, dist, work, head, c, last, r)
            last = c
        begin = ends[r]
    head[LEFT] = head[GONE]
    for i in range(head[GONE]):
        work[i, BACK] = work[i, OUT]
    head[BEST] = cost + 1
    accept(node, work, head, cost)


@entry
def run(
    node: Ints,
    route: Ints,
    dist: Ints,
    lists: Ints,
    work: Longs,
    head: Longs,
    steps: int,
    heat: float,
    mean_cut: float,
    longest: float,
    split: float,
    deeper: float,
    blink: float,
) -> None:
    """`steps` iterations at temperature `heat` (in the unit of the distances)."""
    for _ in range(steps):
        head[STEP] += 1
        head[SAVED_NODES] = head[SAVED_ROUTES] = 0
        placed, used = head[PLACED], head[USED]
        head[LEFT] = head[GONE]
        for i in range(head[GONE]):
            work[i, BACK] = work[i, OUT]
        allowed = head[COST] + np.int64(min(-heat * math.log(share(head) + 1e-300), 1e15))
        cost = (
            head[COST]
            - head[GONE] * ABSENT
            - ruin(node, route, dist, lists, work, head, mean_cut, longest, split, deeper)
        )
        sort(node, dist, work, head)
        cost = recreate(node, route, dist, lists, work, head, cost, allowed, blink)
        if cost <= allowed:
            accept(node, work, head, cost)
        else:
            undo(node, route, work, head)
            head[PLACED], head[USED] = placed, used
