"""What the measurements found, as it goes to a file and comes back: court runs, VRPTW runs, plain figures."""

from __future__ import annotations

import json
import math
import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.figures import Figure
from routing import Plan, Problem, check
from routing.check import objective_parts
from routing.instance import MANDATORY_PENALTY
from routing.plan import Violation

# A mandatory visit left out counts for so much in comparisons: with its real price of 10⁸ one of them would hide
# everything else in a mean. How many were left out is told beside it.
MISSED_S = 100_000
FAULTS_TOLD = 3


@dataclass(frozen=True, slots=True)
class CourtRun:
    """One engine on one court day. `objective` is ours, with MISSED_S for each of the `missed` mandatory visits."""

    group: str
    seed: int
    engine: str
    seconds: float
    wall_s: float
    objective: int
    served: int
    visits: int
    missed: int
    travel_s: int
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VrptwRun:
    """One engine on one VRPTW instance; distance in the file's unit (one decimal), `best_known` likewise.

    Distance 0: the engine found nothing in time.
    """

    instance: str
    customers: int
    seed: int
    engine: str
    seconds: float
    wall_s: float
    distance: float
    best_known: float
    broken: tuple[str, ...] = ()

    @property
    def gap(self) -> float:
        """Per cent above the best known; infinite for what is no solution."""
        if self.broken or not self.distance:
            return math.inf
        return 100.0 * (self.distance / self.best_known - 1.0)


@dataclass(slots=True)
class Results:
    """Everything of one or more sittings."""

    court: list[CourtRun] = field(default_factory=list)
    vrptw: list[VrptwRun] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    machine: list[str] = field(default_factory=list)

    @property
    def broken(self) -> list[str]:
        """Plans that did not hold; there should be none."""
        runs: list[CourtRun | VrptwRun] = [*self.court, *self.vrptw]
        return [str(run) for run in runs if run.broken]

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", "utf-8")

    def read(self, path: Path) -> None:
        """Adds what another sitting found."""
        found = json.loads(path.read_text("utf-8"))
        self.court += [CourtRun(**_tuples(run)) for run in found["court"]]
        self.vrptw += [VrptwRun(**_tuples(run)) for run in found["vrptw"]]
        self.figures += [Figure(**one) for one in found["figures"]]
        self.machine += found["machine"]


def _tuples(run: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in run.items()}


def machine() -> str:
    """What it is measured on, and how busy that is."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, load average {load}"


def said(violations: Sequence[Violation]) -> tuple[str, ...]:
    """The first faults, short."""
    return tuple(
        " ".join(filter(None, (one.code, one.server_id, one.visit_id, str(one.params or ""))))
        for one in violations[:FAULTS_TOLD]
    )


def judged(problem: Problem, plan: Plan) -> tuple[int, int, tuple[str, ...]]:
    """Objective (see CourtRun), mandatory visits left out, and broken rules: the judge's sums, not the engine's."""
    broken = said(check(problem, plan))
    left = {item.visit_id for item in plan.unplanned}
    missed = sum(1 for visit in problem.visits if visit.drop_penalty is None and visit.id in left)
    total = objective_parts(problem, plan).total
    return total - missed * (MANDATORY_PENALTY - MISSED_S), missed, broken


class Progress:
    """Says what was measured, and how much of the budgeted time is left."""

    def __init__(self, budget_s: float, say: bool = True) -> None:
        self.budget_s = max(budget_s, 1e-9)
        self.spent_s = 0.0
        self.began = time.monotonic()
        self.say = say

    def done(self, budget_s: float, line: str) -> None:
        self.spent_s += budget_s
        if self.say:
            elapsed = time.monotonic() - self.began
            share = min(1.0, self.spent_s / self.budget_s)
            left = elapsed / share - elapsed
            print(f"   {share:4.0%}, about {left / 60:.0f} min left: {line}", flush=True)


def groups(runs: Sequence[CourtRun]) -> Iterator[tuple[str, float, dict[str, list[CourtRun]]]]:
    """(group, seconds, runs by engine) in the order they were measured."""
    keys = dict.fromkeys((run.group, run.seconds) for run in runs)
    for group, seconds in keys:
        by_engine: dict[str, list[CourtRun]] = {}
        for run in runs:
            if (run.group, run.seconds) == (group, seconds):
                by_engine.setdefault(run.engine, []).append(run)
        yield group, seconds, by_engine
