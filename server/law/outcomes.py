"""The closed list of outcomes (送达结果) a server may enter at the door, and what each one rests on.

Absence is not refusal: only a refusal opens leaving service (CPL art. 89), and only by one of its two ways. The list
is data on purpose: the phone receives it and knows what is missing before the server leaves the door. What depends on
the case (a mediation statement, an organisation, criminal procedure) is decided in `server.law.required_evidence`.

CPL = 民事诉讼法 (2023), INT = 最高法关于适用民事诉讼法的解释 (2022), CRL = 刑事诉讼法 (2018).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

NATURAL_PERSON = "自然人"
ORGANISATIONS = ("法人", "非法人组织")
EVERYBODY = (NATURAL_PERSON, *ORGANISATIONS)

EVIDENCE_KINDS: dict[str, str] = {
    "photo_door": "门牌及现场照片",
    "photo_recipient": "受送达人签收照片",
    "photo_documents": "送达文书照片",
    "photo_witness": "见证人在场照片",
    "photo_process": "送达过程照片",
    "photo_left": "文书留置照片",
    "signature_recipient": "签收人签名",
    "signature_witness": "见证人签名",
    "signature_server": "送达人签名",
    "video": "送达过程录像",
    "audio": "现场录音",
    "scan": "材料扫描件",
    "strokes": "签名笔迹",  # beside a signature: how it was written; no outcome asks for it
}
FIELDS: dict[str, str] = {
    "signer.name": "签收人姓名",
    "signer.relation": "签收人与受送达人的关系",
    "witness.name": "见证人姓名",
    "witness.unit": "见证人单位",
    "refusal_reason": "拒收事由",
    "left_at_place": "文书留置的具体位置",
    "note": "情况说明",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """`count` evidence items of a kind (a key of EVIDENCE_KINDS), or a field that is filled in (a key of FIELDS)."""

    what: str
    count: int = 1

    @property
    def label_zh(self) -> str:
        if self.what in FIELDS:
            return FIELDS[self.what]
        label = EVIDENCE_KINDS[self.what]
        return label if self.count == 1 else f"{label}至少 {self.count} 张"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing an outcome rests on: any one of `any_of` satisfies it. `text_zh` tells the server what to do.

    With `required` false it is advice: shown at the door, never a reason to refuse the outcome.
    """

    code: str
    text_zh: str
    any_of: tuple[Piece, ...]
    article: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """One outcome. `serves`: the visit delivered, so the recipient counts as served once a reviewer agrees.

    `reason` is the flag of failed attempts (refusal, absent, bad_address, unreachable, safety), None when it serves by
    signature. `recipient_kinds` says whom it can be entered for.
    """

    code: str
    label_zh: str
    serves: bool
    needs: tuple[Need, ...]
    article: str
    reason: str | None = None
    recipient_kinds: tuple[str, ...] = EVERYBODY


def _one(code: str, text_zh: str, article: str, *, what: str = "", required: bool = True) -> Need:
    return Need(code, text_zh, (Piece(what or code),), article, required)


_DOOR = _one("photo_door", "请拍摄门牌及现场照片，能看清楼号、门牌号", "民事诉讼法第八十七条")
_DOOR_ADVISED = Need(_DOOR.code, _DOOR.text_zh, _DOOR.any_of, _DOOR.article, required=False)
_DOOR_OR_PROCESS = Need(
    "photo_place",
    "请拍摄到达现场的照片（门牌、路口或门禁均可）",
    (Piece("photo_door"), Piece("photo_process")),
    "民事诉讼法第八十七条",
)
_DOCUMENTS = _one("photo_documents", "请拍摄交付的送达文书", "民事诉讼法第八十七条")
_NOTE = _one("note", "请写明现场情况", "民事诉讼法第八十七条")
_SIGNED_BASE = (
    _one("signer_name", "请填写签收人姓名", "民事诉讼法第八十七条", what="signer.name"),
    _one("signature_recipient", "请签收人本人在送达回证上签名", "民事诉讼法第八十七条"),
    _DOCUMENTS,
    _DOOR_ADVISED,
)
_RELATION = _one("signer_relation", "请填写签收人与受送达人的关系", "民事诉讼法第八十八条", what="signer.relation")
# EMS04 art. 8 asks mail signers for their ID; at the door it is good practice when somebody else signs, no condition.
_SIGNER_ID = _one("signer_id", "请核对签收人的身份证件，必要时拍摄", "法院专递规定第八条", what="scan", required=False)
_REASON = _one("refusal_reason", "请写明拒收事由", "民事诉讼法第八十九条")
_LEFT = (
    _one("left_at_place", "请写明文书留置的具体位置", "民事诉讼法第八十九条"),
    _one("photo_left", "请拍摄文书留置在住所的照片", "民事诉讼法第八十九条"),
)

_RULES = (
    OutcomeRule(
        "signed_recipient", "本人签收", True, _SIGNED_BASE, "民事诉讼法第八十八条", recipient_kinds=(NATURAL_PERSON,)
    ),
    OutcomeRule(
        "signed_family",
        "同住成年家属签收",
        True,
        (*_SIGNED_BASE, _RELATION, _SIGNER_ID),
        "民事诉讼法第八十八条",
        recipient_kinds=(NATURAL_PERSON,),
    ),
    OutcomeRule(
        "signed_organisation",
        "单位签收（法定代表人、负责人或收件人员）",
        True,
        (*_SIGNED_BASE, _RELATION, _SIGNER_ID),
        "民事诉讼法第八十八条、民诉法解释第一百三十条",
        recipient_kinds=ORGANISATIONS,
    ),
    OutcomeRule(
        "signed_agent",
        "诉讼代理人签收",
        True,
        (*_SIGNED_BASE, _RELATION, _SIGNER_ID),
        "民事诉讼法第八十八条、民诉法解释第一百三十二条",
    ),
    OutcomeRule(
        "signed_designated", "指定代收人签收", True, (*_SIGNED_BASE, _RELATION, _SIGNER_ID), "民事诉讼法第八十八条"
    ),
    OutcomeRule(
        "refused_witness",
        "拒收，见证人见证留置送达",
        True,
        (
            _REASON,
            _one("witness_name", "请填写见证人姓名", "民事诉讼法第八十九条", what="witness.name"),
            _one(
                "witness_unit",
                "请填写见证人所在的居（村）委会或受送达人单位",
                "民诉法解释第一百三十条第二款",
                what="witness.unit",
            ),
            _one("signature_witness", "请见证人签名", "民事诉讼法第八十九条"),
            _one("signature_server", "请送达人签名", "民事诉讼法第八十九条"),
            *_LEFT,
            _DOOR,
        ),
        "民事诉讼法第八十九条",
        reason="refusal",
    ),
    OutcomeRule(
        "refused_video",
        "拒收，拍照、录像留置送达",
        True,
        (
            _REASON,
            Need(
                "recording",
                "请录像，或者拍摄至少 3 张送达过程照片",
                (Piece("video"), Piece("photo_process", 3)),
                "民事诉讼法第八十九条",
            ),
            *_LEFT,
            _DOOR_ADVISED,
        ),
        "民事诉讼法第八十九条",
        reason="refusal",
    ),
    OutcomeRule(
        "refused_returned",
        "拒收，文书带回交承办法官",
        False,
        (_REASON, _DOOR),
        "民事诉讼法第一百零二条、民诉法解释第一百三十三条",
        reason="refusal",
    ),
    OutcomeRule(
        "nobody_home", "无人在家", False, (_DOOR, _NOTE), "民事诉讼法第八十九条（不在不等于拒收）", reason="absent"
    ),
    OutcomeRule("moved", "已搬离", False, (_DOOR, _NOTE), "民事诉讼法第九十五条", reason="bad_address"),
    OutcomeRule("no_such_person", "查无此人", False, (_DOOR, _NOTE), "民事诉讼法第九十五条", reason="bad_address"),
    OutcomeRule(
        "address_unclear", "地址不明", False, (_DOOR_OR_PROCESS, _NOTE), "民事诉讼法第九十五条", reason="bad_address"
    ),
    OutcomeRule(
        "access_denied", "无法进入", False, (_DOOR_OR_PROCESS, _NOTE), "民事诉讼法第九十一条", reason="unreachable"
    ),
    OutcomeRule(
        "organisation_gone",
        "单位已不在此办公",
        False,
        (_DOOR, _NOTE),
        "民事诉讼法第九十五条",
        reason="bad_address",
        recipient_kinds=ORGANISATIONS,
    ),
    OutcomeRule("aborted_safety", "因安全原因中止", False, (_NOTE,), "民事诉讼法第九十一条", reason="safety"),
)

OUTCOMES: dict[str, OutcomeRule] = {rule.code: rule for rule in _RULES}


def label_zh(code: str) -> str:
    """The Chinese label of an outcome; the code itself when it is not of this list."""
    rule = OUTCOMES.get(code)
    return rule.label_zh if rule else code


def is_mediation_statement(documents: Iterable[str]) -> bool:
    """Whether a 调解书 is among the documents (not 调解告知书): it must reach the party in person (INT art. 133)."""
    return any(name.strip().rstrip("》").endswith("调解书") for name in documents)
