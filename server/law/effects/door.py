"""Effect of what happened at a door, a counter or a pronouncement: signing, refusing, leaving, finding nobody.

CPL art. 87-89, 91, 94; INT art. 130-134, 141, 429; SIMP art. 10-11; OP17 art. 7-9; CRL art. 107.
"""

from __future__ import annotations

from server.law import terms
from server.law.attempts import (
    REFUSED_AT_COURT,
    REFUSED_AT_PRONOUNCEMENT,
    REFUSED_ELSEWHERE,
    REFUSED_UNWITNESSED,
    Attempt,
)
from server.law.documents import CLASSES
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
from server.law.outcomes import OUTCOMES
from server.law.proof import missing_of
from server.law.refusals import LawRefused
from server.law.signers import RELATIONS, signer

_LEFT = ("refused_witness", "refused_video", REFUSED_UNWITNESSED)
_IN_PERSON = (REFUSED_ELSEWHERE, REFUSED_AT_COURT)
_PAPER = {
    "direct": "民事诉讼法第八十七条、第八十八条",
    "pickup": "民诉法解释第一百三十一条第一款、民事诉讼法第八十七条",
    "entrusted": "民诉法解释第一百三十四条",
    "forwarded": "民事诉讼法第九十四条",
}


def judge_door(attempt: Attempt, asked: Asked) -> Finding:
    """One attempt of the channels direct, pickup, entrusted, forwarded."""
    if attempt.channel == "forwarded" and not asked.situation.forwarded_for:
        return nothing(attempt, "民事诉讼法第九十二条", "受送达人不属于应当转交送达的人，转交不产生效力")
    if attempt.result.startswith("signed_"):
        return _signed(attempt, asked)
    if attempt.result.startswith("refused_"):
        return _refused(attempt, asked)
    if OUTCOMES[attempt.result].reason == "bad_address":
        return _bad_address(attempt, asked)
    return nothing(
        attempt, "民事诉讼法第八十九条", "未见到受送达人，不在、无人应门不等于拒收，不产生送达效力", flags=("absent",)
    )


def _signed(attempt: Attempt, asked: Asked) -> Finding:
    if attempt.signer is None:
        return nothing(attempt, "民事诉讼法第八十八条", "没有记明签收人的身份")
    verdict = signer(attempt.signer, document_class=asked.document_class, situation=asked.situation, rules=asked.rules)
    if not verdict.ok:
        if asked.document_class == "mediation":
            return to_the_judge(attempt)
        return nothing(attempt, verdict.article, verdict.text_zh, flags=("wrong_signer",))
    designated = attempt.result == "signed_designated" and attempt.signer.relation == "agent"
    if verdict.outcome != attempt.result and not (designated and asked.situation.agent_receives):
        raise LawRefused(
            code="law.contradiction",
            title=f"登记为“{OUTCOMES[attempt.result].label_zh}”，签收人却是{RELATIONS[attempt.signer.relation]}",
            rule="民事诉讼法第八十八条",
        )
    if attempt.signed_on is None:
        return nothing(attempt, "民事诉讼法第八十七条", "送达回证上没有签收日期")
    missing = missing_of(attempt, (asked.document,), asked.situation)
    if missing:
        return incomplete(attempt, missing)
    article = "刑事诉讼法第一百零七条" if asked.situation.criminal else _PAPER[attempt.channel]
    return Finding(
        attempt.id,
        attempt.channel,
        SERVED,
        article,
        f"{RELATIONS[attempt.signer.relation]}签收，以回证上的签收日期为送达日期",
        attempt.signed_on,
        attempt.signed_on,
        confidence="high",
        confirm_by=(SPECIALIST,),
    )


def _refused(attempt: Attempt, asked: Asked) -> Finding:
    if asked.document_class == "mediation":
        return to_the_judge(attempt)
    if attempt.result == "refused_returned":
        return nothing(attempt, "民事诉讼法第八十九条", "拒收后文书未留置，已带回，不产生送达效力", flags=("refused",))
    bar = _refuser_bar(attempt, asked) or _place_bar(attempt, asked)
    if bar is not None:
        return bar
    if attempt.left_on is None:
        return nothing(attempt, "民事诉讼法第八十九条", "没有记明留置或者拒收的日期")
    missing = missing_of(attempt, (asked.document,), asked.situation)
    if missing:
        return incomplete(attempt, missing)
    article, text = _refusal_ground(attempt, asked)
    return Finding(
        attempt.id,
        attempt.channel,
        DEEMED,
        article,
        text,
        attempt.left_on,
        attempt.left_on,
        confidence="high" if attempt.result in ("refused_witness", "refused_video") else "medium",
        confirm_by=(COURT_STAFF,),
    )


def _refuser_bar(attempt: Attempt, asked: Asked) -> Finding | None:
    """Only somebody who could have signed can refuse; an agent only when designated to receive (INT art. 132)."""
    if attempt.refuser is None:
        return nothing(attempt, "民事诉讼法第八十九条", "没有记明拒收人的身份")
    relation = attempt.refuser.relation
    if relation == "agent" and not asked.situation.agent_receives:
        return nothing(
            attempt,
            "民诉法解释第一百三十二条",
            "诉讼代理人未被指定为代收人，其拒收不适用留置送达",
            flags=("wrong_refuser",),
        )
    verdict = signer(attempt.refuser, document_class=asked.document_class, situation=asked.situation, rules=asked.rules)
    if not verdict.ok:
        text = f"拒收人是{RELATIONS[relation]}，不是有权接收的人，不适用留置送达"
        return nothing(attempt, "民事诉讼法第八十九条", text, flags=("wrong_refuser",))
    himself = relation in ("self", "legal_representative", "principal")
    if not himself and (asked.document_class == "payment_order" or attempt.result in _IN_PERSON):
        rule = "民诉法解释第四百二十九条" if asked.document_class == "payment_order" else "民诉法解释第一百三十一条"
        return nothing(attempt, rule, "仅当事人本人拒收的才适用", flags=("wrong_refuser",))
    return None


def _place_bar(attempt: Attempt, asked: Asked) -> Finding | None:
    simple = asked.situation.simple
    if attempt.result == REFUSED_UNWITNESSED and not simple:
        return nothing(
            attempt, "简易程序规定第十一条", "被邀请人不愿见证而留置的，仅适用于简易程序；请改用拍照、录像方式"
        )
    if attempt.result in _LEFT:
        allowed = ("domicile", "workplace") if simple else ("domicile",)
        if attempt.place not in allowed:
            return nothing(
                attempt,
                "民事诉讼法第八十九条",
                "文书未留在受送达人的住所；住所以外拒签的，须由审判人员、书记员注明并签名",
                flags=("wrong_place",),
            )
    if attempt.result == REFUSED_AT_PRONOUNCEMENT and asked.document_class not in ("judgment", "ruling"):
        return nothing(
            attempt, "民诉法解释第一百四十一条", f"{CLASSES[asked.document_class]}不适用定期宣判时的视为送达"
        )
    return None


def _refusal_ground(attempt: Attempt, asked: Asked) -> tuple[str, str]:
    if asked.situation.criminal:
        return "刑事诉讼法第一百零七条", "拒绝接收，已留置并证明，视为送达"
    if asked.document_class == "payment_order":
        return "民诉法解释第四百二十九条", "债务人拒绝接收支付令，已留置，视为送达"
    return {
        REFUSED_AT_COURT: ("民诉法解释第一百三十一条第一款", "来院后拒绝签署送达回证，视为送达"),
        REFUSED_ELSEWHERE: ("民诉法解释第一百三十一条第二款", "住所以外直接送达，拒签并记录过程，视为送达"),
        REFUSED_AT_PRONOUNCEMENT: ("民诉法解释第一百四十一条", "定期宣判时拒不签收，已记入宣判笔录，视为送达"),
        REFUSED_UNWITNESSED: ("简易程序规定第十一条", "被邀请人不愿见证，已记明并留置，视为送达"),
        "refused_witness": ("民事诉讼法第八十九条", "拒绝接收，见证人见证，文书留在住所，视为送达"),
        "refused_video": ("民事诉讼法第八十九条", "拒绝接收，文书留在住所并记录过程，视为送达"),
    }[attempt.result]


def _bad_address(attempt: Attempt, asked: Asked) -> Finding:
    """OP17 art. 7: a wrong address is the risk of whoever gave it, never of whom others placed there."""
    if asked.document_class == "mediation":
        return to_the_judge(attempt)
    ground = bad_address_ground(attempt, asked)
    if ground is None:
        return nothing(
            attempt,
            "民事诉讼法第九十五条",
            "地址不准确，但不是受送达人自己提供或者确认的地址，不能视为送达",
            flags=("bad_address",),
        )
    article, confidence = ground
    if attempt.left_on is None:
        return nothing(attempt, article, "文书未留在该地址，也未在回证上记明情况，不能视为送达", flags=("bad_address",))
    missing = missing_of(attempt, (asked.document,), asked.situation)
    if missing:
        return incomplete(attempt, missing)
    return Finding(
        attempt.id,
        attempt.channel,
        DEEMED,
        article,
        "受送达人提供、确认或者推定的地址不准确，以文书留在该地址之日视为送达之日",
        attempt.left_on,
        attempt.left_on,
        confidence=confidence,
        confirm_by=(JUDGE,),
        rebuttable=True,
    )


def bad_address_ground(attempt: Attempt, asked: Asked) -> tuple[str, str] | None:
    """(article, confidence) when a useless address is the recipient's own risk (OP17 art. 7-9), or None."""
    situation = asked.situation
    if situation.criminal or attempt.no_fault:
        return None
    kind = terms.basis_class(attempt.address_basis or situation.address_basis)
    told = situation.told_consequences or not situation.simple  # SIMP art. 10: the party must have been told
    if kind == terms.GIVEN:
        return "法发〔2017〕19号第七条、法院专递规定第十一条", "medium" if told else "low"
    if kind in terms.PRESUMED_ORDER and (situation.refuses_address or situation.evades):
        return "法发〔2017〕19号第七条至第九条", "medium" if told and situation.refuses_address else "low"
    return None
