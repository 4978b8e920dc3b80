"""Effect of judicial mail (法院专递): CPL art. 91, EMS04 art. 6-11, OP17 art. 7-9.

Delivered is not served: a parcel handed to anybody (704 妥投) proves nothing without the signed receipt. Returned is
service only for the causes of EMS04 art. 11; "nobody took it" is none of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from server.law import terms
from server.law.attempts import RETURN_REASONS, Attempt
from server.law.effects.door import bad_address_ground
from server.law.effects.findings import (
    COURT_STAFF,
    DEEMED,
    JUDGE,
    SERVED,
    SPECIALIST,
    Asked,
    Finding,
    incomplete,
    nothing,
    to_the_judge,
)
from server.law.proof import missing_of
from server.law.rulesets import RuleSet
from server.law.signers import RELATIONS, SignerVerdict, signer

_DEEMED = "法院专递规定第十一条"


def judge_mail(attempt: Attempt, asked: Asked) -> Finding:
    """One mailing."""
    if attempt.result == "mail_signed":
        return _signed(attempt, asked)
    if attempt.result == "mail_returned":
        return _returned(attempt, asked)
    if attempt.result == "mail_delivered":
        text = "邮政显示妥投不等于法律上的送达，须有权签收的人在回执上签收"
        return nothing(attempt, "民事诉讼法第九十一条、法院专递规定第九条", text, flags=("delivered_unsigned",))
    return nothing(attempt, "民事诉讼法第九十一条", "邮件在途", flags=("open",))


def _signed(attempt: Attempt, asked: Asked) -> Finding:
    if attempt.signer is None:
        return nothing(attempt, "法院专递规定第九条", "回执上没有记明签收人的身份", flags=("wrong_signer",))
    verdict = signer(attempt.signer, document_class=asked.document_class, situation=asked.situation, rules=asked.rules)
    if not verdict.ok:
        if asked.document_class == "mediation":
            return to_the_judge(attempt)
        return _signed_by_others(attempt, asked, verdict)
    if attempt.signed_on is None:
        return nothing(attempt, "民事诉讼法第九十一条", "回执上没有收件日期")
    missing = missing_of(attempt, (asked.document,), asked.situation)
    if missing:
        return incomplete(attempt, missing)
    return Finding(
        attempt.id,
        attempt.channel,
        SERVED,
        "刑诉解释第二百零七条" if asked.situation.criminal else "民事诉讼法第九十一条",
        f"{RELATIONS[attempt.signer.relation]}在回执上签收，以回执上的收件日期为送达日期",
        attempt.signed_on,
        attempt.posted_on,
        confidence="high",
        confirm_by=(SPECIALIST,),
    )


def _signed_by_others(attempt: Attempt, asked: Asked, verdict: SignerVerdict) -> Finding:
    """Not service; by one reading of OP17 art. 7 deemed, where the address is the recipient's own risk."""
    ground = bad_address_ground(attempt, asked)
    opposing = attempt.signer is not None and attempt.signer.opposing
    if ground is None or opposing or attempt.signed_on is None or asked.rules.reading("others_signed") == "no":
        return nothing(attempt, f"法院专递规定第九条（{verdict.article}）", verdict.text_zh, flags=("wrong_signer",))
    text = "地址由受送达人负责，按本院采用的读法，以他人签收之日视为送达之日"
    found = _deemed(attempt, asked, ground[0], text, "low", ("wrong_signer",))
    return replace(found, served_on=attempt.signed_on) if found.state == DEEMED else found


def _returned(attempt: Attempt, asked: Asked) -> Finding:
    if asked.document_class == "mediation":
        return to_the_judge(attempt)
    if asked.situation.criminal:
        return nothing(attempt, "刑诉解释第二百零七条", "刑事案件邮件退回不产生送达效力")
    if attempt.returned_on is None or not attempt.return_reason:
        return nothing(attempt, "法院专递规定第六条", "没有退回日期或者退回理由", flags=("irregular",))
    if attempt.no_fault:
        return nothing(attempt, "法院专递规定第十一条第二款", "受送达人已证明自己没有过错，不视为送达")
    flag = RETURN_REASONS[attempt.return_reason][1]
    if flag == "refusal":
        return _refused(attempt, asked)
    if flag in ("bad_address", "absent"):
        return _unreached(attempt, asked, flag)
    return nothing(attempt, _DEEMED, f"{_reason(attempt)}不在视为送达的情形之列", flags=(flag,))


def _refused(attempt: Attempt, asked: Asked) -> Finding:
    """Only the recipient's own refusal, or that of the receiver they designated."""
    relation = attempt.refuser.relation if attempt.refuser else "unknown"
    own = relation in ("self", "legal_representative", "principal", "designated_receiver", "guardian")
    own = own or (relation == "agent" and asked.situation.agent_receives)
    if not own:
        proposal = ""
        if relation == "mail_receiver":
            proposal = "单位收件人员拒收能否视为单位拒收，法院专递规定没有写明，可由承办法官决定"
        text = f"拒收人是{RELATIONS[relation]}，不是受送达人本人或者其指定的代收人，退回不视为送达"
        return nothing(attempt, _DEEMED, text, proposal=proposal, flags=("wrong_refuser",))
    return _deemed(attempt, asked, _DEEMED, "受送达人拒绝签收，以文书退回之日视为送达之日", "high", ())


def _unreached(attempt: Attempt, asked: Asked, flag: str) -> Finding:
    ground = bad_address_ground(attempt, asked)
    if flag == "absent" and not asked.situation.refuses_address:
        ground = None
    if ground is None:
        return _no_ground(attempt, asked, flag)
    article, confidence = ground
    irregular = irregular_return(attempt, asked.rules)
    if irregular:
        confidence = "low"
    text = "因受送达人提供或者确认的地址不准确、拒不提供地址而退回，以文书退回之日视为送达之日"
    if irregular:
        text += f"；但投递不规范（{'、'.join(irregular)}），须核查"
    return _deemed(attempt, asked, article, text, confidence, ("irregular",) if irregular else ())


def _no_ground(attempt: Attempt, asked: Asked, flag: str) -> Finding:
    kind = terms.basis_class(attempt.address_basis or asked.situation.address_basis)
    if flag == "bad_address":
        text = f"{_reason(attempt)}，但地址不是受送达人自己提供或者确认的，退回不视为送达"
        return nothing(attempt, _DEEMED, text, flags=(flag,))
    proposal = ""
    if kind == terms.GIVEN and asked.rules.reading("mail_unclaimed") == "propose":
        proposal = "地址由受送达人确认且无误而无人签收，可由承办法官审查是否视为送达"
    text = f"{_reason(attempt)}退回，无人签收本身不视为送达"
    return nothing(attempt, _DEEMED, text, proposal=proposal, flags=(flag,), confirm_by=(JUDGE,) if proposal else ())


def _deemed(
    attempt: Attempt, asked: Asked, article: str, text_zh: str, confidence: str, flags: tuple[str, ...]
) -> Finding:
    missing = missing_of(attempt, (asked.document,), asked.situation)
    if missing:
        return incomplete(attempt, missing)
    return Finding(
        attempt.id,
        attempt.channel,
        DEEMED,
        article,
        text_zh,
        attempt.returned_on,
        attempt.posted_on,
        confidence=confidence,
        confirm_by=(COURT_STAFF,) if confidence == "high" else (JUDGE,),
        rebuttable=True,
        flags=flags,
    )


def _reason(attempt: Attempt) -> str:
    return RETURN_REASONS[attempt.return_reason][0]


def irregular_return(attempt: Attempt, rules: RuleSet) -> tuple[str, ...]:
    """T16, EMS04 art. 6: what a return lacks (tries within days, a reason, another contact tried). () when nothing."""
    tries, days = rules.value("mail_tries"), rules.value("mail_days")
    found = []
    tried = sorted(attempt.tried_on)
    within = [one for one in tried if one < tried[0] + timedelta(days=days)] if tried else []
    if len(within) < tries:
        found.append(f"{days}日内投递不足{tries}次")
    if not attempt.return_reason:
        found.append("没有说明退回理由")
    if not attempt.contact_tried:
        found.append("没有电话等联系受送达人的记录")
    return tuple(found)
