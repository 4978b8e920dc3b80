"""Letters and announcements of the court, and the forms handed to parties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any

from server.core.clock import COURT_ZONE, court_day
from server.core.errors import Invalid
from server.law.channels import BARRED, judge
from server.law.documents import document_class
from server.law.refusals import LawRefused
from server.papers import forms
from server.papers.errors import unlawful
from server.reports.forms.common import (
    DEFENDANTS,
    PLAINTIFFS,
    THIRD_PARTIES,
    Head,
    contact_of,
    documents_of,
    names_of,
    region_of,
)
from server.reports.forms.material import Material
from server.service import facts
from server.service.services import rule_sets

Typed = Mapping[str, Any]
_ABROAD_DAYS = 30  # CPL arts. 285, 286: answer and appeal of a party without domicile in the PRC
_DAYS = 15
_RULING_DAYS = 10


def address_form(one: Material, typed: Typed, head: Head) -> forms.AddressForm:
    """送达地址确认书: what is known is printed, the rest is left for the pen; the party writes its own numbers."""
    accepts = {"yes": True, "no": False}.get(typed.get("accepts_electronic") or "")
    return forms.AddressForm(
        **head.of(one),
        party_name=one.recipient.name,
        party_role=one.recipient.standing or "",
        designated_receiver=typed.get("designated_receiver") or "",
        receiver_relation=typed.get("receiver_relation") or "",
        address=one.address,
        accepts_electronic=accepts,
        electronic=forms.ElectronicAddresses(
            mobile=typed.get("mobile") or "", email=typed.get("email") or "", wechat=typed.get("wechat") or ""
        ),
        other_contact=typed.get("other_contact") or "",
        note=typed.get("note") or "",
    )


def announcement(one: Material, typed: Typed, head: Head) -> forms.Announcement:
    """公告 with its reason (INT art. 139). Raises `papers.field_missing` for what its kind cannot do without."""
    kind, region = forms.AnnouncementKind(typed["about"]), region_of(one, typed)
    _refuse_unlawful(one)
    return forms.Announcement(
        **head.of(one),
        kind=kind,
        recipient_names=(one.recipient.name,),
        reason=typed["reason"],
        region=region,
        period=_period(one, region),
        plaintiff=typed.get("plaintiff") or names_of(one, PLAINTIFFS),
        defendant=typed.get("defendant") or names_of(one, DEFENDANTS),
        third_party=typed.get("third_party") or names_of(one, THIRD_PARTIES),
        gist=typed["gist"],
        documents=documents_of(one),
        answer_days=_DAYS if region is forms.Region.DOMESTIC else _ABROAD_DAYS,
        evidence_days=typed.get("evidence_days"),
        hearing=_hearing(kind, one, typed),
        decision=_decision(kind, one, typed, region),
        contact=contact_of(one, typed),
        organisation=one.recipient.kind != "自然人",
    )


def _refuse_unlawful(one: Material) -> None:
    """What no diligence opens is not even drafted: simple procedure, 调解书, criminal cases, payment orders."""
    rules = rule_sets.rules_in_force(one.court.id, court_day(one.now))
    task, recipient = one.task.to_mongo().to_dict(), one.recipient.to_mongo().to_dict()
    tried = replace(facts.situation_of(task, recipient), exhausted=True)
    for name, _ in one.documents_of(one.recipient):
        verdict = judge("notice", document_class(name), tried, rules)
        if verdict.verdict == BARRED:
            raise unlawful(verdict.text_zh, rule=verdict.article, fields=["documents"])


def _period(one: Material, region: forms.Region) -> forms.Period:
    """The period of this court's rules, and of its reading where the law is disputed."""
    rules = rule_sets.rules_in_force(one.court.id, court_day(one.now))
    if region is forms.Region.DOMESTIC:
        return forms.Period(amount=rules.value("notice_days"))
    if region is forms.Region.TAIWAN:
        return forms.Period(amount=rules.value("notice_taiwan_months"), unit="month")
    days = rules.reading("notice_abroad" if region is forms.Region.ABROAD else "notice_hkmo") == "days_60"
    if days:
        return forms.Period(amount=rules.value("notice_abroad_days"))
    return forms.Period(amount=rules.value("notice_hkmo_months"), unit="month")


def _hearing(kind: forms.AnnouncementKind, one: Material, typed: Typed) -> forms.Hearing | None:
    if "summons" not in kind.value:
        return None
    place = typed.get("hearing_place") or ""
    if typed.get("hearing_days"):
        return forms.Hearing(
            days_after=typed["hearing_days"], time_of_day=_time(typed.get("hearing_time")), place=place
        )
    if one.task.hearing_at is None:
        raise Invalid(code="papers.field_missing", title="请填写“公告期满后第几日开庭”", field="hearing_days")
    return forms.Hearing(at=one.task.hearing_at, place=place)


def _time(typed: str | None) -> time | None:
    if not typed:
        return None
    try:
        return time.fromisoformat(typed)
    except ValueError as error:
        raise Invalid(code="papers.bad_field", title="“开庭时间”填写有误", field="hearing_time") from error


def _decision(kind: forms.AnnouncementKind, one: Material, typed: Typed, region: forms.Region) -> forms.Decision | None:
    if kind not in (forms.AnnouncementKind.JUDGMENT, forms.AnnouncementKind.APPEAL):
        return None
    title = typed.get("decision_title") or _adjudication(one) or "民事判决书"
    appealable = typed.get("final") != "yes"
    if kind is forms.AnnouncementKind.JUDGMENT and appealable and not typed.get("appeal_court"):
        raise Invalid(code="papers.field_missing", title="请填写“上诉法院”，终审的请注明", field="appeal_court")
    days = _RULING_DAYS if "裁定" in title else _DAYS
    return forms.Decision(
        number=typed.get("decision_number") or one.task.case_number,
        title=title,
        appealable=appealable,
        appeal_days=days if region is forms.Region.DOMESTIC else _ABROAD_DAYS,
        appeal_court=typed.get("appeal_court") or "",
    )


def _adjudication(one: Material) -> str:
    """The first judgment or ruling among the recipient's documents."""
    for name, _ in one.documents_of(one.recipient):
        try:
            if document_class(name) in ("judgment", "ruling"):
                return name
        except LawRefused:
            continue  # a document the law does not know is no judgment
    return ""


def entrust_letter(one: Material, typed: Typed, head: Head) -> forms.EntrustLetter:
    """委托送达函 (CPL art. 91, INT art. 134)."""
    parties = sorted(one.parties.values(), key=lambda party: party.created_at)
    return forms.EntrustLetter(
        **head.of(one),
        to_court=typed["to_court"],
        recipient_name=one.recipient.name,
        recipient_address=one.address,
        documents=documents_of(one),
        parties=tuple((party.standing or "当事人", party.name) for party in parties),
        reason=typed["reason"],
        region=region_of(one, typed),
        decision=typed.get("decision") or "",
        contact=contact_of(one, typed),
    )


def assist_letter(one: Material, typed: Typed, head: Head) -> forms.AssistLetter:
    """协查函. The subject's number is printed masked: the asked organisation is given the whole one apart."""
    return forms.AssistLetter(
        **head.of(one),
        to_organisation=typed["to_organisation"],
        subject_name=one.recipient.name,
        items=tuple(typed["items"]),
        reason=typed["reason"],
        subject_id=one.recipient.id_mask or "",
        subject_role=one.recipient.standing or "",
        reply_within_days=typed.get("reply_within_days"),
        contact=contact_of(one, typed),
    )


def notice(one: Material, typed: Typed, head: Head) -> forms.Notice:
    """送达告知书. Raises `papers.no_portal` when neither an address was typed nor the party portal's is set."""
    url = typed.get("url") or one.portal_url
    if not url:
        raise Invalid(code="papers.no_portal", title="尚未设置当事人门户地址，请填写二维码网址", field="url")
    until = typed.get("collect_until")
    return forms.Notice(
        **head.of(one),
        recipient_name=one.recipient.name,
        documents=documents_of(one),
        url=url,
        collect_at=typed.get("collect_at") or "",
        collect_hours=typed.get("collect_hours") or "",
        collect_until=date.fromisoformat(until) if until else None,
        judge=one.task.judge_name or "",
        clerk=one.task.clerk_name or "",
        contact=contact_of(one, typed),
    )


def statement(one: Material, typed: Typed, head: Head) -> forms.Statement:
    """送达情况说明: every attempt on one recipient, in order."""
    ended = [found for found in one.attempts_of(one.recipient) if found.outcome]
    started = min((found.happened_at or found.opened_at for found in ended), default=None)
    return forms.Statement(
        **head.of(one),
        recipient_name=one.recipient.name,
        documents=documents_of(one),
        started_at=started.astimezone(COURT_ZONE) if started else None,
        place=one.address,
        servers=tuple(forms.Officer(name=person.name, organisation=one.court.name) for person in one.people.values()),
        addressee=typed.get("addressee") or one.task.judge_name or "",
        lines=tuple(
            forms.StatementLine(
                at=found.happened_at,
                channel=one.channel_label(found),
                place=one.place_of(found),
                result=one.result_label(found),
            )
            for found in ended
        ),
        explanation=typed["explanation"],
        attachments=tuple(typed.get("attachments") or ()),
    )
