"""Changes to the linked routes, each with a note for going back, and the times that follow from them."""

from routing.kernel.jit import compiled, inlined

from .state import (
    BACK,
    CLOSE,
    COUNT,
    D_PRED,
    D_SUCC,
    DEMAND,
    FIRST,
    ID,
    LAST,
    LATEST,
    LEAVE,
    LEFT,
    LOAD,
    OPEN,
    PLACED,
    PRED,
    R_ID,
    R_SAVED,
    R_STAMP,
    ROUTE,
    SAVED,
    SAVED_NODES,
    SAVED_ROUTES,
    SERVICE,
    STAMP,
    STEP,
    SUCC,
    USED,
    Ints,
    Longs,
)


@inlined
def touch(node: Ints, work: Longs, head: Longs, x: int) -> None:
    """Saves a node before its first change in this step."""
    if node[x, STAMP] != head[STEP]:
        node[x, STAMP] = head[STEP]
        k = head[SAVED_NODES]
        work[k, ID] = x
        for j in range(SAVED):
            work[k, j] = node[x, j]
        head[SAVED_NODES] = k + 1


@inlined
def touch_route(route: Ints, work: Longs, head: Longs, r: int) -> None:
    if route[r, R_STAMP] != head[STEP]:
        route[r, R_STAMP] = head[STEP]
        k = head[SAVED_ROUTES]
        work[k, R_ID] = r
        for j in range(4):
            work[k, R_SAVED + j] = route[r, j]
        head[SAVED_ROUTES] = k + 1


@inlined
def forward(node: Ints, work: Longs, head: Longs, x: int) -> None:
    """Departures from x on, until one does not change."""
    if x == 0:
        return
    t = node[node[x, PRED], LEAVE]
    while x != 0:
        t = max(t + node[x, D_PRED], node[x, OPEN]) + node[x, SERVICE]
        if t == node[x, LEAVE]:
            return
        touch(node, work, head, x)
        node[x, LEAVE] = t
        x = node[x, SUCC]


@inlined
def backward(node: Ints, work: Longs, head: Longs, x: int) -> None:
    """Latest starts from x to the front, until one does not change."""
    if x == 0:
        return
    z = node[node[x, SUCC], LATEST]
    while x != 0:
        z = min(z - node[x, D_SUCC] - node[x, SERVICE], node[x, CLOSE])
        if z == node[x, LATEST]:
            return
        touch(node, work, head, x)
        node[x, LATEST] = z
        x = node[x, PRED]


@inlined
def link(node: Ints, route: Ints, dist: Ints, work: Longs, head: Longs, a: int, b: int, r: int) -> None:
    """b follows a in route r; 0 is the depot."""
    d = dist[a, b]
    if a != 0:
        touch(node, work, head, a)
        node[a, SUCC] = b
        node[a, D_SUCC] = d
    else:
        route[r, FIRST] = b
    if b != 0:
        touch(node, work, head, b)
        node[b, PRED] = a
        node[b, D_PRED] = d
    else:
        route[r, LAST] = a


@compiled
def place(node: Ints, route: Ints, dist: Ints, work: Longs, head: Longs, c: int, a: int, r: int) -> None:
    """Puts c behind a (0: at the front) of route r."""
    touch_route(route, work, head, r)
    touch(node, work, head, c)
    b = node[a, SUCC] if a != 0 else route[r, FIRST]
    route[r, LOAD] += node[c, DEMAND]
    route[r, COUNT] += 1
    head[PLACED] += 1
    head[USED] += route[r, COUNT] == 1
    node[c, ROUTE] = r
    node[c, LEAVE] = -1
    node[c, LATEST] = -1
    link(node, route, dist, work, head, a, c, r)
    link(node, route, dist, work, head, c, b, r)
    forward(node, work, head, c)
    backward(node, work, head, c)


@compiled
def tear(node: Ints, route: Ints, dist: Ints, work: Longs, head: Longs, x: int, count: int) -> int:
    """Takes `count` customers from x on out of their route; returns the saving in distance."""
    r = node[x, ROUTE]
    touch_route(route, work, head, r)
    a = node[x, PRED]
    gain = 0
    for _ in range(count):
        touch(node, work, head, x)
        gain += node[x, D_PRED]
        node[x, ROUTE] = -1
        route[r, LOAD] -= node[x, DEMAND]
        work[head[LEFT], BACK] = x
        head[LEFT] += 1
        last = x
        x = node[x, SUCC]
    route[r, COUNT] -= count
    head[PLACED] -= count
    head[USED] -= route[r, COUNT] == 0
    gain += node[last, D_SUCC] - dist[a, x]
    link(node, route, dist, work, head, a, x, r)
    forward(node, work, head, x)
    backward(node, work, head, a)
    return int(gain)


@compiled
def undo(node: Ints, route: Ints, work: Longs, head: Longs) -> None:
    for i in range(head[SAVED_NODES]):
        x = work[i, ID]
        for j in range(SAVED):
            node[x, j] = work[i, j]
    for i in range(head[SAVED_ROUTES]):
        r = work[i, R_ID]
        for j in range(4):
            route[r, j] = work[i, R_SAVED + j]
