"""The facts of one recipient and one case that the rules of channels and effect ask for."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.law import terms
from server.law.refusals import LawRefused
from server.law.terms import known

CONSENTS = {
    "": "未同意",
    "express": "明确表示同意",
    "agreed_before": "诉讼前已约定或者承诺",
    "volunteered": "在诉状等材料中主动提供用于接收送达的电子地址",
    "accepted": "以回复收悉、参加诉讼等方式接受已完成的电子送达且未异议",
}
E_ADDRESSES = {
    "": "没有电子地址",
    "given": "受送达人提供或者确认的电子地址",
    "tied": "能够确认为受送达人本人的电子地址",
}


@dataclass(frozen=True, slots=True)
class Consent:
    """Consent to electronic service (OL art. 29). `covers`: document classes it reaches, empty for all (OL art. 4)."""

    form: str = ""
    covers: frozenset[str] = frozenset()
    withdrawn: bool = False

    def reaches(self, document_class: str) -> bool:
        return bool(self.form) and not self.withdrawn and (not self.covers or document_class in self.covers)


@dataclass(frozen=True, slots=True)
class Situation:
    """Case and recipient as they are now. Every word is of a closed list in `server.law.terms`; refused otherwise.

    `refused`: a valid person refused at the door (never: nobody was home). `refuses_address`: warned, on record, and
    still gave no address. `evades`: refuses calls, avoids servers, moved out (OP17 art. 8). `unknown_whereabouts`:
    established with evidence. `exhausted`: the ledger of `server.law.exhaustion` is complete. `reachable_by_phone`,
    `direct_failed`, `mail_failed`: from the history. `collects`: agreed to come to the court (EMS04 art. 1).
    """

    case_kind: str = "民事"
    procedure: str = "普通程序"
    recipient_kind: str = terms.PERSON
    address_basis: str = ""
    region: str = ""
    forwarded_for: str = ""
    consent: Consent = field(default_factory=Consent)
    e_address: str = ""
    agent: bool = False
    agent_receives: bool = False
    refused: bool = False
    refused_by_agent: bool = False
    refuses_address: bool = False
    evades: bool = False
    told_consequences: bool = False
    unknown_whereabouts: bool = False
    exhausted: bool = False
    reachable_by_phone: bool = False
    direct_failed: bool = False
    mail_failed: bool = False
    collects: bool = False
    internet_court: bool = False
    first_instance_by_notice: bool = False
    divorce: bool = False
    needs_guardian: bool = False

    def __post_init__(self) -> None:
        known(self.case_kind, terms.CASE_KINDS, what="案件类型")
        known(self.procedure, terms.PROCEDURES, what="适用程序")
        known(self.recipient_kind, terms.RECIPIENT_KINDS, what="受送达人类型")
        known(self.region, terms.REGIONS, what="地区")
        known(self.consent.form, CONSENTS, what="电子送达同意方式")
        known(self.e_address, E_ADDRESSES, what="电子地址")
        terms.basis_class(self.address_basis)
        if self.forwarded_for:
            known(self.forwarded_for, terms.FORWARDED_FOR, what="转交情形")
        if self.forwarded_for and self.recipient_kind != terms.PERSON:
            raise LawRefused(
                code="law.contradiction", title="转交送达的受送达人只能是自然人", rule="民事诉讼法第九十二条"
            )
        if self.agent_receives and not self.agent:
            raise LawRefused(
                code="law.contradiction", title="没有诉讼代理人，不能指定其代收", rule="民诉法解释第一百三十二条"
            )

    @property
    def criminal(self) -> bool:
        return self.case_kind == terms.CRIMINAL

    @property
    def simple(self) -> bool:
        return self.procedure in terms.SIMPLE_PROCEDURES
