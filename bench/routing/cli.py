"""`python -m bench routing`: planning against other engines, in the same wall seconds on the same machine.

Parts (`--only`): court (court days against PyVRP+repair+OR-Tools, VROOM and OR-Tools; the first good plan), vrptw
(standard instances), replan (400 visits), matrix (travel matrix, memory). `--quick` takes less than four minutes and
only shows that everything runs. `--out FILE` keeps every single run as JSON; `--read FILE …` shows kept runs again, put
together, instead of measuring; `--chart FILE` draws the anytime curves of the plain days as SVG.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figures import table
from routing.pool import close_shared

from . import chart, court, matrix, replan, vrptw
from .days import SERVERS, Kind
from .results import Progress, Results, machine
from .rivals import base

PARTS = ("court", "vrptw", "replan", "matrix")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured, and for how long."""

    scope: court.Scope
    first_seeds: Sequence[int]
    last_s: float
    vrptw_seeds: Sequence[int]
    vrptw_seconds: Sequence[float]
    vrptw_most: int | None
    replan_days: int
    replan_events: int
    published_s: float
    memory_s: float
    matrix_rounds: int

    def budget_s(self, parts: Sequence[str]) -> float:
        """Seconds of all parts, about."""
        first_s = 2 * len(self.first_seeds) * (court.FIRST_S + self.last_s)
        each: dict[str, Callable[[], float]] = {
            "court": lambda: self.scope.budget_s + first_s,
            "vrptw": lambda: vrptw.budget_s(len(self.vrptw_seeds), self.vrptw_seconds, self.vrptw_most),
            "replan": lambda: replan.budget_s(self.replan_days, self.replan_events, self.published_s),
            "matrix": lambda: 2 * self.memory_s,
        }
        return sum(each[part]() for part in parts)


def full_plan(options: argparse.Namespace) -> Plan:
    """Everything, as docs/performance.md reports it."""
    seeds = range(1, options.seeds + 1)
    kinds: dict[str, tuple[Kind, ...]] = {"plain": ("plain",), "full": ("full",), "both": ("plain", "full")}
    seconds = options.seconds
    return Plan(
        scope=court.Scope(options.sizes, kinds[options.kind], seeds, seconds or (1.0, 2.0, 5.0, 10.0), options.real),
        first_seeds=seeds[:3],
        last_s=court.LAST_S,
        vrptw_seeds=range(1, max(3, options.seeds // 2) + 1) if options.seeds >= 3 else seeds,
        vrptw_seconds=seconds or (10.0, 30.0),
        vrptw_most=None,
        replan_days=max(1, options.seeds // 2),
        replan_events=10,
        published_s=replan.PUBLISHED_S,
        memory_s=10.0,
        matrix_rounds=10,
    )


def quick_plan(options: argparse.Namespace) -> Plan:
    """A little of everything."""
    kinds: tuple[Kind, ...] = ("plain", "full")
    return Plan(
        scope=court.Scope((100, 400), kinds, (1,), options.seconds or (1.0, 2.0), real=False),
        first_seeds=(1,),
        last_s=5.0,
        vrptw_seeds=(1,),
        vrptw_seconds=options.seconds or (2.0,),
        vrptw_most=400,
        replan_days=1,
        replan_events=2,
        published_s=2.0,
        memory_s=3.0,
        matrix_rounds=3,
    )


def measure(plan: Plan, parts: Sequence[str], out: Path | None, say: bool = True) -> Results:
    """All the parts; what is found is written after each of them."""
    results = Results(machine=[f"before: {machine()}"])
    progress = Progress(plan.budget_s(parts), say)
    court.warm_everything()
    work: dict[str, Callable[[], None]] = {
        "court": lambda: _court(plan, results, progress),
        "vrptw": lambda: _vrptw(plan, results, progress),
        "replan": lambda: results.figures.extend(
            replan.measure(plan.replan_days, plan.replan_events, plan.published_s, progress)
        ),
        "matrix": lambda: _matrix(plan, results, progress),
    }
    try:
        for part in parts:
            work[part]()
            if out is not None:
                results.write(out)
    finally:
        results.machine.append(f"after: {machine()}")
        base.close()
        close_shared()
        if out is not None:
            results.write(out)
    return results


def _court(plan: Plan, results: Results, progress: Progress) -> None:
    results.court += court.measure(plan.scope, progress)
    results.figures += court.first_plans(plan.first_seeds, plan.last_s, progress)


def _vrptw(plan: Plan, results: Results, progress: Progress) -> None:
    vrptw.warm_up()
    results.vrptw += vrptw.measure(plan.vrptw_seeds, plan.vrptw_seconds, progress, plan.vrptw_most)


def _matrix(plan: Plan, results: Results, progress: Progress) -> None:
    results.figures += matrix.matrices(plan.matrix_rounds)
    for kind in ("plain", "full"):
        results.figures += matrix.memory(plan.memory_s, kind)
        progress.done(plan.memory_s, f"memory of planning {matrix.VISITS} visits, {kind}")


def report(results: Results) -> str:
    """Figures with aims, then the tables of the court days and the VRPTW instances."""
    found = list(results.figures)
    found += court.figures(results.court) if results.court else []
    found += vrptw.figures(results.vrptw) if results.vrptw else []
    parts = ["\n".join(results.machine), table(found)]
    if results.court:
        said = (
            "Mean objective (1000 s) / visits served, worst wall time where it is over; how much lower ours is (seeds)."
        )
        parts += [said, court.table(results.court)]
    if results.vrptw:
        parts += ["Median gap to the best known distance, per cent.", vrptw.table(results.vrptw)]
    return "\n\n".join(parts)


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(int(part) for part in text.split(","))
    if not set(sizes) <= set(SERVERS):
        raise argparse.ArgumentTypeError(f"sizes are some of {', '.join(map(str, SERVERS))}")
    return sizes


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench routing", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be given more than once")
    parser.add_argument("--seeds", type=int, default=6, help="seeds of the court days (6)")
    parser.add_argument("--seconds", type=_numbers, help="budgets, e.g. 1,2,5,10 (court) or 10,30 (vrptw)")
    parser.add_argument("--sizes", type=_sizes, default=(100, 400, 1000), help="visits of made-up days (100,400,1000)")
    parser.add_argument("--kind", choices=("plain", "full", "both"), default="both")
    parser.add_argument("--no-real", dest="real", action="store_false", help="without the days of a court's export")
    parser.add_argument("--out", type=Path, metavar="FILE")
    parser.add_argument("--read", type=Path, metavar="FILE", nargs="+")
    parser.add_argument("--chart", type=Path, metavar="FILE")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """0 if every plan held."""
    options = options_of(arguments)
    if options.read:
        results = Results()
        for path in options.read:
            results.read(path)
    else:
        plan = quick_plan(options) if options.quick else full_plan(options)
        parts = [part for part in PARTS if options.only is None or part in options.only]
        print(f"── routing: {', '.join(parts)}, about {plan.budget_s(parts) / 60:.0f} minutes", flush=True)
        results = measure(plan, parts, options.out)
    print("\n" + report(results))
    if options.chart:
        drawn = [panel for panel in chart.panels(results.court) if "plain" in panel.title]
        options.chart.write_text(chart.svg(drawn, "Mean objective by wall time (1000 s, lower is better)"), "utf-8")
    for line in results.broken:
        print(f"!! does not hold: {line}")
    return 1 if results.broken else 0
