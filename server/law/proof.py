"""What must be in the file before a result counts: for the door (server.law.required_evidence) and for every other way.

Sources: §4 of the reference; CPL art. 87-95, INT art. 131, 134, 135, 138, 141, EMS04 art. 8, OL art. 31, OP17 art. 14.
Adding evidence never makes a result less provable: every need is "at least this many of these".
"""

from __future__ import annotations

from collections.abc import Mapping

from server.law import terms
from server.law.attempts import (
    REFUSED_AT_COURT,
    REFUSED_AT_PRONOUNCEMENT,
    REFUSED_ELSEWHERE,
    REFUSED_UNWITNESSED,
    Attempt,
)
from server.law.outcomes import OUTCOMES, Need, Piece
from server.law.required_evidence import Circumstances, Entered, Missing, has, missing
from server.law.situation import Situation

# Kinds beyond the door's, as the file names them.
KINDS: Mapping[str, str] = {
    "receipt": "送达回证",
    "signature_court": "审判人员、书记员签名",
    "minutes": "宣判笔录",
    "mail_receipt": "邮件回执（影像）",
    "return_slip": "改退批条或者退回说明",
    "send_record": "发送成功记录",
    "voucher": "电子送达凭证",
    "read_record": "阅知记录",
    "reply": "回复或者诉讼行为记录",
    "recording": "通话录音",
    "letter": "委托函",
    "notice_proof": "公告刊登页、截图或者张贴照片",
    "notice_proof_local": "当地报刊刊登页",
    "posting_video": "住所地张贴录像或者照片",
    "reason_record": "公告原因和经过的记录",
}


def _need(text_zh: str, article: str, *pieces: str) -> Need:
    return Need(pieces[0], text_zh, tuple(Piece(one) for one in pieces), article)


_COURT = _need(
    "请审判人员、书记员在送达回证上注明情况并签名（外包人员不能代签）", "民诉法解释第一百三十一条", "signature_court"
)
_REASON = _need("请写明拒收事由", "民事诉讼法第八十九条", "refusal_reason")
_PROCESS = _need("请以拍照、录像等方式记录送达过程", "民诉法解释第一百三十一条第二款", "video", "photo_process")
_SERVER = _need("请送达人签名", "民事诉讼法第八十九条", "signature_server")
_SIGNED_PROOF = _need("请附签收的送达回证", "民事诉讼法第八十七条", "receipt", "signature_recipient")
_SIGNER = _need("请填写签收人姓名", "民事诉讼法第八十七条", "signer.name")
_LETTER = _need("请附委托函", "民诉法解释第一百三十四条", "letter")

_RULES: Mapping[str, tuple[Need, ...]] = {
    REFUSED_ELSEWHERE: (_REASON, _PROCESS, _COURT),
    REFUSED_UNWITNESSED: (
        _REASON,
        _need("请写明被邀请人不愿到场见证的情形、时间和地点", "简易程序规定第十一条", "note"),
        _need("请拍摄文书留置在住所或者从业场所的照片", "简易程序规定第十一条", "photo_left"),
        _SERVER,
    ),
    REFUSED_AT_COURT: (_REASON, _COURT),
    REFUSED_AT_PRONOUNCEMENT: (_need("请附宣判笔录", "民诉法解释第一百四十一条", "minutes"),),
    "mail_signed": (
        _need("请附签收的邮件回执影像", "法院专递规定第八条", "mail_receipt"),
        _need("请填写回执上的签收人姓名", "法院专递规定第八条", "signer.name"),
    ),
    "mail_returned": (_need("请附改退批条或者邮政机构的退回说明", "法院专递规定第六条", "return_slip"),),
    "e_sent": (_need("请附电子送达凭证或者发送成功记录", "在线诉讼规则第三十一条第三款", "voucher", "send_record"),),
    "call_told": (
        _need("请附通话录音", "法发〔2017〕19号第十四条", "recording"),
        _need("请写明主叫、被叫号码和告知内容", "法发〔2017〕19号第十四条", "note"),
    ),
    "notice_published": (
        _need("请附公告刊登页、截图或者张贴照片", "民诉法解释第一百三十八条", "notice_proof"),
        _need("请在案卷中记明公告的原因和经过", "民事诉讼法第九十五条第二款", "reason_record"),
    ),
}
_POSTED = _need("在住所地张贴的，请附张贴过程的照片、录像", "民诉法解释第一百三十八条第二款", "posting_video")
_PAPER_SIGNED = (_SIGNER, _SIGNED_PROOF)


_LOCAL = _need("请附在当地报刊刊登公告的版面", "涉港澳送达规定第九条", "notice_proof_local")


def needs_of(attempt: Attempt, situation: Situation) -> tuple[Need, ...]:
    """What this result rests on beyond the door's own list; () where the door's list says everything."""
    if attempt.channel == "notice":
        posted = (_POSTED,) if attempt.posted_at_domicile else ()
        local = (_LOCAL,) if situation.region == "hkmo" else ()
        return (*_RULES["notice_published"], *posted, *local)
    if attempt.result.startswith("signed_") and attempt.channel != "direct":
        return (*_PAPER_SIGNED, _LETTER) if attempt.channel == "entrusted" else _PAPER_SIGNED
    return _RULES.get(attempt.result, ())


def missing_of(attempt: Attempt, documents: tuple[str, ...], situation: Situation) -> tuple[Missing, ...]:
    """Everything still wanted in the file for this attempt, in words a server understands."""
    return missing_for(attempt, attempt.entered, documents, situation)


def missing_for(
    attempt: Attempt, entered: Entered, documents: tuple[str, ...], situation: Situation
) -> tuple[Missing, ...]:
    """The same for evidence not yet taken."""
    at_the_door = attempt.result in OUTCOMES and attempt.channel in ("direct", "entrusted")
    found: list[Missing] = []
    if at_the_door and not (attempt.channel == "entrusted" and attempt.result.startswith("signed_")):
        circumstances = Circumstances(documents, situation.recipient_kind, situation.case_kind)
        found = missing(attempt.result, circumstances=circumstances, entered=entered)
        if situation.simple and attempt.place == "workplace":
            found = [one for one in found if one.code != "photo_door"]
    found += [
        Missing(need.code, need.text_zh, need.article)
        for need in needs_of(attempt, situation)
        if not any(has(piece, entered) for piece in need.any_of)
    ]
    return tuple(found)


def label_zh(kind: str) -> str:
    """The Chinese name of an evidence kind of this module; the kind itself when it is not of the list."""
    return KINDS.get(kind, terms.WAYS.get(kind, kind))
