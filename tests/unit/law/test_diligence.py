"""Calls, doors and the ledger: T01-T05, T08, T19, and announcement locked until nothing is left to try."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.law.attempts import SHANGHAI
from server.law.calendars import shipped
from server.law.calls import CHECKLIST, LABELS, Call, checklist_missing, may_label, number_tried
from server.law.diligence import Contact, Due, Plan, Try, band_of, plan
from server.law.exhaustion import ASKED, EXCUSED, OPEN, TRIED, Excuse, Ledger, ledger, one_page
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, RuleSet
from server.law.situation import Situation
from tests.unit.law.properties import patient


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


ACCEPTED = at("2026-11-02 08:00")  # a Monday
HOME = Contact("c1", "address", "某某路1号", "送达地址确认书")
PHONE = Contact("p1", "phone", "138****1234")
E_MAIL = Contact("e1", "e_address", "z***@example.com")


def calls(*when: str, result: str = "no_answer") -> list[Call]:
    return [Call("p1", at(one), result) for one in when]


def visit(when: str, number: int = 1, **more: Any) -> Try:
    return Try(
        **{"id": f"v{number}", "contact_id": "c1", "channel": "direct", "at": at(when), "result": "failed", **more}
    )


def phoned(when: str, number: int = 1, result: str = "no_answer", **more: Any) -> Try:
    facts = {"id": f"t{number}", "contact_id": "p1", "channel": "telephone", "at": at(when), "result": "failed"}
    return Try(**{**facts, "call_result": result, "evidence": ("录音",), **more})


def planned(*tries: Try, now: str, contacts: tuple[Contact, ...] = (HOME, PHONE), **more: Any) -> Plan:
    return plan(contacts, tries, accepted_at=ACCEPTED, now=at(now), **more)


def of(found: Plan, action: str) -> list[Due]:
    return [one for one in found.due if one.action == action]


def refused(code: str, call: Any) -> None:
    with pytest.raises(LawRefused) as caught:
        call()
    assert caught.value.code == code


# --- T01-T05 ------------------------------------------------------------------------------------------------------


def test_t01_four_calls_within_three_days_before_a_number_has_failed() -> None:
    three = calls("2026-11-02 09:00", "2026-11-02 15:00", "2026-11-03 09:00")
    assert not number_tried("p1", three).failed
    assert (number_tried("p1", three).still, number_tried("p1", three).until_on) == (1, date(2026, 11, 4))
    assert number_tried("p1", [*three, *calls("2026-11-04 18:00")]).failed
    late = number_tried("p1", [*three[:1], *calls("2026-11-05 08:00")])
    assert (late.made, late.failed, late.until_on) == (1, False, date(2026, 11, 7))
    assert not number_tried("p1", [*three, *calls("2026-11-05 08:00")]).failed


def test_t01_the_three_days_have_two_readings() -> None:
    made = calls("2026-11-02 15:00", "2026-11-02 16:00", "2026-11-03 09:00", "2026-11-05 10:00")
    hours = RuleSet("x", "", date(2026, 1, 1), readings={"call_days_counted": "hours_72"})
    assert not number_tried("p1", made).failed
    assert number_tried("p1", made, rules=hours).failed


def test_t01_calls_to_another_number_do_not_count_and_a_later_window_may() -> None:
    other = [Call("p2", at("2026-11-03 09:00"), "no_answer")]
    three = calls("2026-11-02 09:00", "2026-11-02 15:00", "2026-11-03 09:00")
    assert not number_tried("p1", [*three, *other]).failed
    fresh = calls("2026-11-10 09:00", "2026-11-10 15:00", "2026-11-11 09:00", "2026-11-12 09:00")
    assert number_tried("p1", [*three, *fresh]).failed


def test_t01_a_dead_number_owes_no_calls_and_a_person_reached_is_no_failure() -> None:
    dead = number_tried("p1", calls("2026-11-02 09:00", result="no_such_number"))
    assert (dead.failed, dead.dead, dead.still) == (True, True, 0)
    four = calls("2026-11-02 09:00", "2026-11-02 15:00", "2026-11-03 09:00")
    assert not number_tried("p1", [*four, Call("p1", at("2026-11-03 10:00"), "refuses_talk")]).failed


def test_t02_a_switched_off_phone_is_called_in_both_halves_of_a_day() -> None:
    mornings = calls(
        "2026-11-02 09:00", "2026-11-02 11:59", "2026-11-03 09:00", "2026-11-04 09:00", result="switched_off"
    )
    assert not number_tried("p1", mornings).failed
    assert number_tried("p1", [*mornings, *calls("2026-11-04 12:00")]).failed


def test_t02_two_in_each_half_is_the_stricter_reading() -> None:
    strict = RuleSet("x", "", date(2026, 1, 1), readings={"switched_off_counted": "two_each"})
    made = calls("2026-11-02 09:00", "2026-11-02 10:00", "2026-11-02 13:00", "2026-11-03 09:00", result="switched_off")
    assert number_tried("p1", made).failed
    assert not number_tried("p1", made, rules=strict).failed
    assert number_tried("p1", [*made, *calls("2026-11-02 14:00")], rules=strict).failed


def test_t03_consent_by_phone_still_wants_a_postal_address_for_judgments() -> None:
    call = Call("p1", at("2026-11-02 09:00"), "agreed_electronic", "rec-1")
    assert may_label(call, ticked=CHECKLIST, postal_address="某某路1号") == ()
    assert "邮寄裁判文书的地址" in may_label(call, ticked=CHECKLIST, postal_address=" ")[0]


def test_t04_an_effective_call_covers_the_whole_list() -> None:
    assert checklist_missing(CHECKLIST) == ()
    call = Call("p1", at("2026-11-02 09:00"), "agreed_pickup", "rec-1")
    missing = may_label(call, ticked=["identity", "address", "content", "warning"], postal_address="")
    assert missing == ("尚未告知承办法官、书记员姓名和电话",)


@pytest.mark.parametrize("result", [code for code, label in LABELS.items() if label.connected])
def test_t05_every_connected_call_has_its_recording(result: str) -> None:
    told = may_label(Call("p1", at("2026-11-02 09:00"), result), ticked=CHECKLIST, postal_address="某某路1号")
    assert "录音" in told[0]
    assert may_label(Call("p1", at("2026-11-02 09:00"), "no_answer"), ticked=(), postal_address="") == ()


# --- the planner --------------------------------------------------------------------------------------------------


def test_t01_the_first_call_is_due_at_once_and_the_next_in_the_other_half_of_the_day() -> None:
    assert of(planned(now="2026-11-02 08:30"), "call")[0].due_at == at("2026-11-03 08:00")
    following = of(planned(phoned("2026-11-02 09:00"), now="2026-11-02 10:00"), "call")[0]
    assert (following.not_before_at, following.due_at) == (at("2026-11-02 12:00"), at("2026-11-02 20:00"))
    assert "还应拨打 3 次" in following.text_zh


def test_t02_the_planner_sends_a_switched_off_phone_to_the_afternoon() -> None:
    found = of(planned(phoned("2026-11-02 09:00", result="switched_off"), now="2026-11-02 10:00"), "call")[0]
    assert (found.rule, found.not_before_at) == ("T02", at("2026-11-02 12:00"))


def test_a_number_done_with_owes_no_call() -> None:
    assert of(planned(phoned("2026-11-02 09:00", result="no_such_number"), now="2026-11-02 10:00"), "call") == []
    assert of(planned(phoned("2026-11-02 09:00", result="agreed_pickup"), now="2026-11-02 10:00"), "call") == []


def test_t08_another_channel_starts_within_24_hours_of_a_failure() -> None:
    failed = visit("2026-11-02 10:00")
    due = of(planned(failed, now="2026-11-02 11:00"), "switch")[0]
    assert (due.due_at, due.overdue) == (at("2026-11-03 10:00"), False)
    assert [one.action for one in planned(failed, now="2026-11-03 10:01").overdue] == ["call", "switch"]
    assert of(planned(failed, visit("2026-11-02 18:00", 2), now="2026-11-02 19:00"), "switch")[0].due_at == at(
        "2026-11-03 18:00"
    )
    assert of(planned(failed, phoned("2026-11-02 12:00"), now="2026-11-02 13:00"), "switch")[0].due_at == at(
        "2026-11-03 12:00"
    )
    still_open = Try("m1", "c1", "postal", at("2026-11-02 12:00"), "open")
    assert of(planned(failed, still_open, now="2026-11-02 13:00"), "switch") == []


def test_doors_are_tried_again_at_another_time_of_life() -> None:
    first = of(planned(visit("2026-11-02 10:00"), now="2026-11-02 11:00"), "visit")[0]
    assert (first.not_before_at, first.due_at) == (at("2026-11-02 17:00"), at("2026-11-02 20:00"))
    second = of(planned(visit("2026-11-02 10:00"), visit("2026-11-02 18:00", 2), now="2026-11-02 19:00"), "visit")[0]
    assert second.not_before_at == at("2026-11-07 09:00")  # the coming Saturday
    three = (visit("2026-11-02 10:00"), visit("2026-11-02 18:00", 2), visit("2026-11-07 10:00", 3))
    assert of(planned(*three, now="2026-11-07 11:00"), "visit") == []


def test_a_make_up_saturday_is_no_day_off_for_doors() -> None:
    assert band_of(at("2026-10-10 10:00"), shipped()) == "day"
    assert band_of(at("2026-10-07 10:00"), shipped()) == "rest"
    assert band_of(at("2026-11-02 08:59"), shipped()) == "early"
    assert band_of(at("2026-11-02 17:00"), shipped()) == "late"


def test_t07_t09_targets_and_t19_the_hearing_are_told() -> None:
    found = planned(now="2026-11-10 09:00", hearing_on=date(2026, 11, 20))
    targets = {one.rule: one.due_at for one in of(found, "target")}
    assert targets == {"T07": at("2026-11-09 08:00"), "T09": at("2026-11-17 08:00")}
    hearing = of(found, "hearing")[0]
    assert (hearing.due_at.date(), hearing.overdue) == (date(2026, 11, 17), False)
    assert of(planned(now="2026-11-18 09:00", hearing_on=date(2026, 11, 20)), "hearing")[0].overdue


def test_nothing_is_due_once_served() -> None:
    assert planned(visit("2026-11-02 10:00", result="served"), now="2026-11-03 10:00").due == ()


def test_what_happened_before_acceptance_or_lies_ahead_is_refused() -> None:
    refused("law.contradiction", lambda: planned(visit("2026-11-01 10:00"), now="2026-11-03 10:00"))
    refused("law.contradiction", lambda: planned(visit("2026-11-05 10:00"), now="2026-11-03 10:00"))
    refused("law.unknown_word", lambda: visit("2026-11-02 10:00", channel="pigeon"))
    refused("law.unknown_word", lambda: Contact("x", "smoke", "烟"))
    refused("law.bad_date", lambda: visit("2026-11-02 10:00", at=datetime(2026, 11, 2)))  # noqa: DTZ001 # naive


# --- the ledger ---------------------------------------------------------------------------------------------------

FOUR = tuple(
    phoned(when, number)
    for number, when in enumerate(
        ("2026-11-02 09:00", "2026-11-02 15:00", "2026-11-03 09:00", "2026-11-04 09:00"), start=1
    )
)
DOOR = visit("2026-11-02 10:00", evidence=("照片1",))
MAIL = visit("2026-11-03 10:00", 2, channel="postal", evidence=("改退批条",))
CIVIL = Situation()


def book(
    *tries: Try, contacts: tuple[Contact, ...] = (HOME, PHONE), situation: Situation = CIVIL, **more: Any
) -> Ledger:
    return ledger(["起诉状副本"], contacts, tries, more.pop("excuses", ()), situation, **more)


def test_r1_22_everything_tried_unlocks_announcement_for_the_judge() -> None:
    found = book(DOOR, MAIL, *FOUR)
    assert {one.what: one.state for one in found.lines} == {
        "c1": TRIED,
        "p1": TRIED,
        "direct": TRIED,
        "postal": TRIED,
        "electronic": EXCUSED,
        "telephone": TRIED,
    }
    assert (found.complete, found.unlocked) == (True, True)
    assert "审判人员批准" in found.text_zh


@pytest.mark.parametrize("left_out", range(3))
def test_r1_22_anything_untried_keeps_announcement_locked(left_out: int) -> None:
    groups = [(DOOR,), (MAIL,), FOUR]
    tries = [one for number, group in enumerate(groups) if number != left_out for one in group]
    found = book(*tries)
    assert not found.complete
    assert not found.unlocked
    assert found.open


def test_a_try_without_its_record_or_still_running_counts_for_nothing() -> None:
    assert not book(visit("2026-11-02 10:00"), MAIL, *FOUR).complete
    assert not book(DOOR, MAIL, *FOUR, Try("m9", "c1", "postal", at("2026-11-05 09:00"), "open")).complete


def test_a_second_address_or_an_electronic_one_must_be_tried_too() -> None:
    other = Contact("c2", "address", "某某街2号", "户籍地址")
    assert not book(DOOR, MAIL, *FOUR, contacts=(HOME, PHONE, other)).complete
    assert not book(DOOR, MAIL, *FOUR, contacts=(HOME, PHONE, E_MAIL)).complete


def test_an_excuse_needs_a_reason_and_evidence_and_then_counts() -> None:
    other = Contact("c2", "address", "某某街2号", "户籍地址")
    excuse = Excuse("c2", "该小区已拆除", ("照片9",))
    found = book(DOOR, MAIL, *FOUR, contacts=(HOME, PHONE, other), excuses=[excuse])
    assert found.complete
    assert next(one for one in found.lines if one.what == "c2").state == EXCUSED
    refused("law.bad_input", lambda: Excuse("c2", "该小区已拆除", ()))
    refused("law.bad_input", lambda: Excuse("c2", " ", ("照片9",)))
    refused("law.contradiction", lambda: book(excuses=[Excuse("c9", "不存在", ("x",))]))


def test_no_phone_number_known_must_be_explained_not_assumed() -> None:
    found = book(DOOR, MAIL, contacts=(HOME,))
    assert [one.what for one in found.open] == ["telephone"]
    assert book(DOOR, MAIL, contacts=(HOME,), excuses=[Excuse("telephone", "经查询无号码", ("查询回执",))]).complete


def test_a_person_reached_by_phone_is_not_of_unknown_whereabouts() -> None:
    found = book(DOOR, MAIL, *FOUR, phoned("2026-11-05 09:00", 9, "refuses_talk"))
    assert "p1" in [one.what for one in found.open]


@pytest.mark.parametrize("procedure", ["简易程序", "小额诉讼程序", "督促程序"])
def test_r1_27_a_complete_ledger_does_not_unlock_a_simple_case(procedure: str) -> None:
    found = book(DOOR, MAIL, *FOUR, situation=Situation(procedure=procedure))
    assert found.complete
    assert not found.unlocked
    assert found.article


def test_the_proof_fits_one_page_and_names_every_line() -> None:
    found = book(DOOR, MAIL, *FOUR)
    page = one_page(found, case_number="（2026）京0102民初1号", recipient="赵某甲", documents=["起诉状副本"])
    assert len(page) == 5 + len(found.lines)
    assert all(any(one.label_zh in line for line in page) for one in found.lines)
    assert page[-1] == f"规则版本：{NATIONAL.version}"
    assert len("".join(page)) < 1500


@patient
@given(keep=st.sets(st.sampled_from(["door", "mail", "calls"])), extra=st.integers(0, 2), unknown=st.booleans())
def test_the_ledger_is_complete_only_when_no_line_is_open_and_more_contacts_never_help(
    keep: set[str], extra: int, unknown: bool
) -> None:
    groups = {"door": (DOOR,), "mail": (MAIL,), "calls": FOUR}
    tries = [one for name in sorted(keep) for one in groups[name]]
    more = tuple(Contact(f"x{number}", "address", f"另址{number}") for number in range(extra))
    found = book(*tries, contacts=(HOME, PHONE, *more), situation=Situation(unknown_whereabouts=unknown))
    assert found.complete == all(one.state != OPEN for one in found.lines)
    assert not (extra and found.complete)
    assert not found.unlocked or found.complete
    assert {one.what for one in found.lines} >= {*ASKED}


@patient
@given(gaps=st.lists(st.integers(1, 60), min_size=1, max_size=8), later=st.integers(1, 200))
def test_one_more_call_never_unmakes_a_failed_number(gaps: list[int], later: int) -> None:
    moment, made = at("2026-11-02 08:00"), []
    for gap in gaps:
        moment += timedelta(hours=gap)
        made.append(Call("p1", moment, "no_answer"))
    before = number_tried("p1", made)
    after = number_tried("p1", [*made, Call("p1", moment + timedelta(hours=later), "no_answer")])
    assert after.failed or not before.failed
