"""An `Instance` as the tables of a `Day`."""

from collections.abc import Sequence

import numpy as np

from routing.instance import Instance, Order
from routing.timeline import Breaks
from routing.travel import IntMatrix

from .layout import (
    BEFORE,
    BREAKS,
    BROKEN,
    BUILDING,
    CLOSES,
    CREW,
    CREWS,
    END,
    FAIR,
    FAIRNESS,
    FAR,
    FIXED,
    HOME,
    INTO,
    LATEST,
    LEAVE,
    LONGEST,
    METRES,
    MOST,
    OPENS,
    OVERTIME,
    PAUSE,
    PENALTY,
    POINT,
    RANK,
    REORDER,
    SERVERS,
    SERVICE,
    SPLIT,
    START,
    STATES,
    TO,
    TRAVEL,
    VISITS,
    WINDOW,
    WINDOWS,
    Day,
    Ints,
    Reals,
    Shorts,
)

# Neighbours kept per visit.
_NEAR = 100
# Cheapest places kept per half of a crew.
_SPOTS = 24
# Rows of the distance table sorted at once: bounds memory on days of thousands.
_ROWS = 512


def day_of(instance: Instance, orders: Sequence[Order], tune: Sequence[float]) -> Day:
    """The tables of a day, with room for the orders. The instance needs at least one visit and one server."""
    room = max(capacity(instance), *(len(order) for order in orders), 1)
    servers, states = len(instance.servers), 1 + max(len(pauses) for pauses in instance.breaks)
    travel, layers = _travel(instance)
    nodes = _nodes(instance)
    # One position more than a route needs: see `gaps.overtime_price`.
    stops = np.zeros((servers, room + 3, LEAVE + 2 * states), dtype=np.int64)
    return Day(
        node=nodes,
        server=_servers(instance, layers, room, states),
        stops=stops,
        saved=stops.copy(),
        best=np.zeros((servers, room + 1), dtype=np.int64),
        travel=travel,
        entry=_entry(instance),
        comers=np.zeros((int(nodes[:, BUILDING].max()) + 2, servers + 1), dtype=np.int64),
        near=_near(instance),
        num=_num(instance, states),
        real=np.array([*tune, *([0.0] * instance.n)], dtype=np.float64),
        spots=np.zeros((2, _SPOTS, 5), dtype=np.int64),
    )


def _distinct(matrices: Sequence[IntMatrix]) -> tuple[list[IntMatrix], list[int]]:
    """The different matrices, and which of them is each server's."""
    number: dict[int, int] = {}
    which = [number.setdefault(id(matrix), len(number)) for matrix in matrices]
    return [matrices[which.index(key)] for key in range(len(number))], which


def _travel(instance: Instance) -> tuple[Shorts, list[tuple[int, int, int]]]:
    """All travel tables as layers of one, and each server's layers: seconds to, seconds from, metres.

    Seconds from a place are kept as well where there and back differ: the search reads along rows.
    """
    seconds, which = _distinct(instance.seconds)
    layers = list(seconds)
    into = []
    for number, matrix in enumerate(seconds):
        if np.array_equal(matrix, matrix.T):
            into.append(number)
        else:
            into.append(len(layers))
            layers.append(matrix.T)
    lengths, length_of = _distinct(instance.metres)
    metres = [0] * len(instance.servers)
    if any(most >= 0 for most in instance.max_m):
        metres = [len(layers) + number for number in length_of]
        layers += lengths
    table = np.ascontiguousarray(np.stack(layers), dtype=np.int32)
    return table, [(number, into[number], metres[k]) for k, number in enumerate(which)]


def _nodes(instance: Instance) -> Ints:
    n = instance.n
    buildings: dict[str, int] = {}
    made = np.full((2 * n, WINDOW + 2 * max(1, *map(len, instance.windows), 1)), -1, dtype=np.int64)
    for node in range(2 * n):
        v = instance.visit_of(node)
        visit, row = instance.visits[v], made[node]
        row[POINT], row[SERVICE] = instance.point_of[node], instance.service[node]
        row[PENALTY], row[CREW], row[RANK] = instance.penalty[v], visit.crew, instance.rank[node]
        row[BEFORE] = instance.before[v]
        row[HOME] = instance.home[v] if node < n else -1
        row[WINDOWS] = len(instance.windows[v])
        for k, (opens, closes) in enumerate(instance.windows[v]):
            row[WINDOW + 2 * k], row[WINDOW + 2 * k + 1] = opens, closes
        if visit.building is not None and node < n:
            row[BUILDING] = buildings.setdefault(visit.building, len(buildings))
    return made


def _servers(instance: Instance, layers: Sequence[tuple[int, int, int]], room: int, states: int) -> Ints:
    made = np.zeros((len(instance.servers), PAUSE + 3 * (states - 1) + 3 * states * states), dtype=np.int64)
    for k, server in enumerate(instance.servers):
        row, pauses = made[k], instance.breaks[k]
        row[START], row[END] = instance.start_point[k], instance.end_point[k]
        row[TO], row[INTO], row[METRES] = layers[k]
        row[OPENS], row[CLOSES] = instance.shift[k]
        row[LATEST] = instance.latest_end(k)
        row[MOST] = room if server.max_visits is None else min(server.max_visits, room)
        row[LONGEST] = FAR if instance.max_m[k] < 0 else instance.max_m[k]
        row[FAIR], row[FIXED], row[BREAKS] = instance.fair_share[k], instance.fixed_cost[k], len(pauses)
        for number, pause in enumerate(pauses):
            row[PAUSE + 3 * number : PAUSE + 3 * number + 3] = pause
        for first in range(len(pauses)):
            for last in range(first + 1, len(pauses) + 1):
                at = PAUSE + 3 * (states - 1) + 3 * (first * states + last)
                row[at : at + 3] = _run(pauses[first:last])
    return made


def _run(pauses: Breaks) -> tuple[int, int, int]:
    """Of breaks taken one after another: earliest moment all are over, their length, latest start of the first."""
    over, total, latest = -FAR, 0, FAR
    for opens, closes, length in pauses:
        over = max(over, opens) + length
        total += length
        latest = min(latest, closes - total) if over <= closes else -FAR
    return over, total, latest


def capacity(instance: Instance) -> int:
    """How many visits a route can hold at most: the shortest ones, with no travel between, in the longest shift."""
    longest = max(instance.latest_end(k) - shift[0] for k, shift in enumerate(instance.shift))
    fit = int(np.searchsorted(np.cumsum(np.sort(instance.service[: instance.n])), longest, side="right"))
    return max(1, min(instance.n, fit + 1))


def _entry(instance: Instance) -> Ints:
    n, servers = instance.n, len(instance.servers)
    made = np.full((2 * n + servers, servers), FAR, dtype=np.int64)
    for node, allowed in enumerate(instance.allowed):
        for server in allowed:
            made[node, server] = instance.extra[node][server]
    made[2 * n :] = 0
    for one, other in map(sorted, instance.apart):
        made[2 * n + one, other] = made[2 * n + other, one] = FAR
    return made


def _num(instance: Instance, states: int) -> Ints:
    weights = instance.problem.weights
    made = np.zeros(BROKEN + 1, dtype=np.int64)
    made[VISITS], made[SERVERS], made[STATES] = instance.n, len(instance.servers), states
    made[CREWS] = sum(visit.crew - 1 for visit in instance.visits)
    made[TRAVEL], made[OVERTIME], made[FAIRNESS] = weights.travel_s, weights.overtime_s, weights.fairness
    made[SPLIT], made[REORDER] = weights.split_building, weights.reorder
    return made


def _near(instance: Instance) -> Ints:
    """The nearest visits of each, by the sum of there and back over all modes."""
    n, matrices = instance.n, _distinct(instance.seconds)[0]
    doors = instance.point_of[:n]
    most = min(n - 1, _NEAR)
    near = np.zeros((n, most), dtype=np.int64)
    for first in range(0, n, _ROWS):
        rows = np.arange(first, min(n, first + _ROWS))
        apart: Reals = np.zeros((len(rows), n))
        for matrix in matrices:
            apart += matrix[np.ix_(doors[rows], doors)] + matrix[np.ix_(doors, doors[rows])].T
        apart[np.arange(len(rows)), rows] = np.inf
        closest = np.argpartition(apart, most, axis=1)[:, :most] if most < n - 1 else None
        if closest is None:
            near[rows] = np.argsort(apart, axis=1, kind="stable")[:, :most]
        else:
            inner = np.argsort(np.take_along_axis(apart, closest, axis=1), axis=1, kind="stable")
            near[rows] = np.take_along_axis(closest, inner, axis=1)
    return near
