"""Recreate: customers are put back one after the other, each at the cheapest place that its look allows."""

import numpy as np

from routing.kernel.jit import compiled, inlined

from .dice import below, draw, share
from .links import place
from .state import (
    ABSENT,
    BACK,
    CAPACITY,
    CLOSE,
    COUNT,
    D_PRED,
    D_SUCC,
    DEMAND,
    FIRST,
    KEY,
    LAST,
    LATEST,
    LEAVE,
    LEFT,
    LISTED,
    LOAD,
    OPEN,
    PRED,
    ROUTE,
    ROUTES,
    SERVICE,
    SUCC,
    Ints,
    Longs,
)


@inlined
def rank(node: Ints, dist: Ints, head: Longs, c: int, way: int) -> int:
    """Sort key of a customer to put back: random, heavy, far, close, tight, early and late first (4:4:2:1:2:2:2)."""
    if way < 4:
        return int(np.int64(draw(head) >> np.uint64(2)))
    if way < 8:
        return int(-node[c, DEMAND])
    if way < 10:
        return int(-dist[0, c])
    if way < 11:
        return int(dist[0, c])
    if way < 13:
        return int(node[c, CLOSE] - node[c, OPEN])
    return int(node[c, OPEN] if way < 15 else -node[c, CLOSE])


@compiled
def sort(node: Ints, dist: Ints, work: Longs, head: Longs) -> None:
    """Orders the customers to put back."""
    way = below(head, 17)
    for i in range(head[LEFT]):
        c = work[i, BACK]
        key = rank(node, dist, head, c, way)
        j = i - 1
        while j >= 0 and work[j, KEY] > key:
            work[j + 1, KEY] = work[j, KEY]
            work[j + 1, BACK] = work[j, BACK]
            j -= 1
        work[j + 1, KEY] = key
        work[j + 1, BACK] = c


@inlined
def fits(node: Ints, c: int, a: int, b: int, da: int, db: int) -> bool:
    """Whether c can be served between a and b in time."""
    t = max(node[a, LEAVE] + da, node[c, OPEN])
    return bool(t <= node[c, CLOSE] and t + node[c, SERVICE] + db <= node[b, LATEST])


@compiled
def near_places(
    node: Ints, route: Ints, dist: Ints, lists: Ints, head: Longs, c: int, limit: int, blink: float
) -> tuple[int, int, int]:
    """The cheapest place for c below `limit` beside its neighbours: added distance, predecessor, route (-1: none)."""
    room = head[CAPACITY] - node[c, DEMAND]
    at, into = 0, -1
    for i in range(head[LISTED]):
        u = lists[c, i]
        r = node[u, ROUTE]
        if r < 0 or route[r, LOAD] > room:
            continue
        b = node[u, SUCC]
        da, db = dist[c, u], dist[c, b]
        added = da + db - node[u, D_SUCC]
        if added < limit and fits(node, c, u, b, da, db) and share(head) >= blink:
            limit, at, into = added, u, r
    for i in range(head[LISTED], 2 * head[LISTED]):
        u = lists[c, i]
        r = node[u, ROUTE]
        if r < 0 or route[r, LOAD] > room:
            continue
        a = node[u, PRED]
        da, db = dist[c, a], dist[c, u]
        added = da + db - node[u, D_PRED]
        if added < limit and fits(node, c, a, u, da, db) and share(head) >= blink:
            limit, at, into = added, a, r
    return limit, at, into


@compiled
def end_places(
    node: Ints, route: Ints, dist: Ints, head: Longs, c: int, limit: int, at: int, into: int
) -> tuple[int, int, int]:
    """The same at the two ends of every route and in a route of its own."""
    room = head[CAPACITY] - node[c, DEMAND]
    d0 = dist[c, 0]
    empty = -1
    for r in range(head[ROUTES]):
        if route[r, COUNT] == 0:
            empty = r
            continue
        if route[r, LOAD] > room:
            continue
        b = route[r, FIRST]
        added = d0 + dist[c, b] - node[b, D_PRED]
        if added < limit and fits(node, c, 0, b, d0, dist[c, b]):
            limit, at, into = added, 0, r
        a = route[r, LAST]
        added = d0 + dist[c, a] - node[a, D_SUCC]
        if added < limit and fits(node, c, a, 0, dist[c, a], d0):
            limit, at, into = added, a, r
    if empty >= 0 and 2 * d0 < limit:
        limit, at, into = 2 * d0, 0, empty
    return limit, at, into


@compiled
def any_place(node: Ints, route: Ints, dist: Ints, head: Longs, c: int, limit: int) -> tuple[int, int, int]:
    """The cheapest place below `limit` anywhere: for customers whose neighbours have no room."""
    room = head[CAPACITY] - node[c, DEMAND]
    at, into = 0, -1
    for r in range(head[ROUTES]):
        if route[r, COUNT] == 0 or route[r, LOAD] > room:
            continue
        a, b = 0, route[r, FIRST]
        while True:
            da, db = dist[c, a], dist[c, b]
            added = da + db - dist[a, b]
            if added < limit and fits(node, c, a, b, da, db):
                limit, at, into = added, a, r
            if b == 0:
                break
            a, b = b, node[b, SUCC]
    return limit, at, into


@compiled
def recreate(
    node: Ints, route: Ints, dist: Ints, lists: Ints, work: Longs, head: Longs, cost: int, allowed: int, blink: float
) -> int:
    """Puts everybody back who can be; returns the cost, or one above `allowed` as soon as that is certain."""
    gone = 0
    for i in range(head[LEFT]):
        c = work[i, BACK]
        limit = allowed - cost + 1
        added, at, into = near_places(node, route, dist, lists, head, c, limit, blink)
        added, at, into = end_places(node, route, dist, head, c, added, at, into)
        if into < 0 and limit > ABSENT // 2:
            added, at, into = any_place(node, route, dist, head, c, limit)
        if into >= 0:
            place(node, route, dist, work, head, c, at, into)
            cost += added
            continue
        cost += ABSENT
        if cost > allowed:
            return cost
        # Those put back already are not read again: the front of the list holds who stays out.
        work[gone, BACK] = c
        gone += 1
    head[LEFT] = gone
    return cost
