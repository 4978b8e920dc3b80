"""Ruin and recreate for the standard VRPTW, compiled: one call runs many iterations on arrays that keep their state.

The method is SISR (Christiaens & Vanden Berghe, "Slack induction by string removals for vehicle routing problems",
Transportation Science 54(2), 2020): strings of adjacent routes are torn out, put back greedily with blinks, and the
result is accepted as in simulated annealing. What is added here: insertion places come from two short lists (who may
come before, who after), an iteration ends as soon as its cost so far cannot be accepted any more, and routes are
linked lists with a journal, so that going back costs what was changed and no more.

All numbers are integers in the unit of the distances (tenths). Every function lives in this file because numba's
cache watches only the file of the function it stores. Distances must be symmetric.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

# Columns of `node`, one cache line for each customer: links, departure, latest start, distances to both links...
PRED, SUCC, ROUTE, LEAVE, LATEST, D_SUCC, D_PRED = range(7)
# ...what never changes: opening, closing, service, demand...
OPEN, CLOSE, SERVICE, DEMAND = range(7, 11)
# ...the step in which the columns above were saved, and the links in the best solution.
STAMP, BEST_ROUTE, BEST_PRED = range(11, 14)
SAVED = 7
# Columns of `route`; the last two are steps.
FIRST, LAST, LOAD, COUNT, R_STAMP, CUT = range(6)
# Columns of `work`, lists of changing length: saved nodes and routes with their ids, customers without a route,
# customers to put back and their sort keys, customers of this run.
ID, R_SAVED, R_ID, OUT, BACK, KEY, PART = 7, 8, 12, 13, 14, 15, 16
NODE_WIDTH, ROUTE_WIDTH, WORK_WIDTH = 16, 8, 17
# Entries of `head`: counters of the search.
COST, BEST, STEP, SAVED_NODES, SAVED_ROUTES, GONE, LEFT, ACTIVE, CAPACITY, ROUTES, PLACED, USED, LISTED, RANDOM = range(
    14
)
# Price of a customer without a route: above every sum of distances, and still far from the end of 64 bits.
ABSENT = 1 << 40


class State(NamedTuple):
    """Everything the search knows. Node 0 is the depot; n customers, R routes."""

    node: Ints  # (n + 1, NODE_WIDTH)
    route: Ints  # (R, ROUTE_WIDTH)
    dist: Ints  # (n + 1, n + 1), symmetric
    lists: Ints  # (n + 1, 2 m + m2): who may be served right before; right after (best first); who is near
    work: Longs  # (n + 1, WORK_WIDTH)
    head: Longs  # (16,)
