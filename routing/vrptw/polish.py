"""PyVRP (MIT, Wouda et al. 2024) on some customers of an instance, starting from their routes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyvrp

from .read import Instance

Routes = list[list[int]]


def _data(instance: Instance, nodes: Sequence[int], limit: int) -> pyvrp.ProblemData:
    """The sub-problem of these customers; nodes[0] is the depot."""
    dist: Any = instance.dist[np.ix_(nodes, nodes)].astype(np.int64)
    clients = [
        pyvrp.Client(
            at,
            delivery=[int(instance.demand[c])],
            service_duration=int(instance.service[c]),
            tw_early=int(instance.opens[c]),
            tw_late=int(instance.closes[c]),
        )
        for at, c in enumerate(nodes)
        if at
    ]
    fleet = pyvrp.VehicleType(
        limit, [instance.capacity], tw_early=int(instance.opens[0]), tw_late=int(instance.closes[0])
    )
    places = [pyvrp.Location(*instance.points[c].tolist()) for c in nodes]
    return pyvrp.ProblemData(places, clients, [pyvrp.Depot(0)], [fleet], [dist], [dist])


def polish(
    instance: Instance,
    routes: Sequence[Sequence[int]],
    customers: Sequence[int],
    limit: int,
    *,
    seed: int,
    history: int,
    stop: Callable[[], bool],
) -> Routes:
    """Improves `routes` (may be empty: then from scratch) over `customers` in at most `limit` routes until `stop`.

    Never longer than what it was given. Empty if it found nothing feasible. `stop` is asked at every iteration.
    """
    nodes = [0, *customers]
    place = {c: i for i, c in enumerate(nodes)}
    data = _data(instance, nodes, limit)
    rng = pyvrp.RandomNumberGenerator(seed=seed % 2**32)
    neighbours = pyvrp.search.compute_neighbours(data)
    settings = pyvrp.SolveParams()
    search = pyvrp.search.LocalSearch(data, rng, neighbours, pyvrp.search.PerturbationManager(settings.perturbation))
    for operator in settings.operators:
        if operator.supports(data):
            search.add_operator(operator(data))
    penalties = pyvrp.PenaltyManager(settings.penalty.midpoint_penalties(data), settings.penalty)
    if routes:
        first = pyvrp.Solution(data, [[place[c] - 1 for c in route] for route in routes])
    else:
        first = search(pyvrp.Solution.make_random(data, rng), penalties.max_cost_evaluator(), exhaustive=True)

    def back(solution: pyvrp.Solution) -> Routes:
        return [[nodes[step.idx + 1] for step in route if step.is_client()] for route in solution.routes()]

    ils = pyvrp.IteratedLocalSearchParams(history_length=history)
    result = pyvrp.IteratedLocalSearch(data, penalties, search, first, ils).run(lambda _cost: stop(), False)
    return back(result.best) if result.best.is_feasible() else []
