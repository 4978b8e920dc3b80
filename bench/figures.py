"""What a measurement found, and the table all of them are shown in."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing: the value of each repetition. `aim` is the least wanted, or the most (`at_most`)."""

    what: str
    values: Sequence[float]
    unit: str
    aim: float | None = None
    at_most: bool = True

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> str:
        """Lowest to highest of a few repetitions, 5th to 95th percentile of many."""
        if len(self.values) < 2:
            return "once"
        ordered = sorted(self.values)
        cut = len(ordered) // 20 if len(ordered) >= 40 else 0
        return f"{number(ordered[cut])} – {number(ordered[-1 - cut])}"

    @property
    def met(self) -> str:
        if self.aim is None:
            return ""
        return "yes" if (self.median <= self.aim if self.at_most else self.median >= self.aim) else "NO"

    def row(self) -> tuple[str, ...]:
        aim = "" if self.aim is None else f"{'≤' if self.at_most else '≥'} {number(self.aim)}"
        return (self.what, number(self.median), self.spread, self.unit, aim, self.met)


def number(value: float) -> str:
    """Three significant digits, thousands separated."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(figures: Iterable[Figure]) -> str:
    """A Markdown table with aligned columns."""
    rows = [("what", "median", "spread", "unit", "aim", "met?"), *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
