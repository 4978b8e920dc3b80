"""What one attempt is worth in law: a proposal with its article, for a person to confirm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from server.law.attempts import Attempt
from server.law.deadlines import Alternative
from server.law.required_evidence import Missing
from server.law.rulesets import NATIONAL, RuleSet
from server.law.situation import Situation

NONE, SERVED, DEEMED, PRESUMED, RUNNING = "none", "served", "deemed", "presumed", "notice_running"
STATES = {
    NONE: "未发生送达效力",
    SERVED: "已送达",
    DEEMED: "视为送达",
    PRESUMED: "推定送达",
    RUNNING: "公告期内",
}
# Who confirms: whoever checks the file, court staff of the case, or the judge where a right may end.
SPECIALIST, COURT_STAFF, JUDGE = "specialist", "court_staff", "judge"
CONFIRMERS = {SPECIALIST: "送达专员审核", COURT_STAFF: "审判人员、书记员确认", JUDGE: "承办法官确认"}


@dataclass(frozen=True, slots=True)
class Asked:
    """The question: one document class, the recipient's situation, the rules, the day of law it is asked on."""

    document: str
    document_class: str
    situation: Situation
    on: date
    rules: RuleSet = NATIONAL


@dataclass(frozen=True, slots=True)
class Finding:
    """One attempt judged. `served_on` is the legal day of service; `statistics_on` the other one (LIM art. 10).

    `flags` are stable words for irregularities. `proposal`: what a machine may not decide but a judge might.
    """

    attempt_id: str
    channel: str
    state: str
    article: str
    text_zh: str
    served_on: date | None = None
    statistics_on: date | None = None
    ends_on: date | None = None
    confidence: str = ""
    confirm_by: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    rebuttable: bool = False
    provisional: bool = False
    proposal: str = ""
    flags: tuple[str, ...] = ()
    working: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


def nothing(
    attempt: Attempt,
    article: str,
    text_zh: str,
    *,
    missing: Iterable[Missing] = (),
    confirm_by: tuple[str, ...] = (),
    proposal: str = "",
    flags: tuple[str, ...] = (),
) -> Finding:
    """No effect, and why."""
    return Finding(
        attempt.id,
        attempt.channel,
        NONE,
        article,
        text_zh,
        missing=tuple(missing),
        confirm_by=confirm_by,
        proposal=proposal,
        flags=flags,
    )


def incomplete(attempt: Attempt, missing: tuple[Missing, ...]) -> Finding:
    """No effect yet: the file lacks something."""
    return nothing(
        attempt,
        missing[0].article,
        "材料不全，补齐前不产生送达效力：" + "；".join(one.text_zh for one in missing),
        missing=missing,
        flags=("incomplete",),
    )


def to_the_judge(attempt: Attempt) -> Finding:
    """A 调解书 that did not reach the party in person goes to the judge (CPL art. 102, INT art. 133)."""
    return nothing(
        attempt,
        "民诉法解释第一百三十三条、民事诉讼法第一百零二条",
        "调解书未送达本人，不适用留置或者视为送达；送达前反悔的，交承办法官及时判决",
        confirm_by=(JUDGE,),
        flags=("mediation_to_judge",),
    )
