"""Stored facts as the law asks for them: words typed at a door, records of visits, situations, exhibits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.law.effects.effect import effect
from server.law.outcomes import OUTCOMES
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL
from server.law.signers import RELATIONS
from server.law.situation import Situation
from server.service import facts, judgment
from tests.unit.law.properties import patient

# 23:30 UTC of the 19th is the 20th in Shanghai.
AT = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
TASK = {"_id": "t1", "case_kind": "民事", "procedure": None, "cause": "民间借贷纠纷"}
PERSON = {"id": "r1", "kind": "自然人", "address_basis": "户籍地址"}


def visit(code: str, *, kind: str = "自然人", relation: str | None = None, **outcome: Any) -> dict[str, Any]:
    signer = {"signer": {"name": "钱某", **({"relation": relation} if relation else {})}}
    given = {"code": code, "happened_at": AT, **(signer if code.startswith("signed") or relation else {}), **outcome}
    return {"_id": "v1", "recipient_kind": kind, "address_basis": "原告提供", "outcome": given}


@pytest.mark.parametrize(
    ("code", "typed", "relation"),
    [
        ("signed_recipient", None, "self"),
        ("signed_recipient", "本人", "self"),
        ("signed_recipient", "法定代理人", "guardian"),
        ("signed_recipient", "妻子", "cohabiting_adult"),
        ("signed_family", "妻子", "cohabiting_adult"),
        ("signed_family", "父亲", "cohabiting_adult"),
        ("signed_family", "成年子女", "cohabiting_adult"),
        ("signed_family", "同住的表亲", "cohabiting_adult"),
        ("signed_family", "不同住的哥哥", "family_elsewhere"),
        ("signed_family", "说不清的亲戚", "cohabiting_adult"),
        ("signed_family", "邻居", "neighbour"),
        ("signed_family", "小区保安", "guard"),
        ("signed_organisation", "前台收发人员", "mail_receiver"),
        ("signed_organisation", "办公室主任", "mail_receiver"),
        ("signed_organisation", "法定代表人", "legal_representative"),
        ("signed_organisation", "公司负责人", "principal"),
        ("signed_organisation", "其他员工", "other_staff"),
        ("signed_organisation", None, "mail_receiver"),
        ("signed_agent", "律师", "agent"),
        ("signed_agent", "委托诉讼代理人", "agent"),
        ("signed_designated", "妻子", "designated_receiver"),
    ],
)
def test_typed_relations_become_words_of_the_law(code: str, typed: str | None, relation: str) -> None:
    assert facts.relation_of(code, typed) == relation


@patient
@given(code=st.sampled_from(["signed_recipient", "signed_family", "signed_agent", "else"]), typed=st.text(max_size=30))
def test_whatever_is_typed_the_law_has_a_word_for_it(code: str, typed: str) -> None:
    assert facts.relation_of(code, typed) in RELATIONS


def test_the_record_of_a_signature_has_its_day_in_shanghai() -> None:
    record = facts.door_record(visit("signed_family", relation="妻子"), ["photo_documents", "signature_recipient"])
    assert record["signed_on"] == "2026-11-20"
    assert record["signer"] == {"relation": "cohabiting_adult", "name": "钱某", "spouse_side": True}
    assert record["items"] == ["photo_documents", "signature_recipient"]
    assert (record["place"], record["address_basis"]) == ("domicile", "原告提供")
    assert record["fields"] == {"signer.name": "钱某", "signer.relation": "妻子"}


@pytest.mark.parametrize(
    ("kind", "relation", "refuser"),
    [("自然人", None, "self"), ("法人", None, "mail_receiver"), ("自然人", "母亲", "cohabiting_adult")],
)
def test_a_refusal_is_the_recipients_own_unless_somebody_else_is_named(
    kind: str, relation: str | None, refuser: str
) -> None:
    record = facts.door_record(visit("refused_video", kind=kind, relation=relation, refusal_reason="不收"), [])
    assert (record["refuser"]["relation"], record["left_on"]) == (refuser, "2026-11-20")


def test_documents_taken_back_were_never_left() -> None:
    assert "left_on" not in facts.door_record(visit("refused_returned"), [])
    absent = facts.door_record(visit("nobody_home"), ["photo_door"])
    assert not {"left_on", "signed_on", "signer", "refuser"} & set(absent)


def test_what_was_left_at_a_wrong_address_the_recipient_gave_is_put_to_the_judge() -> None:
    one = visit("moved", left_at_place="门口信报箱", note="邻居称已搬走") | {"address_basis": "送达地址确认书"}
    found = _judged(one, ["photo_door"])
    assert (found["state"], found["served_on"], found["confirm_by"]) == ("deemed", "2026-11-20", ["judge"])
    absent = visit("nobody_home", left_at_place="门口信报箱", note="无人") | {"address_basis": "送达地址确认书"}
    assert _judged(absent, ["photo_door"])["state"] == "none"


KINDS = ("photo_door", "photo_documents", "photo_left", "photo_process", "signature_recipient", "signature_witness")
KINDS_MORE = (*KINDS, "signature_server", "video")


@patient
@given(
    code=st.sampled_from(sorted(OUTCOMES)),
    kind=st.sampled_from(["自然人", "法人"]),
    relation=st.sampled_from([None, "本人", "妻子", "前台", "邻居", "律师"]),
    less=st.lists(st.sampled_from(KINDS_MORE), max_size=8),
    more=st.lists(st.sampled_from(KINDS_MORE), max_size=4),
)
def test_adding_evidence_never_makes_a_visit_less_provable(
    code: str, kind: str, relation: str | None, less: list[str], more: list[str]
) -> None:
    filled = {
        "refusal_reason": "不收",
        "left_at_place": "门口",
        "note": "无",
        "witness": {"name": "张某", "unit": "居委会"},
    }
    one = visit(code, kind=kind, relation=relation, **filled)
    before, after = (_judged(one, items, recipient=PERSON | {"kind": kind}) for items in (less, less + more))
    assert before["state"] in ("none", after["state"])
    assert len(after["missing"]) <= len(before["missing"])


@pytest.mark.parametrize("typed", ["未成年子女", "儿子（15岁）", "女儿 9 岁"])
def test_a_minors_signature_serves_nobody(typed: str) -> None:
    items = ["signature_recipient", "photo_documents"]
    found = _judged(visit("signed_family", relation=typed), items)
    assert (found["state"], found["findings"][0]["flags"]) == ("none", ["wrong_signer"])


def test_in_a_divorce_the_spouse_is_the_other_side_whatever_the_reading() -> None:
    items = ["signature_recipient", "photo_documents"]
    divorce = TASK | {"cause": "离婚纠纷"}
    found = _judged(visit("signed_family", relation="妻子"), items, task=divorce)
    assert (found["state"], found["text"]) == ("none", "签收人是同一案件的对方当事人，签收无效")
    assert _judged(visit("signed_family", relation="妻子"), items)["state"] == "served"
    assert _judged(visit("signed_family", relation="岳母"), items, task=divorce)["state"] == "none"


def _judged(
    one: dict[str, Any], items: list[str], task: dict[str, Any] = TASK, recipient: dict[str, Any] = PERSON
) -> dict[str, Any]:
    attempt = {
        "_id": "a1",
        "channel": "direct",
        "outcome": one["outcome"]["code"],
        "record": facts.door_record(one, items),
    }
    asked = judgment.Asked("起诉状副本", task, recipient, [attempt], {}, frozenset(), NATIONAL, date(2026, 11, 21))
    return judgment.proposal(asked)


def test_exhibits_of_another_attempt_are_refused() -> None:
    attempt = {"_id": "a1", "channel": "postal", "outcome": "mail_returned", "record": {"return_reason": "moved"}}
    own = facts.law_attempt(attempt, [{"kind": "return_slip", "attempt_id": "a1"}])
    assert [one.kind for one in own.items] == ["return_slip"]
    with pytest.raises(LawRefused) as refused:
        facts.law_attempt(attempt, [{"kind": "return_slip", "attempt_id": "a2"}])
    assert refused.value.code == "law.foreign_evidence"


def test_moments_come_from_the_database_as_they_are() -> None:
    record = {"sent_at": AT, "arrived_at": AT, "prompt_only": False, "rebutted": None}
    attempt = {"_id": "a1", "channel": "electronic", "outcome": "e_sent", "record": record}
    assert facts.law_attempt(attempt).arrived_at == AT


def test_a_message_is_sent_through_the_electronic_channel_and_judged_as_such() -> None:
    attempt = {"_id": "a1", "channel": "electronic", "outcome": "e_sent", "record": {"channel": "message"}}
    assert facts.law_attempt(attempt).channel == "message"


def test_misspelt_and_impossible_records_are_refused_by_name() -> None:
    for record, code in (
        ({"signed_onn": "2026-11-02"}, "law.bad_input"),
        ({"signed_on": "2026-02-30"}, "law.bad_date"),
        ({"posted_on": "2026-11-05", "signed_on": "2026-11-01"}, "law.contradiction"),
        ({"return_reason": "不知道"}, "law.unknown_word"),
    ):
        with pytest.raises(LawRefused) as refused:
            facts.law_attempt({"_id": "a1", "channel": "postal", "outcome": "mail_signed", "record": record})
        assert refused.value.code == code


@dataclass(frozen=True)
class Contact:
    kind: str
    basis: str


def test_the_situation_is_case_record_and_history() -> None:
    recipient = PERSON | {"situation": {"consent": {"form": "express"}, "evades": True}}
    failed = facts.law_attempt({"_id": "a1", "channel": "direct", "outcome": "nobody_home", "record": {}})
    found = facts.situation_of(TASK | {"cause": "离婚纠纷"}, recipient, attempts=[failed])
    assert (found.case_kind, found.procedure, found.address_basis) == ("民事", "", "户籍地址")
    assert (found.divorce, found.evades, found.direct_failed, found.refused) == (True, True, True, False)
    assert found.consent.reaches("summons")


def test_only_an_address_the_recipient_gave_is_theirs_without_more() -> None:
    given_ = facts.situation_of(TASK, PERSON, contacts=[Contact("e_address", "送达地址确认书")])
    found = facts.situation_of(
        TASK, PERSON, contacts=[Contact("e_address", "原告提供"), Contact("phone", "当事人自行提供")]
    )
    assert (given_.e_address, found.e_address) == ("given", "")


def test_words_the_law_does_not_know_are_refused_not_guessed() -> None:
    with pytest.raises(LawRefused):
        facts.situation_of(TASK | {"case_kind": "杂项"}, PERSON)
    asked = judgment.Asked(
        "起诉状副本", TASK | {"case_kind": "杂项"}, PERSON, [], {}, frozenset(), NATIONAL, date(2026, 11, 21)
    )
    assert judgment.proposal(asked)["text"] == "案件类型没有这个选项：杂项"


def test_what_is_stored_is_answered_again_the_same() -> None:
    one = visit("refused_video", refusal_reason="不收", left_at_place="门口")
    stored = _judged(one, ["video", "photo_left"])
    again = judgment.answer(stored["inputs"], stored["rules"])
    assert (again.state, again.served_on.isoformat() if again.served_on else None, again.article) == (
        stored["state"],
        stored["served_on"],
        stored["article"],
    )
    assert stored["state"] == "deemed"
    assert set(stored["rules"]["thresholds"]) >= {"notice_days", "door_tries"}


def test_the_question_is_the_one_the_law_was_asked() -> None:
    record = facts.door_record(visit("signed_recipient"), ["signature_recipient", "photo_documents"])
    one = facts.law_attempt({"_id": "a1", "channel": "direct", "outcome": "signed_recipient", "record": record})
    direct = effect("起诉状副本", [one], Situation(procedure="", address_basis="户籍地址"), on=date(2026, 11, 21))
    assert _judged(visit("signed_recipient"), ["signature_recipient", "photo_documents"])["text"] == direct.text_zh
