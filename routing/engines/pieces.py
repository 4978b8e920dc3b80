"""Large days in pieces: a few neighbouring routes and the missing visits near them, improved by another engine.

A whole day of hundreds of visits is too slow for local search on all of it; a piece of three to six routes is not.
A crew visit whose other server lies outside the piece becomes an appointment at the time it has.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from routing.construct import Builder, fill
from routing.instance import MANDATORY_PENALTY, Instance, Order
from routing.objective import objective
from routing.timeline import RouteTimes, time_all

from .base import Engine, Task

# Below this many routes, or visits, a day is not cut up.
_FEWEST_ROUTES = 8
_FEWEST_VISITS = 250
# Visits a piece should hold, planned ones; and missing ones offered to it.
_PIECE_VISITS, _PIECE_MISSING = 70, 30
_SLICE_S = 0.5
_SLICE_ITERATIONS = 200
# After so many pieces the missing visits are tried everywhere.
_FILL_EVERY = 12


@dataclass(frozen=True, slots=True)
class _Piece:
    """A smaller instance, its orders, and the nodes of the whole day its nodes stand for."""

    instance: Instance
    orders: list[Order]
    servers: list[int]
    whole_node: dict[int, int]

    def merged(self, orders: Sequence[Order], part: Sequence[Order]) -> list[Order]:
        """The whole day's orders with this piece's routes replaced."""
        made = list(orders)
        for server, order in zip(self.servers, part, strict=True):
            made[server] = [self.whole_node[node] for node in order]
        return made


class PiecesEngine:
    """Improves piece after piece with the inner engine; small days go to the inner engine whole."""

    def __init__(self, inner: Engine) -> None:
        self.inner = inner
        self.name = f"{inner.name}-pieces"

    def improve(self, task: Task) -> None:
        """See Engine. With an iteration budget, every `_SLICE_ITERATIONS` of it buy one piece."""
        if len(task.instance.servers) < _FEWEST_ROUTES or task.instance.n < _FEWEST_VISITS:
            self.inner.improve(task)
            return
        _Rounds(task, self.inner).run()


class _Rounds:
    """One run over many pieces."""

    def __init__(self, task: Task, inner: Engine) -> None:
        self.task = task
        self.inner = inner
        self.instance = task.instance
        self.rng = np.random.default_rng(task.seed)
        self.began = time.monotonic()
        self.orders: list[Order] = [list(order) for order in task.orders]
        times = time_all(self.instance, self.orders)
        if times is None:
            raise ValueError("orders to improve are not feasible")
        self.times: list[RouteTimes] = times
        self.value = objective(self.instance, self.orders, times)
        self.turns = np.zeros(len(self.orders))
        iterations = task.iterations
        self.pieces_left = None if iterations is None else max(1, iterations // _SLICE_ITERATIONS)

    def run(self) -> None:
        done = 0
        while not self._over():
            self._one_piece()
            done += 1
            if done % _FILL_EVERY == 0:
                self._fill()

    def _left_s(self) -> float:
        return self.task.seconds - (time.monotonic() - self.began)

    def _over(self) -> bool:
        if self.task.halt() or self._left_s() < 0.02:
            return True
        return self.pieces_left is not None and self.pieces_left <= 0

    def _one_piece(self) -> None:
        servers = self._neighbours()
        piece = _cut(self.instance, self.orders, self.times, servers, self._missing_near(servers))
        answer: list[list[Order]] = []
        iterations = None if self.pieces_left is None else _SLICE_ITERATIONS
        seconds = self._left_s() if iterations is not None else min(_SLICE_S, self._left_s())
        self.inner.improve(
            Task(
                piece.instance,
                piece.orders,
                int(self.rng.integers(2**31)),
                seconds,
                iterations,
                self.task.halt,
                lambda orders: answer.append([list(order) for order in orders]),
            )
        )
        if self.pieces_left is not None:
            self.pieces_left -= 1
        if answer:
            self._accept(piece.merged(self.orders, answer[-1]))

    def _accept(self, orders: list[Order]) -> None:
        times = time_all(self.instance, orders)
        if times is None:
            return
        value = objective(self.instance, orders, times)
        if value < self.value:
            self.orders, self.times, self.value = orders, times, value
            self.task.report(orders)

    def _fill(self) -> None:
        builder = Builder(self.instance, self.orders)
        fill(builder, self.rng, halt=self.task.halt)
        self._accept(builder.orders)

    def _centres(self) -> np.ndarray:
        """Mean position of each route in degrees (longitude scaled to latitude); its start if it is empty."""
        made = []
        for server, order in enumerate(self.orders):
            doors = [self.instance.visits[self.instance.visit_of(node)].point for node in order]
            points = doors or [self.instance.servers[server].start]
            made.append((np.mean([p.lng for p in points]) * 0.77, np.mean([p.lat for p in points])))
        return np.array(made)

    def _neighbours(self) -> list[int]:
        """A seldom-touched route and those around it, up to a piece's size, with some luck in the choice."""
        seed = int(np.argmin(self.turns + self.rng.random(len(self.turns))))
        centres = self._centres()
        apart = np.hypot(*(centres - centres[seed]).T) * (0.6 + 0.8 * self.rng.random(len(centres)))
        apart[seed] = -1.0
        chosen: list[int] = []
        held = 0
        for server in np.argsort(apart, kind="stable"):
            if chosen and held + len(self.orders[server]) > _PIECE_VISITS:
                break
            chosen.append(int(server))
            held += len(self.orders[server])
        self.turns[chosen] += 1.0
        return chosen

    def _missing_near(self, servers: list[int]) -> list[int]:
        """Missing single visits that one of these servers may take: the nearest to the piece, dear ones first."""
        planned = {self.instance.visit_of(node) for order in self.orders for node in order}
        own = set(servers)
        missing = [
            visit
            for visit in range(self.instance.n)
            if visit not in planned and self.instance.visits[visit].crew == 1 and own & self.instance.allowed[visit]
        ]
        doors = {int(self.instance.point_of[node]) for server in servers for node in self.orders[server]}
        doors |= {self.instance.start_point[server] for server in servers}
        matrix = self.instance.seconds[servers[0]][:, sorted(doors)]
        near = {visit: int(np.min(matrix[self.instance.point_of[visit]])) for visit in missing}
        ranked = sorted(missing, key=lambda one: near[one] - self.instance.penalty[one] // 4)
        return ranked[:_PIECE_MISSING]


def _cut(
    instance: Instance,
    orders: Sequence[Order],
    times: Sequence[RouteTimes],
    servers: list[int],
    missing: Sequence[int],
) -> _Piece:
    """The piece of these servers' routes and the given missing visits."""
    place = {server: k for k, server in enumerate(servers)}
    inside: dict[int, list[int]] = {}
    for server in servers:
        for node in orders[server]:
            inside.setdefault(instance.visit_of(node), []).append(node)
    whole = [*inside, *missing]
    number = {visit: k for k, visit in enumerate(whole)}
    n = len(whole)
    part = _part(instance, whole, servers, place)
    whole_node: dict[int, int] = {}
    for visit, k in number.items():
        whole_node[k] = visit
        whole_node[k + n] = visit + instance.n
    cut_orders: list[Order] = []
    for server in servers:
        order: Order = []
        for position, node in enumerate(orders[server]):
            visit = instance.visit_of(node)
            k = number[visit]
            if instance.visits[visit].crew == 2 and len(inside[visit]) == 1:
                _appoint(part, k, place[server], times[server].starts[position])
                whole_node[k] = node
                order.append(k)
            else:
                order.append(k + n if node >= instance.n else k)
        cut_orders.append(order)
    return _Piece(part, cut_orders, servers, whole_node)


def _part(instance: Instance, whole: list[int], servers: list[int], place: dict[int, int]) -> Instance:
    """The instance restricted to visits and servers; the matrices stay whole, points keep their numbers."""
    nodes = [*whole, *(visit + instance.n for visit in whole)]
    number, n = {visit: k for k, visit in enumerate(whole)}, len(whole)
    visits = tuple(instance.visits[visit] for visit in whole)
    return Instance(
        problem=instance.problem,
        visits=visits,
        servers=tuple(instance.servers[server] for server in servers),
        visit_index={visit.id: k for k, visit in enumerate(visits)},
        server_index={instance.servers[server].id: k for server, k in place.items()},
        point_of=instance.point_of[nodes],
        start_point=[instance.start_point[server] for server in servers],
        end_point=[instance.end_point[server] for server in servers],
        seconds=[instance.seconds[server] for server in servers],
        metres=[instance.metres[server] for server in servers],
        service=instance.service[nodes],
        windows=[instance.windows[visit] for visit in whole],
        penalty=[instance.penalty[visit] for visit in whole],
        allowed=[frozenset(place[s] for s in instance.allowed[node] if s in place) for node in nodes],
        breaks=[instance.breaks[server] for server in servers],
        shift=[instance.shift[server] for server in servers],
        fair_share=[instance.fair_share[server] for server in servers],
        home=[place.get(instance.home[visit], -1) for visit in whole],
        before=[
            number.get(instance.before[visit], instance.before[visit] if instance.before[visit] < 0 else n)
            for visit in whole
        ],
        extra=[[instance.extra[node][server] for server in servers] for node in nodes],
        max_m=[instance.max_m[server] for server in servers],
        fixed_cost=[instance.fixed_cost[server] for server in servers],
        rank=[instance.rank[node] for node in nodes],
        apart=frozenset(
            frozenset(place[server] for server in pair) for pair in instance.apart if all(one in place for one in pair)
        ),
    )


def _appoint(part: Instance, visit: int, server: int, start_s: int) -> None:
    """Half a crew: a single visit of this server at the time the other half keeps."""
    part.visits = (
        *part.visits[:visit],
        replace(part.visits[visit], crew=1),
        *part.visits[visit + 1 :],
    )
    part.windows[visit] = [(start_s, start_s)]
    part.penalty[visit] = MANDATORY_PENALTY
    part.allowed[visit] = frozenset({server})
