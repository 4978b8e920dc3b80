"""How far a run is: written to the run by the one worker that holds its lease, and told to the boards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.cases.importers import Saved
from server.cases.models import ImportRun
from server.cases.reading import Table
from server.cases.rules.problems import Problem
from server.core import live

ALL_PROBLEMS_UNTIL = 10_000  # from then on one problem per bad row: the run must fit a MongoDB document


class LeaseLost(Exception):
    """Another worker has taken the run over."""


@dataclass(slots=True)
class Batch:
    """Rows to save together and what was wrong with their neighbours. `read` counts all rows it was made from."""

    rows: list[tuple[int, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    read: int = 0


class Progress:
    """Writes how far a run is, as long as this worker holds it, and tells the boards. Raises LeaseLost."""

    def __init__(self, run: ImportRun, lease: str, clock: Callable[[], datetime]) -> None:
        self._run = run
        self._lease = lease
        self._clock = clock
        self._counts: Counter[str] = Counter(rows=0, created=0, updated=0, unchanged=0, bad=0, warnings=0)
        self._problems = 0
        self._total = 0

    def begin(self, table: Table) -> None:
        """The file can be read: how many rows it has, and what is odd about its columns."""
        self._total = table.row_count
        self._write(table.problems, {"rows_total": table.row_count})

    def add(self, batch: Batch, saved: Saved) -> None:
        problems = [*batch.problems, *saved.problems]
        bad = {problem.row for problem in problems if not problem.warning}
        self._counts.update(
            rows=batch.read, created=saved.created, updated=saved.updated, unchanged=saved.unchanged, bad=len(bad)
        )
        self._write(problems)

    def finish(self, state: str, failure: dict[str, Any] | None = None) -> None:
        values: dict[str, Any] = {"state": state, "finished_at": self._clock()}
        if failure:
            values["failure"] = failure
        self._write((), values)
        live.publish(self._run.court, "import.finished", run_id=self._run.id, state=state, counts=dict(self._counts))

    def _write(self, problems: Sequence[Problem], values: dict[str, Any] | None = None) -> None:
        self._problems += len(problems)
        self._counts["warnings"] += sum(problem.warning for problem in problems)
        kept = problems if self._problems <= ALL_PROBLEMS_UNTIL else _first_per_bad_row(problems)
        update: dict[str, Any] = {
            "$set": {
                "beat_at": self._clock(),
                "counts": dict(self._counts),
                "rows_done": self._counts["rows"],
                "problems_total": self._problems,
                **(values or {}),
            }
        }
        if kept:
            update["$push"] = {"problems": {"$each": [problem.as_document() for problem in kept]}}
        held = {"_id": self._run.id, "state": "running", "lease": self._lease}
        if not ImportRun._get_collection().update_one(held, update).matched_count:
            raise LeaseLost
        live.publish(
            self._run.court,
            "import.progress",
            run_id=self._run.id,
            rows_done=self._counts["rows"],
            rows_total=self._total,
        )


def _first_per_bad_row(problems: Sequence[Problem]) -> list[Problem]:
    first: dict[int, Problem] = {}
    for problem in problems:
        if not problem.warning:
            first.setdefault(problem.row, problem)
    return list(first.values())
