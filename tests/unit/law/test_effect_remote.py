"""Effect of mail, electronic service, telephone, entrustment, forwarding and announcement."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from server.law.attempts import Attempt
from server.law.effects.findings import DEEMED, JUDGE, NONE, PRESUMED, RUNNING, SERVED
from server.law.effects.mail import irregular_return
from server.law.rulesets import NATIONAL, RuleSet
from server.law.signers import Signer
from server.law.situation import Consent, Situation
from tests.unit.law.attempt_factories import (
    E_CONSENT,
    ON,
    TIED,
    ask,
    at,
    call,
    items,
    notice_,
    returned,
    sent,
    signed,
)

# --- mail ---


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


def test_whether_a_mail_rooms_refusal_is_the_organisations_is_left_to_the_judge() -> None:
    company = Situation(recipient_kind="法人", address_basis="送达地址确认书")
    assert ask(returned("refused", refuser=Signer("mail_receiver")), situation=company).proposals
    assert not ask(returned("refused", refuser=Signer("cohabiting_adult"))).proposals


def test_a_contract_is_wider_than_the_law_and_at_most_a_proposal() -> None:
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


# --- electronic, telephone ---


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
    both = sent(arrived_at=arrived, read_at=at("2026-11-06 09:00"), replied_at=at("2026-11-06 09:00"))
    assert ask(both, situation=TIED).state == SERVED
    acted = sent(arrived_at=arrived, acted_at=at("2026-11-08 09:00"), read_at=at("2026-11-06 09:00"), rebutted=True)
    assert ask(acted, situation=TIED).served_on == date(2026, 11, 8)


def test_the_arrival_rule_wants_both_consent_and_an_address_they_gave() -> None:
    arrived = sent(arrived_at=at("2026-11-05 09:01"))
    assert ask(arrived, situation=Situation(consent=Consent("express"), e_address="tied")).state == NONE
    assert ask(arrived, situation=Situation(e_address="given")).state == NONE
    assert ask(arrived, situation=Situation(consent=Consent("express"), e_address="given")).state == SERVED


def test_a_withdrawn_consent_is_told_as_such() -> None:
    gone = Situation(consent=Consent("express", withdrawn=True), e_address="given")
    found = ask(sent(arrived_at=at("2026-11-05 09:01")), situation=gone)
    assert found.state == NONE
    assert "撤回" in found.text_zh


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


# --- entrusted, forwarded, notice ---


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
