"""Who may sign, and who never may."""

from __future__ import annotations

from datetime import date

import pytest

from server.law.outcomes import OUTCOMES
from server.law.refusals import LawRefused
from server.law.rulesets import RuleSet
from server.law.signers import RELATIONS, Signer, signer
from server.law.situation import Situation

PERSON = Situation()
COMPANY = Situation(recipient_kind="法人")
CRIMINAL = Situation(case_kind="刑事")


def ok(one: Signer, situation: Situation = PERSON, document_class: str = "complaint") -> bool:
    found = signer(one, document_class=document_class, situation=situation)
    assert found.article
    assert found.text_zh
    assert (found.outcome in OUTCOMES) == found.ok
    return found.ok


@pytest.mark.parametrize("relation", ["neighbour", "guard", "parcel_station", "unknown", "other_staff"])
def test_neighbours_guards_and_parcel_stations_never_sign(relation: str) -> None:
    for situation in (PERSON, COMPANY, CRIMINAL):
        assert not ok(Signer(relation), situation)


@pytest.mark.parametrize("relation", sorted(RELATIONS))
def test_r1_4_the_opposing_party_never_signs(relation: str) -> None:
    for situation in (PERSON, COMPANY, Situation(agent=True)):
        assert not ok(Signer(relation, opposing=True), situation)


def test_r1_5_in_divorce_the_spouses_side_does_not_sign() -> None:
    spouse = Signer("cohabiting_adult", spouse_side=True)
    assert ok(spouse)
    assert not ok(spouse, Situation(divorce=True))
    plain = RuleSet("x", "", date(2026, 1, 1), readings={"divorce_spouse": "allowed"})
    assert signer(spouse, document_class="complaint", situation=Situation(divorce=True), rules=plain).ok
    wife = Signer("cohabiting_adult", spouse_side=True, opposing=True)
    assert not signer(wife, document_class="complaint", situation=Situation(divorce=True), rules=plain).ok


def test_a_minor_never_signs_for_somebody_else() -> None:
    assert not ok(Signer("cohabiting_adult", age=17))
    assert ok(Signer("cohabiting_adult", age=18))
    assert not ok(Signer("mail_receiver", age=17), COMPANY)


def test_r1_2_family_must_live_together_except_in_criminal_cases() -> None:
    assert not ok(Signer("family_elsewhere"))
    assert ok(Signer("family_elsewhere"), CRIMINAL)
    assert ok(Signer("cohabiting_adult"))


def test_an_organisation_signs_through_its_head_or_mail_receiver() -> None:
    for relation in ("legal_representative", "principal", "mail_receiver"):
        assert ok(Signer(relation), COMPANY)
        assert not ok(Signer(relation), PERSON)
    for relation in ("self", "cohabiting_adult"):
        assert not ok(Signer(relation), COMPANY)


def test_in_criminal_cases_the_units_receiver_may_take_it_for_a_person() -> None:
    assert ok(Signer("mail_receiver"), CRIMINAL)


def test_an_agent_signs_when_on_file_and_a_designated_receiver_always() -> None:
    assert not ok(Signer("agent"))
    assert ok(Signer("agent"), Situation(agent=True))
    assert ok(Signer("designated_receiver"))


@pytest.mark.parametrize("relation", ["cohabiting_adult", "agent", "mail_receiver"])
def test_r1_14_a_mediation_statement_is_signed_by_the_party_or_its_designated_receiver(relation: str) -> None:
    situation = COMPANY if relation == "mail_receiver" else Situation(agent=True)
    assert not ok(Signer(relation), situation, "mediation")
    assert ok(Signer("self"), PERSON, "mediation")
    assert ok(Signer("designated_receiver"), PERSON, "mediation")
    assert ok(Signer("legal_representative"), COMPANY, "mediation")


def test_for_whom_cannot_act_alone_the_guardian_signs() -> None:
    ward = Situation(needs_guardian=True)
    assert not ok(Signer("self"), ward)
    assert ok(Signer("guardian"), ward)


def test_an_unknown_relation_is_refused() -> None:
    with pytest.raises(LawRefused) as caught:
        Signer("godfather")
    assert caught.value.code == "law.unknown_word"
