"""Who may sign for a recipient (R1.4-R1.7, R1.12, R1.14; CPL art. 88, INT art. 130, 132, 133, EMS04 art. 7, 9).

A closed list of relations. Never a minor, the opposing party, in divorce the spouse's side, a neighbour, a guard, a
parcel station. In criminal cases the circle is wider: an adult family member need not live with the recipient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.law import terms
from server.law.rulesets import NATIONAL, RuleSet
from server.law.situation import Situation
from server.law.terms import known

RELATIONS: Mapping[str, str] = {
    "self": "本人",
    "cohabiting_adult": "同住成年家属",
    "family_elsewhere": "不同住的成年家属",
    "guardian": "法定代理人",
    "legal_representative": "法定代表人",
    "principal": "主要负责人",
    "mail_receiver": "负责收件的人（办公室、收发室、值班室）",
    "other_staff": "单位其他员工",
    "agent": "诉讼代理人",
    "designated_receiver": "指定代收人",
    "neighbour": "邻居",
    "guard": "物业、保安",
    "parcel_station": "驿站、快递柜、商店",
    "unknown": "身份不明",
}
_FOR_ORGANISATIONS = ("legal_representative", "principal", "mail_receiver")
_NEVER = ("neighbour", "guard", "parcel_station", "unknown", "other_staff")
_OUTCOMES = {
    "self": "signed_recipient",
    "guardian": "signed_recipient",
    "cohabiting_adult": "signed_family",
    "family_elsewhere": "signed_family",
    "legal_representative": "signed_organisation",
    "principal": "signed_organisation",
    "mail_receiver": "signed_organisation",
    "agent": "signed_agent",
    "designated_receiver": "signed_designated",
}
ADULT = 18


@dataclass(frozen=True, slots=True)
class Signer:
    """Who took the document. `age` in full years when known. `spouse_side`: the recipient's spouse or the spouse's

    direct relatives. `opposing`: an opposing party in the same case. Raises LawRefused for an unknown relation.
    """

    relation: str
    name: str = ""
    age: int | None = None
    opposing: bool = False
    spouse_side: bool = False

    def __post_init__(self) -> None:
        known(self.relation, RELATIONS, what="签收人身份")


@dataclass(frozen=True, slots=True)
class SignerVerdict:
    """Whether this signature serves. `outcome` is the code of `server.law.outcomes` it would be entered as."""

    ok: bool
    outcome: str
    article: str
    text_zh: str


def signer(one: Signer, *, document_class: str, situation: Situation, rules: RuleSet = NATIONAL) -> SignerVerdict:
    """May this person sign for the recipient of a document of this class?"""
    found = _barred(one, situation, rules) or _wrong_document(one, document_class) or _wrong_kind(one, situation)
    if found is not None:
        return found
    article = "刑事诉讼法第一百零七条" if situation.criminal else "民事诉讼法第八十八条"
    return SignerVerdict(True, _OUTCOMES[one.relation], article, f"{RELATIONS[one.relation]}可以签收")


def _no(article: str, text_zh: str) -> SignerVerdict:
    return SignerVerdict(False, "", article, text_zh)


def _barred(one: Signer, situation: Situation, rules: RuleSet) -> SignerVerdict | None:
    """Who may never sign, whatever the relation."""
    if one.opposing:
        return _no("法院专递规定第七条第二款", "签收人是同一案件的对方当事人，签收无效")
    if one.relation in _NEVER:
        return _no("民事诉讼法第八十八条", f"{RELATIONS[one.relation]}不在有权签收的人员之列，签收无效")
    if one.age is not None and one.age < ADULT and one.relation not in ("self", "legal_representative"):
        return _no("民事诉讼法第八十八条", "签收人未成年，签收无效")
    divorced = situation.divorce and rules.reading("divorce_spouse") == "barred"
    if divorced and one.spouse_side and one.relation != "self":
        return _no("邮政法院专递操作规范（实务做法，非法律）", "离婚案件的配偶及其直系亲属不得代收")
    return None


def _wrong_document(one: Signer, document_class: str) -> SignerVerdict | None:
    if document_class == "mediation" and one.relation not in (
        "self",
        "guardian",
        "legal_representative",
        "principal",
        "designated_receiver",
    ):
        return _no("民诉法解释第一百三十三条", "调解书应当由当事人本人或其指定的代收人签收")
    return None


def _wrong_kind(one: Signer, situation: Situation) -> SignerVerdict | None:
    """A person signs as a person, an organisation through its own people."""
    person = situation.recipient_kind == terms.PERSON
    if person and one.relation in _FOR_ORGANISATIONS and not (situation.criminal and one.relation == "mail_receiver"):
        return _no("民事诉讼法第八十八条", f"受送达人是自然人，{RELATIONS[one.relation]}不能代为签收")
    if not person and one.relation in ("self", "guardian", "cohabiting_adult", "family_elsewhere"):
        return _no("民诉法解释第一百三十条", "受送达人是单位，应由法定代表人、主要负责人或者负责收件的人签收")
    if one.relation == "family_elsewhere" and not situation.criminal:
        return _no("民事诉讼法第八十八条", "家属不与受送达人同住，签收无效")
    if one.relation == "self" and situation.needs_guardian:
        return _no("法院专递规定第九条第二项", "受送达人为无民事行为能力或者限制民事行为能力人，应由法定代理人签收")
    if one.relation == "agent" and not situation.agent:
        return _no("民诉法解释第一百三十二条", "卷中没有该诉讼代理人的授权")
    return None
