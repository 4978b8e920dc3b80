"""The targets of the service contracts as measures: T06, T07, T09, T10, T11 (docs/law.md; 公告 apart where said).

Pure: facts about tasks in, figures out. What a wording leaves open has several readings, all of which are answered.
Every measure counts the tasks of a period by the day they came in, so that nobody can leave hard ones out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from server.law.documents import ADJUDICATIONS, document_class
from server.statistics.definitions import (
    COMPLIANCE,
    DEFINITIONS,
    E_CONFIRMED_COMMERCIAL,
    E_COVERAGE,
    E_COVERAGE_COMMERCIAL,
    E_JUDGMENTS,
    EMS_COST,
    EMS_SUCCESS,
    GUIDED_CALLS,
    MEAN_DAYS,
    MONTHLY_PASS,
    REMOTE_SUCCESS,
    SATISFACTION,
    TURNOVER,
    WITHIN_DAYS,
)
from server.statistics.measuring import Definition, Figures, Measured, chosen, figures, lacking, mean, measured, share

REMOTE = frozenset({"telephone", "electronic"})
GUIDED = frozenset({"pickup", "electronic"})
EMS_ENDED = frozenset({"mail_delivered", "mail_signed", "mail_returned"})
COMMERCIAL = "商事"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt that was not withdrawn. `result` is empty while it runs; `serves`: a confirmed effect rests on it."""

    channel: str
    opened_at: datetime
    result: str = ""
    serves: bool = False


@dataclass(frozen=True, slots=True)
class ServedDocument:
    """One document with a confirmed effect: through which channel, and whether nothing is missing of its evidence."""

    name: str
    channel: str
    complete: bool


@dataclass(frozen=True, slots=True)
class RecipientFacts:
    """One recipient who was not withdrawn."""

    served: bool
    confirmed_e_address: bool = False  # 受送达人 gave or confirmed it
    tried: tuple[Tried, ...] = ()
    documents: tuple[ServedDocument, ...] = ()

    def served_by(self, channels: frozenset[str]) -> bool:
        return any(one.serves and one.channel in channels for one in self.tried)

    def was_tried(self, channels: frozenset[str]) -> bool:
        return any(one.channel in channels for one in self.tried)


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """One task that was neither returned nor withdrawn. `accepted_at`: the specialist's approval."""

    case_id: str
    case_kind: str
    created_at: datetime
    accepted_at: datetime | None
    completed_at: datetime | None
    recipients: tuple[RecipientFacts, ...] = ()
    by_notice: bool = False  # ordered or tried by announcement

    def took(self, *, since: str) -> timedelta | None:
        """From `accepted` or `created` to done; None while it is neither."""
        begun = self.accepted_at if since == "accepted" else self.created_at
        return None if begun is None or self.completed_at is None else self.completed_at - begun


def readings_from(text: str) -> dict[str, str]:
    """`within_7_days=created,mean_days=task` as a mapping. Raises ValueError for a target or reading nobody knows."""
    by_code = {one.code: one for one in DEFINITIONS}
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        code, _, reading = (one.strip() for one in part.partition("="))
        if code not in by_code:
            raise ValueError(f"no target {code!r}: {', '.join(by_code)}")
        found[code] = chosen(by_code[code], {code: reading})
    return found


def of_tasks(tasks: Sequence[TaskFacts], *, now: datetime, readings: Mapping[str, str]) -> list[Measured]:
    """Every measure that tasks, attempts and effects can answer. Raises ValueError for an unknown reading."""
    people = [one for task in tasks for one in task.recipients]
    commercial = [one for task in tasks if task.case_kind == COMMERCIAL for one in task.recipients]
    return [
        measured(REMOTE_SUCCESS, readings, *_remote(tasks)),
        measured(WITHIN_DAYS, readings, *(_within(tasks, code, now) for code in WITHIN_DAYS.readings)),
        measured(MEAN_DAYS, readings, *_mean_days(tasks)),
        measured(EMS_SUCCESS, readings, *_ems(people)),
        measured(GUIDED_CALLS, readings, _guided(people)),
        measured(E_COVERAGE, readings, *_coverage(E_COVERAGE, people)),
        measured(E_COVERAGE_COMMERCIAL, readings, *_coverage(E_COVERAGE_COMMERCIAL, commercial)),
        measured(E_CONFIRMED_COMMERCIAL, readings, *_confirmed(commercial)),
        measured(E_JUDGMENTS, readings, *_judgments(people)),
        measured(COMPLIANCE, readings, share(COMPLIANCE, "document", _documents(people), lambda one: one.complete)),
    ]


def _remote(tasks: Sequence[TaskFacts]) -> list[Figures]:
    tried = [[one for one in task.recipients if one.was_tried(REMOTE)] for task in tasks]
    everybody = [one for task in tasks if not task.by_notice for one in task.recipients]

    def done(one: RecipientFacts) -> bool:
        return one.served_by(REMOTE)

    return [
        share(REMOTE_SUCCESS, "recipient", [one for some in tried for one in some], done),
        share(REMOTE_SUCCESS, "task", [some for some in tried if some], lambda some: all(map(done, some))),
        share(REMOTE_SUCCESS, "everybody", everybody, done),
    ]


def _within(tasks: Iterable[TaskFacts], code: str, now: datetime) -> Figures:
    """A task whose seven days still run is no failure yet, and no success: it is not counted."""
    since, _, everything = code.partition("_")
    limit, found = 7 * _DAY, []
    for task in tasks:
        begun = task.accepted_at if since == "accepted" else task.created_at
        if begun is None or (task.by_notice and not everything):
            continue
        took = task.took(since=since)
        if took is not None or now - begun > limit:
            found.append(took is not None and took <= limit)
    return share(WITHIN_DAYS, code, found, bool)


def _mean_days(tasks: Iterable[TaskFacts]) -> list[Figures]:
    """A case counts when all its tasks are done; one that was announced is left out with all its tasks."""
    cases: dict[str, list[TaskFacts]] = defaultdict(list)
    for task in tasks:
        cases[task.case_id].append(task)
    single, whole = [], []
    for some in cases.values():
        took = [one.took(since="accepted") for one in some if not one.by_notice]
        single += [one for one in took if one is not None]
        if len(took) == len(some) and None not in took:
            first = min(one.accepted_at for one in some if one.accepted_at)
            whole.append(max(one.completed_at for one in some if one.completed_at) - first)
    return [
        mean(MEAN_DAYS, "case", [_days(one) for one in whole]),
        mean(MEAN_DAYS, "task", [_days(one) for one in single]),
    ]


def _days(took: timedelta) -> Fraction:
    """Whole seconds, exact."""
    return Fraction(took // timedelta(seconds=1), 86_400)


def _ems(people: Iterable[RecipientFacts]) -> list[Figures]:
    ended = [one for person in people for one in person.tried if one.channel == "postal" and one.result in EMS_ENDED]
    return [
        share(EMS_SUCCESS, "signed", ended, lambda one: one.result == "mail_signed"),
        share(EMS_SUCCESS, "delivered", ended, lambda one: one.result != "mail_returned"),
    ]


def _guided(people: Iterable[RecipientFacts]) -> Figures:
    reached: list[bool] = []
    for person in people:
        calls = [one.opened_at for one in person.tried if one.channel == "telephone" and one.result == "call_told"]
        if calls:
            reached.append(any(one.channel in GUIDED and one.opened_at >= min(calls) for one in person.tried))
    return share(GUIDED_CALLS, "recipient", reached, bool)


def _coverage(definition: Definition, people: Sequence[RecipientFacts]) -> list[Figures]:
    electronic = frozenset({"electronic"})
    return [
        share(definition, "served", [one for one in people if one.served], lambda one: one.served_by(electronic)),
        share(definition, "tried", people, lambda one: one.was_tried(electronic)),
    ]


def _confirmed(commercial: Iterable[RecipientFacts]) -> list[Figures]:
    electronic = frozenset({"electronic"})
    known = [one for one in commercial if one.confirmed_e_address]
    return [
        share(E_CONFIRMED_COMMERCIAL, "tried", known, lambda one: one.was_tried(electronic)),
        share(E_CONFIRMED_COMMERCIAL, "served", known, lambda one: one.served_by(electronic)),
    ]


def _documents(people: Iterable[RecipientFacts]) -> list[ServedDocument]:
    return [one for person in people for one in person.documents]


def _judgments(people: Iterable[RecipientFacts]) -> list[Figures]:
    classed = [(document_class(one.name), one.channel) for one in _documents(people)]
    return [
        share(
            E_JUDGMENTS,
            code,
            [channel for kind, channel in classed if kind in kinds],
            lambda channel: channel == "electronic",
        )
        for code, kinds in (("adjudications", ADJUDICATIONS), ("judgments", frozenset({"judgment"})))
    ]


# ---- measures whose facts are kept outside the service core


@dataclass(frozen=True, slots=True)
class Mailing:
    """Postage of a period in fen, and for how many mails."""

    fen: int
    mails: int


def ems_cost(before: Mailing, now: Mailing, readings: Mapping[str, str]) -> Measured:
    """How far postage fell against the same period of the year before."""
    each = [Fraction(one.fen, one.mails) if one.mails else None for one in (before, now)]
    saved = Fraction(0) if each[0] is None or each[1] is None or not each[0] else (each[0] - each[1]) / each[0]
    return measured(
        EMS_COST,
        readings,
        figures(EMS_COST, "total", before.fen - now.fen, before.fen),
        figures(EMS_COST, "per_mail", saved, 1 if each[0] and each[1] is not None else 0),
    )


def satisfaction(*, satisfied: int, ratings: int, readings: Mapping[str, str]) -> Measured:
    return measured(SATISFACTION, readings, figures(SATISFACTION, "rating", satisfied, ratings))


def monthly_pass(*, passed: int, checked: int, readings: Mapping[str, str]) -> Measured:
    return measured(MONTHLY_PASS, readings, figures(MONTHLY_PASS, "month", passed, checked))


def turnover(*, left: int, at_start: int, at_end: int, readings: Mapping[str, str]) -> Measured:
    """Of six months. Whoever came and left within them counts among those who left."""
    average = Fraction(at_start + at_end, 2)
    return measured(
        TURNOVER,
        readings,
        figures(TURNOVER, "at_start", left, at_start),
        figures(TURNOVER, "average", left / average if average else Fraction(0), 1 if average else 0),
    )


def unknown(readings: Mapping[str, str]) -> list[Measured]:
    """The measures nothing is recorded for yet, each with what it lacks."""
    return [
        lacking(EMS_COST, readings, "尚未登记邮寄费用"),
        lacking(SATISFACTION, readings, "尚未登记满意度评价"),
        lacking(MONTHLY_PASS, readings, "尚未登记月度考核结果"),
        lacking(TURNOVER, readings, "尚未登记服务人员进出情况"),
    ]
