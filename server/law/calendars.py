"""Which days are 法定休假日: data per year with its source, editable, never guessed.

Every year is a file `data/calendar/<year>.csv` (`# source: …`, then `date,kind,name`; kind is `off` or `work`, where
`work` is a make-up workday, 调休上班). The seed is chinesecalendar. A year without a file is unknown: the answer then
knows only weekends and the statutory days with a fixed date (全国年节及纪念日放假办法 2024), and is provisional.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from server.law.refusals import LawRefused

FOLDER = Path(__file__).parent / "data" / "calendar"
DAY = timedelta(days=1)
WEEKEND = "周末"
FIRST_YEAR, LAST_YEAR = 1949, 2200

_SATURDAY = 5
_SOURCE = re.compile(r"#\s*source:\s*(\S.*)")
# Statutory days that fall on the same date every year since 2025; the others follow the moon or the sun.
_FIXED = {(1, 1): "元旦", (5, 1): "劳动节", (5, 2): "劳动节", (10, 1): "国庆节", (10, 2): "国庆节", (10, 3): "国庆节"}
# Every year since 2008 arranges these; 中秋 is left out because it may fall into 国庆节 and go under its name.
_FESTIVALS = ("元旦", "春节", "清明", "劳动节", "端午", "国庆节")
_SINCE = 2008
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """One year as the State Council arranged it: days off and make-up workdays by name, and where that was read."""

    year: int
    source: str
    off: Mapping[date, str]
    work: Mapping[date, str]


class Calendar:
    """Days off over several years. Immutable: `with_year` answers a new one."""

    __slots__ = ("_off", "_work", "years")

    def __init__(self, years: Iterable[CalendarYear]) -> None:
        self.years: dict[int, CalendarYear] = {one.year: one for one in years}
        self._off = {day: name for one in self.years.values() for day, name in one.off.items()}
        self._work = {day: name for one in self.years.values() for day, name in one.work.items()}

    def knows(self, day: date) -> bool:
        """Whether the arrangement of that year is known."""
        return day.year in self.years

    def rest(self, day: date) -> str | None:
        """Why this is a 法定休假日 (国庆节, 周末 …), or None for a working day."""
        name = self._off.get(day)
        if name is None and day.weekday() >= _SATURDAY and day not in self._work:
            name = WEEKEND
        if name is None and day.year not in self.years:
            name = _FIXED.get((day.month, day.day))
        return name

    def make_up(self, day: date) -> str | None:
        """The holiday this weekend day is worked for, or None."""
        return self._work.get(day)

    def first_working_day(self, day: date) -> date:
        """`day` itself, or the first working day after it."""
        while self.rest(day) is not None:
            day += DAY
        return day

    def with_year(self, year: CalendarYear) -> Calendar:
        """The same with one year added or replaced."""
        return Calendar([*(one for one in self.years.values() if one.year != year.year), year])


def sensible(*days: date | None) -> None:
    """Raises LawRefused (`law.bad_date`) for a day or moment no case can have; a moment must carry its zone."""
    for day in days:
        if day is None:
            continue
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise LawRefused(code="law.bad_date", title=f"日期不合理：{day.isoformat()}", rule="R1.30")
        if isinstance(day, datetime) and day.tzinfo is None:
            raise LawRefused(code="law.bad_date", title="时间应带时区", rule="R1.30")


def weekday_zh(day: date) -> str:
    """周一 … 周日."""
    return f"周{_WEEKDAYS[day.weekday()]}"


def read_year(text: str) -> CalendarYear:
    """One year from the text of its file. Raises LawRefused (`law.bad_calendar`) and says which line is wrong."""
    lines = text.lstrip("\ufeff").splitlines()
    head = _SOURCE.fullmatch(lines[0].strip()) if lines else None
    if head is None:
        raise _bad("第一行应注明来源：# source: …")
    off: dict[date, str] = {}
    work: dict[date, str] = {}
    rows = csv.DictReader(lines[1:])
    if rows.fieldnames is None or set(rows.fieldnames) != {"date", "kind", "name"}:
        raise _bad("第二行应为 date,kind,name")
    for number, row in enumerate(rows, start=3):
        _take(number, row, off, work)
    return _whole_year(head[1].strip(), off, work)


def _take(number: int, row: Mapping[str, str | None], off: dict[date, str], work: dict[date, str]) -> None:
    try:
        day = date.fromisoformat((row["date"] or "").strip())
    except ValueError as error:
        raise _bad(f"第 {number} 行日期不存在：{row['date']}") from error
    kinds = {"off": off, "work": work}
    kind = kinds.get((row["kind"] or "").strip())
    if kind is None:
        raise _bad(f"第 {number} 行类别应为 off 或 work")
    if day in off or day in work:
        raise _bad(f"第 {number} 行日期重复：{day.isoformat()}")
    if kind is work and day.weekday() < _SATURDAY:
        raise _bad(f"第 {number} 行：调休上班日只能是周六、周日")
    kind[day] = (row["name"] or "").strip()


def _whole_year(source: str, off: dict[date, str], work: dict[date, str]) -> CalendarYear:
    years = {day.year for day in (*off, *work)}
    if len(years) != 1:
        raise _bad("一份数据只能是同一年度的，且不得为空")
    (year,) = years
    missing = [name for name in _FESTIVALS if year >= _SINCE and name not in off.values()]
    if date(year, 1, 1) not in off or missing:
        raise _bad(f"{year} 年数据不完整，缺少：{'、'.join(missing) or '元旦'}")
    return CalendarYear(year, source, off, work)


def _bad(title: str) -> LawRefused:
    return LawRefused(code="law.bad_calendar", title=f"节假日数据有误：{title}", rule="R1.30")


@functools.cache
def shipped() -> Calendar:
    """The years that come with the program."""
    return Calendar(read_year(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.csv")))
