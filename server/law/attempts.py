"""One try to serve one recipient, as the rules of effect see it: result, days, signer, evidence. Checked when made.

Days are dates in Asia/Shanghai; moments are aware. What is never one field stays apart: posted, signed, left, returned,
sent, arrived, read, replied, issued (design/domain.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import TypeVar

from server.law import terms
from server.law.calendars import sensible
from server.law.outcomes import OUTCOMES
from server.law.refusals import LawRefused
from server.law.required_evidence import Entered
from server.law.signers import Signer
from server.law.terms import known

SHANGHAI = timezone(timedelta(hours=8))
Day = TypeVar("Day", date, datetime)

SIGNED = tuple(code for code in OUTCOMES if code.startswith("signed_"))
# Refusals beyond the list of the door: at the court, elsewhere (INT art. 131), at a pronouncement (INT art. 141), and
# in simple procedure where nobody would witness it (SIMP art. 11).
REFUSED_AT_COURT, REFUSED_ELSEWHERE = "refused_at_court", "refused_elsewhere"
REFUSED_AT_PRONOUNCEMENT, REFUSED_UNWITNESSED = "refused_at_pronouncement", "refused_unwitnessed"
RESULTS: Mapping[str, str] = {
    **{code: rule.label_zh for code, rule in OUTCOMES.items()},
    REFUSED_ELSEWHERE: "在住所以外拒绝签收",
    REFUSED_UNWITNESSED: "拒收，被邀请人不愿见证（简易程序）",
    REFUSED_AT_COURT: "来院后拒绝签收",
    REFUSED_AT_PRONOUNCEMENT: "定期宣判时拒绝签收",
    "mail_open": "邮件在途",
    "mail_delivered": "邮政显示妥投，未见签收回执",
    "mail_signed": "邮件回执已签收",
    "mail_returned": "邮件退回",
    "e_sent": "已发送",
    "e_failed": "发送失败",
    "call_told": "电话已告知",
    "call_failed": "电话未能告知",
    "notice_published": "公告已发出",
}
_DOOR = (*OUTCOMES, REFUSED_ELSEWHERE, REFUSED_UNWITNESSED, REFUSED_AT_PRONOUNCEMENT)
RESULTS_OF: Mapping[str, tuple[str, ...]] = {
    "direct": _DOOR,
    "entrusted": _DOOR,
    "forwarded": (*SIGNED, "refused_returned"),
    "pickup": (*SIGNED, REFUSED_AT_COURT, REFUSED_AT_PRONOUNCEMENT),
    "postal": ("mail_open", "mail_delivered", "mail_signed", "mail_returned"),
    "electronic": ("e_sent", "e_failed"),
    "message": ("e_sent", "e_failed"),
    "telephone": ("call_told", "call_failed"),
    "notice": ("notice_published",),
}
# Why mail came back (§4.1) → the flag that decides what it may mean.
RETURN_REASONS: Mapping[str, tuple[str, str]] = {
    "refused": ("拒收", "refusal"),
    "moved": ("迁移新址不明", "bad_address"),
    "no_such_person": ("原址查无此人", "bad_address"),
    "address_unclear": ("原写地址不详", "bad_address"),
    "wrong_name": ("名址有误且电话不通", "bad_address"),
    "organisation_gone": ("单位撤销", "bad_address"),
    "nobody": ("多次投递无人", "absent"),
    "unclaimed": ("逾期未领", "absent"),
    "not_contacted": ("未联系上收件人", "unreachable"),
    "recalled": ("寄件人要求退回", "technical"),
}
PLACES = {
    "domicile": "住所",
    "workplace": "从业场所",
    "elsewhere": "住所以外",
    "court": "人民法院",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One evidence item of a kind; `attempt_id` says which attempt it was taken for, "" when it came with it."""

    kind: str
    attempt_id: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Raises LawRefused when words are unknown, facts contradict each other, or evidence belongs to another attempt.

    `refuser`: who refused. `left_on`: the document was left, or its refusal noted on the proof, that day.
    `arrived_at`: the court's system shows it was sent successfully (INT art. 135); `proved_arrival_at`: what the
    recipient proved instead. `prompt_only`: a link or hint, not the document. `told`: what was said on the phone.
    `confirmed_by`: the judge or clerk who confirmed or approved. `no_fault`: the recipient proved it had none.
    """

    id: str
    channel: str
    result: str
    address_basis: str = ""
    place: str = "domicile"
    signer: Signer | None = None
    refuser: Signer | None = None
    signed_on: date | None = None
    left_on: date | None = None
    posted_on: date | None = None
    received_on: date | None = None
    returned_on: date | None = None
    return_reason: str = ""
    tried_on: tuple[date, ...] = ()
    contact_tried: bool = False
    no_fault: bool = False
    sent_at: datetime | None = None
    arrived_at: datetime | None = None
    proved_arrival_at: datetime | None = None
    read_at: datetime | None = None
    replied_at: datetime | None = None
    acted_at: datetime | None = None
    rebutted: bool = False
    prompt_only: bool = False
    called_at: datetime | None = None
    postings: tuple[date, ...] = ()
    posted_at_domicile: bool = False
    confirmed_by: str = ""
    items: tuple[Item, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        results = RESULTS_OF.get(self.channel)
        if results is None:
            known(self.channel, RESULTS_OF, what="送达方式")
        elif self.result not in results:
            raise LawRefused(
                code="law.unknown_word",
                title=f"{terms.WAYS[self.channel]}没有这种结果：{self.result}",
                rule="R1.2",
            )
        known(self.place, PLACES, what="地点")
        terms.basis_class(self.address_basis)
        if self.return_reason:
            known(self.return_reason, RETURN_REASONS, what="退回原因")
        _check_items(self)
        _check_order(self)

    @property
    def entered(self) -> Entered:
        """Evidence counted by kind, and the fields."""
        return Entered(Counter(one.kind for one in self.items), self.fields)


def _check_items(attempt: Attempt) -> None:
    foreign = [one for one in attempt.items if one.attempt_id and one.attempt_id != attempt.id]
    if foreign:
        raise LawRefused(
            code="law.foreign_evidence",
            title=f"证据属于另一次送达（{foreign[0].attempt_id}），不能用于本次",
            rule="民事诉讼法第八十七条",
        )


def _check_order(attempt: Attempt) -> None:
    """Nothing is signed before it was sent, nor read before it left. Both ends of a pair must be known to compare."""
    sensible(attempt.signed_on, attempt.left_on, attempt.posted_on, attempt.received_on, attempt.returned_on)
    sensible(attempt.sent_at, attempt.arrived_at, attempt.proved_arrival_at, attempt.read_at, attempt.called_at)
    sensible(attempt.replied_at, attempt.acted_at, *attempt.tried_on, *attempt.postings)
    if attempt.posted_on is not None:
        _not_before(attempt.posted_on, attempt.signed_on, "签收", "交邮")
        _not_before(attempt.posted_on, attempt.returned_on, "退回", "交邮")
        for tried in attempt.tried_on:
            _not_before(attempt.posted_on, tried, "投递", "交邮")
    if attempt.received_on is not None:
        _not_before(attempt.received_on, attempt.signed_on, "签收", "受托（转交）单位收到")
    if attempt.sent_at is not None:
        _not_before(attempt.sent_at, attempt.arrived_at, "到达", "发送")
        _not_before(attempt.sent_at, attempt.proved_arrival_at, "到达", "发送")
        _not_before(attempt.sent_at, attempt.read_at, "阅读", "发送")
        _not_before(attempt.sent_at, attempt.replied_at, "回复", "发送")
        _not_before(attempt.sent_at, attempt.acted_at, "诉讼行为", "发送")


def _not_before(first: Day, then: Day | None, late: str, early: str) -> None:
    if then is not None and then < first:
        raise LawRefused(code="law.contradiction", title=f"{late}时间早于{early}时间", rule="民事诉讼法第八十七条")


def last_day(attempt: Attempt) -> date | None:
    """The latest day the attempt speaks of, to compare with the day a question is asked; None when it names none."""
    days = [
        one
        for one in (
            attempt.signed_on,
            attempt.left_on,
            attempt.posted_on,
            attempt.received_on,
            attempt.returned_on,
            *attempt.tried_on,
            *attempt.postings,
        )
        if one is not None
    ]
    moments = [
        one
        for one in (
            attempt.sent_at,
            attempt.arrived_at,
            attempt.proved_arrival_at,
            attempt.read_at,
            attempt.replied_at,
            attempt.acted_at,
            attempt.called_at,
        )
        if one is not None
    ]
    if moments:
        days.append(day_of(max(moments)))
    return max(days, default=None)


def day_of(moment: datetime) -> date:
    """The day of law a moment falls on."""
    return moment.astimezone(SHANGHAI).date()
