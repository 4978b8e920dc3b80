"""Court days planned by every engine in the same wall seconds on the same two cores."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.figures import Figure
from routing import HaversineTravel, MaxSeconds, kernel, solve, vrptw
from routing.pool import shared

from .days import REAL_DAYS, Day, Kind, made_up_day, real_days
from .results import CourtRun, Progress, groups, judged
from .rivals import base, engines

OURS, CHAIN = engines.Ours().name, engines.PyVrpChain().name
COMPILES_S = 600.0
# What our worker processes compile or load before they work.
WARM = ("routing.kernel:warm_up", "routing.vrptw.warm:warm_up")
# By how much ours should be lower, in per cent of the mean.
AIMS = {CHAIN: 15.0, engines.Vroom().name: 35.0, engines.OrToolsAlone().name: 35.0}
AIM_SECONDS = (1.0, 2.0, 5.0, 10.0)
# A good first plan of 400 visits: within so many per cent of the plan of a minute.
REAL_SEEDS = 3
FIRST_VISITS, FIRST_S, LAST_S, AIM_FIRST = 400, 1.0, 60.0, 10.0


@dataclass(frozen=True, slots=True)
class Scope:
    """What to measure: sizes of made-up days, kinds, seeds, budgets in seconds, and whether the real days too."""

    sizes: Sequence[int]
    kinds: Sequence[Kind]
    seeds: Sequence[int]
    seconds: Sequence[float]
    real: bool = True

    @property
    def real_seeds(self) -> Sequence[int]:
        """The real days are the same for every seed: three are enough for the engines' luck."""
        return self.seeds[:REAL_SEEDS] if self.real else ()

    @property
    def budget_s(self) -> float:
        days = len(self.seeds) * len(self.sizes) + len(self.real_seeds) * len(REAL_DAYS)
        return len(self.kinds) * days * len(engines.RIVALS) * sum(self.seconds)


def warm_everything() -> None:
    """Processes started, code compiled, on both sides, before any clock runs. Once compiled, code is kept on disk."""
    base.warm(engines.warm_up)
    kernel.warm_up()
    vrptw.warm_up()
    with shared(base.PROCESSES, WARM, wait_s=60.0) as workers:
        if workers is not None and not workers.wait_ready(COMPILES_S):
            raise SystemExit("the planning processes do not get ready")
    kinds: tuple[Kind, ...] = ("plain", "full")
    for kind in kinds:
        solve(made_up_day(100, kind, 0).problem, MaxSeconds(2.0))


def measure(scope: Scope, progress: Progress) -> list[CourtRun]:
    """Every engine on every day with every budget. Engines take turns, so that noise meets all of them."""
    runs = []
    for kind in scope.kinds:
        for seed in scope.seeds:
            real = real_days(kind) if seed in scope.real_seeds else []
            days = [*(made_up_day(size, kind, seed) for size in scope.sizes), *real]
            runs += [
                one(day, rival, seconds, seed, progress)
                for day in days
                for seconds in scope.seconds
                for rival in engines.RIVALS
            ]
    return runs


def one(day: Day, rival: base.Rival, seconds: float, seed: int, progress: Progress) -> CourtRun:
    """One engine, one day, one budget. A travel source of its own: nobody finds matrices somebody else computed."""
    problem = replace(day.problem, travel=HaversineTravel())
    gc.collect()
    began = time.monotonic()
    plan = rival.plan(problem, seconds, seed)
    wall_s = time.monotonic() - began
    value, missed, broken = judged(problem, plan)
    served = day.visits - len(plan.unplanned)
    progress.done(seconds, f"{day.group}, seed {seed}, {seconds:g} s: {rival.name} {value:,} ({served} served)")
    return CourtRun(
        group=day.group,
        seed=seed,
        engine=rival.name,
        seconds=seconds,
        wall_s=round(wall_s, 3),
        objective=value,
        served=served,
        visits=day.visits,
        missed=missed,
        travel_s=plan.travel_s,
        broken=broken,
    )


def first_plans(seeds: Sequence[int], last_s: float, progress: Progress) -> list[Figure]:
    """How far the plan after a second is from the plan after a minute, per cent; 400 visits of either kind."""
    found = []
    kinds: tuple[Kind, ...] = ("plain", "full")
    for kind in kinds:
        gaps = []
        for seed in seeds:
            day = made_up_day(FIRST_VISITS, kind, seed)
            first, last = (one(day, engines.Ours(), s, seed, progress) for s in (FIRST_S, last_s))
            gaps.append(100.0 * (first.objective / last.objective - 1.0))
        what = f"{FIRST_VISITS} visits, {kind}: plan of {FIRST_S:g} s above the plan of {last_s:g} s"
        found.append(Figure(what, gaps, "%", aim=AIM_FIRST))
    return found


def figures(runs: Sequence[CourtRun]) -> list[Figure]:
    """Objectives, then how much lower ours is in the mean and on how many seeds."""
    found: list[Figure] = []
    for group, seconds, by_engine in groups(runs):
        where = f"{group}, {seconds:g} s"
        found += [
            Figure(f"{where}: {engine}", [run.objective / 1000 for run in own], "1000 s")
            for engine, own in by_engine.items()
        ]
        if OURS in by_engine:
            for engine, theirs in by_engine.items():
                if engine != OURS:
                    found += _against(where, seconds, engine, by_engine[OURS], theirs)
    walls = [run.wall_s / run.seconds for run in runs if run.engine == OURS]
    if walls:
        found.append(Figure(f"{OURS}: wall time ÷ budget, worst", [max(walls)], "×"))
    missed = sum(run.missed for run in runs if run.engine == OURS)
    found.append(Figure(f"{OURS}: mandatory visits left out", [float(missed)], "visits"))
    found.append(Figure("plans that do not hold", [float(sum(1 for run in runs if run.broken))], "plans", aim=0.0))
    return found


def _against(
    where: str, seconds: float, engine: str, ours: Sequence[CourtRun], theirs: Sequence[CourtRun]
) -> list[Figure]:
    lower, won, count = compared(ours, theirs)
    aimed = seconds in AIM_SECONDS
    return [
        Figure(f"{where}: below {engine}, means", [lower], "%", aim=AIMS.get(engine) if aimed else None, at_most=False),
        Figure(f"{where}: below {engine}, seeds", [won], f"of {count}", aim=count if aimed else None, at_most=False),
    ]


def compared(ours: Sequence[CourtRun], theirs: Sequence[CourtRun]) -> tuple[float, int, int]:
    """Per cent by which our mean is lower, seeds on which ours is lower, seeds."""
    other = {run.seed: run.objective for run in theirs}
    pairs = [(run.objective, other[run.seed]) for run in ours if run.seed in other]
    mean_ours, mean_theirs = (statistics.mean(side) for side in zip(*pairs, strict=True))
    return 100.0 * (1.0 - mean_ours / mean_theirs), sum(a < b for a, b in pairs), len(pairs)


def table(runs: Sequence[CourtRun]) -> str:
    """Markdown: a row per day and budget; mean objective in thousands, served, worst wall time of each engine."""
    names = list(dict.fromkeys(run.engine for run in runs))
    lines = [
        "| day | s | "
        + " | ".join(names)
        + " | "
        + " | ".join(f"below {name}" for name in names if name != OURS)
        + " |"
    ]
    lines.append("|" + "---|" * (1 + 2 * len(names)))
    for group, seconds, by_engine in groups(runs):
        cells = [group, f"{seconds:g}", *(_cell(by_engine[name]) for name in names if name in by_engine)]
        for name in names:
            if name != OURS:
                lower, won, count = compared(by_engine[OURS], by_engine[name])
                cells.append(f"{lower:.0f} % ({won}/{count})")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(runs: Sequence[CourtRun]) -> str:
    mean = statistics.mean(run.objective for run in runs) / 1000
    served = statistics.mean(run.served for run in runs)
    worst = max(run.wall_s for run in runs)
    missed = sum(run.missed for run in runs)
    late = f", {worst:.1f} s" if worst > 1.05 * runs[0].seconds + 0.2 else ""
    return f"{mean:,.0f} / {served:.0f}{late}" + (f", {missed} mandatory missed" if missed else "")
