"""When service takes effect: every rule of R1, every trap of the reference, and what no evidence can undo."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.law.attempts import RESULTS, RESULTS_OF, SHANGHAI, Attempt, Item
from server.law.effects.effect import Effect, effect
from server.law.effects.findings import COURT_STAFF, DEEMED, JUDGE, NONE, PRESUMED, RUNNING, SERVED, SPECIALIST
from server.law.effects.mail import irregular_return
from server.law.outcomes import EVIDENCE_KINDS
from server.law.proof import KINDS, label_zh, missing_of
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, RuleSet
from server.law.signers import RELATIONS, Signer
from server.law.situation import Consent, Situation
from tests.unit.law.properties import patient

ON = date(2026, 11, 20)
CIVIL = Situation(address_basis="送达地址确认书")
E_CONSENT = Situation(consent=Consent("express"), e_address="given")
TIED = Situation(e_address="tied")
LEFT = {"refusal_reason": "称与其无关", "left_at_place": "门口鞋柜上"}
WITNESS = {"witness.name": "张某", "witness.unit": "某某社区居民委员会"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def items(*kinds: str) -> tuple[Item, ...]:
    return tuple(Item(kind) for kind in kinds)


def signed(relation: str = "self", result: str = "signed_recipient", **more: Any) -> Attempt:
    return Attempt(
        **{
            "id": "a1",
            "channel": "direct",
            "result": result,
            "signer": Signer(relation, "赵某"),
            "signed_on": date(2026, 11, 3),
            "items": items("signature_recipient", "photo_documents", "receipt", "mail_receipt", "letter"),
            "fields": {"signer.name": "赵某", "signer.relation": "本人"},
            **more,
        }
    )


def left(result: str = "refused_witness", refuser: str = "self", **more: Any) -> Attempt:
    return Attempt(
        **{
            "id": "a1",
            "channel": "direct",
            "result": result,
            "refuser": Signer(refuser),
            "left_on": date(2026, 11, 4),
            "items": items(
                "signature_witness",
                "signature_server",
                "photo_left",
                "photo_door",
                "video",
                "signature_court",
                "minutes",
            ),
            "fields": {**LEFT, **WITNESS, "note": "社区无人愿意到场"},
            **more,
        }
    )


def returned(reason: str, **more: Any) -> Attempt:
    return Attempt(
        **{
            "id": "m1",
            "channel": "postal",
            "result": "mail_returned",
            "posted_on": date(2026, 11, 2),
            "returned_on": date(2026, 11, 12),
            "return_reason": reason,
            "tried_on": (date(2026, 11, 4), date(2026, 11, 5), date(2026, 11, 7)),
            "contact_tried": True,
            "items": items("return_slip"),
            **more,
        }
    )


def sent(**more: Any) -> Attempt:
    return Attempt(
        **{
            "id": "e1",
            "channel": "electronic",
            "result": "e_sent",
            "sent_at": at("2026-11-05 09:00"),
            "items": items("voucher"),
            **more,
        }
    )


def call(**more: Any) -> Attempt:
    return Attempt(
        **{
            "id": "p1",
            "channel": "telephone",
            "result": "call_told",
            "called_at": at("2026-11-05 09:00"),
            "items": items("recording"),
            "fields": {"note": "010-83900001 拨打，告知开庭时间"},
            **more,
        }
    )


def notice_(**more: Any) -> Attempt:
    return Attempt(
        **{
            "id": "n1",
            "channel": "notice",
            "result": "notice_published",
            "postings": (date(2026, 9, 2), date(2026, 8, 20)),
            "confirmed_by": "法官甲",
            "items": items("notice_proof", "reason_record"),
            **more,
        }
    )


def ask(
    *attempts: Attempt,
    document: str = "起诉状副本",
    situation: Situation = CIVIL,
    on: date = ON,
    rules: RuleSet = NATIONAL,
) -> Effect:
    found = effect(document, attempts, situation, on=on, rules=rules)
    assert found.rule_version == rules.version
    assert found.article
    assert found.text_zh
    assert all(one.article and one.text_zh for one in found.findings)
    return found


def refused(code: str, call: Any) -> None:
    with pytest.raises(LawRefused) as caught:
        call()
    assert caught.value.code == code
    assert caught.value.rule


# --- signing ------------------------------------------------------------------------------------------------------


def test_r1_1_the_signing_date_on_the_proof_is_the_day_of_service() -> None:
    found = ask(signed())
    assert (found.state, found.served_on, found.confidence) == (SERVED, date(2026, 11, 3), "high")
    assert found.confirm_by == (SPECIALIST,)
    assert ask(signed(signed_on=None)).state == NONE


def test_r1_1_without_the_proof_there_is_no_service_and_it_says_what_is_missing() -> None:
    found = ask(signed(items=()))
    assert found.state == NONE
    assert [one.code for one in found.missing] == ["signature_recipient", "photo_documents"]


def test_r1_2_service_is_per_document() -> None:
    one = signed("cohabiting_adult", "signed_family")
    assert ask(one, document="起诉状副本").state == SERVED
    assert ask(one, document="民事调解书").state == NONE


@pytest.mark.parametrize("relation", ["neighbour", "guard", "parcel_station", "unknown"])
def test_a_neighbours_or_guards_signature_is_no_service(relation: str) -> None:
    assert ask(signed(relation)).state == NONE
    mail = signed(relation, "mail_signed", channel="postal", posted_on=date(2026, 11, 1))
    assert ask(mail).state == NONE


def test_r1_4_the_opposing_partys_signature_is_no_service() -> None:
    wife = Signer("cohabiting_adult", "钱某", opposing=True)
    assert ask(signed(result="signed_family", signer=wife)).state == NONE
    assert ask(signed(result="mail_signed", channel="postal", signer=wife)).state == NONE


def test_r1_5_in_divorce_the_spouses_parents_do_not_receive() -> None:
    mother = Signer("cohabiting_adult", "钱某", spouse_side=True)
    divorce = Situation(divorce=True)
    assert ask(signed(result="signed_family", signer=mother), situation=divorce).state == NONE
    assert ask(signed(result="signed_family", signer=mother)).state == SERVED


def test_an_outcome_that_contradicts_its_signer_is_refused() -> None:
    refused("law.contradiction", lambda: ask(signed("cohabiting_adult", "signed_recipient")))


# --- refusing and leaving -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", ["refused_witness", "refused_video"])
def test_r1_9_refusal_and_leaving_at_the_domicile_is_deemed_service_on_the_day_left(result: str) -> None:
    found = ask(left(result))
    assert (found.state, found.served_on) == (DEEMED, date(2026, 11, 4))
    assert "八十九" in found.article
    assert found.confirm_by == (COURT_STAFF,)


def test_r1_9_a_cohabiting_adults_refusal_counts_and_a_neighbours_does_not() -> None:
    assert ask(left(refuser="cohabiting_adult")).state == DEEMED
    assert ask(left(refuser="neighbour")).state == NONE
    assert ask(dataclasses.replace(left(), refuser=None)).state == NONE


def test_r1_9_leaving_elsewhere_than_the_domicile_is_not_leaving_service() -> None:
    assert ask(left(place="elsewhere")).state == NONE
    assert ask(left(place="workplace")).state == NONE


def test_r1_10_the_witness_is_named_with_unit_and_signature() -> None:
    found = ask(left(items=items("signature_server", "photo_left", "photo_door"), fields=LEFT))
    assert found.state == NONE
    assert {one.code for one in found.missing} == {"witness_name", "witness_unit", "signature_witness"}


def test_r1_11_in_simple_procedure_an_unwilling_witness_is_noted_and_the_workplace_will_do() -> None:
    simple = Situation(procedure="简易程序")
    one = left("refused_unwitnessed", place="workplace")
    assert ask(one, situation=simple).state == DEEMED
    assert ask(one).state == NONE
    assert ask(left(place="workplace", refuser="self"), situation=simple).state == DEEMED


def test_r1_12_an_organisations_mail_receiver_refuses_for_it_and_an_agent_only_when_designated() -> None:
    company = Situation(recipient_kind="法人")
    assert ask(left(refuser="mail_receiver"), situation=company).state == DEEMED
    assert ask(left(refuser="agent"), situation=Situation(agent=True)).state == NONE
    assert ask(left(refuser="agent"), situation=Situation(agent=True, agent_receives=True)).state == DEEMED


@pytest.mark.parametrize("result", ["nobody_home", "access_denied", "aborted_safety"])
def test_r1_13_absence_is_not_refusal(result: str) -> None:
    one = left(result, refuser="self")
    assert ask(one).state == NONE


@pytest.mark.parametrize("result", [one for one in RESULTS_OF["direct"] if one.startswith("refused_")])
def test_r1_14_a_refused_mediation_statement_goes_to_the_judge(result: str) -> None:
    found = ask(left(result), document="民事调解书")
    assert found.state == NONE
    assert found.confirm_by == (JUDGE,)
    assert "及时判决" in found.text_zh


def test_r1_14_a_designated_receiver_may_sign_a_mediation_statement() -> None:
    found = ask(signed("designated_receiver", "signed_designated"), document="民事调解书")
    assert found.state == SERVED


def test_r1_15_a_payment_order_is_left_with_the_debtor_in_person_only() -> None:
    order = Situation(procedure="督促程序")
    assert ask(left(), document="支付令", situation=order).state == DEEMED
    assert ask(left(refuser="cohabiting_adult"), document="支付令", situation=order).state == NONE


def test_r1_6_refusing_at_the_court_is_deemed_service_when_judge_and_clerk_sign() -> None:
    one = left("refused_at_court", channel="pickup", place="court")
    assert ask(one).state == DEEMED
    assert "一百三十一条第一款" in ask(one).article
    without = dataclasses.replace(one, items=())
    assert [miss.code for miss in ask(without).missing] == ["signature_court"]


def test_r1_6_somebody_elses_refusal_at_the_court_is_not_the_partys() -> None:
    one = left("refused_at_court", "cohabiting_adult", channel="pickup", place="court")
    assert ask(one).state == NONE


def test_r1_7_refusing_outside_the_domicile_wants_the_courts_own_signature() -> None:
    one = left("refused_elsewhere", place="elsewhere")
    assert ask(one).state == DEEMED
    outsourced = dataclasses.replace(one, items=items("video", "signature_server"))
    found = ask(outsourced)
    assert found.state == NONE
    assert "外包人员不能代签" in found.missing[0].text_zh


def test_r1_8_a_judgment_refused_at_its_pronouncement_is_deemed_served() -> None:
    one = left("refused_at_pronouncement", place="court")
    assert ask(one, document="民事判决书").state == DEEMED
    assert ask(one, document="起诉状副本").state == NONE
    assert ask(dataclasses.replace(one, items=()), document="民事判决书").state == NONE


def test_r1_32_criminal_leaving_takes_any_witness() -> None:
    one = left(fields={**LEFT, "witness.name": "邻居王某"})
    assert ask(one, situation=Situation(case_kind="刑事"), document="起诉书副本").state == DEEMED
    assert ask(one).state == NONE


# --- a useless address --------------------------------------------------------------------------------------------


def test_op17_7_a_wrong_address_is_the_risk_of_the_recipient_who_gave_it() -> None:
    found = ask(left("moved", items=items("photo_door")))
    assert (found.state, found.served_on, found.confirm_by) == (DEEMED, date(2026, 11, 4), (JUDGE,))
    assert found.rebuttable
    assert ask(left("moved", left_on=None)).state == NONE


@pytest.mark.parametrize("basis", ["原告提供", "申请执行人提供", "法院查明"])
def test_an_address_only_others_gave_deems_nothing(basis: str) -> None:
    assert ask(left("moved", address_basis=basis)).state == NONE
    assert ask(returned("moved", address_basis=basis)).state == NONE


@pytest.mark.parametrize("basis", ["合同约定", "历史案件确认地址", "户籍地址"])
def test_op17_8_a_presumed_address_wants_refusal_to_give_one_or_evasion(basis: str) -> None:
    assert ask(returned("moved"), situation=Situation(address_basis=basis)).state == NONE
    assert ask(returned("moved"), situation=Situation(address_basis=basis, refuses_address=True)).state == DEEMED
    assert ask(returned("moved"), situation=Situation(address_basis=basis, evades=True)).confidence == "low"


def test_simp_10_in_simple_procedure_the_party_must_have_been_told() -> None:
    facts: dict[str, Any] = {"procedure": "简易程序", "address_basis": "送达地址确认书"}
    assert ask(returned("moved"), situation=Situation(**facts)).confidence == "low"
    assert ask(returned("moved"), situation=Situation(**facts, told_consequences=True)).confidence == "medium"


# --- mail ---------------------------------------------------------------------------------------------------------


def test_r1_19_mail_is_served_on_the_receipt_date_and_counts_from_posting_for_statistics() -> None:
    one = signed(result="mail_signed", channel="postal", posted_on=date(2026, 11, 1))
    found = ask(one)
    assert (found.state, found.served_on, found.statistics_on) == (SERVED, date(2026, 11, 3), date(2026, 11, 1))


def test_a_delivered_parcel_704_is_not_service() -> None:
    one = Attempt("m1", "postal", "mail_delivered", posted_on=date(2026, 11, 1))
    found = ask(one)
    assert found.state == NONE
    assert "妥投" in found.text_zh


def test_ems04_11_mail_refused_by_the_recipient_is_served_on_the_day_it_came_back() -> None:
    found = ask(returned("refused", refuser=Signer("self")))
    assert (found.state, found.served_on, found.confidence) == (DEEMED, date(2026, 11, 12), "high")
    assert found.statistics_on == date(2026, 11, 2)
    assert ask(returned("refused", refuser=Signer("designated_receiver"))).state == DEEMED


@pytest.mark.parametrize("relation", ["cohabiting_adult", "neighbour", "unknown", "agent", "mail_receiver"])
def test_ems04_11_a_refusal_by_others_deems_nothing(relation: str) -> None:
    assert ask(returned("refused", refuser=Signer(relation))).state == NONE
    assert ask(returned("refused")).state == NONE


@pytest.mark.parametrize("reason", ["nobody", "unclaimed", "not_contacted", "recalled"])
def test_ems04_11_nobody_took_it_is_not_on_the_list(reason: str) -> None:
    found = ask(returned(reason))
    assert found.state == NONE
    assert found.proposals == ()


def test_seed_2_item_4_is_wider_than_the_law_and_at_most_a_proposal() -> None:
    wide = RuleSet("x", "", ON, readings={"mail_unclaimed": "propose"})
    found = ask(returned("unclaimed"), rules=wide)
    assert found.state == NONE
    assert "承办法官" in found.proposals[0]
    foreign = Situation(address_basis="原告提供")
    assert ask(returned("unclaimed"), rules=wide, situation=foreign).proposals == ()


def test_ems04_11_who_refused_to_give_an_address_bears_the_registered_one() -> None:
    registered = Situation(address_basis="户籍地址", refuses_address=True)
    assert ask(returned("nobody"), situation=registered).state == DEEMED


def test_ems04_11_2_no_fault_proved_undoes_it() -> None:
    assert ask(returned("moved", no_fault=True)).state == NONE
    assert ask(returned("refused", refuser=Signer("self"), no_fault=True)).state == NONE


def test_op17_7_others_signing_is_a_disputed_reading_and_the_default_is_no_service() -> None:
    neighbour = signed("neighbour", "mail_signed", channel="postal", posted_on=date(2026, 11, 1))
    yes = RuleSet("x", "", ON, readings={"others_signed": "yes"})
    assert ask(neighbour).state == NONE
    found = ask(neighbour, rules=yes)
    assert (found.state, found.served_on, found.confidence) == (DEEMED, date(2026, 11, 3), "low")
    assert found.confirm_by == (JUDGE,)
    assert ask(neighbour, rules=yes, situation=Situation(address_basis="原告提供")).state == NONE
    opposing = dataclasses.replace(neighbour, signer=Signer("neighbour", opposing=True))
    assert ask(opposing, rules=yes).state == NONE


def test_t16_returned_mail_wants_three_tries_in_five_days_a_reason_and_a_contact_tried() -> None:
    regular = returned("moved")
    assert irregular_return(regular, NATIONAL) == ()
    slow = returned("moved", tried_on=(date(2026, 11, 4), date(2026, 11, 5), date(2026, 11, 9)))
    assert "投递不足3次" in irregular_return(slow, NATIONAL)[0]
    assert len(irregular_return(returned("moved", tried_on=(), contact_tried=False), NATIONAL)) == 2
    found = ask(slow)
    assert (found.confidence, found.findings[0].flags) == ("low", ("irregular",))
    assert ask(returned("")).findings[0].flags == ("irregular",)


def test_a_returned_mediation_statement_goes_to_the_judge() -> None:
    found = ask(returned("refused", refuser=Signer("self")), document="民事调解书")
    assert (found.state, found.confirm_by) == (NONE, (JUDGE,))


# --- electronic, telephone ----------------------------------------------------------------------------------------


def test_r1_17_arrival_at_a_consented_address_is_service() -> None:
    found = ask(sent(arrived_at=at("2026-11-05 23:59")), situation=E_CONSENT)
    assert (found.state, found.served_on) == (SERVED, date(2026, 11, 5))
    assert found.rebuttable
    assert ask(sent(), situation=E_CONSENT).state == NONE


def test_r1_17_the_recipient_may_prove_another_arrival() -> None:
    one = sent(arrived_at=at("2026-11-05 23:59"), proved_arrival_at=at("2026-11-07 08:00"))
    assert ask(one, situation=E_CONSENT).served_on == date(2026, 11, 7)


def test_r1_16_a_judgment_without_consent_is_not_served_electronically() -> None:
    one = sent(arrived_at=at("2026-11-05 09:01"), read_at=at("2026-11-05 10:00"))
    assert ask(one, document="民事判决书", situation=TIED).state == NONE
    assert ask(one, document="民事判决书", situation=E_CONSENT).state == SERVED


def test_ol_31_2_another_address_needs_knowledge() -> None:
    arrived = at("2026-11-05 09:01")
    assert ask(sent(arrived_at=arrived), situation=TIED).state == NONE
    read = sent(arrived_at=arrived, read_at=at("2026-11-06 10:00"))
    assert ask(read, situation=TIED).state == PRESUMED
    assert ask(dataclasses.replace(read, rebutted=True), situation=TIED).state == NONE
    replied = sent(arrived_at=arrived, replied_at=at("2026-11-06 09:00"))
    assert ask(replied, situation=TIED).state == SERVED
    acted = sent(arrived_at=arrived, acted_at=at("2026-11-08 09:00"), read_at=at("2026-11-06 09:00"), rebutted=True)
    assert ask(acted, situation=TIED).served_on == date(2026, 11, 8)


def test_ol_31_4_the_earliest_valid_electronic_way_counts() -> None:
    late = sent(id="e1", arrived_at=at("2026-11-09 09:00"))
    early = sent(id="e2", channel="message", arrived_at=at("2026-11-06 09:00"))
    prompt = sent(id="e3", channel="message", arrived_at=at("2026-11-05 09:00"), prompt_only=True)
    found = ask(late, early, prompt, situation=E_CONSENT)
    assert (found.attempt_id, found.served_on, found.confidence) == ("e2", date(2026, 11, 6), "high")
    assert [one.state for one in found.findings] == [SERVED, SERVED, NONE]


def test_ol_32_a_prompt_is_no_service() -> None:
    assert ask(sent(prompt_only=True, arrived_at=at("2026-11-05 09:01")), situation=E_CONSENT).state == NONE


def test_electronic_service_wants_its_voucher_or_record() -> None:
    one = sent(arrived_at=at("2026-11-05 09:01"), items=())
    assert ask(one, situation=E_CONSENT).state == NONE
    assert ask(dataclasses.replace(one, items=items("send_record")), situation=E_CONSENT).state == SERVED


def test_criminal_documents_are_not_served_electronically() -> None:
    criminal = dataclasses.replace(E_CONSENT, case_kind="刑事")
    assert ask(sent(arrived_at=at("2026-11-05 09:01")), document="起诉书副本", situation=criminal).state == NONE


def test_telephone_is_no_service_until_court_staff_confirm_it() -> None:
    simple = Situation(procedure="简易程序")
    told = ask(call(), document="开庭传票", situation=simple)
    assert (told.state, told.confirm_by) == (NONE, (JUDGE,))
    assert told.proposals
    confirmed = ask(call(confirmed_by="法官甲"), document="开庭传票", situation=simple)
    assert (confirmed.state, confirmed.confidence) == (PRESUMED, "low")
    assert "缺席判决" in confirmed.text_zh


@pytest.mark.parametrize("document", ["民事判决书", "民事裁定书", "民事调解书"])
def test_telephone_serves_no_judgment_even_when_confirmed(document: str) -> None:
    situation = Situation(reachable_by_phone=True, direct_failed=True, mail_failed=True)
    assert ask(call(confirmed_by="法官甲"), document=document, situation=situation).state == NONE


def test_telephone_wants_its_recording() -> None:
    found = ask(call(confirmed_by="法官甲", items=()), situation=Situation(procedure="简易程序"))
    assert [one.code for one in found.missing] == ["recording"]


# --- entrusted, forwarded, notice ---------------------------------------------------------------------------------


def test_r1_20_entrusted_service_dates_from_the_signature_on_the_proof() -> None:
    one = signed(channel="entrusted", received_on=date(2026, 10, 28))
    assert ask(one).served_on == date(2026, 11, 3)
    assert ask(dataclasses.replace(one, items=items("receipt"))).missing[0].code == "letter"


def test_r1_21_forwarded_service_dates_from_the_recipients_signature_not_the_units() -> None:
    one = signed(channel="forwarded", received_on=date(2026, 10, 28))
    prisoner = Situation(forwarded_for="imprisoned")
    assert ask(one, situation=prisoner).served_on == date(2026, 11, 3)
    assert ask(one).state == NONE


def test_r1_22_r1_25_t18_announcement_runs_from_its_last_posting_and_is_then_deemed() -> None:
    exhausted = Situation(exhausted=True)
    running = ask(notice_(), situation=exhausted, on=date(2026, 10, 1))
    assert (running.state, running.served_on, running.ends_on) == (RUNNING, None, date(2026, 10, 2))
    over = ask(notice_(), situation=exhausted, on=date(2026, 10, 2))
    assert (over.state, over.served_on, over.statistics_on) == (DEEMED, date(2026, 10, 2), date(2026, 9, 2))
    assert over.confirm_by == (JUDGE,)
    assert over.alternatives


def test_r1_3_announcement_wants_its_reason_on_file_and_r1_25_a_video_of_the_posting_at_home() -> None:
    exhausted = Situation(exhausted=True)
    bare = ask(notice_(items=items("notice_proof")), situation=exhausted)
    assert [one.code for one in bare.missing] == ["reason_record"]
    home = ask(notice_(posted_at_domicile=True), situation=exhausted)
    assert [one.code for one in home.missing] == ["posting_video"]


def test_an_announcement_nobody_approved_has_no_effect() -> None:
    found = ask(notice_(confirmed_by=""), situation=Situation(exhausted=True))
    assert (found.state, found.findings[0].flags) == (NONE, ("unapproved",))


@pytest.mark.parametrize("procedure", ["简易程序", "小额诉讼程序", "督促程序"])
def test_r1_27_r1_29_an_unlawful_announcement_has_no_effect_and_warns_of_a_retrial(procedure: str) -> None:
    found = ask(notice_(), situation=Situation(procedure=procedure, exhausted=True))
    assert found.state == NONE
    assert "再审" in found.text_zh
    assert "三百八十九" in found.article


def test_r1_23_announcement_abroad_takes_sixty_days() -> None:
    abroad = Situation(region="abroad", exhausted=True)
    assert ask(notice_(), situation=abroad).ends_on == date(2026, 11, 1)


# --- several attempts ---------------------------------------------------------------------------------------------


def test_hkmo_9_an_announcement_for_hong_kong_or_macao_is_also_published_there() -> None:
    found = ask(notice_(), situation=Situation(region="hkmo", exhausted=True))
    assert [one.code for one in found.missing] == ["notice_proof_local"]
    both = notice_(items=items("notice_proof", "reason_record", "notice_proof_local"))
    assert ask(both, situation=Situation(region="hkmo", exhausted=True)).ends_on == date(2026, 12, 2)


def test_hkmo_10_for_hong_kong_and_macao_the_first_way_to_succeed_sets_the_day() -> None:
    early, late = left(id="a0", left_on=date(2026, 11, 4)), signed(id="a1", signed_on=date(2026, 11, 6))
    found = ask(late, early, situation=Situation(region="hkmo"))
    assert (found.attempt_id, found.confidence, found.confirm_by) == ("a0", "high", (COURT_STAFF,))


def test_no_attempt_is_no_service() -> None:
    assert ask().state == NONE


def test_certain_service_comes_before_doubtful_and_several_days_go_to_the_judge() -> None:
    doubtful = returned("moved", id="m1", tried_on=(), returned_on=date(2026, 11, 3))
    certain = signed(id="a1", signed_on=date(2026, 11, 6))
    first = ask(doubtful, certain)
    assert (first.attempt_id, first.confirm_by) == ("a1", (SPECIALIST,))

    second = ask(left(id="a0", left_on=date(2026, 11, 4)), certain)
    assert (second.attempt_id, second.confidence, second.confirm_by) == ("a0", "medium", (JUDGE,))


def test_a_signature_beats_a_running_announcement() -> None:
    situation = Situation(exhausted=True)
    found = ask(notice_(postings=(date(2026, 11, 1),)), signed(), situation=situation)
    assert (found.state, found.attempt_id) == (SERVED, "a1")


def test_every_attempt_stays_explained() -> None:
    found = ask(left("nobody_home", id="a"), returned("unclaimed", id="b"), signed(id="c"))
    assert [one.attempt_id for one in found.findings] == ["a", "b", "c"]
    assert found.attempt_id == "c"


# --- bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: signed(channel="postal", result="mail_signed", posted_on=date(2026, 11, 4)),
        lambda: signed(channel="entrusted", received_on=date(2026, 11, 9)),
        lambda: returned("moved", returned_on=date(2026, 11, 1)),
        lambda: returned("moved", tried_on=(date(2026, 11, 1),)),
        lambda: sent(arrived_at=at("2026-11-05 08:59")),
        lambda: sent(read_at=at("2026-11-04 09:00")),
        lambda: sent(proved_arrival_at=at("2026-11-04 09:00")),
        lambda: ask(signed(signed_on=date(2026, 11, 21))),
        lambda: ask(notice_(postings=(date(2026, 12, 1),)), situation=Situation(exhausted=True)),
    ],
)
def test_contradictory_days_are_refused(make: Any) -> None:
    refused("law.contradiction", make)


def test_evidence_of_another_visit_is_refused() -> None:
    refused("law.foreign_evidence", lambda: signed(items=(Item("signature_recipient", "a2"),)))
    assert signed(items=(Item("signature_recipient", "a1"),))


def test_two_results_of_one_attempt_are_refused() -> None:
    refused("law.two_closings", lambda: ask(signed(), left()))


def test_unknown_words_and_documents_are_refused() -> None:
    refused("law.unknown_word", lambda: Attempt("x", "pigeon", "signed_recipient"))
    refused("law.unknown_word", lambda: Attempt("x", "postal", "signed_recipient"))
    refused("law.unknown_word", lambda: returned("flood"))
    refused("law.unknown_document", lambda: ask(signed(), document="情书"))
    refused("law.bad_date", lambda: sent(arrived_at=datetime(2026, 11, 6, 9)))  # noqa: DTZ001 # naive on purpose


def test_every_result_is_named_and_belongs_to_a_channel() -> None:
    assert {one for results in RESULTS_OF.values() for one in results} == set(RESULTS)
    assert all(label_zh(one) != one for one in KINDS)


# --- what must hold for everything --------------------------------------------------------------------------------

KIND_NAMES = sorted({*EVIDENCE_KINDS, *KINDS})
ATTEMPTS = st.sampled_from(sorted(RESULTS_OF)).flatmap(
    lambda channel: st.builds(
        Attempt,
        id=st.just("x"),
        channel=st.just(channel),
        result=st.sampled_from(RESULTS_OF[channel]),
        address_basis=st.sampled_from(["", "送达地址确认书", "原告提供", "户籍地址"]),
        place=st.sampled_from(["domicile", "workplace", "elsewhere"]),
        signer=st.none(),
        refuser=st.one_of(st.none(), st.sampled_from(sorted(RELATIONS)).map(Signer)),
        signed_on=st.just(date(2026, 11, 3)),
        left_on=st.just(date(2026, 11, 3)),
        returned_on=st.just(date(2026, 11, 3)),
        return_reason=st.sampled_from(["refused", "moved", "nobody", "unclaimed"]),
        sent_at=st.just(at("2026-11-03 09:00")),
        arrived_at=st.one_of(st.none(), st.just(at("2026-11-03 09:00"))),
        read_at=st.one_of(st.none(), st.just(at("2026-11-03 10:00"))),
        called_at=st.just(at("2026-11-03 09:00")),
        postings=st.just((date(2026, 9, 1),)),
        confirmed_by=st.sampled_from(["", "法官甲"]),
        items=st.lists(st.sampled_from(KIND_NAMES).map(Item), max_size=12).map(tuple),
        fields=st.sampled_from(
            [{}, {**LEFT, **WITNESS, "note": "说明", "signer.name": "赵某", "signer.relation": "本人"}]
        ),
    )
)
WORLDS = st.builds(
    Situation,
    case_kind=st.sampled_from(["民事", "刑事", "行政"]),
    procedure=st.sampled_from(["普通程序", "简易程序", "小额诉讼程序", "督促程序"]),
    address_basis=st.sampled_from(["", "送达地址确认书", "原告提供", "户籍地址"]),
    consent=st.builds(Consent, st.sampled_from(["", "express"])),
    e_address=st.sampled_from(["", "given", "tied"]),
    refuses_address=st.booleans(),
    exhausted=st.booleans(),
    unknown_whereabouts=st.booleans(),
)


@patient
@given(attempt=ATTEMPTS, situation=WORLDS, more=st.lists(st.sampled_from(KIND_NAMES).map(Item), max_size=6))
def test_adding_evidence_never_makes_an_outcome_less_provable(
    attempt: Attempt, situation: Situation, more: list[Item]
) -> None:
    richer = dataclasses.replace(attempt, items=(*attempt.items, *more))
    before = {one.code for one in missing_of(attempt, ("起诉状副本",), situation)}
    after = {one.code for one in missing_of(richer, ("起诉状副本",), situation)}
    assert after <= before
    if ask(attempt, situation=situation).state != NONE:
        assert ask(richer, situation=situation).state != NONE


@patient
@given(attempt=ATTEMPTS, situation=WORLDS)
def test_no_path_closes_a_mediation_statement_without_a_signature_or_consented_arrival(
    attempt: Attempt, situation: Situation
) -> None:
    found = ask(attempt, document="民事调解书", situation=situation)
    if found.state != NONE:
        assert attempt.channel in ("electronic", "message")
        assert situation.consent.form


@patient
@given(attempt=ATTEMPTS, situation=WORLDS, document=st.sampled_from(["起诉状副本", "民事判决书", "开庭传票"]))
def test_no_simple_procedure_case_is_served_by_announcement(
    attempt: Attempt, situation: Situation, document: str
) -> None:
    if situation.simple and attempt.channel == "notice":
        assert ask(attempt, document=document, situation=situation).state == NONE


@patient
@given(attempt=ATTEMPTS, situation=WORLDS)
def test_whatever_is_not_plain_service_is_confirmed_by_the_court(attempt: Attempt, situation: Situation) -> None:
    found = ask(attempt, situation=situation)
    if found.state in (DEEMED, PRESUMED, RUNNING):
        assert set(found.confirm_by) & {COURT_STAFF, JUDGE}


@patient
@given(days=st.integers(1, 15))
def test_a_later_signature_is_a_later_service(days: int) -> None:
    first = ask(signed())
    second = ask(signed(signed_on=date(2026, 11, 3) + timedelta(days=days)))
    assert first.served_on is not None
    assert second.served_on is not None
    assert second.served_on > first.served_on
