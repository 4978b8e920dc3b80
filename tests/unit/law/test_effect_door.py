"""Effect of what happens at the door: signing, refusing, leaving, a useless address."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest

from server.law.attempts import RESULTS_OF
from server.law.effects.findings import COURT_STAFF, DEEMED, JUDGE, NONE, SERVED, SPECIALIST
from server.law.signers import Signer
from server.law.situation import Situation
from tests.unit.law.attempt_factories import (
    LEFT,
    ask,
    items,
    left,
    refused,
    returned,
    signed,
)

# --- signing ---


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


# --- refusing and leaving ---


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


# --- a useless address ---


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
