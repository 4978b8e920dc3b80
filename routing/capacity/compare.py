"""Staffings side by side: the same months for each, medians and spread, and the smallest that keeps the target."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from .model import Assumptions, Month, Staffing
from .month import Halt, simulate


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked of a staffing; every line must hold (None: does not matter)."""

    served_in_promise: float | None = 0.75
    served_before_hearing: float | None = 0.9
    backlog_growth: float | None = 1.0  # open visits per day, second half of the month
    utilisation: float | None = 0.95


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, median and most over the seeds."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(min(values), statistics.median(values), max(values))


@dataclass(frozen=True, slots=True)
class Row:
    """A staffing and what its months came to. `open_by_day` is the median backlog in the evening of each day."""

    staffing: Staffing
    visits_per_day: Spread
    served_per_day: Spread
    backlog: Spread
    backlog_growth: Spread
    served_in_promise: Spread
    served_before_hearing: Spread
    first_visit_success: Spread
    km_per_day: Spread
    overtime_h: Spread
    utilisation: Spread
    cost: float
    open_by_day: tuple[float, ...]
    meets: bool

    @property
    def servers(self) -> int:
        return self.staffing.servers


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`chosen` is the place of the cheapest staffing that meets the target (then the fewest people), None if none."""

    rows: tuple[Row, ...]
    chosen: int | None
    days: int
    seeds: tuple[int, ...]


def what_if(
    assumptions: Assumptions,
    staffings: Sequence[Staffing],
    seeds: Sequence[int] = (0, 1, 2),
    *,
    days: int = 22,
    target: Target | None = None,
    halt: Halt | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_row: Callable[[Row], None] | None = None,
) -> WhatIf:
    """Every staffing through the same months, one per seed.

    `on_progress` hears (days simulated, days in all), `on_row` each staffing as it is done. Raises Cancelled.
    """
    wanted, total = target or Target(), len(staffings) * len(seeds) * days
    done = 0

    def told(day: int) -> None:
        if on_progress is not None:
            on_progress(done + day, total)

    rows = []
    for staffing in staffings:
        months = []
        for seed in seeds:
            months.append(simulate(assumptions, staffing, days, seed, halt=halt, on_day=told))
            done += days
        rows.append(_row(staffing, months, wanted))
        if on_row is not None:
            on_row(rows[-1])
    return WhatIf(tuple(rows), _chosen(rows), days, tuple(seeds))


def _row(staffing: Staffing, months: Sequence[Month], target: Target) -> Row:
    def spread(of: Callable[[Month], float]) -> Spread:
        return Spread.of([of(month) for month in months])

    days = len(months[0].days)
    row = Row(
        staffing=staffing,
        visits_per_day=spread(lambda month: month.visits_per_day),
        served_per_day=spread(lambda month: sum(day.served for day in month.days) / days),
        backlog=spread(lambda month: month.backlog),
        backlog_growth=spread(lambda month: month.backlog_growth),
        served_in_promise=spread(lambda month: month.served_in_promise),
        served_before_hearing=spread(lambda month: month.served_before_hearing),
        first_visit_success=spread(lambda month: month.first_visit_success),
        km_per_day=spread(lambda month: month.km_per_day),
        overtime_h=spread(lambda month: month.overtime_h),
        utilisation=spread(lambda month: month.utilisation),
        cost=months[0].cost,
        open_by_day=tuple(statistics.median(month.days[day].open for month in months) for day in range(days)),
        meets=False,
    )
    return _judged(row, target)


def _judged(row: Row, target: Target) -> Row:
    lines = (
        (target.served_in_promise, row.served_in_promise.median, 1),
        (target.served_before_hearing, row.served_before_hearing.median, 1),
        (target.backlog_growth, row.backlog_growth.median, -1),
        (target.utilisation, row.utilisation.median, -1),
    )
    return replace(row, meets=all(asked is None or sign * found >= sign * asked for asked, found, sign in lines))


def _chosen(rows: Sequence[Row]) -> int | None:
    good = [place for place, row in enumerate(rows) if row.meets]
    return min(good, key=lambda place: (rows[place].cost, rows[place].servers, place), default=None)
