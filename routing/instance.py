"""A problem compiled to integers and arrays: what every engine works on.

Visits are nodes 0…n-1 in the problem's order; a crew of two adds the node n+v for the second server of visit v.
An *order* is a list of nodes, one list per server. Travel matrices are kept per (mode, shift): the mean over hours
spread over the shift, so that one matrix stands for a server's whole day.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from .problem import Point, Problem, Server, Visit
from .travel import FloatMatrix, IntMatrix, TravelTimes

Order = list[int]
# What leaving out a mandatory visit costs: far above any optional one, small enough to add up in 64 bits.
MANDATORY_PENALTY = 10**8
_HOURS_SAMPLED = 3

TravelKey = tuple[str, int, int]


@dataclass(slots=True)
class Instance:
    """Compiled problem. `point_of[node]`, `start_point[server]`, `end_point[server]` (-1: none) index the matrices.

    `windows[visit]` is empty when any time will do (pinned visits included). `allowed[node]` lists the servers that
    may take the node, `home[visit]` is the visit's server in the plan that disruption is measured against (-1 none).
    """

    problem: Problem
    visits: tuple[Visit, ...]
    servers: tuple[Server, ...]
    visit_index: dict[str, int]
    server_index: dict[str, int]
    point_of: NDArray[np.int32]
    start_point: list[int]
    end_point: list[int]
    seconds: list[IntMatrix]
    metres: list[IntMatrix]
    service: NDArray[np.int32]
    windows: list[list[tuple[int, int]]]
    penalty: list[int]
    allowed: list[frozenset[int]]
    breaks: list[list[tuple[int, int, int]]]
    shift: list[tuple[int, int]]
    fair_share: list[int]
    home: list[int]
    pinned_first: list[Order] = field(default_factory=list)

    @property
    def n(self) -> int:
        return len(self.visits)

    def visit_of(self, node: int) -> int:
        return node - self.n if node >= self.n else node

    def nodes_of(self, visit: int) -> tuple[int, ...]:
        return (visit, visit + self.n) if self.visits[visit].crew == 2 else (visit,)

    def latest_end(self, server: int) -> int:
        return self.shift[server][1] + self.servers[server].overtime_s


@lru_cache(maxsize=8)
def _matrices(
    points: tuple[Point, ...], source: Hashable, keys: tuple[TravelKey, ...]
) -> tuple[tuple[IntMatrix, IntMatrix], ...]:
    travel = cast(TravelTimes, source)
    made = []
    for mode, first_hour, last_hour in keys:
        hours = sorted({round(hour) % 24 for hour in np.linspace(first_hour, last_hour, _HOURS_SAMPLED)})
        samples = [travel.matrix(points, mode, hour) for hour in hours]
        made.append((_mean([one for one, _ in samples]), _mean([two for _, two in samples])))
    return tuple(made)


def _mean(samples: Sequence[IntMatrix]) -> IntMatrix:
    total: FloatMatrix = np.mean(np.stack(samples), axis=0)
    mean = np.rint(total).astype(np.int32)
    mean.setflags(write=False)
    return mean


def travel_key(server: Server) -> TravelKey:
    """Which matrix serves this server: mode, first and last hour of the shift."""
    first = server.shift.start_s // 3600
    return server.mode, first, max(first, (server.shift.end_s - 1) // 3600)


def travel_matrices(problem: Problem) -> tuple[dict[Point, int], list[tuple[IntMatrix, IntMatrix]]]:
    """Index of every distinct point of the problem, and each server's (seconds, metres) matrices over them."""
    points: dict[Point, int] = {}
    for server in problem.servers:
        points.setdefault(server.start, len(points))
        if server.end is not None:
            points.setdefault(server.end, len(points))
    for visit in problem.visits:
        points.setdefault(visit.point, len(points))
    keys = tuple(sorted({travel_key(server) for server in problem.servers}))
    by_key = dict(zip(keys, _matrices(tuple(points), cast(Hashable, problem.travel), keys), strict=True))
    return points, [by_key[travel_key(server)] for server in problem.servers]


def _allowed(visit: Visit, servers: tuple[Server, ...]) -> tuple[frozenset[int], frozenset[int]]:
    """Servers who may lead the visit, and who may come as second."""
    second = frozenset(k for k, server in enumerate(servers) if server.crew_ok) if visit.crew == 2 else frozenset()
    lead = {k for k, server in enumerate(servers) if visit.skills <= server.skills}
    if visit.crew == 2:
        lead &= second
    if visit.locked_server is not None:
        lead = {k for k in lead if servers[k].id == visit.locked_server}
    if visit.crew == 2 and (not lead or len(second | lead) < 2):
        return frozenset(), frozenset()
    return frozenset(lead), second


def _fair_shares(problem: Problem) -> list[int]:
    """Visits each server would make if work were shared by length of shift, rounded up, within their maximum."""
    length = [max(1, server.shift.end_s - server.shift.start_s) for server in problem.servers]
    work = sum(visit.crew for visit in problem.visits)
    shares = [-(-work * part // sum(length)) for part in length]
    return [
        share if server.max_visits is None else min(share, server.max_visits)
        for share, server in zip(shares, problem.servers, strict=True)
    ]


def compile_problem(problem: Problem, home: dict[str, str] | None = None) -> Instance:
    """Compile a problem; `home` maps visit id → server id of the published plan for the disruption price."""
    points, matrices = travel_matrices(problem)
    visits, servers = problem.visits, problem.servers
    server_index = {server.id: k for k, server in enumerate(servers)}
    lead_second = [_allowed(visit, servers) for visit in visits]
    point_of = [points[visit.point] for visit in visits]
    service = [visit.service_s for visit in visits]
    instance = Instance(
        problem=problem,
        visits=visits,
        servers=servers,
        visit_index={visit.id: v for v, visit in enumerate(visits)},
        server_index=server_index,
        point_of=np.array(point_of + point_of, dtype=np.int32),
        start_point=[points[server.start] for server in servers],
        end_point=[-1 if server.end is None else points[server.end] for server in servers],
        seconds=[seconds for seconds, _ in matrices],
        metres=[metres for _, metres in matrices],
        service=np.array(service + service, dtype=np.int32),
        windows=[_windows(visit) for visit in visits],
        penalty=[MANDATORY_PENALTY if v.drop_penalty is None or v.pinned else v.drop_penalty for v in visits],
        allowed=[lead for lead, _ in lead_second] + [second for _, second in lead_second],
        breaks=[
            [(pause.window.start_s, pause.window.end_s, pause.duration_s) for pause in server.breaks_due]
            for server in servers
        ],
        shift=[(server.shift.start_s, server.shift.end_s) for server in servers],
        fair_share=_fair_shares(problem) if servers else [],
        home=[server_index.get((home or {}).get(visit.id, ""), -1) for visit in visits],
    )
    instance.pinned_first = _pinned_first(instance)
    return instance


def _windows(visit: Visit) -> list[tuple[int, int]]:
    """Sorted, merged windows; empty = unbounded."""
    merged: list[tuple[int, int]] = []
    if visit.pinned:
        return merged
    for window in sorted(visit.windows, key=lambda one: one.start_s):
        if merged and window.start_s <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], window.end_s))
        else:
            merged.append((window.start_s, window.end_s))
    return merged


def _pinned_first(instance: Instance) -> list[Order]:
    first: list[Order] = [[] for _ in instance.servers]
    for v, visit in enumerate(instance.visits):
        if visit.pinned:
            for k in instance.allowed[v]:
                first[k].append(v)
    return first
