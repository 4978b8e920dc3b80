"""What can be asked: one dataclass per question, one function that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from server.law import appeals as appeals_of
from server.law import calls, channels, clocks, diligence, exhaustion, notices, periods, signers
from server.law.attempts import Attempt, Item
from server.law.calendars import Calendar, shipped
from server.law.case_numbers import CaseNumberError, parse
from server.law.deadlines import deadline
from server.law.documents import CLASSES, document_class
from server.law.effects.effect import effect
from server.law.effects.findings import CONFIRMERS, STATES
from server.law.history import with_history
from server.law.outcomes import OUTCOMES
from server.law.proof import missing_of
from server.law.refusals import LawRefused
from server.law.required_evidence import Circumstances, bar
from server.law.rulesets import NATIONAL, RuleSet
from server.law.situation import Situation


@dataclass(frozen=True, slots=True)
class Frame:
    """Under which rules and with which holidays a question is answered."""

    rules: RuleSet = NATIONAL
    calendar: Calendar = field(default_factory=shipped)


@dataclass(frozen=True, slots=True)
class DeadlineQuestion:
    """`on`: the day the period starts from (or the hearing, for periods before one). `at` instead, for kind `hours`."""

    kind: str
    on: date | None = None
    at: datetime | None = None
    amount: int | None = None
    travel_days: int = 0
    postings: tuple[date, ...] = ()
    posted_on: date | None = None
    received_on: date | None = None


@dataclass(frozen=True, slots=True)
class AppealsQuestion:
    """`what`: judgment or ruling."""

    parties: tuple[appeals_of.PartyServed, ...]
    what: str = "judgment"


@dataclass(frozen=True, slots=True)
class ChannelsQuestion:
    """Documents by name, the facts of case and recipient, and what was tried before (adds to the facts)."""

    documents: tuple[str, ...]
    situation: Situation = field(default_factory=Situation)
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class SignerQuestion:
    """May this person sign for this recipient?"""

    document: str
    signer: signers.Signer
    situation: Situation = field(default_factory=Situation)


@dataclass(frozen=True, slots=True)
class EvidenceQuestion:
    """What a result still wants. `items`: kinds of evidence, one entry per item; `fields`: what is filled in."""

    result: str
    documents: tuple[str, ...]
    channel: str = "direct"
    situation: Situation = field(default_factory=Situation)
    place: str = "domicile"
    items: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EffectQuestion:
    """All attempts on one recipient of one document, and the day of law the question is asked on."""

    document: str
    on: date
    attempts: tuple[Attempt, ...] = ()
    situation: Situation = field(default_factory=Situation)


@dataclass(frozen=True, slots=True)
class LedgerQuestion:
    """Everything known and tried for one recipient."""

    documents: tuple[str, ...]
    contacts: tuple[diligence.Contact, ...] = ()
    tries: tuple[diligence.Try, ...] = ()
    excuses: tuple[exhaustion.Excuse, ...] = ()
    situation: Situation = field(default_factory=Situation)
    case_number: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """What is due next for one recipient."""

    accepted_at: datetime
    now: datetime
    contacts: tuple[diligence.Contact, ...] = ()
    tries: tuple[diligence.Try, ...] = ()
    hearing_on: date | None = None


@dataclass(frozen=True, slots=True)
class ClocksQuestion:
    """The clocks a case has started, seen on a day."""

    on: date
    days: clocks.CaseDays


@dataclass(frozen=True, slots=True)
class NumberCalledQuestion:
    """Whether a telephone number counts as failed (T01, T02)."""

    number: str
    calls: tuple[calls.Call, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseNumberQuestion:
    """A case number as somebody wrote it."""

    case_number: str


def answer_deadline(asked: DeadlineQuestion, frame: Frame) -> Any:
    if asked.kind == "hours":
        if asked.at is None or asked.amount is None:
            raise LawRefused(code="law.bad_input", title="按小时计算应提供 at 和 amount", rule=periods.CIVIL)
        counted = periods.count_hours(asked.amount, asked.at)
        return {
            "kind": "hours",
            "ends_at": counted.ends_at.isoformat(),
            "provisional": False,
            "working": counted.working,
            "articles": (periods.CIVIL, "民诉法解释第一百二十五条"),
            "rule_version": frame.rules.version,
        }
    if asked.kind in notices.LABELS:
        days = asked.postings or ((asked.on,) if asked.on else ())
        return notices.notice(asked.kind, days, calendar=frame.calendar, rules=frame.rules)
    if asked.on is None:
        raise LawRefused(code="law.bad_input", title="应提供起算日期 on", rule=periods.CIVIL)
    found = deadline(
        asked.kind,
        asked.on,
        amount=asked.amount,
        travel_days=asked.travel_days,
        calendar=frame.calendar,
        rules=frame.rules,
    )
    if asked.posted_on or asked.received_on:
        timely = periods.in_time(found.ends_on, posted_on=asked.posted_on, received_on=asked.received_on)
        return {"deadline": found, "timely": timely}
    return found


def answer_appeals(asked: AppealsQuestion, frame: Frame) -> Any:
    return appeals_of.appeals(asked.parties, what=asked.what, calendar=frame.calendar, rules=frame.rules)


def answer_channels(asked: ChannelsQuestion, frame: Frame) -> Any:
    situation = asked.situation
    for name in asked.documents:
        situation = with_history(situation, asked.attempts, document_class=document_class(name))
    found = channels.channels(asked.documents, situation, rules=frame.rules)
    return {
        "channels": [
            {
                "way": one.way,
                "label_zh": one.label_zh,
                "verdict": one.verdict,
                "article": one.article,
                "text_zh": one.text_zh,
                "document": one.document,
            }
            for one in found.verdicts
        ],
        "documents": {name: CLASSES[document_class(name)] for name in asked.documents},
        "rule_version": found.rule_version,
    }


def answer_signer(asked: SignerQuestion, frame: Frame) -> Any:
    kind = document_class(asked.document)
    found = signers.signer(asked.signer, document_class=kind, situation=asked.situation, rules=frame.rules)
    return {"verdict": found, "rule_version": frame.rules.version}


def answer_evidence(asked: EvidenceQuestion, frame: Frame) -> Any:
    if not asked.documents:
        raise LawRefused(code="law.bad_input", title="没有文书", rule="民事诉讼法第八十七条")
    for name in asked.documents:
        document_class(name)
    attempt = Attempt(
        "asked",
        asked.channel,
        asked.result,
        place=asked.place,
        items=tuple(Item(one) for one in asked.items),
        fields=asked.fields,
    )
    here = Circumstances(asked.documents, asked.situation.recipient_kind, asked.situation.case_kind)
    closed = bar(asked.result, here) if asked.result in OUTCOMES else None
    missing = missing_of(attempt, asked.documents, asked.situation)
    return {
        "provable": not missing and closed is None,
        "barred": closed,
        "missing": missing,
        "articles": tuple(dict.fromkeys(one.article for one in missing)),
        "rule_version": frame.rules.version,
    }


def answer_effect(asked: EffectQuestion, frame: Frame) -> Any:
    found = effect(asked.document, asked.attempts, asked.situation, on=asked.on, rules=frame.rules)
    return {
        "state_zh": STATES[found.state],
        "confirm_by_zh": [CONFIRMERS[one] for one in found.confirm_by],
        "effect": found,
    }


def answer_ledger(asked: LedgerQuestion, frame: Frame) -> Any:
    found = exhaustion.ledger(
        asked.documents, asked.contacts, asked.tries, asked.excuses, asked.situation, rules=frame.rules
    )
    page = exhaustion.one_page(
        found, case_number=asked.case_number, recipient=asked.recipient, documents=asked.documents
    )
    return {"ledger": found, "page": page}


def answer_plan(asked: PlanQuestion, frame: Frame) -> Any:
    return diligence.plan(
        asked.contacts,
        asked.tries,
        accepted_at=asked.accepted_at,
        now=asked.now,
        hearing_on=asked.hearing_on,
        calendar=frame.calendar,
        rules=frame.rules,
    )


def answer_clocks(asked: ClocksQuestion, frame: Frame) -> Any:
    return clocks.clocks(asked.days, on=asked.on, calendar=frame.calendar, rules=frame.rules)


def answer_number(asked: NumberCalledQuestion, frame: Frame) -> Any:
    return calls.number_tried(asked.number, asked.calls, rules=frame.rules)


def answer_case_number(asked: CaseNumberQuestion, frame: Frame) -> Any:
    try:
        found = parse(asked.case_number)
    except CaseNumberError as error:
        raise LawRefused(code=error.code, title=error.reason, rule="案号规定第三条") from error
    return {
        "normal": found.text,
        "valid": True,
        "parts": replace(found, warnings=()),
        "case_class": found.case_class,
        "court": found.court_code,
        "warnings": found.warnings,
        "rule_version": frame.rules.version,
    }


@dataclass(frozen=True, slots=True)
class Question:
    """One command: its name, the dataclass it reads, the function that answers."""

    name: str
    shape: type
    answer: Callable[[Any, Frame], Any]
    label_zh: str


QUESTIONS: Mapping[str, Question] = {
    one.name: one
    for one in (
        Question("deadline", DeadlineQuestion, answer_deadline, "期间何时届满"),
        Question("channels", ChannelsQuestion, answer_channels, "可以用哪些送达方式"),
        Question("evidence", EvidenceQuestion, answer_evidence, "某一送达结果还缺什么材料"),
        Question("effect", EffectQuestion, answer_effect, "送达效力"),
        Question("case-number", CaseNumberQuestion, answer_case_number, "案号解析"),
        Question("appeals", AppealsQuestion, answer_appeals, "各方当事人的上诉期和生效日期"),
        Question("signer", SignerQuestion, answer_signer, "某人能否签收"),
        Question("plan", PlanQuestion, answer_plan, "下一步送达安排"),
        Question("ledger", LedgerQuestion, answer_ledger, "公告前的穷尽送达清单"),
        Question("number-called", NumberCalledQuestion, answer_number, "某号码是否已属电话失败"),
        Question("clocks", ClocksQuestion, answer_clocks, "案件中正在计算的期限"),
    )
}
