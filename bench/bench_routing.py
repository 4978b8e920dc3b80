"""Planning in `make bench`, the short part: made-up and real days, a matrix, a drag; the long is `bench.routing`."""

from __future__ import annotations

import statistics
import time

from bench.figures import Figure
from bench.routing.days import Day, made_up_day, real_days
from bench.routing.matrix import matrices
from bench.routing.results import judged
from routing import MaxSeconds, insert, solve

DRAGS = 5


def days() -> list[Day]:
    """The days to plan: everything a court needs, made up and real."""
    return [made_up_day(400, "full", 1), *real_days("full")]


def figures(quick: bool) -> list[Figure]:
    """Plans in a few seconds, and what a manager waits for at the board."""
    budget_s, runs = (2.0, 1) if quick else (5.0, 3)
    found = []
    for day in days():
        within = f"plan {day.group}, {len(day.problem.servers)} servers, {budget_s:g} s"
        served, way_km, walls, values = [], [], [], []
        for seed in range(runs):
            began = time.perf_counter()
            plan = solve(day.problem, MaxSeconds(budget_s), seed)
            walls.append(time.perf_counter() - began)
            value, _, broken = judged(day.problem, plan)
            if broken:
                raise SystemExit(f"{within}: {broken[:3]}")
            values.append(value / 1000)
            served.append(float(day.visits - len(plan.unplanned)))
            way_km.append(plan.distance_m / 1000)
        found += [
            Figure(f"{within}: objective", values, "1000 s"),
            Figure(f"{within}: served", served, "visits"),
            Figure(f"{within}: way", way_km, "km"),
            Figure(f"{within}: wall time", walls, "s", aim=budget_s + max(0.05 * budget_s, 0.2)),
            _drags(day),
        ]
    return [*found, *matrices(3 if quick else 10)]


def _drags(day: Day) -> Figure:
    """Milliseconds to price one visit at its best place in another route."""
    plan = solve(day.problem, MaxSeconds(2.0))
    taken = []
    for number in range(DRAGS):
        server = day.problem.servers[number % len(day.problem.servers)]
        visit = day.problem.visits[(37 * number) % day.visits]
        began = time.perf_counter()
        insert(day.problem, plan, visit.id, server.id)
        taken.append((time.perf_counter() - began) * 1000)
    return Figure(f"drag one visit ({day.group})", [statistics.median(taken)], "ms")
