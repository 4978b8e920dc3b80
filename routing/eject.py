"""Room for a visit that has no gap: the cheapest optional visits that, taken out, let it in.

One or two visits of one route (or one on each side of a crew) are tried in every combination and every place,
exactly timed; what is taken out may find another place afterwards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from .batch import batch_ends
from .construct import Builder
from .instance import MANDATORY_PENALTY, Instance, Order
from .objective import objective
from .slots import ENDLESS, Floats, fits, route_state
from .timeline import legs_of, time_all

# How many of the cheapest tries are priced exactly, and how many pairs of gaps of a crew are looked at.
_PRICED, _CREW_OPTIONS, _ROWS = 8, 120, 60_000


@dataclass(frozen=True, slots=True)
class Room:
    """Orders with the visit in, the visits that had to go, and the objective of the orders."""

    orders: list[Order]
    displaced: tuple[int, ...]
    value: int


@dataclass(frozen=True, slots=True)
class _Try:
    price: float
    orders: tuple[tuple[int, Order], ...]
    out: tuple[int, ...]


def make_room(builder: Builder, visit: int, *, most: int = 2, worth: int | None = None) -> Room | None:
    """The cheapest way to let the visit in by leaving out at most `most` optional visits; None if there is none, or
    none that is worth it. The builder is left as it is.

    `worth` is what the visit counts in place of its penalty: MANDATORY_PENALTY asks for the cheapest way at any price.
    """
    instance = builder.instance
    worth = instance.penalty[visit] if worth is None else worth
    times = time_all(instance, builder.orders)
    if times is None:
        return None
    now = objective(instance, builder.orders, times)
    now += worth - instance.penalty[visit]
    crew = instance.visits[visit].crew == 2
    tries = _crew_tries(builder, visit, worth) if crew else _single_tries(builder, visit, most, worth)
    best: Room | None = None
    for one in sorted(tries, key=lambda item: item.price)[:_PRICED]:
        room = _priced(builder, one)
        if room is not None and room.value < (now if best is None else best.value):
            best = room
    return best


def _priced(builder: Builder, one: _Try) -> Room | None:
    """The try on the whole day, halves of crews gone with their other half."""
    out = set(one.out)
    changed = dict(one.orders)
    orders = [
        [node for node in changed.get(k, order) if builder.instance.visit_of(node) not in out]
        for k, order in enumerate(builder.orders)
    ]
    times = time_all(builder.instance, orders)
    return None if times is None else Room(orders, one.out, objective(builder.instance, orders, times))


def removable(instance: Instance, order: Order, worth: int) -> list[int]:
    """Positions of the visits that may be left out for one that is worth so much."""
    limit = min(worth, MANDATORY_PENALTY)
    return [k for k, node in enumerate(order) if instance.penalty[instance.visit_of(node)] < limit]


def _single_tries(builder: Builder, visit: int, most: int, worth: int) -> list[_Try]:
    """The cheapest tries of every server, by one visit less and, if that may be cheaper or the only way, by two."""
    instance = builder.instance
    tries: list[_Try] = []
    for count in range(1, most + 1):
        for server in sorted(instance.allowed[visit]):
            best = min((one.price for one in tries), default=float(worth))
            tries += _route_tries(builder, visit, server, count, best)
    return tries


def _route_tries(builder: Builder, visit: int, server: int, count: int, best: float) -> Iterator[_Try]:
    instance, order = builder.instance, builder.orders[server]
    most_visits = instance.servers[server].max_visits
    if len(order) < count or (most_visits is not None and len(order) - count + 1 > most_visits):
        return
    loss = [instance.penalty[instance.visit_of(node)] for node in order]
    own = removable(instance, order, MANDATORY_PENALTY)
    least = _least(instance, server, order, loss)
    sets = [out for out in combinations(own, count) if sum(least[k] for k in out) < best]
    sets = sorted(sets, key=lambda out: sum(loss[k] for k in out))[: max(1, _ROWS // max(1, len(order)))]
    if not sets:
        return
    rows = _rows(np.array(order, dtype=np.int64), sets, visit)
    ends = batch_ends(instance, server, rows, builder.table, builder.appointments)
    lost = np.repeat(np.array([sum(loss[k] for k in out) for out in sets], dtype=np.float64), rows.shape[1])
    price = lost + instance.problem.weights.travel_s * (
        _travel(instance, server, rows) - _length(instance, server, order)
    )
    price += instance.extra[visit][server]
    price[ends >= ENDLESS] = np.inf
    for row in np.argsort(price, kind="stable")[:_PRICED]:
        if not np.isfinite(price[row]):
            break
        out = tuple(instance.visit_of(order[k]) for k in sets[int(row) // rows.shape[1]])
        yield _Try(float(price[row]), ((server, [int(node) for node in rows[row]]),), out)


def _least(instance: Instance, server: int, order: Order, loss: Sequence[int]) -> list[float]:
    """For each visit a lower bound of what its absence costs: its loss less the legs to it and from it."""
    legs = legs_of(instance, server, order)
    weight = instance.problem.weights.travel_s
    return [loss[k] - weight * float(legs[k] + legs[k + 1]) for k in range(len(order))]


def _rows(order: NDArray[np.int64], sets: Sequence[tuple[int, ...]], visit: int) -> NDArray[np.int64]:
    """For every set of positions taken out and every gap left, the order with the visit in that gap."""
    kept = np.array([[k for k in range(len(order)) if k not in out] for out in sets], dtype=np.int64)
    kept = kept.reshape(len(sets), -1)
    length = kept.shape[1] + 1
    rows = np.empty((len(sets), length, length), dtype=np.int64)
    for gap in range(length):
        rows[:, gap, :gap] = order[kept[:, :gap]]
        rows[:, gap, gap] = visit
        rows[:, gap, gap + 1 :] = order[kept[:, gap:]]
    return rows.reshape(-1, length)


def _travel(instance: Instance, server: int, rows: NDArray[np.int64]) -> Floats:
    points = instance.point_of[rows]
    matrix, end = instance.seconds[server].astype(np.float64), instance.end_point[server]
    total = matrix[instance.start_point[server], points[:, 0]] + matrix[points[:, :-1], points[:, 1:]].sum(axis=1)
    return np.asarray(total + (matrix[points[:, -1], end] if end >= 0 else 0.0), dtype=np.float64)


def _length(instance: Instance, server: int, order: Order) -> float:
    return float(_travel(instance, server, np.array([order], dtype=np.int64))[0]) if order else 0.0


def _crew_tries(builder: Builder, visit: int, worth: int) -> list[_Try]:
    """Pairs of options, one for each half, of which at least one leaves somebody out and whose times meet."""
    instance = builder.instance
    lead, second = instance.nodes_of(visit)
    by_server = {
        server: _options(builder, visit, server, worth)
        for server in sorted(instance.allowed[lead] | instance.allowed[second])
    }
    leads = _cheapest(by_server, instance.allowed[lead])
    seconds = _cheapest(by_server, instance.allowed[second])
    tries = []
    for one in leads:
        for other in seconds:
            pair = frozenset((one.server, other.server))
            meets = max(one.earliest, other.earliest) <= min(one.latest, other.latest)
            if len(pair) == 2 and pair not in instance.apart and meets and (one.out or other.out):
                orders = ((one.server, one.order(lead)), (other.server, other.order(second)))
                tries.append(_Try(one.price + other.price, orders, tuple({*one.out, *other.out})))
    return tries


@dataclass(frozen=True, slots=True)
class _Option:
    server: int
    base: Order
    gap: int
    price: float
    earliest: float
    latest: float
    out: tuple[int, ...]

    def order(self, node: int) -> Order:
        return [*self.base[: self.gap], node, *self.base[self.gap :]]


def _cheapest(by_server: dict[int, list[_Option]], servers: frozenset[int]) -> list[_Option]:
    found = [one for server in sorted(servers) for one in by_server[server]]
    return sorted(found, key=lambda one: one.price)[:_CREW_OPTIONS]


def _options(builder: Builder, visit: int, server: int, worth: int) -> list[_Option]:
    """Gaps for one half of a crew in the server's route as it is, and with each optional visit left out."""
    instance, order = builder.instance, builder.orders[server]
    most_visits = instance.servers[server].max_visits
    found = []
    length = _length(instance, server, order)
    for out in (None, *removable(instance, order, worth)):
        base = [node for k, node in enumerate(order) if k != out]
        if most_visits is not None and len(base) >= most_visits:
            continue
        lost = 0 if out is None else instance.penalty[instance.visit_of(order[out])]
        saved = 0.0 if out is None else length - _length(instance, server, base)
        fit = fits(
            instance, builder.table, route_state(instance, server, base, builder.appointments), np.array([visit])
        )
        for gap in np.flatnonzero(fit.extra[0] < ENDLESS):
            price = lost + instance.problem.weights.travel_s * (float(fit.extra[0, gap]) - saved)
            gone = () if out is None else (instance.visit_of(order[out]),)
            early, late = float(fit.earliest[0, gap]), float(fit.latest[0, gap])
            found.append(_Option(server, base, int(gap), price, early, late, gone))
    return found
