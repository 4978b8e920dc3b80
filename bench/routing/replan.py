"""Replanning a published day of 400 visits while it runs: urgent visits, absent servers, against solving anew."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from bench.figures import Figure
from routing import MaxSeconds, Plan, Point, Problem, Visit, Window, check, solve
from routing.replan import Changes, Event, Replanned, ServerAbsent, UrgentVisit, as_it_stands, compare, replan

from .days import made_up_day
from .results import Progress, said

VISITS, NOW_S = 400, 10 * 3600
PUBLISHED_S, COLD_S = 10.0, 1.0
AIM_FIRST_MS, AIM_FINAL_S, AIM_MOVED = 50.0, 1.0, 2.0
URGENT_PENALTY = 28_800


@dataclass(slots=True)
class _Told:
    """How much of the published day an answer changes, visit by visit; the urgent visit itself does not count."""

    moved: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    retimed: list[float] = field(default_factory=list)
    dropped: list[float] = field(default_factory=list)
    objective: list[float] = field(default_factory=list)

    def add(self, changes: Changes, plan: Plan, apart: str) -> None:
        kinds = Counter(one.kind for one in changes.visits if one.visit_id != apart)
        self.moved.append(float(kinds["moved"]))
        self.others.append(float(len(set(changes.others_moved) - {apart})))
        self.retimed.append(float(kinds["retimed"]))
        self.dropped.append(float(kinds["dropped"]))
        self.objective.append(plan.objective / 1000)


@dataclass(slots=True)
class _Found:
    """What the repetitions of one kind of event gave; `missed`: mandatory visits left out though published."""

    first_ms: list[float] = field(default_factory=list)
    final_s: list[float] = field(default_factory=list)
    final: _Told = field(default_factory=_Told)
    cold: _Told = field(default_factory=_Told)
    missed: list[float] = field(default_factory=list)
    urgent_in: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def measure(days: int, events: int, published_s: float, progress: Progress) -> list[Figure]:
    """On `days` days, `events` urgent visits and as many absences, each against the same published plan."""
    urgent, absent = _Found(), _Found()
    for seed in range(1, days + 1):
        problem, plan = _published(seed, published_s)
        progress.done(published_s, f"replanning, day {seed}: published")
        rng = np.random.default_rng(seed)
        for number in range(events):
            _one(urgent, problem, plan, _urgent(rng, problem, number), number)
            server = problem.servers[int(rng.integers(len(problem.servers)))]
            _one(absent, problem, plan, ServerAbsent(server.id), number)
            progress.done(4 * COLD_S, f"replanning, day {seed}: {number + 1} of {events} urgent visits and absences")
    broken = [*urgent.broken, *absent.broken]
    for line in broken:
        print(f"   !! {line}")
    return [
        *_figures(f"urgent visit into {VISITS}", urgent),
        Figure("urgent visits planned", [100.0 * sum(urgent.urgent_in) / len(urgent.urgent_in)], "%"),
        *_figures(f"absent server of {VISITS} visits", absent),
        Figure("replanning: answers that do not hold", [float(len(broken))], "faults", aim=0.0),
    ]


def budget_s(days: int, events: int, published_s: float) -> float:
    """Seconds `measure` will be at work, about."""
    return days * (published_s + 4 * COLD_S * events)


def _published(seed: int, seconds: float) -> tuple[Problem, Plan]:
    """The day as it stands at NOW_S, and what was published for the rest of it."""
    problem = made_up_day(VISITS, "full", seed).problem
    plan = solve(problem, MaxSeconds(seconds), seed)
    left = as_it_stands(problem, plan, NOW_S)
    ahead = {visit.id for visit in left.visits}
    routes = tuple(
        replace(route, stops=tuple(stop for stop in route.stops if stop.visit_id in ahead)) for route in plan.routes
    )
    return left, replace(plan, routes=routes)


def _urgent(rng: np.random.Generator, problem: Problem, number: int) -> UrgentVisit:
    """A visit near one that is ahead, to be made within three hours."""
    near = problem.visits[int(rng.integers(len(problem.visits)))].point
    point = Point(near.lng + float(rng.normal(0.0, 0.004)), near.lat + float(rng.normal(0.0, 0.004)))
    window = Window(NOW_S + 1_800, NOW_S + 3 * 3600)
    return UrgentVisit(Visit(f"U{number:03d}", point, 600, (window,), URGENT_PENALTY))


def _one(found: _Found, problem: Problem, published: Plan, event: Event, seed: int) -> None:
    """One event: replanned, checked, compared with solving the changed day anew in the same time."""
    firsts: list[Replanned] = []
    final = replan(problem, published, event, now_s=NOW_S, seed=seed, on_first=firsts.append)
    for answer in (*firsts, final):
        found.broken += said(check(answer.problem, answer.plan, published))
    cold = solve(final.problem, MaxSeconds(COLD_S), seed)
    found.broken += said(check(final.problem, cold))
    found.first_ms.append(1000.0 * final.first_s)
    found.final_s.append(final.elapsed_s)
    urgent = event.visit.id if isinstance(event, UrgentVisit) else ""
    found.final.add(final.changes, final.plan, urgent)
    found.cold.add(compare(problem, published, final.problem, cold, {}), cold, urgent)
    left = {item.visit_id for item in final.plan.unplanned}
    was = {visit_id for route in published.routes for visit_id in route.visit_ids}
    missed = [v for v in final.problem.visits if v.drop_penalty is None and v.id in left & was]
    found.missed.append(float(len(missed)))
    if urgent:
        found.urgent_in.append(float(urgent not in left))


def _figures(what: str, found: _Found) -> list[Figure]:
    final, cold = found.final, found.cold
    aims = (AIM_FIRST_MS, AIM_MOVED) if what.startswith("urgent") else (None, None)
    return [
        Figure(f"{what}: first feasible answer", found.first_ms, "ms", aim=aims[0]),
        Figure(f"{what}: final answer", found.final_s, "s", aim=AIM_FINAL_S),
        Figure(f"{what}: others moved, reordered or dropped", final.others, "visits", aim=aims[1]),
        Figure(f"{what}: others with another server", final.moved, "visits"),
        Figure(f"{what}: others more than 15 min off", final.retimed, "visits"),
        Figure(f"{what}: others dropped", final.dropped, "visits"),
        Figure(f"{what}: mandatory visits dropped, worst", [max(found.missed)], "visits", aim=0.0),
        Figure(f"{what}: solved anew in {COLD_S:g} s, moved, reordered or dropped", cold.others, "visits"),
        Figure(f"{what}: solved anew in {COLD_S:g} s, dropped", cold.dropped, "visits"),
    ]
