"""The exact optimum of a small day, by trying everything: what the optimiser is held against.

Shares nothing with it but the travel matrices. Visits are appended to routes one by one; independent appendings are
tried in one order only (the lexicographic normal form of a trace), branches that cannot beat the best are cut by what
each open visit costs at the very least. Times are exact: for every route, and for every group of routes that have met
for a crew, all undominated pairs of (breaks taken, moment of leaving) are kept, so that no placement of a break that
could matter, for this route or for the other half of a crew, is lost.

The answer comes with a plan, which `check` must find no fault with: a claim of this module can be proved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from routing import Plan, Problem
from routing.plan import PlannedStop, Route, Unplanned

from .oracle_facts import Event, Facts, Label, Pauses, State, begin, rank


@dataclass(frozen=True)
class Optimum:
    """The least objective, and a plan that has it (None if nothing is better than the bound that was given)."""

    value: int
    plan: Plan | None


def optimum(problem: Problem, published: Plan | None = None, below: int | None = None) -> Optimum:
    """The least objective any plan can have; with `below`, only plans cheaper than that are looked for."""
    search = _Search(Facts(problem, published), below)
    search.explore(search.facts.empty())
    return Optimum(search.best, search.plan())


def leg(leave: int, travel: int, pauses: Pauses) -> tuple[int, list[tuple[int, int]]] | None:
    """Earliest arrival after `travel` with all the pauses taken on the way, and when; None if one cannot be taken."""
    now, left, taken = leave, travel, []
    for opens, closes, length in pauses:
        since = max(now, opens)
        if since + length > closes:
            return None
        left = max(0, left - (since - now))
        now = since + length
        taken.append((since, now))
    return now + left, taken


class _Search:
    def __init__(self, facts: Facts, below: int | None) -> None:
        self.facts = facts
        self.best = sum(facts.penalty) if below is None else below
        self.found: tuple[State, list[Label]] | None = None
        if below is None:
            self.found = (facts.empty(), [group[1][0] for group in facts.empty().groups])

    def explore(self, state: State) -> None:
        facts = self.facts
        self._finish(state)
        open_visits = [v for v in range(len(facts.visits)) if not state.used >> v & 1]
        floor = sum(facts.least[v] for v in open_visits)
        nexts = []
        for v in open_visits:
            for team in facts.teams[v]:
                event = Event(v, team)
                if not _in_normal_form(state.events, event):
                    continue
                cost = self._cost(state, event)
                if cost is not None and cost + floor - facts.least[v] < self.best:
                    nexts.append((cost, event))
        for cost, event in sorted(nexts, key=lambda one: one[0]):
            if cost + floor - facts.least[event.visit] < self.best:
                made = self._append(state, event, cost)
                if made is not None:
                    self.explore(made)

    def _cost(self, state: State, event: Event) -> int | None:
        """Cost with the event appended; None if a rule other than time forbids it."""
        facts, weights = self.facts, self.facts.weights
        visit, door, cost = facts.visits[event.visit], facts.door[event.visit], state.cost
        for k in event.servers:
            server, leads = facts.servers[k], k == event.servers[0]
            if server.max_visits is not None and state.counts[k] >= server.max_visits:
                return None
            own = rank(visit, leads)
            # A visit fixed as the last one is the last: nothing follows it, whatever its own place.
            if state.counts[k] and (own < state.ranks[k] or state.ranks[k] == 3):
                return None
            cost += weights.travel_s * facts.seconds[k][state.points[k]][door]
            cost += weights.fairness if state.counts[k] >= facts.share[k] else 0
            cost += 0 if state.counts[k] else server.fixed_cost
            cost += self._lead_cost(state, event.visit, k) if leads else 0
        return cost

    def _lead_cost(self, state: State, v: int, k: int) -> int:
        facts, weights, visit = self.facts, self.facts.weights, self.facts.visits[v]
        known = facts.servers[k].areas
        cost = weights.unknown_area if visit.area and known and visit.area not in known else 0
        home, before = facts.was.get(v, (None, -1))
        if home is not None:
            cost += weights.disruption if home != k else 0
            cost += weights.reorder if home == k and before != state.last_led[k] else 0
        if visit.building is not None and (visit.building, k) not in state.comers:
            cost += weights.split_building * any(name == visit.building for name, _ in state.comers)
        return cost

    def _append(self, state: State, event: Event, cost: int) -> State | None:
        facts, v = self.facts, event.visit
        visit, door = facts.visits[v], facts.door[v]
        metres, points, counts = list(state.metres), list(state.points), list(state.counts)
        ranks, last_led = list(state.ranks), list(state.last_led)
        for k in event.servers:
            metres[k] += facts.metres[k][points[k]][door]
            most = facts.servers[k].max_km
            if most is not None and metres[k] > int(most * 1000):
                return None
            points[k] = door
            counts[k] += 1
            ranks[k] = rank(visit, k == event.servers[0])
        leader = event.servers[0]
        last_led[leader] = v
        met = self._meet(state, event)
        if met is None:
            return None
        group, groups = met
        comers = state.comers | {(visit.building, leader)} if visit.building is not None else state.comers
        return State(
            (*state.events, event),
            state.used | 1 << v,
            cost,
            tuple(points),
            tuple(metres),
            tuple(counts),
            tuple(last_led),
            tuple(ranks),
            comers,
            group,
            groups,
        )

    def _meet(self, state: State, event: Event) -> tuple[Any, Any] | None:
        """Groups after the event: those of its servers become one, with every undominated timing."""
        joined = sorted({state.group[k] for k in event.servers})
        who = tuple(k for place in joined for k in state.groups[place][0])
        labels: list[Label] = []
        for parts in product(*(state.groups[place][1] for place in joined)):
            breaks = [done for part in parts for done in part[0]]
            leaves = [leave for part in parts for leave in part[1]]
            labels += self._served(state, event, who, breaks, leaves, tuple(part[2] for part in parts))
        kept = tuple(_undominated(labels))
        if not kept:
            return None
        groups = list(state.groups)
        groups[joined[0]] = (who, kept)
        return tuple(joined[0] if k in who else place for k, place in enumerate(state.group)), tuple(groups)

    def _served(
        self, state: State, event: Event, who: Sequence[int], breaks: list[int], leaves: list[int], past: Any
    ) -> Iterator[Label]:
        facts = self.facts
        visit, door = facts.visits[event.visit], facts.door[event.visit]
        places = [who.index(k) for k in event.servers]
        choices = [
            range(breaks[place], len(facts.pauses[k]) + 1) for place, k in zip(places, event.servers, strict=True)
        ]
        for chosen in product(*choices):
            arrivals = []
            for k, place, done in zip(event.servers, places, chosen, strict=True):
                travel = facts.seconds[k][state.points[k]][door]
                arrivals.append(leg(leaves[place], travel, facts.pauses[k][breaks[place] : done]))
            reached = [arrival[0] for arrival in arrivals if arrival is not None]
            start = _opening(visit, max(reached)) if len(reached) == len(arrivals) else None
            if start is None:
                continue
            new_breaks, new_leaves = list(breaks), list(leaves)
            for place, done in zip(places, chosen, strict=True):
                new_breaks[place], new_leaves[place] = done, start + visit.service_s
            yield tuple(new_breaks), tuple(new_leaves), (past, (event, start, chosen))

    def _finish(self, state: State) -> None:
        """Everybody goes home, what is open is left out: the best plan so far?"""
        facts = self.facts
        total = state.cost + sum(p for v, p in enumerate(facts.penalty) if not state.used >> v & 1)
        if total >= self.best and state.events:
            return
        for k, count in enumerate(state.counts):
            home = facts.end[k]
            if count and home is not None:
                total += facts.weights.travel_s * facts.seconds[k][state.points[k]][home]
                metres, most = state.metres[k] + facts.metres[k][state.points[k]][home], facts.servers[k].max_km
                if most is not None and metres > int(most * 1000):
                    return
        if total >= self.best:
            return
        ends = []
        for place in sorted(set(state.group)):
            late = [(self._overtime(state, state.groups[place][0], label), label) for label in state.groups[place][1]]
            possible = [(over, label) for over, label in late if over is not None]
            if not possible:
                return
            over, label = min(possible, key=lambda one: one[0])
            total += facts.weights.overtime_s * over
            ends.append(label)
        if total < self.best:
            self.best, self.found = total, (state, ends)

    def _overtime(self, state: State, who: Sequence[int], label: Label) -> int | None:
        """Seconds past their shifts that the group's servers need at least; None if one cannot end in time."""
        over = 0
        for k, done, leave in zip(who, label[0], label[1], strict=True):
            if state.counts[k]:
                ended = self._home(state, k, done, leave)
                if ended is None:
                    return None
                over += max(0, ended[0] - self.facts.servers[k].shift.end_s)
        return over

    def _home(self, state: State, k: int, done: int, leave: int) -> tuple[int, list[tuple[int, int]]] | None:
        """Earliest end of the route and the breaks from here on, those after it included."""
        facts = self.facts
        home, pauses, server = facts.end[k], facts.pauses[k], facts.servers[k]
        travel = 0 if home is None else facts.seconds[k][state.points[k]][home]
        best = None
        for by in range(done, len(pauses) + 1):
            way = leg(leave, travel, pauses[done:by])
            after = None if way is None else leg(way[0], 0, pauses[by:])
            if way is None or after is None or way[0] > server.shift.end_s + server.overtime_s:
                continue
            if best is None or way[0] < best[0]:
                best = way[0], [*way[1], *after[1]]
        return best

    def plan(self) -> Plan | None:
        """The best plan with its times."""
        if self.found is None:
            return None
        facts, (state, ends) = self.facts, self.found
        starts: dict[int, tuple[int, dict[int, int]]] = {}
        for label in ends:
            _unwind(label[2], starts)
        routes = tuple(self._route(state, k, starts) for k in range(len(facts.servers)))
        left = tuple(Unplanned(visit.id) for v, visit in enumerate(facts.visits) if not state.used >> v & 1)
        travel_s, distance_m = sum(one.travel_s for one in routes), sum(one.distance_m for one in routes)
        return Plan(routes, left, self.best, distance_m, travel_s, "oracle", 0, 0.0)

    def _route(self, state: State, k: int, starts: dict[int, tuple[int, dict[int, int]]]) -> Route:
        facts, server = self.facts, self.facts.servers[k]
        own = [event for event in state.events if k in event.servers]
        opens = begin(server)
        if not own:
            return Route(server.id, (), (), opens, opens, 0, 0)
        now, here, done = opens, facts.start[k], 0
        stops: list[PlannedStop] = []
        taken: list[tuple[int, int]] = []
        for event in own:
            visit, door = facts.visits[event.visit], facts.door[event.visit]
            start, by = starts[event.visit][0], starts[event.visit][1][k]
            way = leg(now, facts.seconds[k][here][door], facts.pauses[k][done:by])
            assert way is not None
            taken += way[1]
            now = start + visit.service_s
            seconds, metres = facts.seconds[k][here][door], facts.metres[k][here][door]
            role = "lead" if k == event.servers[0] else "second"
            stops.append(PlannedStop(visit.id, way[0], start, now, seconds, metres, role))  # type: ignore[arg-type]  # one of two words
            here, done = door, by
        ended = self._home(state, k, done, now)
        assert ended is not None
        home = facts.end[k]
        home_s, home_m = (0, 0) if home is None else (facts.seconds[k][here][home], facts.metres[k][here][home])
        travel_s, metres = sum(stop.travel_s for stop in stops), sum(stop.travel_m for stop in stops)
        taken += ended[1]
        return Route(server.id, tuple(stops), tuple(taken), opens, ended[0], metres + home_m, travel_s + home_s)


def _in_normal_form(events: Sequence[Event], event: Event) -> bool:
    """Whether no earlier event that has nothing to do with this one should have come after it."""
    for earlier in reversed(events):
        if not set(earlier.servers).isdisjoint(event.servers):
            return True
        if min(earlier.servers) > min(event.servers):
            return False
    return True


def _opening(visit: Any, ready: int) -> int | None:
    """Earliest start from `ready` on, inside a window of the visit and one of its witness."""
    if visit.pinned:
        return ready
    moments = [ready]
    for spans in (visit.windows, visit.witness_windows):
        moments += [span.start_s for span in spans if span.start_s > ready]
    for moment in sorted(moments):
        kinds = (visit.windows, visit.witness_windows)
        if all(not spans or any(one.start_s <= moment <= one.end_s for one in spans) for spans in kinds):
            return moment
    return None


def _undominated(labels: Sequence[Label]) -> Iterator[Label]:
    kept: dict[tuple[int, ...], list[Label]] = {}
    for label in sorted(labels, key=lambda one: one[1]):
        rivals = kept.setdefault(label[0], [])
        if not any(all(a <= b for a, b in zip(rival[1], label[1], strict=True)) for rival in rivals):
            rivals.append(label)
            yield label


def _unwind(past: Any, starts: dict[int, tuple[int, dict[int, int]]]) -> None:
    if past is None:
        return
    before, (event, start, chosen) = past
    starts[event.visit] = (start, dict(zip(event.servers, chosen, strict=True)))
    for one in before:
        _unwind(one, starts)
