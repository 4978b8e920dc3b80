"""Effect of several attempts, bad input, and what must hold whatever happened."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.law.attempts import RESULTS, RESULTS_OF, Attempt, Item
from server.law.effects.findings import COURT_STAFF, DEEMED, JUDGE, NONE, PRESUMED, RUNNING, SERVED, SPECIALIST
from server.law.outcomes import EVIDENCE_KINDS
from server.law.proof import KINDS, label_zh, missing_of
from server.law.signers import RELATIONS, Signer
from server.law.situation import Consent, Situation
from tests.unit.law.attempt_factories import (
    LEFT,
    WITNESS,
    ask,
    at,
    items,
    left,
    notice_,
    refused,
    returned,
    sent,
    signed,
)
from tests.unit.law.properties import patient

# --- several attempts ---


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


# --- bad input ---


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


# --- what must hold for everything ---

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
