"""Which kinds of list can be brought in, and who on the floors above wants their rows.

`register(Importer(...))` adds a kind (dispatch registers "servers"); `on_case_rows(sink)` adds a floor that wants the
rows of a case list (addresses, then service). Both are called when the program is composed; again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from server.cases.errors import FileRefused
from server.cases.rules.columns import Column
from server.cases.rules.problems import Checked, Problem
from server.cases.rules.rows import CaseRow

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


class WriteConflict(Exception):
    """Another process wrote the same documents at the same time: the batch is to be saved again."""


@dataclass(slots=True)
class ImportContext:
    """What an importer may know. `today` is the day of law; `memory` lasts for one run."""

    run_id: str
    court: str
    filename: str
    day: date | None
    today: date
    actor_id: str
    actor_name: str
    now: datetime
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a batch. The three counts add up to its rows, less those that `problems` call bad."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Importer:
    """One kind of list.

    `check(row number, texts by column, context)` judges one row, never raises for what a cell holds, and leaves
    `context.memory` alone: the next rows are checked while others are being saved.
    `save([(row number, row), …], context)` writes a batch of at most `batch_rows` and may run twice for the same rows;
    it may raise WriteConflict to be called again. `needs_day`: the list is for one day.
    """

    kind: str
    columns: tuple[Column, ...]
    check: Callable[[int, Mapping[str, str], ImportContext], Checked[Any]]
    save: Callable[[Sequence[tuple[int, Any]], ImportContext], Saved]
    batch_rows: int = 500
    needs_day: bool = False


@dataclass(slots=True)
class PlacedRow:
    """A case row on its way up through the floors: each fills in what it made and says what it changed.

    The way up may be walked again after a WriteConflict. `key` is the import key of its task. `point` is the place as
    it is stored, the contact point's own when the row names none; `address` is sealed, as the contact point holds it.
    `notes` are changes (Chinese) that the task itself
    does not show; `result` ends as created, updated or unchanged; `problems` as the report lists them.
    """

    number: int
    row: CaseRow
    key: str
    identity: str
    judge_id: str | None
    clerk_id: str | None
    id_mask: str
    phone_mask: str
    point: dict[str, Any] | None
    division_id: str | None = None
    case_id: str = ""
    party_id: str = ""
    contact_point_id: str = ""
    address: dict[str, str] = field(default_factory=dict)
    result: str = UNCHANGED
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def changed(self, note: str) -> None:
        """Says that something this row names was changed."""
        if note not in self.notes:
            self.notes.append(note)
        self.touched()

    def touched(self) -> None:
        """The row counts as updated, unless it made something new."""
        if self.result == UNCHANGED:
            self.result = UPDATED

    def warn(self, column: str, code: str, reason: str) -> None:
        problem = Problem(self.number, column, code, reason, "", warning=True)
        if problem not in self.problems:
            self.problems.append(problem)


CaseRowSink = Callable[[Sequence[PlacedRow], ImportContext], None]

_importers: dict[str, Importer] = {}
_sinks: list[CaseRowSink] = []


def register(importer: Importer) -> None:
    """Makes a kind of list known."""
    _importers[importer.kind] = importer


def importer_of(kind: str) -> Importer:
    """Raises FileRefused `import.unknown_kind`."""
    found = _importers.get(kind)
    if found is None:
        raise FileRefused(code="import.unknown_kind", title="不认识的导入类型", kinds=sorted(_importers))
    return found


def on_case_rows(sink: CaseRowSink) -> None:
    """Adds a floor that wants the rows of case lists, after those that were added before."""
    if sink not in _sinks:
        _sinks.append(sink)


def case_row_sinks() -> tuple[CaseRowSink, ...]:
    return tuple(_sinks)
