"""Planning a court's day: visits served, km and objective after so many seconds; `python -m bench.bench_routing`.

Options: `--data DIR` (folder that holds day-*/cases.xlsx and servers.csv; without it, days made by a generator),
`--seconds 5,10,30`, `--runs 3`, `--json`. Every plan is checked; a plan with a violation ends the run with status 1.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.court_day import generate_day, load_day
from bench.figures import Figure
from routing import HaversineTravel, MaxSeconds, Plan, Problem, check, insert, solve


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over the runs of one day and budget."""

    day: str
    visits: int
    servers: int
    budget_s: float
    wall_s: float
    served: int
    km: float
    travel_h: float
    objective: int


def planned(plan: Plan) -> int:
    """Visits served, a crew's visit counted once."""
    return len({stop.visit_id for route in plan.routes for stop in route.stops})


def measure(name: str, problem: Problem, budget_s: float, runs: int) -> Row:
    """Solve with seeds 0…runs-1. Raises SystemExit if any plan breaks a rule."""
    plans, walls = [], []
    for seed in range(runs):
        began = time.perf_counter()
        plans.append(solve(problem, MaxSeconds(budget_s), seed))
        walls.append(time.perf_counter() - began)
        broken = check(problem, plans[-1])
        if broken:
            raise SystemExit(f"{name}: {broken[:3]}")
    return Row(
        name,
        len(problem.visits),
        len(problem.servers),
        budget_s,
        round(statistics.median(walls), 2),
        int(statistics.median(planned(plan) for plan in plans)),
        round(statistics.median(plan.distance_m for plan in plans) / 1000, 1),
        round(statistics.median(plan.travel_s for plan in plans) / 3600, 1),
        int(statistics.median(plan.objective for plan in plans)),
    )


def small_things(name: str, problem: Problem, runs: int) -> list[tuple[str, float]]:
    """Milliseconds (median) of a matrix and of a drag on the board."""
    plan = solve(problem, MaxSeconds(2.0))
    points = [visit.point for visit in problem.visits]
    matrix_ms, drag_ms = [], []
    for number in range(max(runs, 5)):
        began = time.perf_counter()
        HaversineTravel().matrix(points, "car", 10)
        matrix_ms.append((time.perf_counter() - began) * 1000)
        server = problem.servers[number % len(problem.servers)]
        visit = problem.visits[(37 * number) % len(problem.visits)]
        began = time.perf_counter()
        insert(problem, plan, visit.id, server.id)
        drag_ms.append((time.perf_counter() - began) * 1000)
    return [
        (f"matrix {len(points)}² ({name})", statistics.median(matrix_ms)),
        (f"drag one visit ({name})", statistics.median(drag_ms)),
    ]


def print_table(rows: Sequence[Row], small: Sequence[tuple[str, float]]) -> None:
    """The rows as a Markdown table."""
    print("| day | visits | servers | budget s | wall s | served | km | travel h | objective |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(str(value) for value in asdict(row).values()) + " |")
    print()
    print("| step | ms (median) |")
    print("|---|---|")
    for label, milliseconds in small:
        print(f"| {label} | {milliseconds:.1f} |")


def days(folder: Path | None) -> dict[str, Problem]:
    """The days to plan, by name."""
    if folder is None:
        return {
            "generated 160": generate_day(160, 10, seed=24),
            "generated 600": generate_day(600, 24, seed=25),
        }
    return {path.name: load_day(path) for path in sorted(folder.glob("day-*")) if path.is_dir()}


def figures(quick: bool) -> list[Figure]:
    """Plans of 160 and 600 visits in ten seconds, a matrix and a drag, for `python -m bench`."""
    budget_s, runs = (2.0, 1) if quick else (10.0, 3)
    found = []
    for name, problem in days(None).items():
        row = measure(name, problem, budget_s, runs)
        within = f"{row.visits} visits, {row.servers} servers, {budget_s:.0f} s"
        found += [
            Figure(f"plan {within}: served", [row.served], "visits"),
            Figure(f"plan {within}: way", [row.km], "km"),
            Figure(f"plan {within}: wall time", [row.wall_s], "s"),
            *(Figure(label, [milliseconds], "ms") for label, milliseconds in small_things(name, problem, runs)),
        ]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 if every plan holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seconds", default="5,10")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    budgets = [float(part) for part in options.seconds.split(",")]
    rows: list[Row] = []
    small: list[tuple[str, float]] = []
    for name, problem in days(options.data).items():
        rows += [measure(name, problem, budget, options.runs) for budget in budgets]
        small += small_things(name, problem, options.runs)
    if options.json:
        print(json.dumps({"days": [asdict(row) for row in rows], "ms": dict(small)}))
    else:
        print_table(rows, small)
    return 0


if __name__ == "__main__":
    sys.exit(main())
