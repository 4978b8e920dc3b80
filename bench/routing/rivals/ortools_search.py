"""A court day in OR-Tools' routing solver: guided local search, from its own first solution or from given orders.

As its documentation would have it, with what measured best: transits registered as matrices, breaks as intervals of the
time dimension, drop penalties as disjunctions, allowed vehicles through `VehicleVar`. Crews are two nodes with equal
times on different vehicles. A model of its own, so that changes to the product's engine never change the competitor.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.instance import MANDATORY_PENALTY, Instance, Order
from routing.problem import LATEST_S

from .base import Deadline, left_s

FIRST_SOLUTIONS = ("PATH_CHEAPEST_ARC", "SAVINGS")
_LNS_LIMIT_MS = 100


@dataclass(slots=True)
class _Model:
    """The solver's model; `nodes` are ours in the order of its own, which begin with `depots` depot nodes."""

    instance: Instance
    manager: pywrapcp.RoutingIndexManager
    routing: pywrapcp.RoutingModel
    nodes: list[int]
    depots: int

    def index(self, node: int) -> int:
        return int(self.manager.NodeToIndex(self.depots + self.nodes.index(node)))


def search(
    instance: Instance, deadline: Deadline, *, first: str = FIRST_SOLUTIONS[0], start: Sequence[Order] | None = None
) -> list[Order] | None:
    """The best orders found by the deadline, None when there was no time for any."""
    model = _build(instance)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = getattr(routing_enums_pb2.FirstSolutionStrategy, first)
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.lns_time_limit.FromMilliseconds(_LNS_LIMIT_MS)
    # A limit must be there before the model is closed; what is left afterwards replaces it.
    parameters.time_limit.FromMilliseconds(60_000)
    model.routing.CloseModelWithParameters(parameters)
    given = None
    if start is not None:
        index_of = {node: model.manager.NodeToIndex(model.depots + place) for place, node in enumerate(model.nodes)}
        given = model.routing.ReadAssignmentFromRoutes([[index_of[node] for node in order] for order in start], True)
    left_ms = int(left_s(deadline) * 1000)
    if left_ms <= 20:
        return None
    parameters.time_limit.FromMilliseconds(left_ms)
    if given is None:
        found = model.routing.SolveWithParameters(parameters)
    else:
        found = model.routing.SolveFromAssignmentWithParameters(given, parameters)
    return None if found is None else _orders(model, found)


def _orders(model: _Model, found: pywrapcp.Assignment) -> list[Order]:
    orders: list[Order] = []
    for vehicle in range(len(model.instance.servers)):
        order: Order = []
        index = found.Value(model.routing.NextVar(model.routing.Start(vehicle)))
        while not model.routing.IsEnd(index):
            order.append(model.nodes[model.manager.IndexToNode(index) - model.depots])
            index = found.Value(model.routing.NextVar(index))
        orders.append(order)
    return orders


def _build(instance: Instance) -> _Model:
    """Every server ends somewhere in these days: no open routes."""
    depots = sorted({*instance.start_point, *instance.end_point})
    place = {point: number for number, point in enumerate(depots)}
    nodes = [node for visit in range(instance.n) if instance.allowed[visit] for node in instance.nodes_of(visit)]
    manager = pywrapcp.RoutingIndexManager(
        len(depots) + len(nodes),
        len(instance.servers),
        [place[point] for point in instance.start_point],
        [place[point] for point in instance.end_point],
    )
    model = _Model(instance, manager, pywrapcp.RoutingModel(manager), nodes, len(depots))
    _add_time(model, depots)
    _add_counts(model)
    _add_visits(model)
    _add_buildings(model)
    return model


def _add_time(model: _Model, depots: list[int]) -> None:
    """Arc costs; the time dimension with windows, shifts and breaks."""
    instance, routing = model.instance, model.routing
    points = np.array([*depots, *(int(instance.point_of[node]) for node in model.nodes)])
    service = np.concatenate([np.zeros(len(depots), dtype=np.int64), instance.service[model.nodes].astype(np.int64)])
    registered: dict[int, tuple[int, int]] = {}
    for vehicle, matrix in enumerate(instance.seconds):
        if id(matrix) not in registered:
            travel = matrix[np.ix_(points, points)].astype(np.int64)
            registered[id(matrix)] = (
                routing.RegisterTransitMatrix((instance.problem.weights.travel_s * travel).tolist()),
                routing.RegisterTransitMatrix((travel + service[:, None]).tolist()),
            )
        routing.SetArcCostEvaluatorOfVehicle(registered[id(matrix)][0], vehicle)
    transits = [registered[id(matrix)][1] for matrix in instance.seconds]
    routing.AddDimensionWithVehicleTransits(transits, LATEST_S, LATEST_S, False, "time")
    time = routing.GetDimensionOrDie("time")
    at_door = [0] * routing.Size()
    for number, node in enumerate(model.nodes):
        index = model.manager.NodeToIndex(model.depots + number)
        at_door[index] = int(instance.service[node])
        _set_windows(time.CumulVar(index), instance.windows[instance.visit_of(node)])
    for vehicle, (opens, closes) in enumerate(instance.shift):
        time.CumulVar(routing.Start(vehicle)).SetRange(opens, closes)
        time.CumulVar(routing.End(vehicle)).SetRange(opens, instance.latest_end(vehicle))
        pauses = [
            routing.solver().FixedDurationIntervalVar(first, last - length, length, False, f"break {vehicle}")
            for first, last, length in instance.breaks[vehicle]
        ]
        if pauses:
            time.SetBreakIntervalsOfVehicle(pauses, vehicle, at_door)


def _set_windows(start: pywrapcp.IntVar, windows: list[tuple[int, int]]) -> None:
    if not windows:
        return
    start.SetRange(windows[0][0], windows[-1][1])
    for (_, closed), (opens, _) in itertools.pairwise(windows):
        start.RemoveInterval(closed + 1, opens - 1)


def _add_counts(model: _Model) -> None:
    """Visits per server: at most so many; above the fair share each costs."""
    instance, routing = model.instance, model.routing
    ones = routing.RegisterUnaryTransitVector([0] * model.depots + [1] * len(model.nodes))
    most = [len(model.nodes) if one.max_visits is None else one.max_visits for one in instance.servers]
    routing.AddDimensionWithVehicleCapacity(ones, 0, most, True, "visits")
    if instance.problem.weights.fairness:
        visits = routing.GetDimensionOrDie("visits")
        for vehicle, share in enumerate(instance.fair_share):
            visits.SetCumulVarSoftUpperBound(routing.End(vehicle), share, instance.problem.weights.fairness)


def _add_visits(model: _Model) -> None:
    """Prices of leaving out, who may come, and crews: both or none, on two servers, at one time."""
    instance, routing = model.instance, model.routing
    time, solver = routing.GetDimensionOrDie("time"), routing.solver()
    pairs: dict[int, list[int]] = defaultdict(list)
    for number, node in enumerate(model.nodes):
        visit, index = instance.visit_of(node), model.manager.NodeToIndex(model.depots + number)
        crew = instance.visits[visit].crew
        routing.AddDisjunction([index], min(instance.penalty[visit], MANDATORY_PENALTY) // crew)
        if len(instance.allowed[node]) < len(instance.servers):
            routing.VehicleVar(index).SetValues([-1, *sorted(instance.allowed[node])])
        if crew == 2:
            pairs[visit].append(index)
    for lead, second in pairs.values():
        solver.Add(routing.ActiveVar(lead) == routing.ActiveVar(second))
        same = solver.IsEqualVar(routing.VehicleVar(lead), routing.VehicleVar(second))
        solver.Add(same + routing.ActiveVar(lead) <= 1)
        solver.Add(time.CumulVar(lead) == time.CumulVar(second))


def _add_buildings(model: _Model) -> None:
    """One server per building, softly."""
    instance, price = model.instance, model.instance.problem.weights.split_building
    groups: dict[str, list[int]] = defaultdict(list)
    for number, node in enumerate(model.nodes):
        building = instance.visits[instance.visit_of(node)].building
        if building is not None and node < instance.n:
            groups[building].append(model.manager.NodeToIndex(model.depots + number))
    for group in groups.values():
        if price and len(group) > 1:
            model.routing.AddSoftSameVehicleConstraint(group, price)
