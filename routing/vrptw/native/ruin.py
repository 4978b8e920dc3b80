"""Ruin: strings of customers are torn out of the routes around a random customer."""

import numpy as np

from routing.kernel.jit import compiled

from .dice import below, share
from .links import tear
from .state import ACTIVE, COUNT, CUT, LISTED, PART, PLACED, PRED, ROUTE, STEP, SUCC, USED, Ints, Longs


@compiled
def string(
    node: Ints, route: Ints, dist: Ints, work: Longs, head: Longs, c: int, size: int, split: float, deeper: float
) -> int:
    """Tears a string of `size` customers around c out; with chance `split` some in its middle stay."""
    count = route[node[c, ROUTE], COUNT]
    kept = 0
    if size > 1 and size < count and share(head) < split:
        kept = 1
        while size + kept < count and share(head) < deeper:
            kept += 1
    span = size + kept
    x = c
    back = 0
    while back < span - 1 and node[x, PRED] != 0:
        x = node[x, PRED]
        back += 1
    y = c
    ahead = 0
    while ahead < span - 1 and node[y, SUCC] != 0:
        y = node[y, SUCC]
        ahead += 1
    for _ in range(below(head, back - max(0, span - 1 - ahead) + 1)):
        x = node[x, SUCC]
    if kept == 0:
        return tear(node, route, dist, work, head, x, size)
    front = 1 + below(head, size - 1)
    y = x
    for _ in range(front + kept):
        y = node[y, SUCC]
    return tear(node, route, dist, work, head, y, size - front) + tear(node, route, dist, work, head, x, front)


@compiled
def ruin(
    node: Ints,
    route: Ints,
    dist: Ints,
    lists: Ints,
    work: Longs,
    head: Longs,
    mean_cut: float,
    longest: float,
    split: float,
    deeper: float,
) -> int:
    """Tears strings out of routes around a random customer; returns the saving in distance."""
    if head[PLACED] == 0:
        return 0
    ls = min(longest, head[PLACED] / head[USED])
    strings = np.int64(1 + share(head) * (4.0 * mean_cut / (1.0 + ls) - 1.0))
    seed = work[below(head, head[ACTIVE]), PART]
    gain = 0
    for i in range(2 * head[LISTED] - 1, lists.shape[1]):
        c = seed if i < 2 * head[LISTED] else lists[seed, i]
        r = node[c, ROUTE]
        if r < 0 or route[r, CUT] == head[STEP]:
            continue
        route[r, CUT] = head[STEP]
        size = np.int64(1 + share(head) * min(ls, route[r, COUNT]))
        gain += string(node, route, dist, work, head, c, min(size, route[r, COUNT]), split, deeper)
        strings -= 1
        if strings <= 0:
            break
    return gain
