"""Standard VRPTW instances: distance only, truncated to tenths (12th DIMACS challenge), gap to the best known."""

from __future__ import annotations

import csv
import math
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bench.figures import Figure
from routing.check import check_vrptw_routes
from routing.vrptw import solve_file

from .days import ROOT
from .results import Progress, VrptwRun, said
from .rivals import base, vrptw

DATA = ROOT / "bench/data/vrptw"
OURS, PYVRP, PYVRP_TWICE, VROOM, ORTOOLS = "Songda", "PyVRP", "PyVRP, best of two", "VROOM", "OR-Tools"
# Mean gap wanted: (customers at most, by seconds).
AIM_SMALL, AIM_LARGE, SMALL = {10.0: 1.2, 30.0: 0.8}, {10.0: 1.5, 30.0: 1.0}, 400
# Ours may be above PyVRP's by so many points on any instance.
AIM_ABOVE = 0.3


@dataclass(frozen=True, slots=True)
class _Task:
    path: Path
    customers: int
    best_known: float


def tasks(most: int | None = None) -> list[_Task]:
    """The instances with a best known distance, smallest first; only those of at most so many customers if given."""
    with (DATA / "BKS.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [
        _Task(DATA / f"{row['instance']}.txt", int(row["customers"]), float(row["bks_distance_1dec_truncated"]))
        for row in rows
    ]
    return sorted((one for one in found if most is None or one.customers <= most), key=lambda one: one.customers)


def warm_up() -> None:
    """Both of the competitors' processes know what these instances need."""
    base.warm(partial(vrptw.warm_up, tasks()[0].path))


def budget_s(seeds: int, seconds: Sequence[float], most: int | None = None) -> float:
    """Seconds `measure` will be at work."""
    return len(tasks(most)) * sum(seconds) * (2 * seeds + 2)


def measure(
    seeds: Sequence[int], seconds: Sequence[float], progress: Progress, most: int | None = None
) -> list[VrptwRun]:
    """Ours and PyVRP with every seed; VROOM and OR-Tools know no seed and run once."""
    runs: list[VrptwRun] = []
    for task in tasks(most):
        for budget in seconds:
            for number, seed in enumerate(seeds):
                fresh = [*_ours(task, budget, seed), *_pyvrp(task, budget, seed)]
                fresh += [*_vroom(task, budget), *_ortools(task, budget)] if number == 0 else []
                for run in fresh:
                    own_s = 0.0 if run.engine == PYVRP else budget
                    progress.done(own_s, f"{run.instance}, seed {seed}, {budget:g} s: {run.engine} {run.gap:.2f} %")
                runs += fresh
    return runs


def _run(
    task: _Task, engine: str, seed: int, seconds: float, began: float, routes: Sequence[Sequence[int]]
) -> VrptwRun:
    wall_s = time.time() - began
    tenths = vrptw.length(task.path, routes)
    broken = said(check_vrptw_routes(task.path, routes, tenths / 10)) if routes else ()
    name = task.path.stem
    return VrptwRun(name, task.customers, seed, engine, seconds, round(wall_s, 3), tenths / 10, task.best_known, broken)


def _ours(task: _Task, seconds: float, seed: int) -> Iterator[VrptwRun]:
    began = time.time()
    found = solve_file(task.path, seconds, seed)
    yield _run(task, OURS, seed, seconds, began, found.routes)


def _pyvrp(task: _Task, seconds: float, seed: int) -> Iterator[VrptwRun]:
    """Both processes with a seed of their own: the first is the single run, the better one the best of two."""
    began = time.time()
    asked = [
        base.processes().submit(vrptw.pyvrp_routes, task.path, began + seconds, base.PROCESSES * seed + number)
        for number in range(base.PROCESSES)
    ]
    found = [_run(task, PYVRP, seed, seconds, began, future.result()) for future in asked]
    yield found[0]
    best = min(found, key=lambda run: run.gap)
    yield replace(best, engine=PYVRP_TWICE)


def _vroom(task: _Task, seconds: float) -> Iterator[VrptwRun]:
    began = time.time()
    yield _run(task, VROOM, 0, seconds, began, vrptw.vroom_routes(task.path, seconds, threads=base.PROCESSES))


def _ortools(task: _Task, seconds: float) -> Iterator[VrptwRun]:
    began = time.time()
    asked = [
        base.processes().submit(vrptw.ortools_routes, task.path, began + seconds, first)
        for first in vrptw.FIRST_SOLUTIONS
    ]
    found = [_run(task, ORTOOLS, 0, seconds, began, future.result()) for future in asked]
    yield min(found, key=lambda run: run.gap)


def medians(runs: Sequence[VrptwRun]) -> dict[tuple[str, int, float, str], float]:
    """Median gap over the seeds by (instance, customers, seconds, engine); infinite if any run found no solution."""
    found: dict[tuple[str, int, float, str], list[float]] = {}
    for run in runs:
        found.setdefault((run.instance, run.customers, run.seconds, run.engine), []).append(run.gap)
    return {key: statistics.median(gaps) for key, gaps in found.items()}


def figures(runs: Sequence[VrptwRun]) -> list[Figure]:
    """Mean of the instances' median gaps by size, and how far ours is from PyVRP's on each instance."""
    gaps = medians(runs)
    found: list[Figure] = []
    for seconds in dict.fromkeys(run.seconds for run in runs):
        for label, aims, small in ((f"≤ {SMALL}", AIM_SMALL, True), (f"> {SMALL}", AIM_LARGE, False)):
            for engine in (OURS, PYVRP, PYVRP_TWICE, VROOM, ORTOOLS):
                own = [
                    gap
                    for (_, customers, at, who), gap in gaps.items()
                    if (at, who) == (seconds, engine) and (customers <= SMALL) == small
                ]
                if own:
                    aim = aims.get(seconds) if engine == OURS else None
                    what = f"VRPTW {label} customers, {seconds:g} s: mean gap, {engine}"
                    found.append(Figure(what, [statistics.mean(own)], "%", aim=aim))
    for (instance, customers, seconds, engine), gap in gaps.items():
        theirs = gaps.get((instance, customers, seconds, PYVRP))
        if engine == OURS and theirs is not None and math.isfinite(theirs):
            aim = 0.0 if customers >= SMALL else AIM_ABOVE
            found.append(Figure(f"{instance}, {seconds:g} s: gap above PyVRP's", [gap - theirs], "points", aim=aim))
    faults = sum(1 for run in runs if math.isinf(run.gap) and run.engine == OURS)
    return [*found, Figure(f"VRPTW: solutions of {OURS} missing or wrong", [float(faults)], "solutions", aim=0.0)]


def table(runs: Sequence[VrptwRun]) -> str:
    """Markdown: median gap in per cent per instance, budget and engine."""
    gaps = medians(runs)
    names = list(dict.fromkeys(run.engine for run in runs))
    lines = ["| instance (customers) | s | " + " | ".join(names) + " |", "|" + "---|" * (2 + len(names))]
    for instance, customers, seconds in dict.fromkeys(key[:3] for key in gaps):
        cells = [_gap(gaps.get((instance, customers, seconds, name))) for name in names]
        lines.append(f"| {instance} ({customers}) | {seconds:g} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _gap(gap: float | None) -> str:
    if gap is None:
        return ""
    return "none found" if math.isinf(gap) else f"{gap:.2f}"
