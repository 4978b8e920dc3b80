"""A row being read: takes fields one by one and gathers what is wrong instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from server.cases.rules import fields
from server.cases.rules.columns import Column
from server.cases.rules.fields import FieldProblem
from server.cases.rules.problems import Problem, shown

Value = TypeVar("Value")

BEYOND_HEADER = ""  # the column name under which a reader hands over a cell that no header stands above


class Cells:
    """The texts of one row by column name, and the problems found in them so far."""

    def __init__(self, number: int, texts: Mapping[str, str], columns: Sequence[Column]) -> None:
        self.number = number
        self.problems: list[Problem] = []
        self._columns = {column.name: column for column in columns}
        self._texts = texts
        self._bad: set[str] = set()
        if texts.get(BEYOND_HEADER):
            reason = "单元格多于表头，内容可能因未加引号的逗号而错位"
            self.problems.append(Problem(number, "", "import.too_many_cells", reason))
        for column in columns:
            self._check(column, texts.get(column.name, ""))

    @property
    def usable(self) -> bool:
        """True while nothing but warnings was found."""
        return all(problem.warning for problem in self.problems)

    def text(self, column: str) -> str:
        """The cell, or "" when it is blank or already known to be unusable."""
        return "" if column in self._bad else self._texts.get(column, "")

    def take(self, column: str, read: Callable[[str], Value]) -> Value | None:
        """The value `read` makes of a cell; None when the cell is blank or `read` refuses it (which is noted)."""
        text = self.text(column)
        if not text:
            return None
        try:
            return read(text)
        except FieldProblem as problem:
            self.refuse(column, problem.code, problem.reason)
            return None

    def refuse(self, column: str, code: str, reason: str) -> None:
        """Notes what keeps the row out."""
        self._bad.add(column)
        self._note(column, code, reason, warning=False)

    def warn(self, column: str, code: str, reason: str) -> None:
        """Notes something to look at; the row still goes in."""
        self._note(column, code, reason, warning=True)

    def _note(self, column: str, code: str, reason: str, *, warning: bool) -> None:
        masking = self._columns[column].masking
        value = shown(self._texts.get(column, ""), masking=masking)
        self.problems.append(Problem(self.number, column, code, reason, value, warning))

    def _check(self, column: Column, text: str) -> None:
        if not text:
            if column.required:
                self.refuse(column.name, "import.required", f"{column.name}不能为空")
            return
        try:
            fields.check_cell(text, max_length=column.max_length, strict=column.strict)
        except FieldProblem as problem:
            self.refuse(column.name, problem.code, problem.reason)
