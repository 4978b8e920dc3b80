"""A small day as plain lists, for the oracle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from routing import Plan, Problem, Server
from routing.instance import travel_matrices

MANDATORY = 10**8

# Of a group of routes: breaks taken and moment of leaving of each, and how it came to this.
Label = tuple[tuple[int, ...], tuple[int, ...], Any]
Pauses = Sequence[tuple[int, int, int]]


@dataclass(frozen=True)
class Event:
    """A visit appended to its leader's route, and to its second's if it has one."""

    visit: int
    servers: tuple[int, ...]


@dataclass(frozen=True)
class State:
    """Routes so far. `group[k]` is the place of server k's group in `groups`; each group is (servers, labels)."""

    events: tuple[Event, ...]
    used: int
    cost: int
    points: tuple[int, ...]
    metres: tuple[int, ...]
    counts: tuple[int, ...]
    last_led: tuple[int, ...]
    ranks: tuple[int, ...]
    comers: frozenset[tuple[str, int]]
    group: tuple[int, ...]
    groups: tuple[tuple[tuple[int, ...], tuple[Label, ...]], ...]


class Facts:
    """The problem as lists by number."""

    def __init__(self, problem: Problem, published: Plan | None) -> None:
        self.problem = problem
        self.visits, self.servers, self.weights = problem.visits, problem.servers, problem.weights
        places, matrices = travel_matrices(problem)
        self.seconds = [seconds.tolist() for seconds, _ in matrices]
        self.metres = [metres.tolist() for _, metres in matrices]
        self.door = [places[visit.point] for visit in self.visits]
        self.start = [places[server.start] for server in self.servers]
        self.end = [None if server.end is None else places[server.end] for server in self.servers]
        self.pauses: list[Pauses] = [
            [(pause.window.start_s, pause.window.end_s, pause.duration_s) for pause in server.breaks_due]
            for server in self.servers
        ]
        self.penalty = [
            MANDATORY
            if visit.pinned or visit.drop_penalty is None
            else min(MANDATORY, visit.drop_penalty * self.weights.value)
            if visit.drop_penalty < MANDATORY
            else MANDATORY
            for visit in self.visits
        ]
        work = sum(visit.crew for visit in self.visits)
        spans = [max(1, server.shift.end_s - server.shift.start_s) for server in self.servers]
        self.share = [-(-work * span // sum(spans)) for span in spans]
        for k, server in enumerate(self.servers):
            if server.max_visits is not None:
                self.share[k] = min(self.share[k], server.max_visits)
        self.was = self._published(published)
        self.teams = [list(self._teams(v)) for v in range(len(self.visits))]
        self.least = [self._least(v) for v in range(len(self.visits))]

    def _published(self, plan: Plan | None) -> dict[int, tuple[int | None, int]]:
        """Visit: (server who had it, None if gone; visit led before it, -1 if none)."""
        number = {visit.id: v for v, visit in enumerate(self.visits)}
        who = {server.id: k for k, server in enumerate(self.servers)}
        was = {}
        for route in plan.routes if plan else ():
            led = [stop.visit_id for stop in route.stops if stop.role == "lead" and stop.visit_id in number]
            for before, visit_id in zip([None, *led], led, strict=False):
                was[number[visit_id]] = (who.get(route.server_id), -1 if before is None else number[before])
        return was

    def _teams(self, v: int) -> Iterator[tuple[int, ...]]:
        """Who may make the visit: (leader,) or (leader, second)."""
        visit, servers = self.visits[v], self.servers
        open_to = [k for k, server in enumerate(servers) if server.id not in visit.forbidden_servers]
        lead = [k for k in open_to if visit.skills <= servers[k].skills]
        lead = [k for k in lead if visit.locked_server in (None, servers[k].id)]
        if visit.crew == 1:
            yield from ((k,) for k in lead)
            return
        for k, j in product(lead, open_to):
            one, two = servers[k], servers[j]
            if k != j and one.crew_ok and two.crew_ok and two.id not in one.not_with and one.id not in two.not_with:
                yield k, j

    def _least(self, v: int) -> int:
        """What the visit costs at the very least, whatever is done with it."""
        others = {self.door[u] for u in range(len(self.visits)) if u != v}
        ways = [
            self.weights.travel_s
            * sum(min(self.seconds[k][p][self.door[v]] for p in others | {self.start[k]}) for k in team)
            for team in self.teams[v]
        ]
        return min([self.penalty[v], *ways])

    def empty(self) -> State:
        """Nobody goes anywhere."""
        count = len(self.servers)
        idle = tuple(((k,), (((0,), (begin(self.servers[k]),), None),)) for k in range(count))
        none = (0,) * count
        return State(
            (), 0, 0, tuple(self.start), none, none, (-1,) * count, none, frozenset(), tuple(range(count)), idle
        )


def begin(server: Server) -> int:
    """When the server's day can begin."""
    return max(server.shift.start_s, server.ready_s or 0)


def rank(visit: Any, leads: bool) -> int:
    """Under way, fixed first, any, fixed last: may not fall along a route."""
    if not leads:
        return 2
    return 0 if visit.pinned else {"first": 1, None: 2, "last": 3}[visit.position]
