"""A court day as PyVRP can say it: no breaks, no crews; skills through dear arcs, several windows as alternatives.

The shift's length is shortened by the breaks owed, so that lunch finds room afterwards. Prizes are capped: PyVRP stalls
on huge ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyvrp
from numpy.typing import NDArray
from pyvrp.stop import MaxRuntime

from routing.instance import Instance, Order

PRIZE_CAP = 20_000
# An arc to a visit the server may not make: dearer than any prize is worth.
FORBIDDEN = 200_000
MANDATORY_PRIZE = 60_000
LONG_ROUTES, SHORT_HISTORY, LONG_HISTORY = 150, 300, 500


def routes(instance: Instance, seconds: float, seed: int) -> list[Order]:
    """Orders (breaks not heeded) after so many seconds; crew visits are left out."""
    singles = [v for v in range(instance.n) if instance.visits[v].crew == 1 and instance.allowed[v]]
    data, visit_of = _data(instance, singles)
    history = SHORT_HISTORY if instance.n < LONG_ROUTES else LONG_HISTORY
    parameters = pyvrp.SolveParams(ils=pyvrp.IteratedLocalSearchParams(history_length=history))
    result = pyvrp.solve(data, stop=MaxRuntime(seconds), seed=seed, collect_stats=False, params=parameters)
    orders: list[Order] = [[] for _ in instance.servers]
    for route in result.best.routes():
        orders[route.vehicle_type()] = [visit_of[visit] for visit in _clients(route)]
    return orders


def _clients(route: pyvrp.Route) -> list[int]:
    return [activity.idx for activity in route if activity.is_client()]


def _data(instance: Instance, singles: Sequence[int]) -> tuple[pyvrp.ProblemData, list[int]]:
    """The model, and the visit each client stands for: a visit of several windows is a group of clients."""
    clients: list[pyvrp.Client] = []
    groups: list[pyvrp.ClientGroup] = []
    visit_of: list[int] = []
    depots = sorted({*instance.start_point, *(point for point in instance.end_point if point >= 0)})
    place = {point: number for number, point in enumerate(depots)}
    locations = len(depots)
    points = list(depots)
    for visit in singles:
        windows = instance.windows[visit] or [(0, 10**6)]
        group = len(groups) if len(windows) > 1 else None
        if group is not None:
            first = len(clients)
            groups.append(pyvrp.ClientGroup(list(range(first, first + len(windows))), required=False))
        for opens, closes in windows:
            clients.append(
                pyvrp.Client(
                    location=locations,
                    delivery=[1],
                    service_duration=int(instance.service[visit]),
                    tw_early=opens,
                    tw_late=closes,
                    prize=_prize(instance, visit),
                    required=False,
                    group=group,
                )
            )
            visit_of.append(visit)
        points.append(int(instance.point_of[visit]))
        locations += 1
    profiles, profile_of = _profiles(instance, np.array(points), singles, len(depots))
    vehicles = [_vehicle(instance, server, place, profile_of[server]) for server in range(len(instance.servers))]
    doors = [instance.problem.visits[visit].point for visit in singles]
    spots = [pyvrp.Location(0, 0) for _ in depots] + [pyvrp.Location(door.lng, door.lat) for door in doors]
    return (
        pyvrp.ProblemData(
            locations=spots,
            clients=clients,
            depots=[pyvrp.Depot(location=number) for number in range(len(depots))],
            vehicle_types=vehicles,
            distance_matrices=[cost for cost, _ in profiles],
            duration_matrices=[seconds for _, seconds in profiles],
            groups=groups,
        ),
        visit_of,
    )


def _prize(instance: Instance, visit: int) -> int:
    if instance.visits[visit].drop_penalty is None:
        return MANDATORY_PRIZE
    return min(PRIZE_CAP, instance.penalty[visit])


def _vehicle(instance: Instance, server: int, place: dict[int, int], profile: int) -> pyvrp.VehicleType:
    opens, closes = instance.shift[server]
    pauses = sum(length for _, _, length in instance.breaks[server])
    most = instance.servers[server].max_visits
    end = instance.end_point[server]
    return pyvrp.VehicleType(
        num_available=1,
        capacity=[10_000 if most is None else most],
        start_depot=place[instance.start_point[server]],
        end_depot=place[end if end >= 0 else instance.start_point[server]],
        tw_early=opens,
        tw_late=closes,
        shift_duration=max(0, closes - opens - pauses),
        profile=profile,
    )


# Two int64 arrays; pyvrp's stubs ask for an array type that does not exist.
Profile = tuple[Any, Any]


def _profiles(
    instance: Instance, points: NDArray[np.int64], singles: Sequence[int], depots: int
) -> tuple[list[Profile], list[int]]:
    """(cost, seconds) for every distinct pair of travel matrix and set of visits allowed, and each server's pair."""
    made: list[Profile] = []
    known: dict[tuple[int, bytes], int] = {}
    seconds_of: dict[int, NDArray[np.int64]] = {}
    profile_of = []
    for server, matrix in enumerate(instance.seconds):
        may = np.array([server in instance.allowed[visit] for visit in singles], dtype=bool)
        key = (id(matrix), may.tobytes())
        if key not in known:
            if id(matrix) not in seconds_of:
                seconds_of[id(matrix)] = matrix[np.ix_(points, points)].astype(np.int64)
                np.fill_diagonal(seconds_of[id(matrix)], 0)
            cost = seconds_of[id(matrix)] * instance.problem.weights.travel_s
            cost[:, depots:][:, ~may] += FORBIDDEN
            np.fill_diagonal(cost, 0)
            known[key] = len(made)
            made.append((cost, seconds_of[id(matrix)]))
        profile_of.append(known[key])
    return made, profile_of
