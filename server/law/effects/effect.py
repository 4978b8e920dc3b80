"""When service takes effect: from all attempts on one recipient of one document, the state, the day, the article.

Every attempt is judged by itself and stays explained in the answer. A machine proposes: `confirm_by` says who decides.
Of several electronic ways the earliest valid one counts (OL art. 31 ¶4). Across channels there is no general rule, so
the earliest certain one is proposed, the others are shown, and the judge is asked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from server.law.attempts import Attempt, last_day
from server.law.calendars import sensible
from server.law.deadlines import Alternative
from server.law.documents import document_class
from server.law.effects.announced import judge_notice
from server.law.effects.door import judge_door
from server.law.effects.findings import JUDGE, NONE, RUNNING, Asked, Finding
from server.law.effects.mail import judge_mail
from server.law.effects.remote import judge_electronic, judge_telephone
from server.law.refusals import LawRefused
from server.law.required_evidence import Missing
from server.law.rulesets import NATIONAL, RuleSet
from server.law.situation import Situation

_JUDGES: Mapping[str, Callable[[Attempt, Asked], Finding]] = {
    "direct": judge_door,
    "pickup": judge_door,
    "entrusted": judge_door,
    "forwarded": judge_door,
    "postal": judge_mail,
    "electronic": judge_electronic,
    "message": judge_electronic,
    "telephone": judge_telephone,
    "notice": judge_notice,
}
_ELECTRONIC = ("electronic", "message")
_NO_ATTEMPT = "尚无产生送达效力的行为"


@dataclass(frozen=True, slots=True)
class Effect:
    """The proposal for one document and one recipient. `state`: a key of effects.findings.STATES.

    `served_on` is the legal day of service, `statistics_on` the day for 审限 statistics (never the same field);
    `ends_on` the last day of an announcement. `findings` explain every attempt in the order given.
    """

    state: str
    served_on: date | None
    statistics_on: date | None
    ends_on: date | None
    article: str
    text_zh: str
    confidence: str
    confirm_by: tuple[str, ...]
    attempt_id: str
    rebuttable: bool
    provisional: bool
    missing: tuple[Missing, ...]
    proposals: tuple[str, ...]
    working: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    findings: tuple[Finding, ...]
    rule_version: str


def effect(
    document: str,
    attempts: Sequence[Attempt],
    situation: Situation,
    *,
    on: date,
    rules: RuleSet = NATIONAL,
) -> Effect:
    """The effect of service on the day of law `on`. Raises LawRefused: unknown document, contradictory facts."""
    asked = Asked(document, document_class(document), situation, on, rules)
    _check(attempts, on)
    findings = tuple(_JUDGES[one.channel](one, asked) for one in attempts)
    valid = _earliest_electronic([one for one in findings if one.state != NONE])
    if not valid:
        return _none(findings, rules)
    best = min(valid, key=_rank)
    first_counts = situation.region == "hkmo"  # HKMO art. 10: several ways at once, the first to succeed sets the day
    several = {one.served_on for one in valid if one.state != RUNNING and one.confidence != "low"} - {best.served_on}
    if several and not first_counts:
        best = dataclasses.replace(
            best,
            text_zh=f"{best.text_zh}；另有其他方式的送达日期，请承办法官确定",
            confidence="medium",
            confirm_by=(JUDGE,),
        )
    return Effect(
        best.state,
        best.served_on,
        best.statistics_on,
        best.ends_on,
        best.article,
        best.text_zh,
        best.confidence,
        best.confirm_by,
        best.attempt_id,
        best.rebuttable,
        best.provisional,
        (),
        _proposals(findings),
        best.working,
        best.alternatives,
        findings,
        rules.version,
    )


def _check(attempts: Sequence[Attempt], on: date) -> None:
    sensible(on)
    ids = [one.id for one in attempts]
    if len(set(ids)) != len(ids):
        raise LawRefused(code="law.two_closings", title="同一次送达出现了两个结果", rule="民事诉讼法第八十七条")
    for one in attempts:
        if (last_day(one) or on) > on:
            raise LawRefused(
                code="law.contradiction",
                title=f"送达行为的日期晚于判断日 {on.isoformat()}",
                rule="民事诉讼法第八十七条",
            )


def _earliest_electronic(findings: list[Finding]) -> list[Finding]:
    electronic = [one for one in findings if one.channel in _ELECTRONIC]
    if len(electronic) < 2:
        return findings
    first = min(electronic, key=lambda one: (one.served_on or date.max, one.state))
    return [one for one in findings if one.channel not in _ELECTRONIC or one is first]


def _rank(one: Finding) -> tuple[bool, bool, date]:
    """What is certain before what is doubtful, what has run before what is running, then the earliest."""
    return one.state == RUNNING, one.confidence == "low", one.served_on or date.max


def _none(findings: tuple[Finding, ...], rules: RuleSet) -> Effect:
    last = findings[-1] if findings else None
    return Effect(
        NONE,
        None,
        None,
        None,
        last.article if last else "民事诉讼法第八十七条",
        last.text_zh if last else _NO_ATTEMPT,
        "",
        tuple(dict.fromkeys(who for one in findings for who in one.confirm_by)),
        "",
        False,
        False,
        tuple(one for found in findings for one in found.missing),
        _proposals(findings),
        (),
        (),
        findings,
        rules.version,
    )


def _proposals(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    return tuple(one.proposal for one in findings if one.proposal)
