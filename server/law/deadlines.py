"""When a period the engine knows by name ends: the day, the working, the articles, the version of the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from server.law import periods
from server.law.calendars import Calendar, shipped
from server.law.kinds import Kind, kind_of
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, RuleSet


@dataclass(frozen=True, slots=True)
class Alternative:
    """What another reading of a disputed point would give."""

    point: str
    reading: str
    text_zh: str
    ends_on: date
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """The answer: last day of the period, how it was found, by which articles, under which rules.

    `effective_on` is the day of service of an announcement, None for every other kind.
    """

    kind: str
    label_zh: str
    from_on: date
    raw_end_on: date
    ends_on: date
    provisional: bool
    working: tuple[str, ...]
    articles: tuple[str, ...]
    rule_version: str
    effective_on: date | None = None
    alternatives: tuple[Alternative, ...] = ()


def deadline(
    code: str,
    on: date,
    *,
    amount: int | None = None,
    travel_days: int = 0,
    calendar: Calendar | None = None,
    rules: RuleSet = NATIONAL,
) -> Deadline:
    """When the period `code` that starts with an event on `on` ends; for a period before a hearing, `on` is its day.

    `amount` is the length where it is set case by case (periods by order of the court, criminal months, custody);
    nobody sets a period of statute. Raises LawRefused.
    """
    kind = kind_of(code)
    if amount is not None and not kind.by_order:
        raise LawRefused(code="law.bad_period", title=f"{kind.label_zh}为法定期间，不得另行指定长度", rule="R1.33")
    length = amount if amount is not None else rules.value(kind.threshold) if kind.threshold else kind.amount
    if kind.backward:
        return _backward(kind, on, length, rules)
    counted = periods.count(
        length,
        kind.unit,
        on,
        calendar=calendar or shipped(),
        rolls=kind.rolls,
        month_rule=kind.month_rule,
        travel_days=travel_days,
    )
    return Deadline(
        code,
        kind.label_zh,
        on,
        counted.raw_end_on,
        counted.ends_on,
        counted.provisional,
        counted.working,
        (*kind.articles, kind.counting),
        rules.version,
    )


def _backward(kind: Kind, on: date, length: int, rules: RuleSet) -> Deadline:
    if not 0 < length <= periods.MAX_AMOUNT:
        raise LawRefused(code="law.bad_period", title=f"期间长度不合理：{length}", rule=kind.articles[0])
    chosen = rules.reading("days_before")
    last, working = periods.days_before(on, length, clear=chosen == "clear_days")
    other = "distance" if chosen == "clear_days" else "clear_days"
    other_last, other_working = periods.days_before(on, length, clear=other == "clear_days")
    alternative = Alternative("days_before", other, other_working[0], other_last)
    return Deadline(
        kind.code,
        kind.label_zh,
        on,
        last,
        last,
        False,
        working,
        kind.articles,
        rules.version,
        alternatives=(alternative,),
    )
