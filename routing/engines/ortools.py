"""The OR-Tools routing engine: guided local search from the orders it is given.

Traps this file knows (components list, "Routing"): transit *matrices*, never Python callables, in the hot path;
`SetAllowedVehiclesForIndex` raises in Python, so allowed vehicles go through `VehicleVar(i).SetValues`;
`ls_operator_neighbors_ratio` stays at 1 because smaller values stall the search.

What it cannot say it leaves alone: a visit that must open a route stays as the given orders have it, `reorder` has
no price here, and of very large days neither has a visit's server. Its answers are judged by exact times anyway.
"""

import itertools
import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.instance import FREE, LAST, MANDATORY_PENALTY, NEVER_OPEN, Instance, Order
from routing.problem import LATEST_S

from .base import Task

# A search that may run for ever is given this bound; `halt` ends it long before.
_LONGEST_S = 24 * 3600.0
# One large neighbourhood may not hold up the stop button.
_LNS_LIMIT_S = 0.1
# With a deterministic budget no wall clock may decide anything.
_LNS_UNLIMITED_S = 600
# With an iteration budget, so many checks of the search without the solutions it was to end after are enough.
_CHECKS_PER_ITERATION = 500
# No route is longer.
_LONGEST_M = 10**8
# Costs per arc and vehicle are kept up to so many.
_MOST_ARCS = 8_000_000
# The limit callback looks at the clock once in so many calls.
_LIMIT_STRIDE = 64


@dataclass(slots=True)
class _Model:
    """An OR-Tools model with the translation between our nodes and its indices."""

    instance: Instance
    manager: pywrapcp.RoutingIndexManager
    routing: pywrapcp.RoutingModel
    nodes: list[int]
    index_of: dict[int, int]
    first_visit: int

    def orders(self) -> list[Order]:
        """Orders of the solution the solver is at (only valid inside its solution callback)."""
        return self._follow(lambda index: int(self.routing.NextVar(index).Value()))

    def _follow(self, after: Callable[[int], int]) -> list[Order]:
        orders: list[Order] = []
        for vehicle in range(len(self.instance.servers)):
            order: Order = []
            index = after(self.routing.Start(vehicle))
            while not self.routing.IsEnd(index):
                order.append(self.nodes[self.manager.IndexToNode(index) - self.first_visit])
                index = after(index)
            orders.append(order)
        return orders


class OrToolsEngine:
    """See the module. Reports every improvement of the search; the caller re-times and judges it."""

    name = "ortools"

    def improve(self, task: Task) -> None:
        """Run guided local search from `task.orders` until the task's limits. Reports nothing if it finds nothing."""
        began = time.monotonic()
        if not task.instance.servers or not task.instance.visits:
            return
        model = _build(task.instance, task.orders)
        parameters = _parameters(task)
        watch = _Watch(model, task)
        model.routing.AddAtSolutionCallback(watch.at_solution)
        model.routing.AddSearchMonitor(model.routing.solver().CustomLimit(watch.limit))
        model.routing.CloseModelWithParameters(parameters)
        routes = [[model.index_of[node] for node in order] for order in task.orders]
        first = model.routing.ReadAssignmentFromRoutes(routes, True)
        if first is None or task.halt():
            return
        left_s = task.seconds - (time.monotonic() - began)
        if left_s <= 0:
            return
        if math.isfinite(left_s):
            parameters.time_limit.FromMilliseconds(int(left_s * 1000) + 1)
        model.routing.SolveFromAssignmentWithParameters(first, parameters)
        if watch.failure is not None:
            raise watch.failure


class _Watch:
    """Sees every solution and every check of the search; hands improvements on and stops it."""

    def __init__(self, model: _Model, task: Task) -> None:
        self.model = model
        self.task = task
        self.best = math.inf
        self.calls = 0
        # On a tiny day no further solution may ever come: counted checks end the search, the same on every machine.
        self.most_calls = math.inf if task.iterations is None else _CHECKS_PER_ITERATION * task.iterations
        self.stopped = False
        self.failure: BaseException | None = None

    def at_solution(self) -> None:
        cost = int(self.model.routing.CostVar().Value())
        if cost < self.best and not self.stopped:
            self.best = cost
            with self._not_lost():
                self.task.report(self.model.orders())

    def limit(self) -> bool:
        self.calls += 1
        if self.calls > self.most_calls:
            self.stopped = True
        if self.calls % _LIMIT_STRIDE == 0 and not self.stopped:
            with self._not_lost():
                self.stopped = self.task.halt()
        return self.stopped

    @contextmanager
    def _not_lost(self) -> Iterator[None]:
        """An error of the caller's code stops the search and is kept: the solver's C++ side may swallow it."""
        done = False
        try:
            yield
            done = True
        finally:
            if not done:
                self.stopped, self.failure = True, sys.exc_info()[1]


def _parameters(task: Task) -> "pywrapcp.DefaultRoutingSearchParameters":
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    if task.iterations is None:
        parameters.lns_time_limit.FromMilliseconds(int(_LNS_LIMIT_S * 1000))
        parameters.time_limit.FromSeconds(int(min(_LONGEST_S, max(1.0, task.seconds))))
    else:
        parameters.lns_time_limit.FromSeconds(_LNS_UNLIMITED_S)
        parameters.time_limit.FromSeconds(int(_LONGEST_S))
        parameters.solution_limit = max(1, task.iterations)
    return parameters


def _build(instance: Instance, orders: Sequence[Order]) -> _Model:
    """Translate the instance. Depot nodes come first (distinct start/end points, maybe one 'nowhere'), then visits."""
    depots = sorted({*instance.start_point, *(point for point in instance.end_point if point >= 0)})
    depot_node = {point: node for node, point in enumerate(depots)}
    nowhere = len(depots)
    nodes = [node for visit in range(instance.n) if _possible(instance, visit) for node in instance.nodes_of(visit)]
    # An unused node would count as a visit that must be made, so 'nowhere' exists only if a route may end anywhere.
    first_visit = nowhere + (-1 in instance.end_point)
    manager = pywrapcp.RoutingIndexManager(
        first_visit + len(nodes),
        len(instance.servers),
        [depot_node[point] for point in instance.start_point],
        [nowhere if point < 0 else depot_node[point] for point in instance.end_point],
    )
    routing = pywrapcp.RoutingModel(manager)
    index_of = {node: manager.NodeToIndex(first_visit + place) for place, node in enumerate(nodes)}
    model = _Model(instance, manager, routing, nodes, index_of, first_visit)
    _add_time(model, depots)
    _add_counts(model)
    _add_visits(model)
    _add_crews(model)
    _add_wishes(model)
    _add_lengths(model, depots)
    _hold_places(model, orders)
    return model


def _possible(instance: Instance, visit: int) -> bool:
    return bool(instance.allowed[visit]) and instance.windows[visit] != [NEVER_OPEN]


def _points(model: _Model, depots: list[int]) -> NDArray[np.int64]:
    """The matrix place of every node of the model."""
    nowhere = [depots[0]] * (model.first_visit - len(depots))
    doors = [int(model.instance.point_of[node]) for node in model.nodes]
    return np.array([*depots, *nowhere, *doors], dtype=np.int64)


def _add_lengths(model: _Model, depots: list[int]) -> None:
    """Metres per route, where somebody's are bounded; and what a server's day costs at all."""
    instance, routing = model.instance, model.routing
    for vehicle, cost in enumerate(instance.fixed_cost):
        routing.SetFixedCostOfVehicle(cost, vehicle)
    if max(instance.max_m) < 0:
        return
    points = _points(model, depots)
    registered: dict[int, int] = {}
    for matrix in instance.metres:
        if id(matrix) not in registered:
            metres = matrix[np.ix_(points, points)].astype(np.int64)
            metres[:, len(depots) : model.first_visit] = 0
            registered[id(matrix)] = routing.RegisterTransitMatrix(metres.tolist())
    most = [_LONGEST_M if bound < 0 else bound for bound in instance.max_m]
    transits = [registered[id(matrix)] for matrix in instance.metres]
    routing.AddDimensionWithVehicleTransitAndCapacity(transits, 0, most, True, "metres")


def _prices(model: _Model) -> NDArray[np.int64]:
    """What each visit costs with each vehicle beyond the way there: nodes of the model × vehicles."""
    instance = model.instance
    size = model.first_visit + len(model.nodes)
    prices = np.zeros((size, len(instance.servers)), dtype=np.int64)
    if size * size * len(instance.servers) <= _MOST_ARCS:
        prices[model.first_visit :] = [instance.extra[node] for node in model.nodes]
    return prices


def _add_time(model: _Model, depots: list[int]) -> None:
    """Arc costs, and the time dimension with windows, shifts, overtime and breaks."""
    instance, routing = model.instance, model.routing
    points, prices = _points(model, depots), _prices(model)
    service = np.zeros(len(points), dtype=np.int64)
    service[model.first_visit :] = instance.service[model.nodes]
    costs: dict[tuple[int, bytes], int] = {}
    times: dict[int, int] = {}
    weight = instance.problem.weights.travel_s
    for vehicle, matrix in enumerate(instance.seconds):
        priced = id(matrix), prices[:, vehicle].tobytes()
        if priced not in costs:
            travel = matrix[np.ix_(points, points)].astype(np.int64)
            travel[:, len(depots) : model.first_visit] = 0
            costs[priced] = routing.RegisterTransitMatrix((weight * travel + prices[:, vehicle]).tolist())
            if id(matrix) not in times:
                times[id(matrix)] = routing.RegisterTransitMatrix((travel + service[:, None]).tolist())
        routing.SetArcCostEvaluatorOfVehicle(costs[priced], vehicle)
    transits = [times[id(matrix)] for matrix in instance.seconds]
    routing.AddDimensionWithVehicleTransits(transits, LATEST_S, LATEST_S, False, "time")
    dimension = routing.GetDimensionOrDie("time")
    visit_service = [0] * routing.Size()
    for node, index in model.index_of.items():
        visit_service[index] = int(instance.service[node])
        _set_windows(dimension.CumulVar(index), instance.windows[instance.visit_of(node)])
    for vehicle, (opens, closes) in enumerate(instance.shift):
        dimension.CumulVar(routing.Start(vehicle)).SetRange(opens, closes)
        dimension.CumulVar(routing.End(vehicle)).SetRange(opens, instance.latest_end(vehicle))
        if instance.latest_end(vehicle) > closes:
            weight = instance.problem.weights.overtime_s
            dimension.SetCumulVarSoftUpperBound(routing.End(vehicle), closes, weight)
        pauses = [
            routing.solver().FixedDurationIntervalVar(first, last - length, length, False, f"break {vehicle}")
            for first, last, length in instance.breaks[vehicle]
        ]
        if pauses:
            dimension.SetBreakIntervalsOfVehicle(pauses, vehicle, visit_service)


def _set_windows(cumul: pywrapcp.IntVar, windows: list[tuple[int, int]]) -> None:
    if not windows:
        return
    cumul.SetRange(windows[0][0], windows[-1][1])
    for (_, closed), (opens, _) in itertools.pairwise(windows):
        cumul.RemoveInterval(closed + 1, opens - 1)


def _add_counts(model: _Model) -> None:
    """Visits per server: the maximum is hard, the fair share soft."""
    instance, routing = model.instance, model.routing
    ones = [0] * model.first_visit + [1] * len(model.nodes)
    callback = routing.RegisterUnaryTransitVector(ones)
    most = [len(ones) if server.max_visits is None else server.max_visits for server in instance.servers]
    routing.AddDimensionWithVehicleCapacity(callback, 0, most, True, "visits")
    dimension = routing.GetDimensionOrDie("visits")
    if instance.problem.weights.fairness:
        for vehicle, share in enumerate(instance.fair_share):
            dimension.SetCumulVarSoftUpperBound(routing.End(vehicle), share, instance.problem.weights.fairness)


def _add_visits(model: _Model) -> None:
    """Drop penalties, and who may come: a crew's penalty is split over its two nodes."""
    instance, routing = model.instance, model.routing
    everybody = len(instance.servers)
    for node, index in model.index_of.items():
        visit = instance.visit_of(node)
        penalty = min(instance.penalty[visit], MANDATORY_PENALTY)
        if instance.visits[visit].crew == 2:
            penalty = penalty // 2 if node >= instance.n else penalty - penalty // 2
        routing.AddDisjunction([index], penalty)
        if len(instance.allowed[node]) < everybody:
            routing.VehicleVar(index).SetValues([-1, *sorted(instance.allowed[node])])


def _add_crews(model: _Model) -> None:
    """Both or none, on two servers, at one time."""
    instance, routing = model.instance, model.routing
    solver = routing.solver()
    dimension = routing.GetDimensionOrDie("time")
    for visit in range(instance.n):
        if instance.visits[visit].crew != 2 or visit not in model.index_of:
            continue
        lead, second = (model.index_of[node] for node in instance.nodes_of(visit))
        solver.Add(routing.ActiveVar(lead) == routing.ActiveVar(second))
        same = solver.IsEqualVar(routing.VehicleVar(lead), routing.VehicleVar(second))
        solver.Add(same + routing.ActiveVar(lead) <= 1)
        solver.Add(dimension.CumulVar(lead) == dimension.CumulVar(second))
        for one, other in itertools.chain.from_iterable(itertools.permutations(pair) for pair in instance.apart):
            first = solver.IsEqualCstVar(routing.VehicleVar(lead), one)
            solver.Add(first + solver.IsEqualCstVar(routing.VehicleVar(second), other) <= 1)


def _add_wishes(model: _Model) -> None:
    """Soft rules: one server per building."""
    instance, routing = model.instance, model.routing
    weights = instance.problem.weights
    groups: dict[str, list[int]] = defaultdict(list)
    for visit in range(instance.n):
        building = instance.visits[visit].building
        if building is not None and visit in model.index_of:
            groups[building].append(model.index_of[visit])
    if weights.split_building:
        for group in groups.values():
            if len(group) > 1:
                routing.AddSoftSameVehicleConstraint(group, weights.split_building)


def _hold_places(model: _Model, orders: Sequence[Order]) -> None:
    """What opens a route stays chained to its start as it is; what closes one is followed by its end, or left out."""
    instance, routing = model.instance, model.routing
    held: set[int] = set()
    for vehicle, order in enumerate(orders):
        index = routing.Start(vehicle)
        for node in order:
            if instance.rank[node] >= FREE and not instance.visits[instance.visit_of(node)].pinned:
                break
            routing.NextVar(index).SetValue(model.index_of[node])
            index = model.index_of[node]
            held.add(node)
    for node, index in model.index_of.items():
        if instance.rank[node] < FREE and node not in held:
            routing.VehicleVar(index).SetValues([-1])
        if instance.rank[node] == LAST:
            ends = [routing.End(vehicle) for vehicle in sorted(instance.allowed[node])]
            routing.NextVar(index).SetValues([index, *ends])
