"""Which way is lawful for which document and recipient: every trap of the reference by its rule."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.law import terms
from server.law.channels import ALLOWED, BARRED, CONFIRM, channels, judge
from server.law.documents import ADJUDICATIONS, CLASSES, classes, document_class
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, RuleSet
from server.law.situation import Consent, Situation
from tests.unit.law.properties import patient

ROOT = Path(__file__).parents[3]
EXPRESS = Consent("express")
TRIED: dict[str, Any] = {
    "direct_failed": True,
    "mail_failed": True,
    "exhausted": True,
    "address_basis": "送达地址确认书",
}

SITUATIONS = st.builds(
    Situation,
    case_kind=st.sampled_from(sorted(terms.CASE_KINDS)),
    procedure=st.sampled_from(sorted(terms.PROCEDURES)),
    address_basis=st.sampled_from(["", *terms.BASES]),
    region=st.sampled_from(sorted(terms.REGIONS)),
    consent=st.builds(Consent, st.sampled_from(["", "express", "volunteered"]), withdrawn=st.booleans()),
    e_address=st.sampled_from(["", "given", "tied"]),
    refused=st.booleans(),
    refused_by_agent=st.booleans(),
    unknown_whereabouts=st.booleans(),
    exhausted=st.booleans(),
    reachable_by_phone=st.booleans(),
    direct_failed=st.booleans(),
    mail_failed=st.booleans(),
    first_instance_by_notice=st.booleans(),
    evades=st.booleans(),
)


def verdict(way: str, document: str = "起诉状副本", rules: RuleSet = NATIONAL, **facts: Any) -> str:
    return channels([document], Situation(**facts), rules=rules).of(way).verdict


def test_every_document_a_list_may_order_is_known_to_the_law() -> None:
    table = ROOT / "server/cases/data/document-types.csv"
    names = [row["name"] for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines())]
    assert len(names) > 100
    assert classes(names) <= set(CLASSES)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("民事判决书", "judgment"),
        ("《民事调解书》", "mediation"),
        ("调解告知书", "other"),
        ("管辖权异议民事裁定书", "ruling"),
        ("履行到期债务通知书", "debt_notice"),
        ("拘传票", "coercive_summons"),
        ("开庭传票", "summons"),
        ("支付令", "payment_order"),
    ],
)
def test_documents_are_classed_by_name(name: str, kind: str) -> None:
    assert document_class(name) == kind


@pytest.mark.parametrize("name", ["", "菜单", "判决", "情书"])
def test_unknown_documents_are_refused(name: str) -> None:
    with pytest.raises(LawRefused) as caught:
        channels([name], Situation())
    assert caught.value.code == "law.unknown_document"


def test_no_document_at_all_is_refused() -> None:
    with pytest.raises(LawRefused) as caught:
        channels([], Situation())
    assert caught.value.code == "law.bad_input"


@pytest.mark.parametrize(
    "facts",
    [
        {"case_kind": "交通"},
        {"procedure": "快速程序"},
        {"recipient_kind": "外星人"},
        {"address_basis": "听说"},
        {"region": "moon"},
        {"e_address": "guessed"},
        {"forwarded_for": "sailor"},
    ],
)
def test_unknown_words_are_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(LawRefused) as caught:
        Situation(**facts)
    assert caught.value.code == "law.unknown_word"


def test_contradictory_facts_are_refused() -> None:
    for facts in ({"forwarded_for": "soldier", "recipient_kind": "法人"}, {"agent_receives": True}):
        with pytest.raises(LawRefused) as caught:
            Situation(**facts)
        assert caught.value.code == "law.contradiction"


def test_r1_13_absence_does_not_open_leaving() -> None:
    assert verdict("leaving", direct_failed=True, exhausted=True) == BARRED
    assert verdict("leaving", refused=True) == ALLOWED


def test_r1_12_an_agents_refusal_opens_leaving_only_for_a_designated_receiver() -> None:
    assert verdict("leaving", refused_by_agent=True, agent=True) == BARRED
    assert verdict("leaving", refused_by_agent=True, agent=True, agent_receives=True) == ALLOWED


def test_r1_14_a_mediation_statement_is_never_left() -> None:
    found = channels(["民事调解书"], Situation(refused=True)).of("leaving")
    assert found.verdict == BARRED
    assert "一百三十三" in found.article
    assert "承办法官" in found.text_zh


def test_r1_15_a_payment_order_may_be_left_but_never_announced() -> None:
    facts: dict[str, Any] = {"procedure": "督促程序", "refused": True, **TRIED}
    assert verdict("leaving", "支付令", **facts) == ALLOWED
    assert verdict("notice", "支付令", **facts) == BARRED
    assert verdict("notice", "支付令", **TRIED) == BARRED


def test_r1_16_judgments_are_served_electronically_with_consent_and_paper_on_request() -> None:
    found = channels(["民事判决书"], Situation(consent=EXPRESS, e_address="given")).of("electronic")
    assert found.verdict == ALLOWED
    assert "纸质" in found.text_zh
    assert verdict("electronic", "民事判决书", e_address="given") == BARRED
    assert verdict("electronic", "民事判决书", e_address="tied") == BARRED


def test_r1_17_without_consent_an_address_that_is_theirs_needs_proof_of_knowledge() -> None:
    assert verdict("electronic", e_address="tied") == CONFIRM
    assert verdict("electronic", e_address="") == BARRED
    assert verdict("electronic", consent=EXPRESS, e_address="given") == ALLOWED


def test_r1_18_consent_reaches_what_it_covers_and_can_be_withdrawn() -> None:
    partly = Consent("express", covers=frozenset({"complaint"}))
    assert verdict("electronic", "起诉状副本", consent=partly, e_address="given") == ALLOWED
    assert verdict("electronic", "开庭传票", consent=partly, e_address="given") == CONFIRM
    assert verdict("electronic", "民事判决书", consent=partly, e_address="given") == BARRED
    gone = Consent("express", withdrawn=True)
    assert verdict("electronic", consent=gone, e_address="given") == BARRED


def test_a_bare_message_is_a_prompt() -> None:
    assert verdict("message") == CONFIRM
    assert "提示" in channels(["起诉状副本"], Situation()).of("message").text_zh
    assert verdict("message", consent=EXPRESS, e_address="given") == ALLOWED


def test_r1_19_mail_and_entrustment_want_direct_service_to_be_difficult() -> None:
    for way in ("postal", "entrusted"):
        assert verdict(way, address_basis="原告提供") == CONFIRM
        assert verdict(way, address_basis="原告提供", direct_failed=True) == ALLOWED


@pytest.mark.parametrize(
    ("facts", "article"),
    [
        ({"unknown_whereabouts": True, "address_basis": "户籍地址"}, "第一条第二项"),
        ({"collects": True, "address_basis": "户籍地址"}, "第一条第一项"),
        ({"address_basis": ""}, "第三条"),
        ({"forwarded_for": "imprisoned", "address_basis": "户籍地址"}, "九十三条"),
    ],
)
def test_judicial_mail_is_barred_where_the_provisions_say_so(facts: dict[str, Any], article: str) -> None:
    found = channels(["起诉状副本"], Situation(direct_failed=True, **facts)).of("postal")
    assert found.verdict == BARRED
    assert article in found.article


@pytest.mark.parametrize("status", sorted(terms.FORWARDED_FOR))
def test_r1_21_soldiers_and_prisoners_are_served_through_their_unit(status: str) -> None:
    assert verdict("forwarded", forwarded_for=status) == ALLOWED
    assert verdict("direct", forwarded_for=status) == CONFIRM
    assert verdict("forwarded") == BARRED


def test_r1_22_announcement_wants_unknown_whereabouts_or_an_exhausted_ledger_and_a_judge() -> None:
    assert verdict("notice", direct_failed=True, mail_failed=True) == BARRED
    assert verdict("notice", exhausted=True) == CONFIRM
    assert verdict("notice", unknown_whereabouts=True) == CONFIRM


def test_r1_23_r1_24_announcement_abroad_names_its_own_article() -> None:
    articles = {
        region: channels(["起诉状副本"], Situation(region=region, exhausted=True)).of("notice").article
        for region in terms.REGIONS
    }
    assert articles == {
        "": "民事诉讼法第九十五条",
        "abroad": "民事诉讼法第二百八十三条",
        "hkmo": "涉港澳送达规定第九条",
        "taiwan": "涉台送达规定第八条",
    }


def test_r1_27_no_announcement_in_simple_or_small_claims_procedure() -> None:
    for procedure in ("简易程序", "小额诉讼程序", "速裁程序"):
        found = channels(["起诉状副本"], Situation(procedure=procedure, exhausted=True)).of("notice")
        assert found.verdict == BARRED
        assert "转" in found.text_zh
    assert verdict("notice", procedure="简易程序", exhausted=True, internet_court=True) == CONFIRM
    assert verdict("notice", procedure="小额诉讼程序", exhausted=True, internet_court=True) == BARRED


def test_r1_28_after_an_announced_first_instance_the_second_may_announce_at_once() -> None:
    assert verdict("notice", procedure="二审程序", first_instance_by_notice=True) == CONFIRM
    assert verdict("notice", procedure="二审程序") == BARRED


@pytest.mark.parametrize("document", ["民事判决书", "民事裁定书", "民事调解书"])
def test_telephone_is_never_for_judgments_rulings_and_mediation_statements(document: str) -> None:
    facts: dict[str, Any] = {"reachable_by_phone": True, "direct_failed": True, "mail_failed": True}
    assert verdict("telephone", document, **facts) == BARRED
    assert verdict("telephone", document, procedure="简易程序", **facts) == BARRED


def test_telephone_is_for_whom_nothing_else_reaches_and_always_to_be_confirmed() -> None:
    assert verdict("telephone", reachable_by_phone=True, direct_failed=True) == BARRED
    assert verdict("telephone", reachable_by_phone=True, direct_failed=True, mail_failed=True) == CONFIRM
    simple = channels(["开庭传票"], Situation(procedure="简易程序")).of("telephone")
    assert simple.verdict == CONFIRM
    assert "缺席判决" in simple.text_zh
    never = RuleSet("x", "", NATIONAL.dated, readings={"telephone_effect": "never"})
    assert verdict("telephone", procedure="简易程序", rules=never) == BARRED


def test_administrative_telephone_service_has_its_own_article() -> None:
    situation = Situation(case_kind="行政", procedure="简易程序")
    assert "行诉解释第一百零三条" in channels(["开庭传票"], situation).of("telephone").article


def test_criminal_documents_are_neither_sent_electronically_nor_announced_nor_told() -> None:
    facts: dict[str, Any] = {
        "case_kind": "刑事",
        "consent": EXPRESS,
        "e_address": "given",
        "reachable_by_phone": True,
        "unknown_whereabouts": True,
        **TRIED,
    }
    for way in ("electronic", "telephone", "notice"):
        assert verdict(way, "起诉书副本", **facts) == BARRED


@pytest.mark.parametrize("document", ["拘传票", "履行到期债务通知书"])
def test_enforcement_documents_that_must_be_handed_over_take_no_other_way(document: str) -> None:
    found = channels([document], Situation(consent=EXPRESS, e_address="given", refused=True, **TRIED))
    for way in ("electronic", "message", "telephone", "postal", "entrusted", "forwarded", "notice"):
        assert found.of(way).verdict == BARRED, way
    assert found.of("direct").verdict == ALLOWED


def test_of_several_documents_the_strictest_counts_and_is_named() -> None:
    found = channels(["应诉通知书", "民事调解书"], Situation(refused=True)).of("leaving")
    assert (found.verdict, found.document) == (BARRED, "民事调解书")


def test_every_way_is_judged_once_with_article_sentence_and_version() -> None:
    found = channels(["起诉状副本"], Situation())
    assert [one.way for one in found.verdicts] == list(terms.WAYS)
    assert all(one.article and one.text_zh and one.label_zh for one in found.verdicts)
    assert found.rule_version == NATIONAL.version


@patient
@given(situation=SITUATIONS, kind=st.sampled_from(sorted(CLASSES)))
def test_no_simple_procedure_case_reaches_notice(situation: Situation, kind: str) -> None:
    if situation.simple:
        assert judge("notice", kind, situation).verdict == BARRED


@patient
@given(situation=SITUATIONS)
def test_no_situation_lets_a_mediation_statement_be_left_announced_or_told(situation: Situation) -> None:
    for way in ("leaving", "notice", "telephone"):
        assert judge(way, "mediation", situation).verdict == BARRED


@patient
@given(situation=SITUATIONS, kind=st.sampled_from(sorted(CLASSES)))
def test_no_machine_announces_or_serves_by_telephone_without_a_person(situation: Situation, kind: str) -> None:
    for way in ("notice", "telephone"):
        assert judge(way, kind, situation).verdict != ALLOWED


@patient
@given(situation=SITUATIONS, kind=st.sampled_from(sorted(ADJUDICATIONS)))
def test_no_adjudication_is_sent_electronically_without_consent(situation: Situation, kind: str) -> None:
    if not situation.consent.reaches(kind):
        assert judge("electronic", kind, situation).verdict != ALLOWED
