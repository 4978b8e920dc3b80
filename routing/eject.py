"""Room for a visit that has no gap: the cheapest optional visits that, taken out, let it in.

One or two visits of one route (or one on each side of a crew) are tried in every combination and every place,
exactly timed; what is taken out may find another place afterwards.
"""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from .construct import Builder
from .instance import MANDATORY_PENALTY, Instance, Order
from .objective import objective
from .slots import ENDLESS, fits, route_state
from .timeline import legs_of, time_all

# How many of the cheapest tries are priced exactly, and how many pairs of gaps of a crew are looked at.
_PRICED, _CREW_OPTIONS = 8, 120
# Sets of visits to leave out that are tried at most.
_SETS = 300


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
    """The cheapest tries: sets of one, then of two visits of one route, those that may be cheapest first.

    A set's price is at least its loss, less the travel it saves, and the least detour the visit can be in that route;
    sets are left once that is more than the best try and what only the whole day decides about it could make up for.
    """
    instance = builder.instance
    weights = instance.problem.weights
    margin = 3 * weights.reorder + weights.fairness
    routes = [_Route(builder, visit, server) for server in sorted(instance.allowed[visit])]
    tries: list[_Try] = []
    best = float(worth)
    for count in range(1, most + 1):
        sets = [one for route in routes for one in route.sets(count, best + margin)]
        for bound, server, out in sorted(sets)[:_SETS]:
            if bound >= best + margin:
                break
            one = _without(builder, visit, server, out)
            if one is not None:
                tries.append(one)
                best = min(best, one.price)
    return tries


class _Route:
    """A server's route with what leaving out each optional visit would lose and save."""

    def __init__(self, builder: Builder, visit: int, server: int) -> None:
        instance, self.server = builder.instance, server
        self.order = builder.orders[server]
        self.weight = instance.problem.weights.travel_s
        self.loss = [instance.penalty[instance.visit_of(node)] for node in self.order]
        self.own = removable(instance, self.order, MANDATORY_PENALTY)
        most = instance.servers[server].max_visits
        self.too_many = 0 if most is None else len(self.order) + 1 - most
        points = [instance.start_point[server], *(int(instance.point_of[node]) for node in self.order)]
        matrix, end = instance.seconds[server], instance.end_point[server]
        door, here = int(instance.point_of[visit]), np.array(points)
        ways = matrix[np.ix_(here, here)].astype(np.float64)
        home = matrix[here, end].astype(np.float64) if end >= 0 else np.zeros(len(here))
        self.ways = np.column_stack([ways, home])
        legs = [float(self.ways[k, k + 1]) for k in range(len(points))]
        self.least = [loss - self.weight * (legs[k] + legs[k + 1]) for k, loss in enumerate(self.loss)]
        to, onward = matrix[here, door].astype(np.float64), matrix[door, here].astype(np.float64)
        back = float(matrix[door, end]) if end >= 0 else 0.0
        detours = to[:, None] + np.append(onward, back)[None, :] - self.ways
        # The visit comes between two doors, the earlier one first.
        between = np.triu(np.ones(detours.shape, dtype=bool), 1)
        self.detour = float(detours[between].min()) + instance.extra[visit][server] / max(1, self.weight)

    def _saved(self, out: tuple[int, ...]) -> float:
        """Travel seconds the route is shorter without these positions."""
        kept = [0, *(k + 1 for k in range(len(self.order)) if k not in out), len(self.order) + 1]
        if len(kept) == 2:
            return float(sum(self.ways[k, k + 1] for k in range(len(self.order) + 1)))
        first, last = min(out), max(out) + 2
        before = sum(self.ways[k, k + 1] for k in range(first, last))
        inside = [k for k in kept if first <= k <= last]
        return float(before - sum(self.ways[a, b] for a, b in pairwise(inside)))

    def sets(self, count: int, below: float) -> Iterator[tuple[float, int, tuple[int, ...]]]:
        """(bound, server, positions) of the sets that may cost less than `below`."""
        if self.too_many > count:
            return
        for out in combinations(self.own, count):
            # The legs around what goes are the most that is saved: cheap to know, and mostly enough.
            if sum(self.least[k] for k in out) + self.weight * self.detour >= below:
                continue
            bound = sum(self.loss[k] for k in out) + self.weight * (self.detour - self._saved(out))
            if bound < below:
                yield bound, self.server, out


def _without(builder: Builder, visit: int, server: int, out: tuple[int, ...]) -> _Try | None:
    """The visit in the cheapest gap of the route without these positions, if it fits."""
    instance, order = builder.instance, builder.orders[server]
    base = [node for k, node in enumerate(order) if k not in out]
    trial = copy(builder)
    trial.orders, trial.states = list(builder.orders), list(builder.states)
    trial.orders[server] = base
    trial.states[server] = route_state(instance, server, base, builder.appointments)
    fit = trial.fits(server, np.array([visit])).extra[0]
    gap = int(np.argmin(fit))
    if fit[gap] >= ENDLESS:
        return None
    saved = sum(legs_of(instance, server, order)) - sum(legs_of(instance, server, base))
    lost = sum(instance.penalty[instance.visit_of(order[k])] for k in out)
    price = lost + instance.problem.weights.travel_s * (float(fit[gap]) - saved) + instance.extra[visit][server]
    gone = tuple(instance.visit_of(order[k]) for k in out)
    return _Try(price, ((server, [*base[:gap], visit, *base[gap:]]),), gone)


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
    length = float(sum(legs_of(instance, server, order)))
    for out in (None, *removable(instance, order, worth)):
        base = [node for k, node in enumerate(order) if k != out]
        if most_visits is not None and len(base) >= most_visits:
            continue
        lost = 0 if out is None else instance.penalty[instance.visit_of(order[out])]
        saved = 0.0 if out is None else length - sum(legs_of(instance, server, base))
        fit = fits(
            instance, builder.table, route_state(instance, server, base, builder.appointments), np.array([visit])
        )
        for gap in np.flatnonzero(fit.extra[0] < ENDLESS):
            price = lost + instance.problem.weights.travel_s * (float(fit.extra[0, gap]) - saved)
            gone = () if out is None else (instance.visit_of(order[out]),)
            early, late = float(fit.earliest[0, gap]), float(fit.latest[0, gap])
            found.append(_Option(server, base, int(gap), price, early, late, gone))
    return found
