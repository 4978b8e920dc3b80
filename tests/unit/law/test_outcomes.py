"""The closed list of outcomes and what the law wants for each."""

from __future__ import annotations

import pytest

from server.law.outcomes import EVIDENCE_KINDS, FIELDS, OUTCOMES, is_mediation_statement, label_zh
from server.law.required_evidence import Circumstances, Entered, bar, missing, needs

CIVIL = Circumstances(documents=("起诉状副本",), recipient_kind="自然人", case_kind="民事")
MEDIATION = Circumstances(documents=("民事调解书",), recipient_kind="自然人", case_kind="民事")
LEFT = {"refusal_reason": "拒绝开门接收", "left_at_place": "门内地垫上"}
WITNESS = {"witness.name": "张某", "witness.unit": "某某社区居民委员会"}


def wanted(code: str, items: dict[str, int], fields: dict[str, str | None], case: Circumstances = CIVIL) -> list[str]:
    return [one.code for one in missing(code, circumstances=case, entered=Entered(items, fields))]


def test_the_list_is_closed_and_speaks_of_known_things() -> None:
    assert len(OUTCOMES) == 15
    for code, rule in OUTCOMES.items():
        assert rule.code == code
        assert rule.label_zh
        assert rule.article
        for need in rule.needs:
            for piece in need.any_of:
                assert piece.what in EVIDENCE_KINDS or piece.what in FIELDS
                assert piece.label_zh


def test_only_signing_and_leaving_serve() -> None:
    serving = {code for code, rule in OUTCOMES.items() if rule.serves}
    assert serving == {
        "signed_recipient",
        "signed_family",
        "signed_organisation",
        "signed_agent",
        "signed_designated",
        "refused_witness",
        "refused_video",
    }


def test_absence_is_not_refusal() -> None:
    for code in ("nobody_home", "moved", "no_such_person", "address_unclear", "access_denied", "organisation_gone"):
        assert OUTCOMES[code].reason != "refusal"
        assert not OUTCOMES[code].serves


def test_a_signed_delivery_wants_signature_name_and_documents_but_no_photo_of_the_door() -> None:
    assert wanted("signed_recipient", {}, {}) == ["signer_name", "signature_recipient", "photo_documents"]
    items = {"signature_recipient": 1, "photo_documents": 1}
    assert wanted("signed_recipient", items, {"signer.name": "赵某甲"}) == []


def test_family_must_say_how_they_are_related() -> None:
    items = {"signature_recipient": 1, "photo_documents": 1}
    assert wanted("signed_family", items, {"signer.name": "钱某"}) == ["signer_relation"]
    assert wanted("signed_family", items, {"signer.name": "钱某", "signer.relation": "  "}) == ["signer_relation"]
    assert wanted("signed_family", items, {"signer.name": "钱某", "signer.relation": "配偶"}) == []


def test_a_witnessed_refusal_wants_both_signatures_reason_place_and_photos() -> None:
    assert wanted("refused_witness", {}, {}) == [
        "refusal_reason",
        "witness_name",
        "witness_unit",
        "signature_witness",
        "signature_server",
        "left_at_place",
        "photo_left",
        "photo_door",
    ]
    items = {"signature_witness": 1, "signature_server": 1, "photo_left": 1, "photo_door": 1}
    assert wanted("refused_witness", items, LEFT | WITNESS) == []


def test_in_criminal_cases_the_witness_may_be_a_neighbour_of_no_unit() -> None:
    items = {"signature_witness": 1, "signature_server": 1, "photo_left": 1, "photo_door": 1}
    fields = {**LEFT, "witness.name": "张某"}
    assert wanted("refused_witness", items, fields) == ["witness_unit"]
    criminal = Circumstances(documents=("起诉书副本",), recipient_kind="自然人", case_kind="刑事")
    assert wanted("refused_witness", items, fields, criminal) == []


@pytest.mark.parametrize(
    ("recording", "enough"),
    [({"video": 1}, True), ({"photo_process": 3}, True), ({"photo_process": 2}, False), ({}, False)],
)
def test_a_recorded_refusal_wants_a_video_or_three_photos(recording: dict[str, int], enough: bool) -> None:
    found = wanted("refused_video", {"photo_left": 1, **recording}, LEFT)
    assert found == ([] if enough else ["recording"])


@pytest.mark.parametrize("code", ["nobody_home", "moved", "no_such_person"])
def test_a_failed_visit_wants_the_door_and_words(code: str) -> None:
    assert wanted(code, {}, {}) == ["photo_door", "note"]
    assert wanted(code, {"photo_door": 1}, {"note": "敲门三次无人应答"}) == []


def test_safety_comes_before_photos() -> None:
    assert wanted("aborted_safety", {}, {}) == ["note"]


@pytest.mark.parametrize("code", ["refused_witness", "refused_video", "signed_family", "signed_agent"])
def test_a_mediation_statement_is_never_left_nor_given_to_others(code: str) -> None:
    found = bar(code, MEDIATION)
    assert found is not None
    assert found.code == "outcome.not_allowed"
    assert "一百三十三" in found.article
    assert bar(code, CIVIL) is None


@pytest.mark.parametrize("code", ["signed_recipient", "signed_designated", "refused_returned"])
def test_a_mediation_statement_reaches_the_party_or_their_receiver_or_goes_back_to_the_judge(code: str) -> None:
    assert bar(code, MEDIATION) is None


def test_a_notice_of_mediation_is_not_a_mediation_statement() -> None:
    assert is_mediation_statement(["起诉状副本", "民事调解书"])
    assert is_mediation_statement(["《调解书》"])
    assert not is_mediation_statement(["调解告知书", "民事判决书"])


def test_an_organisation_signs_as_an_organisation() -> None:
    company = Circumstances(recipient_kind="法人", documents=("传票",), case_kind="商事")
    assert bar("signed_organisation", company) is None
    for code in ("signed_recipient", "signed_family"):
        found = bar(code, company)
        assert found is not None
        assert found.code == "outcome.wrong_recipient"
    assert bar("organisation_gone", CIVIL) is not None


def test_advice_is_shown_and_never_missing() -> None:
    advice = [need for need in needs("signed_recipient", CIVIL) if not need.required]
    assert [need.code for need in advice] == ["photo_door"]


def test_unknown_outcomes_are_a_programming_error_here_and_keep_their_code_as_label() -> None:
    with pytest.raises(KeyError):
        missing("eaten_by_dog", circumstances=CIVIL, entered=Entered())
    assert label_zh("eaten_by_dog") == "eaten_by_dog"
    assert label_zh("nobody_home") == "无人在家"
