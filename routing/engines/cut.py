"""A day in two halves along a turning line: each half a set of neighbouring routes that can be searched alone."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from routing.instance import Instance, Order

from .searcher import Part

# Successive lines differ by the golden angle: no two are alike, and every direction comes up.
_TURN = math.pi * (3.0 - math.sqrt(5.0))
# How far a route's place on the scale is shaken, as a share of the spread: routes near the line change sides.
_SHAKE = 0.15


class Cutter:
    """Cuts a day; see the module. Positions are metres on a plane, good enough within a city."""

    def __init__(self, instance: Instance, seed: int) -> None:
        self.instance = instance
        self.rng = np.random.default_rng(seed)
        self.angle = float(self.rng.random()) * math.pi
        doors = [visit.point for visit in instance.visits]
        starts = [server.start for server in instance.servers]
        lat = math.radians(float(np.mean([point.lat for point in (doors or starts)])))
        scale = np.array([math.cos(lat), 1.0]) * 111_000.0
        self.doors = np.array([(p.lng, p.lat) for p in doors]).reshape(-1, 2) * scale
        self.starts = np.array([(p.lng, p.lat) for p in starts]).reshape(-1, 2) * scale

    def halves(self, orders: Sequence[Order]) -> tuple[Part, Part]:
        """Two parts with about the same number of stops; every visit not planned belongs to one of them."""
        self.angle += _TURN
        direction = np.array([math.cos(self.angle), math.sin(self.angle)])
        places = np.array([self._centre(server, order) for server, order in enumerate(orders)]) @ direction
        spread = float(places.std()) or 1.0
        places += self.rng.normal(0.0, _SHAKE * spread, len(places))
        ranked = np.argsort(places, kind="stable")
        # An empty route counts too: it is where absent visits may go.
        weight = np.cumsum([len(orders[server]) + 1 for server in ranked])
        middle = int(np.clip(np.searchsorted(weight, weight[-1] / 2.0), 1, len(ranked) - 1))
        border = float(places[ranked[middle - 1]] + places[ranked[middle]]) / 2.0
        first = np.zeros(len(orders), dtype=bool)
        first[ranked[:middle]] = True
        return self._part(orders, first, direction, border, near=True), self._part(
            orders, first, direction, border, near=False
        )

    def _centre(self, server: int, order: Order) -> NDArray[np.float64]:
        if not order:
            return np.asarray(self.starts[server])
        return np.asarray(self.doors[[self.instance.visit_of(node) for node in order]].mean(axis=0))

    def _part(
        self,
        orders: Sequence[Order],
        first: NDArray[np.bool_],
        direction: NDArray[np.float64],
        border: float,
        *,
        near: bool,
    ) -> Part:
        own = first if near else ~first
        servers = tuple(int(server) for server in np.flatnonzero(own))
        planned = {self.instance.visit_of(node) for order in orders for node in order}
        visits = [self.instance.visit_of(node) for server in servers for node in orders[server]]
        side = (self.doors @ direction < border) == near
        visits += [visit for visit in range(self.instance.n) if visit not in planned and side[visit]]
        return Part(servers, tuple(sorted(set(visits))))


def joined(orders: Sequence[Order], parts: Sequence[Part], answers: Sequence[Sequence[Order]]) -> list[Order]:
    """The day with each part's routes as its own answer has them."""
    made = [list(order) for order in orders]
    for part, answer in zip(parts, answers, strict=True):
        for server in part.servers:
            made[server] = list(answer[server])
    return made
