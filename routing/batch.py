"""Exact times of very many orders of one route at once (numpy): what tries of one visit in every place need.

Crew visits already appointed keep their time, as in `slots`, which keeps routes independent of each other.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .instance import Instance
from .slots import FAR, Floats, WindowTable, arrive_with_breaks, first_start, latest_leaving

Orders = NDArray[np.int64]


def batch_ends(
    instance: Instance, server: int, orders: Orders, table: WindowTable, appointments: Mapping[int, int]
) -> Floats:
    """For each order (rows of nodes, all of one length) the end of the route; FAR where it cannot hold.

    Fixed places and the longest distance are kept to; the maximum of visits is the caller's to keep.
    """
    count, length = orders.shape
    pauses = instance.breaks[server]
    states = range(len(pauses) + 1)
    points = instance.point_of[orders]
    here = np.concatenate([np.full((count, 1), instance.start_point[server], dtype=points.dtype), points], axis=1)
    legs = instance.seconds[server][here[:, :-1], points].astype(np.float64)
    end = instance.end_point[server]
    home = instance.seconds[server][here[:, -1], end].astype(np.float64) if end >= 0 and length else np.zeros(count)
    opens, closes = _windows(table, appointments)
    visits = np.where(orders >= instance.n, orders - instance.n, orders)
    leave = [np.full(count, float(instance.shift[server][0]))] + [np.full(count, FAR) for _ in pauses]
    for position in range(length):
        own = visits[:, position]
        ready = _arrivals(leave, legs[:, position], pauses)
        service = instance.service[own]
        leave = [
            np.minimum(first_start(moment[:, None], opens[own], closes[own])[:, 0] + service, FAR) for moment in ready
        ]
    back = _arrivals(leave, home, pauses)
    best = np.full(count, FAR)
    for done in states:
        last = min(latest_leaving(FAR, 0, pauses[done:]), float(instance.latest_end(server)))
        best = np.minimum(best, np.where(back[done] <= last, back[done], FAR))
    best[~_in_place(instance, orders) | _too_far(instance, server, here, end)] = FAR
    return best


def _windows(table: WindowTable, appointments: Mapping[int, int]) -> tuple[Floats, Floats]:
    """The table with appointments in place of the windows of crews that have one."""
    if not appointments:
        return table.opens, table.closes
    opens, closes = table.opens.copy(), table.closes.copy()
    for visit, start in appointments.items():
        opens[visit], closes[visit] = FAR, -FAR
        opens[visit, 0] = closes[visit, 0] = start
    return opens, closes


def _arrivals(leave: list[Floats], travel: Floats, pauses: list[tuple[int, int, int]]) -> list[Floats]:
    """Earliest arrivals by breaks done."""
    made = []
    for done in range(len(leave)):
        best = leave[done] + travel
        for before in range(done):
            best = np.minimum(best, arrive_with_breaks(leave[before], travel, pauses[before:done]))
        made.append(np.minimum(best, FAR))
    return made


def _in_place(instance: Instance, orders: Orders) -> NDArray[np.bool_]:
    rank = np.array(instance.rank, dtype=np.int64)[orders]
    return np.asarray((np.diff(rank, axis=1) >= 0).all(axis=1))


def _too_far(instance: Instance, server: int, here: NDArray[np.int32], end: int) -> NDArray[np.bool_]:
    if instance.max_m[server] < 0 or here.shape[1] == 1:
        return np.zeros(len(here), dtype=bool)
    matrix = instance.metres[server].astype(np.int64)
    metres = matrix[here[:, :-1], here[:, 1:]].sum(axis=1)
    if end >= 0:
        metres += matrix[here[:, -1], end]
    return np.asarray(metres > instance.max_m[server])
