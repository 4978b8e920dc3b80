"""The machine's proposal of the next way: always lawful, never an announcement before its time, another way first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.law.channels import BARRED, channels
from server.law.diligence import Contact, Plan, Try, plan
from server.law.situation import Consent, Situation
from server.law.terms import SIMPLE_PROCEDURES
from server.service.diligence import Asked, contacts_of, propose, tries_of

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
HOME = Contact("home", "address", "人定湖北巷***", "送达地址确认书")
WORK = Contact("work", "address", "阜外大街***", "户籍地址")
PHONE = Contact("phone", "phone", "199****0000")
MAIL = Contact("e_address", "e_address", "登记的电子送达地址")
ADDRESSED = {"home": HOME, "work": WORK, "phone": PHONE, "e_address": MAIL}


def tried(channel: str, contact: str = "home", result: str = "failed", days: int = 1, **more: Any) -> Try:
    return Try(f"{channel}-{contact}-{days}", contact, channel, NOW - timedelta(days=days), result, **more)


def asked(*tries: Try, contacts: tuple[Contact, ...] = (HOME,), unlocked: bool = False, **facts: Any) -> Asked:
    documents = facts.pop("documents", ("传票",))
    situation = Situation(**{"address_basis": "送达地址确认书", **facts})
    due = plan(contacts, tries, accepted_at=NOW - timedelta(days=9), now=NOW)
    return Asked(documents, situation, contacts, tuple(sorted(tries, key=lambda one: one.at)), due, unlocked)


def test_after_the_door_the_post_comes_and_says_why_not_the_door_again() -> None:
    found = propose(asked(tried("direct"), direct_failed=True))
    assert (found.channel, found.verdict, found.article) == ("postal", "allowed", "民事诉讼法第九十一条")
    why = {one.channel: one.text for one in found.others}
    assert "应换在" in why["direct"]
    assert "尚未完成" in why["notice"] or "尚有地址" in why["notice"]
    assert set(why) == {"forwarded", "pickup", "electronic", "direct", "telephone", "entrusted", "notice"}


def test_consent_to_electronic_service_comes_before_the_post() -> None:
    consent = Consent("express")
    found = propose(asked(tried("direct"), contacts=(HOME, MAIL), consent=consent, e_address="given"))
    assert found.channel == "electronic"


def test_a_bounced_electronic_address_is_not_proposed_again() -> None:
    found = propose(
        asked(tried("electronic", "e_address"), contacts=(HOME, MAIL), consent=Consent("express"), e_address="given")
    )
    assert found.channel == "direct"
    assert "核实新的电子地址" in {one.channel: one.text for one in found.others}["electronic"]


def test_after_returned_mail_the_door_is_tried_at_another_time_of_day() -> None:
    found = propose(asked(tried("direct", days=3), tried("postal", days=1), direct_failed=True, mail_failed=True))
    assert found.channel == "direct"
    assert "应换在" in found.text


def test_a_refusal_at_the_door_opens_leaving_with_its_article() -> None:
    found = propose(asked(tried("direct"), direct_failed=True, refused=True))
    assert (found.channel, found.article) == ("direct", "民事诉讼法第八十九条")
    assert "留置" in found.text


def test_a_soldier_is_served_through_the_unit() -> None:
    assert propose(asked(tried("direct"), forwarded_for="soldier")).channel == "forwarded"


def test_who_agreed_to_collect_is_asked_to_the_court() -> None:
    assert propose(asked(tried("direct"), collects=True)).channel == "pickup"


EVERYWHERE = (
    tried("direct", days=6),
    tried("direct", days=5),
    tried("direct", days=4),
    tried("postal", days=3),
    tried("entrusted", days=2),
)


def test_announcement_is_proposed_only_when_everything_was_tried_and_the_ledger_is_unlocked() -> None:
    facts = {"direct_failed": True, "mail_failed": True, "exhausted": True}
    tries = tuple(
        Try(one.id, one.contact_id, one.channel, NOW - timedelta(days=8) + timedelta(hours=hours), one.result)
        for one, hours in zip(EVERYWHERE, (0, 8, 38, 60, 90), strict=True)
    )
    locked = asked(*tries, **facts)
    assert propose(locked).channel != "notice"
    opened = propose(asked(*tries, unlocked=True, **facts))
    assert (opened.channel, opened.verdict) == ("notice", "needs_confirmation")


def test_where_nothing_is_left_people_are_asked_to_find_more() -> None:
    found = propose(asked(*(tried(way, days=2) for way in ("direct", "postal", "entrusted")), documents=("拘传票",)))
    stuck = propose(
        Asked(("拘传票",), Situation(address_basis="户籍地址"), (HOME,), (tried("direct"),), Plan((), "test"))
    )
    assert found.channel in ("", "direct")
    assert stuck.channel == ""
    assert "查找新的地址" in stuck.text


_TRIES = st.lists(
    st.builds(
        tried,
        st.sampled_from(["direct", "postal", "electronic", "telephone", "entrusted", "forwarded", "pickup", "notice"]),
        st.sampled_from(["home", "work", ""]),
        st.sampled_from(["failed", "failed", "open"]),
        st.integers(0, 8),
    ),
    max_size=7,
    unique_by=lambda one: one.id,
)
_FACTS = st.fixed_dictionaries(
    {
        "case_kind": st.sampled_from(["民事", "商事", "行政", "刑事", "执行"]),
        "procedure": st.sampled_from(["普通程序", "二审程序", "督促程序", *sorted(SIMPLE_PROCEDURES)]),
        "address_basis": st.sampled_from(["", "送达地址确认书", "户籍地址", "原告提供"]),
        "region": st.sampled_from(["", "", "abroad", "hkmo", "taiwan"]),
        "forwarded_for": st.sampled_from(["", "", "soldier", "imprisoned"]),
        "consent": st.builds(Consent, st.sampled_from(["", "express", "volunteered"]), withdrawn=st.booleans()),
        "e_address": st.sampled_from(["", "given", "tied"]),
        **{
            name: st.booleans()
            for name in (
                "refused", "unknown_whereabouts", "exhausted", "reachable_by_phone", "direct_failed", "mail_failed",
                "collects", "internet_court", "evades",
            )
        },
    }
)  # fmt: skip
_DOCUMENTS = st.lists(
    st.sampled_from(["传票", "民事判决书", "民事调解书", "起诉状副本", "支付令", "拘传票"]), min_size=1, max_size=3
)


@given(
    tries=_TRIES,
    facts=_FACTS,
    documents=_DOCUMENTS,
    known=st.sets(st.sampled_from(sorted(ADDRESSED))),
    unlocked=st.booleans(),
)
def test_what_is_proposed_is_never_barred_and_never_an_announcement_before_its_time(
    tries: list[Try], facts: dict[str, Any], documents: list[str], known: set[str], unlocked: bool
) -> None:
    contacts = tuple(ADDRESSED[name] for name in sorted(known))
    question = asked(*tries, contacts=contacts, unlocked=unlocked, documents=tuple(documents), **facts)
    found = propose(question)
    if found.channel:
        assert channels(documents, question.situation).of(found.channel).verdict != BARRED
        assert found.text
        assert found.article
        assert not any(one.channel == found.channel and one.result == "open" for one in tries)
    if found.channel == "notice":
        assert unlocked
        assert not question.situation.simple
    assert all(one.text for one in found.others)


RECIPIENT = {
    "id": "r1", "contact_point_id": "home", "address": {"mask": "人定湖北巷***"}, "address_basis": "送达地址确认书",
    "phone_mask": "199****0000", "state": "failed",
}  # fmt: skip


def attempt(channel: str, outcome: str, **more: Any) -> dict[str, Any]:
    return {
        "_id": f"a-{outcome}", "recipient_id": "r1", "channel": channel, "outcome": outcome, "state": "closed",
        "opened_at": NOW - timedelta(days=2), "happened_at": NOW - timedelta(days=1), **more,
    }  # fmt: skip


def results(attempts: list[dict[str, Any]], effects: list[dict[str, Any]]) -> list[str]:
    contacts = contacts_of(RECIPIENT, [], e_address=True)
    found = tries_of(RECIPIENT, attempts, effects, {}, contacts, accepted_at=NOW - timedelta(days=3), now=NOW)
    return [one.result for one in found]


@pytest.mark.parametrize(
    ("one", "effect", "expected"),
    [
        (attempt("direct", "nobody_home"), {}, "failed"),
        (attempt("postal", "mail_delivered"), {}, "open"),
        (attempt("electronic", "e_sent"), {"findings": [("none", "unread")]}, "failed"),
        (attempt("direct", "signed_family"), {"findings": [("none", "incomplete")]}, "open"),
        (attempt("direct", "signed_family"), {"findings": [("none", "wrong_signer")]}, "failed"),
        (attempt("direct", "refused_video"), {"attempt_id": "a-refused_video", "status": "proposed"}, "open"),
        (attempt("direct", "refused_video"), {"attempt_id": "a-refused_video", "status": "rejected"}, "failed"),
        (attempt("direct", "refused_video"), {"attempt_id": "a-refused_video", "status": "confirmed"}, "served"),
        (attempt("direct", "refused_video"), {"findings": [("none", "denied")]}, "failed"),
        (attempt("direct", "nobody_home", state="under_review"), {}, "open"),
    ],
)
def test_an_attempt_is_a_failure_only_when_nothing_can_come_of_it(
    one: dict[str, Any], effect: dict[str, Any], expected: str
) -> None:
    findings = [
        {"attempt_id": one["_id"], "state": state, "flags": [flag]} for state, flag in effect.get("findings", ())
    ]
    assert results([one], [{**effect, "findings": findings}]) == [expected]


def test_a_withdrawn_attempt_proves_nothing() -> None:
    assert results([attempt("direct", "nobody_home", state="withdrawn")], []) == []
