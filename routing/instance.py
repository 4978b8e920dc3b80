"""A problem compiled to integers and arrays: what every engine works on.

Visits are nodes 0…n-1 in the problem's order; a crew of two adds the node n+v for the second server of visit v.
An *order* is a list of nodes, one list per server. Travel matrices are kept per (mode, shift): the mean over hours
spread over the shift, so that one matrix stands for a server's whole day.
"""

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from .problem import Point, Problem, ProblemError, Server, Visit, Window
from .travel import Asked, IntMatrix, TravelTimes, mean_matrices

Order = list[int]
# What leaving out a mandatory visit costs: far above any optional one, small enough to add up in 64 bits.
MANDATORY_PENALTY = 10**8
# A window that no moment of a planning day falls into.
NEVER_OPEN = (-1, -1)
# Places in a route: see `Instance.rank`.
UNDER_WAY, FIRST, FREE, LAST = range(4)
_HOURS_SAMPLED = 3

TravelKey = tuple[str, int, int]


@dataclass(slots=True)
class Instance:
    """Compiled problem. `point_of[node]`, `start_point[server]`, `end_point[server]` (-1: none) index the matrices.

    `windows[visit]` is empty when any time will do (pinned visits included). `allowed[node]` lists the servers that
    may take the node, `home[visit]` is the visit's server in the plan that disruption is measured against (-1 none)
    and `before[visit]` the visit it followed there (-1: it came first, -2: it was not in that plan). `extra[node]`
    is the static price of the node with each server (disruption and unknown areas). `rank[node]` must not fall along
    a route: UNDER_WAY, FIRST, FREE, LAST. `max_m` bounds a route's metres (-1: nothing does). `apart` are servers who
    never make a crew.
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
    before: list[int]
    extra: list[list[int]]
    max_m: list[int]
    fixed_cost: list[int]
    rank: list[int]
    apart: frozenset[frozenset[int]]

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
    made = mean_matrices(cast(TravelTimes, source), points, [_asked(key) for key in keys])
    for matrix in itertools.chain.from_iterable(made):
        _sound(matrix, len(points))
        matrix.setflags(write=False)
    return tuple(made)


def _sound(matrix: IntMatrix, size: int) -> None:
    """Raises ProblemError unless the matrix is one of travel: whatever its source, every plan is built on it."""
    if matrix.shape != (size, size) or matrix.dtype.kind not in "iu" or (size and int(matrix.min()) < 0):
        raise ProblemError("travel.invalid", "路程数据无效：应为非负整数方阵", f"{matrix.dtype} {matrix.shape}")


def _asked(key: TravelKey) -> Asked:
    """The hours a shift's matrix is the mean of."""
    mode, first_hour, last_hour = key
    return mode, tuple(sorted({round(hour) % 24 for hour in np.linspace(first_hour, last_hour, _HOURS_SAMPLED)}))


def travel_key(server: Server) -> TravelKey:
    """Which matrix serves this server: mode, first and last hour of the shift."""
    first = server.shift.start_s // 3600
    return server.mode, first, max(first, (server.shift.end_s - 1) // 3600)


def travel_places(problem: Problem) -> dict[Point, int]:
    """Every distinct point of the problem and its place in the matrices."""
    points: dict[Point, int] = {}
    for server in problem.servers:
        points.setdefault(server.start, len(points))
        if server.end is not None:
            points.setdefault(server.end, len(points))
    for visit in problem.visits:
        points.setdefault(visit.point, len(points))
    return points


def travel_asked(problem: Problem) -> list[Asked]:
    """The (mode, hours) whose travel times planning this problem will ask for."""
    return [_asked(key) for key in sorted({travel_key(server) for server in problem.servers})]


def travel_matrices(problem: Problem) -> tuple[dict[Point, int], list[tuple[IntMatrix, IntMatrix]]]:
    """Index of every distinct point of the problem, and each server's (seconds, metres) matrices over them."""
    points = travel_places(problem)
    keys = tuple(sorted({travel_key(server) for server in problem.servers}))
    by_key = dict(zip(keys, _matrices(tuple(points), cast(Hashable, problem.travel), keys), strict=True))
    return points, [by_key[travel_key(server)] for server in problem.servers]


def _allowed(
    visit: Visit, servers: tuple[Server, ...], apart: frozenset[frozenset[int]]
) -> tuple[frozenset[int], frozenset[int]]:
    """Servers who may lead the visit, and who may come as second."""
    open_to = {k for k, server in enumerate(servers) if server.id not in visit.forbidden_servers}
    second = frozenset(k for k in open_to if servers[k].crew_ok) if visit.crew == 2 else frozenset()
    lead = {k for k in open_to if visit.skills <= servers[k].skills}
    if visit.crew == 2:
        lead &= second
    if visit.locked_server is not None:
        lead = {k for k in lead if servers[k].id == visit.locked_server}
    if visit.crew == 2 and not any(_may_meet(a, b, apart) for a in lead for b in second):
        return frozenset(), frozenset()
    return frozenset(lead), second


def _may_meet(one: int, other: int, apart: frozenset[frozenset[int]]) -> bool:
    return one != other and frozenset((one, other)) not in apart


def _apart(servers: tuple[Server, ...]) -> frozenset[frozenset[int]]:
    """Pairs of servers of whom one will not make a crew with the other."""
    index = {server.id: k for k, server in enumerate(servers)}
    return frozenset(
        frozenset((k, index[other]))
        for k, server in enumerate(servers)
        for other in server.not_with
        if other in index and index[other] != k
    )


def _extra(problem: Problem, home: Sequence[int]) -> list[list[int]]:
    """Static price of every leading node with every server; seconds of crews pay none."""
    weights = problem.weights
    made = []
    for visit, at_home in zip(problem.visits, home, strict=True):
        away = [weights.disruption if at_home not in (-1, k) else 0 for k in range(len(problem.servers))]
        strange = [
            weights.unknown_area if visit.area and server.areas and visit.area not in server.areas else 0
            for server in problem.servers
        ]
        made.append([one + two for one, two in zip(away, strange, strict=True)])
    nothing = [0] * len(problem.servers)
    return made + [nothing for _ in problem.visits]


def _fair_shares(problem: Problem) -> list[int]:
    """Visits each server would make if work were shared by length of shift, rounded up, within their maximum."""
    length = [max(1, server.shift.end_s - server.shift.start_s) for server in problem.servers]
    work = sum(visit.crew for visit in problem.visits)
    shares = [-(-work * part // sum(length)) for part in length]
    return [
        share if server.max_visits is None else min(share, server.max_visits)
        for share, server in zip(shares, problem.servers, strict=True)
    ]


def compile_problem(problem: Problem, published: Sequence[tuple[str, Sequence[str]]] = ()) -> Instance:
    """Compile a problem; `published` holds (server id, ids of the visits led, in order) of the plan that disruption
    and reordering are measured against."""
    points, matrices = travel_matrices(problem)
    visits, servers = problem.visits, problem.servers
    server_index = {server.id: k for k, server in enumerate(servers)}
    visit_index = {visit.id: v for v, visit in enumerate(visits)}
    apart = _apart(servers)
    lead_second = [_allowed(visit, servers, apart) for visit in visits]
    point_of = [points[visit.point] for visit in visits]
    service = [visit.service_s for visit in visits]
    home, before = _published(published, server_index, visit_index)
    worth = [MANDATORY_PENALTY if v.drop_penalty is None or v.pinned else v.drop_penalty for v in visits]
    return Instance(
        problem=problem,
        visits=visits,
        servers=servers,
        visit_index=visit_index,
        server_index=server_index,
        point_of=np.array(point_of + point_of, dtype=np.int32),
        start_point=[points[server.start] for server in servers],
        end_point=[-1 if server.end is None else points[server.end] for server in servers],
        seconds=[seconds for seconds, _ in matrices],
        metres=[metres for _, metres in matrices],
        service=np.array(service + service, dtype=np.int32),
        windows=[_windows(visit) for visit in visits],
        penalty=[min(MANDATORY_PENALTY, p if p == MANDATORY_PENALTY else p * problem.weights.value) for p in worth],
        allowed=[lead for lead, _ in lead_second] + [second for _, second in lead_second],
        breaks=[
            [(pause.window.start_s, pause.window.end_s, pause.duration_s) for pause in server.breaks_due]
            for server in servers
        ],
        shift=[(server.begin_s, server.shift.end_s) for server in servers],
        fair_share=_fair_shares(problem) if servers else [],
        home=home,
        before=before,
        extra=_extra(problem, home),
        max_m=[-1 if server.max_km is None else int(server.max_km * 1000) for server in servers],
        fixed_cost=[server.fixed_cost for server in servers],
        rank=[_rank(visit) for visit in visits] + [FREE] * len(visits),
        apart=apart,
    )


def _published(
    routes: Sequence[tuple[str, Sequence[str]]], server_index: dict[str, int], visit_index: dict[str, int]
) -> tuple[list[int], list[int]]:
    """Home server and predecessor of every visit in the published routes, as far as they are still asked for."""
    home, before = [-1] * len(visit_index), [-2] * len(visit_index)
    for server_id, visit_ids in routes:
        last = -1
        for visit_id in visit_ids:
            visit = visit_index.get(visit_id)
            if visit is not None:
                home[visit] = server_index.get(server_id, -1)
                before[visit], last = last, visit
    return home, before


def _windows(visit: Visit) -> list[tuple[int, int]]:
    """Sorted, merged windows in which service may start: the visit's, cut by the witness's; empty = unbounded.

    Windows that have nothing in common leave one that can never be met.
    """
    if visit.pinned:
        return []
    own, witness = _merged(visit.windows), _merged(visit.witness_windows)
    if not own or not witness:
        return own or witness
    common = [(max(a, c), min(b, d)) for a, b in own for c, d in witness if max(a, c) <= min(b, d)]
    return sorted(common) or [NEVER_OPEN]


def _merged(windows: Sequence[Window]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for window in sorted(windows, key=lambda one: one.start_s):
        if merged and window.start_s <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], window.end_s))
        else:
            merged.append((window.start_s, window.end_s))
    return merged


def _rank(visit: Visit) -> int:
    if visit.pinned:
        return UNDER_WAY
    return FREE if visit.position is None else FIRST if visit.position == "first" else LAST
