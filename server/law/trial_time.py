"""Days for statistics of 审限, which are not days of service (R1.35, R1.36).

LIM = 严格执行案件审理期限制度的若干规定 (2000), art. 10: the closing date is the day a document was left, published or
posted; the last party counts. INT art. 243, ALI art. 50: the announcement period is left out of the trial period.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from server.law.calendars import DAY, sensible
from server.law.refusals import LawRefused

ARTICLE = "严格执行案件审理期限制度的若干规定第十条"
EXCLUDED = "民诉法解释第二百四十三条"
# What happened → the day that closes the case; the day of service is another one for posting and announcement.
CLOSING_DAY: Mapping[str, str] = {
    "signed": "签收日期",
    "left": "留置之日",
    "notice": "公告刊登日期",
    "mail": "交邮日期",
    "forwarded": "签收日期",
}


@dataclass(frozen=True, slots=True)
class Closing:
    """`closed_on`: the last party's day. `working` names each."""

    closed_on: date
    working: tuple[str, ...]
    articles: tuple[str, ...] = (ARTICLE,)


def closing_day(parties: Mapping[str, tuple[str, date]]) -> Closing:
    """The closing date over parties: name → (a key of CLOSING_DAY, its day). Raises LawRefused."""
    if not parties:
        raise LawRefused(code="law.bad_input", title="没有当事人", rule=ARTICLE)
    unknown = [way for way, _ in parties.values() if way not in CLOSING_DAY]
    if unknown:
        raise LawRefused(code="law.unknown_word", title=f"没有这种送达结果：{unknown[0]}", rule=ARTICLE)
    working = [f"{name}：{CLOSING_DAY[way]} {day.isoformat()}" for name, (way, day) in parties.items()]
    last = max(day for _, day in parties.values())
    return Closing(last, (*working, f"以最后一方为准，结案日期 {last.isoformat()}"))


@dataclass(frozen=True, slots=True)
class TrialTime:
    """Days from filing to closing, without those that do not count."""

    days: int
    excluded_days: int
    working: tuple[str, ...]
    articles: tuple[str, ...] = (EXCLUDED,)


def trial_days(filed_on: date, until_on: date, excluded: Sequence[tuple[date, date]]) -> TrialTime:
    """Calendar days from the day after filing to `until_on`, less the days of the excluded spans (both ends in).

    Spans may overlap: a day is left out once. Raises LawRefused for a span or a case that ends before it starts.
    """
    sensible(filed_on, until_on)
    if until_on < filed_on or any(last < first for first, last in excluded):
        raise LawRefused(code="law.contradiction", title="结束日期早于开始日期", rule=EXCLUDED)
    total = (until_on - filed_on).days
    out = 0
    reached = filed_on
    for first, last in sorted(excluded):
        begin, end = max(first, reached + DAY), min(last, until_on)
        if begin <= end:
            out += (end - begin).days + 1
            reached = end
    return TrialTime(
        total - out, out, (f"立案至结案共 {total} 日", f"公告等不计入审限的期间 {out} 日", f"审理期限 {total - out} 日")
    )
