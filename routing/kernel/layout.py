"""How a day lies in memory: a few tables that every compiled function gets, and the names of their columns.

Few and wide, because every array handed to a compiled function costs time to compile and to call. Times are seconds
since local midnight, prices objective seconds, everything int64 but the travel tables (int32).
Positions of a route: 0 its start, 1…m its doors, m+1 its end. Gap g lies between positions g and g+1.
Columns marked *list* have nothing to do with their row: they hold lists, whose lengths are in `Day.num`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Reals = NDArray[np.float64]

# "Never" for times, "impossible" for prices; its negative is "always too late".
FAR = 10**9

# Day.node: what the innermost loops read fits into one cache line. MEET…MEET_BY are the earliest and latest start the
# two of a crew have agreed on. WINDOWS is how many follow, as pairs of columns, from WINDOW on.
POINT, SERVICE, MEET, MEET_BY, WINDOWS, PENALTY, BUILDING, CREW, RANK, BEFORE, HOME = range(11)
# WHERE: server (-1 none), PLACE: position there. MISSING_AT: index on the list of the absent (-1: planned).
# FREE_TO: whether the run may touch the visit. *Lists*: absent visits; visits this step takes out or offers, with the
# agreed start they had (-1: were absent).
WHERE, PLACE, MISSING_AT, IS_TRIED, FREE_TO, L_MISSING, L_TRIED, L_TRIED_MEET = range(11, 19)
# Of `meetings`: the start on the way to the earliest end, the start agreed on before.
ON_WAY, AGREED, WINDOW = range(19, 22)

# Day.server. TO, INTO, METRES: layers of the travel tables; `INTO` holds the same as `TO` with from and to exchanged.
# CLOSES: end of the shift, LATEST: with overtime. MOST visits, LONGEST metres (FAR: no bound).
START, END, TO, INTO, METRES, OPENS, CLOSES, LATEST, MOST, LONGEST, FAIR, FIXED, BREAKS = range(13)
# The route: LENGTH in visits, BACK earliest end (FAR: cannot hold), PRICE, HEAD visits with a fixed place in front,
# TAIL position before the gap in front of those at its end. A saved copy of the five follows them.
LENGTH, BACK, PRICE, HEAD, TAIL = range(13, 18)
SAVED = 5
IS_TOUCHED, IS_RUINED, IS_OFFERED, IS_LATE, OPEN, L_TOUCHED, L_OFFERED, PAUSE = range(23, 31)

# Day.stops, per position: node, point, travel to the next position, service, earliest and latest start (of a visit
# with SEVERAL windows: see Day.node); then, for every number of breaks done, the earliest leaving and the latest
# arrival that lets the rest of the route happen (alternating).
NODE, SPOT, LEG, SERVE, SINCE_S, UNTIL_S, SEVERAL, LEAVE, ARRIVE = range(9)

# Day.num: sizes and weights; lengths of lists; sums kept up to date.
VISITS, SERVERS, STATES, CREWS, TRAVEL, OVERTIME, FAIRNESS, SPLIT, REORDER = range(9)
MISSING, DROPPED, SPLITS, VALUE, BEST, TOUCHED, TRIED, OFFERED, SKIP, BROKEN = range(9, 19)

# Day.real: see `api.Tune`; then the keys visits are sorted by.
AVERAGE_OUT, LONGEST_STRING, BLINK, KEEP_MIDDLE, ABSENT, ROUTES, ABSENT_SEED, ABSENT_EVERYWHERE = range(8)
GENEROUS, MOVE_UNDER_WAY, MEET_LATE, MEET_AGAIN, KEYS = range(8, 13)

# Day.spots: possible places of lead (0) and second (1) of a crew.
COST, SERVER, GAP, SINCE, UNTIL = range(5)


class Day(NamedTuple):
    """The tables; see the module. `entry[node, server]`: static price, FAR if not allowed; rows from 2n on are servers:
    FAR if the two never make a crew. `comers[building, server]`: leading visits there; the last column: how many
    servers come. `near[visit]`: other visits by nearness. `best[server]`: length, then nodes, of the best found.
    """

    node: Ints
    server: Ints
    stops: Ints
    saved: Ints
    best: Ints
    travel: Shorts
    entry: Ints
    comers: Ints
    near: Ints
    num: Ints
    real: Reals
    spots: Ints
