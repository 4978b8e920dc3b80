"""Regret insertion: a feasible plan in a fraction of a second, and the filler behind every other engine."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from .instance import UNDER_WAY, Instance, Order
from .slots import ENDLESS, FAR, Fits, Floats, RouteState, fits, route_state, window_table
from .timeline import crew_places, metres_of, time_all, time_route

# (server, gap) of the leader and of the second.
Spot = tuple[tuple[int, int], tuple[int, int]]

# How many of the cheapest pairs of gaps are tried for a crew before it is given up.
_PAIRS_TRIED = 24


@dataclass(frozen=True, slots=True)
class Taste:
    """How regret insertion chooses: weight of the regret, seconds added to each visit's time, random noise."""

    regret: float = 1.0
    padding_s: float = 300.0
    noise: float = 0.0
    crews_last: bool = False


PLAIN = Taste()


class Builder:
    """Orders under construction; always feasible, since an insertion that does not fit is not made.

    A crew visit gets its time when it is inserted (the earliest both can make) and keeps it while building, which
    is what keeps the routes independent of each other here. Engines that can move both at once improve on it.
    """

    def __init__(self, instance: Instance, orders: Sequence[Order]) -> None:
        """Start from feasible orders (empty ones will do). Raises ValueError if they are not feasible."""
        self.instance = instance
        self.orders = [list(order) for order in orders]
        times = time_all(instance, self.orders)
        if times is None:
            raise ValueError("orders to build on are not feasible")
        self.appointments = {
            visit: times[places[0][0]].starts[places[0][1]]
            for visit, places in crew_places(instance, self.orders).items()
        }
        self.table = window_table(instance)
        self.states: list[RouteState] = [self._state(server) for server in range(len(self.orders))]
        self._ahead: dict[int, tuple[RouteState, dict[int, int], Fits]] = {}
        self._buildings: dict[int, tuple[Order, frozenset[str]]] = {}
        # Servers insertions are limited to (None: all).
        self.among: frozenset[int] | None = None
        self.planned = np.zeros(instance.n, dtype=bool)
        for order in self.orders:
            for node in order:
                self.planned[instance.visit_of(node)] = True

    def _state(self, server: int) -> RouteState:
        return route_state(self.instance, server, self.orders[server], self.appointments)

    def room(self, server: int) -> bool:
        """Whether the server may take one more visit (and is among those considered)."""
        if self.among is not None and server not in self.among:
            return False
        most = self.instance.servers[server].max_visits
        return most is None or len(self.orders[server]) < most

    def fits(self, server: int, visits: NDArray[np.int64]) -> Fits:
        """Exact fits of the visits into the server's route, gaps before pinned visits closed."""
        found = fits(self.instance, self.table, self.states[server], visits)
        self._close(server, visits, found.extra)
        return found

    def look_ahead(self, visits: Sequence[int]) -> None:
        """Work out at once where these visits fit, for whoever asks about them one by one."""
        nodes = np.array(sorted(visits), dtype=np.int64)
        rows = {int(visit): row for row, visit in enumerate(nodes)}
        for server in range(len(self.orders)) if rows else ():
            self._ahead[server] = (self.states[server], rows, self.fits(server, nodes))

    def _fits_of(self, server: int, visit: int) -> Fits:
        """`fits` of one visit, from what `look_ahead` found if the route is still the same."""
        state, rows, known = self._ahead.get(server, (None, {}, None))
        if known is None or state is not self.states[server] or visit not in rows:
            return self.fits(server, np.array([visit]))
        row = slice(rows[visit], rows[visit] + 1)
        return Fits(known.extra[row], known.earliest[row], known.latest[row])

    def _close(self, server: int, visits: NDArray[np.int64], extra: Floats) -> None:
        """Close the gaps that a fixed place or the longest distance forbids."""
        ranks = np.array([self.instance.rank[node] for node in self.orders[server]], dtype=np.int64)
        own = np.array([self.instance.rank[visit] for visit in visits], dtype=np.int64)[:, None]
        gaps = np.arange(len(ranks) + 1)[None, :]
        first = np.searchsorted(ranks, own, side="left")
        extra[(gaps < first) | (gaps > np.searchsorted(ranks, own, side="right"))] = FAR
        most = self.instance.max_m[server]
        if most >= 0:
            points = self.states[server].points
            extra[
                self._longer(server, visits, points) > most - metres_of(self.instance, server, self.orders[server])
            ] = FAR

    def _longer(self, server: int, visits: NDArray[np.int64], points: NDArray[np.int32]) -> NDArray[np.int64]:
        """Metres that inserting each visit into each gap adds."""
        matrix, doors = self.instance.metres[server], self.instance.point_of[visits]
        added = matrix[np.ix_(points[:-1], doors)].T.astype(np.int64)
        added[:, :-1] += matrix[np.ix_(doors, points[1:-1])]
        if points[-1] >= 0:
            added[:, -1] += matrix[doors, points[-1]]
        if not self.orders[server]:
            return added
        added[:, :-1] -= matrix[points[:-2], points[1:-1]][None, :]
        if points[-1] >= 0:
            added[:, -1] -= matrix[points[-2], points[-1]]
        return added

    def _held(self, server: int) -> int:
        """How many visits under way the route begins with."""
        return sum(1 for node in self.orders[server] if self.instance.rank[node] == UNDER_WAY)

    def extra_price(self, visits: NDArray[np.int64], server: int) -> Floats:
        """What inserting each visit costs beyond travel: fairness, split building, disruption."""
        instance, weights = self.instance, self.instance.problem.weights
        price = np.zeros(len(visits))
        if len(self.orders[server]) >= instance.fair_share[server]:
            price += weights.fairness
        if not self.orders[server]:
            price += instance.fixed_cost[server]
        price += np.array([instance.extra[visit][server] for visit in visits], dtype=np.float64)
        if weights.split_building:
            price += weights.split_building * self._splits(visits, server)
        return price

    def _splits(self, visits: NDArray[np.int64], server: int) -> NDArray[np.bool_]:
        """Whether each visit's building has others coming, and not this server."""
        buildings = [self.instance.visits[visit].building for visit in visits]
        if not any(buildings):
            return np.zeros(len(visits), dtype=bool)
        here = self._comes_to(server)
        comes = frozenset[str]().union(*map(self._comes_to, range(len(self.orders)))) - here
        return np.array([building in comes for building in buildings], dtype=bool)

    def _comes_to(self, server: int) -> frozenset[str]:
        """Buildings the server visits; worked out once per order, since orders are replaced, never changed."""
        order = self.orders[server]
        known = self._buildings.get(server)
        if known is None or known[0] is not order:
            visits, n = self.instance.visits, self.instance.n
            buildings = frozenset(b for node in order if node < n and (b := visits[node].building) is not None)
            known = self._buildings[server] = (order, buildings)
        return known[1]

    def take_out(self, visits: Collection[int]) -> set[int]:
        """Remove visits (both halves of crews); returns the servers whose routes changed."""
        changed: set[int] = set()
        for server, order in enumerate(self.orders):
            kept = [node for node in order if self.instance.visit_of(node) not in visits]
            if len(kept) < len(order):
                self.orders[server] = kept
                changed.add(server)
        for visit in visits:
            self.appointments.pop(visit, None)
            self.planned[visit] = False
        for server in changed:
            self.states[server] = self._state(server)
        return changed

    def put(self, node: int, server: int, gap: int) -> None:
        """Insert a node before position `gap`; the caller has checked that it fits."""
        # A new list, never the old one changed: whoever kept the old orders can go back to them.
        self.orders[server] = [*self.orders[server][:gap], node, *self.orders[server][gap:]]
        self.states[server] = self._state(server)
        self.planned[self.instance.visit_of(node)] = True

    def put_crew(self, visit: int) -> bool:
        """Insert a crew visit with its cheapest pair of servers; False if no pair tried can meet, or none pays."""
        pairs = self._pairs(visit)
        return any(
            price < self.instance.penalty[visit] and self._meet(visit, spot, start, keep=True)
            for price, spot, start in pairs
        )

    def crew_price(self, visit: int) -> int | None:
        """Objective seconds the cheapest pair of servers would cost for a crew visit; None if none can meet."""
        return next(
            (price for price, spot, start in self._pairs(visit) if self._meet(visit, spot, start, keep=False)),
            None,
        )

    def _pairs(self, visit: int) -> list[tuple[int, Spot, int]]:
        """(price, both (server, gap), start) of the cheapest pairs of gaps that look as if a crew could meet."""
        instance = self.instance
        gaps = self._gaps(visit, instance.allowed[visit] | instance.allowed[visit + instance.n])
        if instance.visits[visit].pinned:
            gaps = gaps[:, [self._held(int(server)) == gap for server, gap in gaps[:2].T]]
        lead = _of_servers(gaps, instance.allowed[visit])
        second = _of_servers(gaps, instance.allowed[visit + instance.n])
        cost = lead[2][:, None] + second[2][None, :]
        meet = np.maximum(lead[3][:, None], second[3][None, :])
        until = np.minimum(lead[4][:, None], second[4][None, :])
        cost[(meet > until) | ~self._may_meet(lead[0], second[0])] = int(FAR)
        found = []
        for flat in islice(np.argsort(cost, axis=None, kind="stable"), _PAIRS_TRIED):
            a, b = divmod(int(flat), cost.shape[1])
            if cost[a, b] >= FAR:
                break
            spot = ((int(lead[0][a]), int(lead[1][a])), (int(second[0][b]), int(second[1][b])))
            found.append((int(cost[a, b]), spot, int(meet[a, b])))
        return found

    def _may_meet(self, leads: NDArray[np.int64], seconds: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Leads × seconds: two different servers who make crews with each other."""
        may: NDArray[np.bool_] = leads[:, None] != seconds[None, :]
        for one, other in map(tuple, self.instance.apart):
            may &= ~((leads[:, None] == one) & (seconds[None, :] == other))
            may &= ~((leads[:, None] == other) & (seconds[None, :] == one))
        return may

    def _gaps(self, visit: int, servers: frozenset[int]) -> NDArray[np.int64]:
        """Columns (server, gap, cost, earliest, latest) of the servers' gaps the visit fits into, cheapest first."""
        found = [np.zeros((5, 0))]
        one = np.array([visit])
        for server in sorted(servers):
            if not self.room(server):
                continue
            fit = self._fits_of(server, visit)
            gaps = np.flatnonzero(fit.extra[0] < ENDLESS)
            cost = self.instance.problem.weights.travel_s * fit.extra[0, gaps]
            cost += self.extra_price(one, server)
            found.append(np.stack([np.full(len(gaps), server), gaps, cost, fit.earliest[0, gaps], fit.latest[0, gaps]]))
        together = np.concatenate(found, axis=1).astype(np.int64)
        return together[:, np.argsort(together[2], kind="stable")]

    def _meet(self, visit: int, spot: Spot, start: int, *, keep: bool) -> bool:
        """Whether both routes hold exactly with the crew at that start; with `keep`, insert it."""
        waits = {**self.appointments, visit: start}
        trial = []
        for node, (server, gap) in zip(self.instance.nodes_of(visit), spot, strict=True):
            order = [*self.orders[server][:gap], node, *self.orders[server][gap:]]
            times = time_route(self.instance, server, order, waits)
            if times is None or any(
                times.starts[place] != waits[self.instance.visit_of(other)]
                for place, other in enumerate(order)
                if self.instance.visit_of(other) in waits
            ):
                return False
            trial.append((server, order))
        if not keep:
            return True
        self.appointments[visit] = start
        self.planned[visit] = True
        for server, order in trial:
            self.orders[server] = order
            self.states[server] = self._state(server)
        return True


def _of_servers(gaps: NDArray[np.int64], servers: frozenset[int]) -> NDArray[np.int64]:
    """The columns of `Builder._gaps` that belong to these servers."""
    return gaps[:, np.isin(gaps[0], list(servers))]


def fill(
    builder: Builder,
    rng: np.random.Generator,
    taste: Taste = PLAIN,
    halt: Callable[[], bool] | None = None,
    only: Sequence[int] | None = None,
) -> None:
    """Insert every missing visit (of `only`, if given) that fits for less than its penalty.

    Pinned visits come first, then crews and singles, these by regret.

    `taste` decides what comes next; `halt` may end it early; what is built by then holds.
    """
    instance = builder.instance
    missing = [visit for visit in only or range(instance.n) if not builder.planned[visit]]
    for visit in (visit for visit in missing if instance.visits[visit].pinned):
        _put_pinned(builder, visit)
    if not taste.crews_last:
        _put_crews(builder, missing, halt)
    singles = [visit for visit in missing if instance.visits[visit].crew == 1 and not builder.planned[visit]]
    if singles:
        _Regret(builder, np.array(singles), rng, taste).run(halt)
    if taste.crews_last:
        _put_crews(builder, missing, halt)


def _put_crews(builder: Builder, missing: Sequence[int], halt: Callable[[], bool] | None) -> None:
    """Crews one by one, the dearest first."""
    instance = builder.instance
    crews = [visit for visit in missing if instance.visits[visit].crew == 2 and not builder.planned[visit]]
    for visit in sorted(crews, key=lambda one: (-instance.penalty[one], one)):
        if halt is not None and halt():
            return
        builder.put_crew(visit)


def _put_pinned(builder: Builder, visit: int) -> None:
    """Append a pinned visit after the pinned ones its server already holds, if the route then holds."""
    instance = builder.instance
    if instance.visits[visit].crew == 2:
        return
    for server in sorted(instance.allowed[visit]):
        if not builder.room(server):
            continue
        order = builder.orders[server]
        held = sum(1 for node in order if instance.visits[instance.visit_of(node)].pinned)
        if time_route(instance, server, [*order[:held], visit, *order[held:]], builder.appointments) is not None:
            builder.put(visit, server, held)


class _Regret:
    """Regret-2 insertion of single visits with a cost table, of which one column changes per insertion."""

    def __init__(
        self,
        builder: Builder,
        visits: NDArray[np.int64],
        rng: np.random.Generator,
        taste: Taste,
    ) -> None:
        self.builder = builder
        self.instance = builder.instance
        self.visits = visits
        self.rng, self.taste = rng, taste
        self.service = np.maximum(1.0, builder.instance.service[visits] + taste.padding_s)
        servers = range(len(builder.orders))
        self.may = np.array(
            [[server in self.instance.allowed[int(visit)] for server in servers] for visit in visits],
            dtype=bool,
        )
        self.penalty = np.array([self.instance.penalty[int(visit)] for visit in visits], dtype=np.float64)
        self.cost = np.full((len(visits), len(builder.orders)), FAR)
        self.gap = np.zeros(self.cost.shape, dtype=np.int64)
        self.open = np.ones(len(visits), dtype=bool)

    def run(self, halt: Callable[[], bool] | None) -> None:
        for server in range(self.cost.shape[1]):
            self._column(server)
        if not self.cost.shape[1]:
            return
        while (halt is None or not halt()) and self._insert_one():
            pass

    def _column(self, server: int) -> None:
        self.cost[:, server] = FAR
        rows = np.flatnonzero(self.open & self.may[:, server])
        if not len(rows) or not self.builder.room(server):
            return
        extra = self.builder.fits(server, self.visits[rows]).extra
        gaps = np.argmin(extra, axis=1)
        best = extra[np.arange(len(rows)), gaps]
        price = self.instance.problem.weights.travel_s * best
        price += self.builder.extra_price(self.visits[rows], server)
        self.cost[rows, server] = np.where(best < ENDLESS, price, FAR)
        self.gap[rows, server] = gaps

    def _insert_one(self) -> bool:
        first, second = self._two_cheapest()
        worth = self.open & (first < self.penalty)
        if not worth.any():
            return False
        regret = np.minimum(second - first, self.penalty)
        # Time is what a day runs out of: value and regret per second used, not the cheapest visit, comes next.
        score = (self.penalty + self.taste.regret * regret) / (np.maximum(first, 0.0) + self.service)
        if self.taste.noise:
            score *= 1.0 + self.taste.noise * self.rng.random(len(score))
        row = int(np.argmax(np.where(worth, score, -np.inf)))
        server = int(np.argmin(self.cost[row]))
        visit = int(self.visits[row])
        self.builder.put(visit, server, int(self.gap[row, server]))
        self.open[row] = False
        self.cost[row] = FAR
        self._column(server)
        building = self.instance.visits[visit].building
        if building is not None and self.instance.problem.weights.split_building:
            self._reprice(building)
        return True

    def _two_cheapest(self) -> tuple[Floats, Floats]:
        """Cheapest and second cheapest price of every visit over the servers."""
        if self.cost.shape[1] < 2:
            return self.cost[:, 0], np.full(len(self.cost), FAR)
        two = np.partition(self.cost, 1, axis=1)
        return two[:, 0], two[:, 1]

    def _reprice(self, building: str) -> None:
        """Neighbours of a freshly placed visit now pay for going elsewhere: refresh their rows."""
        rows = [row for row in np.flatnonzero(self.open) if self.instance.visits[self.visits[row]].building == building]
        if not rows:
            return
        for server in range(self.cost.shape[1]):
            self._column(server)
