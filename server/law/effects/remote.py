"""Effect of electronic service, messages and telephone: CPL art. 90, INT art. 135, 261, OL art. 29-32, OP17 art. 14.

Arrival rule: to an address the recipient consented to, arriving is service. Knowledge rule: to another address that is
theirs, only answering, acting or having read is. A prompt is neither.
"""

from __future__ import annotations

from datetime import datetime

from server.law.attempts import Attempt, day_of
from server.law.channels import BARRED, judge
from server.law.documents import ADJUDICATIONS, CLASSES
from server.law.effects.findings import (
    COURT_STAFF,
    JUDGE,
    PRESUMED,
    SERVED,
    SPECIALIST,
    Asked,
    Finding,
    incomplete,
    nothing,
)
from server.law.proof import missing_of

_KNOWLEDGE = "在线诉讼规则第三十一条第二款"
_TELEPHONE = "法发〔2017〕19号第十四条"


def judge_electronic(attempt: Attempt, asked: Asked) -> Finding:
    """One electronic delivery or message."""
    bar = _bar(attempt, asked)
    if bar is not None:
        return bar
    consents = asked.situation.consent.reaches(asked.document_class) and asked.situation.e_address == "given"
    found = _arrival(attempt) if consents else _knowledge(attempt)
    if found.state not in (SERVED, PRESUMED):
        return found
    missing = missing_of(attempt, (asked.document,), asked.situation)
    return incomplete(attempt, missing) if missing else found


def _bar(attempt: Attempt, asked: Asked) -> Finding | None:
    situation = asked.situation
    if attempt.prompt_only:
        return nothing(attempt, "在线诉讼规则第三十二条", "提示查阅的短信、消息不是送达", flags=("prompt_only",))
    if attempt.result == "e_failed":
        return nothing(attempt, "民事诉讼法第九十条", "发送失败，没有到达", flags=("technical",))
    allowed = judge("electronic", asked.document_class, situation, asked.rules)
    if allowed.verdict == BARRED:
        text = allowed.text_zh
        if asked.document_class in ADJUDICATIONS and not situation.consent.reaches(asked.document_class):
            text = f"未经同意，{CLASSES[asked.document_class]}的电子送达不产生效力"
        return nothing(attempt, allowed.article, text, flags=("barred",))
    return None


def _arrival(attempt: Attempt) -> Finding:
    """INT art. 135: the court's system shows it sent, unless the recipient proves another arrival. Both are kept."""
    arrived = attempt.proved_arrival_at or attempt.arrived_at
    if arrived is None:
        return nothing(attempt, "民事诉讼法第九十条第二款", "尚无到达受送达人特定系统的记录", flags=("open",))
    text = "到达受送达人确认的电子地址所在系统，以到达日期为送达日期"
    if attempt.proved_arrival_at:
        text = "以受送达人证明的到达日期为送达日期"
    return _finding(attempt, SERVED, arrived, "民事诉讼法第九十条第二款、民诉法解释第一百三十五条第二款", text, "high")


def _knowledge(attempt: Attempt) -> Finding:
    """Earliest of what shows that the recipient knows; reading only presumes it and can be rebutted."""
    acted = [one for one in (attempt.replied_at, attempt.acted_at) if one is not None]
    known = min(acted, default=None)
    read = attempt.read_at if attempt.read_at and not attempt.rebutted else None
    if known is not None and (read is None or known <= read):
        text = "受送达人回复已收悉或者据此作出诉讼行为，完成有效送达"
        return _finding(attempt, SERVED, known, f"{_KNOWLEDGE}第一项", text, "high")
    if read is not None:
        text = "受送达人的系统反馈已阅知，推定完成有效送达"
        return _finding(attempt, PRESUMED, read, f"{_KNOWLEDGE}第二项", text, "medium")
    why = "受送达人已证明未收悉" if attempt.rebutted else "到达非其确认的地址，尚无回复、行为或者阅知的记录"
    return nothing(attempt, _KNOWLEDGE, f"{why}，不产生送达效力", flags=("rebutted" if attempt.rebutted else "unread",))


def _finding(attempt: Attempt, state: str, moment: datetime, article: str, text_zh: str, confidence: str) -> Finding:
    day = day_of(moment)
    return Finding(
        attempt.id,
        attempt.channel,
        state,
        article,
        text_zh,
        day,
        day,
        confidence=confidence,
        confirm_by=(SPECIALIST,) if state == SERVED else (COURT_STAFF,),
        rebuttable=True,
    )


def judge_telephone(attempt: Attempt, asked: Asked) -> Finding:
    """One call in which the content was told. Never service by itself: court staff must have confirmed it."""
    if attempt.result == "call_failed" or attempt.called_at is None:
        return nothing(attempt, _TELEPHONE, "电话未能告知受送达人", flags=("unreachable",))
    allowed = judge("telephone", asked.document_class, asked.situation, asked.rules)
    if allowed.verdict == BARRED:
        return nothing(attempt, allowed.article, allowed.text_zh, flags=("barred",))
    missing = missing_of(attempt, (asked.document,), asked.situation)
    if missing:
        return incomplete(attempt, missing)
    if not attempt.confirmed_by:
        return nothing(
            attempt,
            allowed.article,
            "已电话告知并录音；电话没有法定的送达日期，未经审判人员确认不产生送达效力",
            proposal="可由承办法官确认电话送达的效力",
            confirm_by=(JUDGE,),
        )
    day = day_of(attempt.called_at)
    return Finding(
        attempt.id,
        attempt.channel,
        PRESUMED,
        allowed.article,
        "电话告知并录音，已经审判人员确认；不得仅据此缺席判决或者按撤诉处理",
        day,
        day,
        confidence="low",
        confirm_by=(JUDGE,),
        rebuttable=True,
    )
