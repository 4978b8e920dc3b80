"""How periods (期间) are counted: pure arithmetic over days, months and hours, with every step in words.

CPL art. 85, INT art. 125: the starting hour and day are not counted; a last day that is a 法定休假日 moves to the first
day after it; travel time is left out; what is posted before expiry is in time. Criminal: CRL art. 105 (custody never
moves) and CRI art. 202 (months). Administrative: ALI art. 48, the same shape. Days are dates in Asia/Shanghai.
"""

from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from server.law.calendars import DAY, Calendar, sensible, weekday_zh
from server.law.refusals import LawRefused

Unit = Literal["day", "month", "year"]
MonthRule = Literal["civil", "criminal"]

CIVIL = "民事诉讼法第八十五条"
MAX_AMOUNT = 10_000
_UNITS_ZH = {"day": "日", "month": "个月", "year": "年"}
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Counted:
    """`raw_end_on` before, `ends_on` after holidays. `provisional`: the calendar of that year is not known."""

    raw_end_on: date
    ends_on: date
    provisional: bool
    working: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CountedHours:
    """A period by hours: it ends at this moment. Never moved by a holiday: art. 85 speaks of the last day."""

    ends_at: datetime
    working: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timely:
    """Whether an act was in time, and by which day."""

    in_time: bool
    counted_on: date
    working: tuple[str, ...]
    articles: tuple[str, ...] = (CIVIL,)


def day_zh(day: date) -> str:
    """2026-10-02（周五）."""
    return f"{day.isoformat()}（{weekday_zh(day)}）"


def count(
    amount: int,
    unit: Unit,
    start: date,
    *,
    calendar: Calendar,
    rolls: bool = True,
    month_rule: MonthRule = "civil",
    travel_days: int = 0,
) -> Counted:
    """The last day of a period that starts with an event on `start`; that day itself is not counted.

    `rolls` false: the end stays where it falls (custody, CRL art. 105). `travel_days` are left out of the period.
    Raises LawRefused (`law.bad_period`) for amounts that make no sense.
    """
    sensible(start)
    if not 0 < amount <= MAX_AMOUNT or not 0 <= travel_days <= MAX_AMOUNT:
        raise LawRefused(code="law.bad_period", title=f"期间长度不合理：{amount}", rule=CIVIL)
    try:
        raw = _raw_end(amount, unit, start, month_rule)
        working = [
            f"自 {day_zh(start)} 起，当日不计入，从次日起算",
            f"{amount} {_UNITS_ZH[unit]}的最后一日为 {day_zh(raw)}",
        ]
        if travel_days:
            raw += timedelta(days=travel_days)
            working.append(f"扣除在途时间 {travel_days} 日，最后一日为 {day_zh(raw)}")
        end = _roll(raw, calendar, working) if rolls else _stay(raw, calendar, working)
    except OverflowError as error:
        raise LawRefused(code="law.bad_date", title="日期超出可计算的范围", rule=CIVIL) from error
    provisional = rolls and not (calendar.knows(raw) and calendar.knows(end))
    if provisional:
        unknown = raw.year if not calendar.knows(raw) else end.year
        working.append(f"{unknown} 年的节假日安排尚未录入，只按周末和固定日期的法定节日推算，结果为暂定，须复核")
    return Counted(raw, end, provisional, tuple(working))


def _raw_end(amount: int, unit: Unit, start: date, month_rule: MonthRule) -> date:
    if unit == "day":
        return start + timedelta(days=amount)
    return add_months(start, amount * (12 if unit == "year" else 1), rule=month_rule)


def _roll(raw: date, calendar: Calendar, working: list[str]) -> date:
    why = calendar.rest(raw)
    if why is None:
        named = calendar.make_up(raw)
        if named is not None:
            working.append(f"该日为{named}调休上班日，是工作日，不顺延")
        return raw
    end = calendar.first_working_day(raw)
    working.append(f"该日为法定休假日（{why}），顺延至其后的第一个工作日 {day_zh(end)}")
    return end


def _stay(raw: date, calendar: Calendar, working: list[str]) -> date:
    if calendar.rest(raw) is not None:
        working.append("该期间不因节假日顺延，至期满之日为止")
    return raw


def add_months(start: date, amount: int, *, rule: MonthRule = "civil") -> date:
    """The corresponding day `amount` months later; the month's last day when there is none.

    `criminal` (CRI art. 202): from a month's last day to the last day of the later month. `civil` (民法典 art. 202):
    the same number only.
    """
    year, month = divmod(start.year * 12 + start.month - 1 + amount, 12)
    if not 1 <= year <= date.max.year:
        raise OverflowError
    last = months.monthrange(year, month + 1)[1]
    if rule == "criminal" and start.day == months.monthrange(start.year, start.month)[1]:
        return date(year, month + 1, last)
    return date(year, month + 1, min(start.day, last))


def count_hours(amount: int, start_at: datetime) -> CountedHours:
    """The moment a period by hours ends: the starting hour is not counted. `start_at` must be aware."""
    sensible(start_at)
    if not 0 < amount <= MAX_AMOUNT:
        raise LawRefused(code="law.bad_period", title=f"期间长度不合理：{amount}", rule=CIVIL)
    first = start_at.replace(minute=0, second=0, microsecond=0) + _HOUR
    end = first + amount * _HOUR
    shown = f"{start_at:%Y-%m-%d %H:%M}"
    return CountedHours(
        end, (f"自 {shown} 起，开始的时不计入，从次时 {first:%H:%M} 起算", f"{amount} 小时至 {end:%Y-%m-%d %H:%M} 届满")
    )


def in_time(ends_on: date, *, posted_on: date | None = None, received_on: date | None = None) -> Timely:
    """Whether something handed in or posted came before the end. The post mark counts (CPL art. 85 ¶4)."""
    sensible(ends_on, posted_on, received_on)
    if posted_on and received_on and received_on < posted_on:
        raise LawRefused(code="law.contradiction", title="收到日期早于交邮日期", rule=CIVIL)
    counted = posted_on or received_on
    if counted is None:
        raise LawRefused(code="law.bad_input", title="应提供交邮日期或者收到日期", rule=CIVIL)
    how = "交邮" if posted_on else "提交"
    ok = counted <= ends_on
    working = [f"{how}日期 {day_zh(counted)}，期满日期 {day_zh(ends_on)}", "未逾期" if ok else "已逾期"]
    if ok and posted_on and received_on and received_on > ends_on:
        working.append("在期满前交邮的，不算过期")
    return Timely(ok, counted, tuple(working))


def days_before(
    hearing_on: date, amount: int, *, clear: bool = False, exclude: timedelta = DAY
) -> tuple[date, tuple[str, ...]]:
    """The last day on which something due `amount` days before a day may happen. `clear`: whole days between."""
    sensible(hearing_on)
    last = hearing_on - timedelta(days=amount) - (exclude if clear else timedelta())
    how = f"之间应有完整的 {amount} 日" if clear else f"减 {amount} 日"
    return last, (f"开庭日 {day_zh(hearing_on)}，{how}，最迟为 {day_zh(last)}",)
