"""R1.30-R1.34: how periods are counted, and the test vectors of the reference."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.law import periods
from server.law.appeals import PartyServed, appeals
from server.law.calendars import Calendar, shipped
from server.law.deadlines import deadline
from server.law.kinds import KINDS
from server.law.notices import LABELS, issued_on, missing_contents, notice
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, RuleSet
from tests.unit.law.properties import patient

SHANGHAI = timezone(timedelta(hours=8))
DAYS = st.dates(date(2005, 1, 1), date(2026, 11, 30))


def day(text: str) -> date:
    return date.fromisoformat(text)


def refused(code: str, call: object) -> None:
    with pytest.raises(LawRefused) as caught:
        call()  # type: ignore[operator]  # a lambda of the test
    assert caught.value.code == code
    assert caught.value.title
    assert caught.value.as_mapping()["code"] == code


@pytest.mark.parametrize(
    ("kind", "served", "raw", "ends"),
    [
        ("appeal-judgment", "2026-09-25", "2026-10-10", "2026-10-10"),
        ("appeal-ruling", "2026-09-30", "2026-10-10", "2026-10-10"),
        ("appeal-judgment", "2026-09-17", "2026-10-02", "2026-10-08"),
        ("answer", "2026-02-01", "2026-02-16", "2026-02-24"),
        ("answer", "2026-04-20", "2026-05-05", "2026-05-06"),
        ("appeal-judgment", "2026-01-30", "2026-02-14", "2026-02-14"),
        ("appeal-judgment", "2026-05-15", "2026-05-30", "2026-06-01"),
        ("entrusted", "2026-06-09", "2026-06-19", "2026-06-22"),
        ("criminal-month", "2026-01-31", "2026-02-28", "2026-02-28"),
    ],
)
def test_r1_30_r1_31_vectors_of_the_reference(kind: str, served: str, raw: str, ends: str) -> None:
    found = deadline(kind, day(served))

    assert (found.raw_end_on, found.ends_on, found.provisional) == (day(raw), day(ends), False)
    assert found.working
    assert found.articles
    assert found.rule_version == NATIONAL.version


@pytest.mark.parametrize("served", ["2026-09-25", "2026-09-30", "2026-01-30"])
def test_r1_31_a_make_up_workday_is_a_workday_and_the_working_says_so(served: str) -> None:
    kind = "appeal-ruling" if served == "2026-09-30" else "appeal-judgment"
    found = deadline(kind, day(served))

    assert found.ends_on.weekday() == 5
    assert "调休上班日" in found.working[-1]


def test_r1_30_the_working_shows_every_step() -> None:
    found = deadline("appeal-judgment", day("2026-09-17"))

    assert found.working == (
        "自 2026-09-17（周四） 起，当日不计入，从次日起算",
        "15 日的最后一日为 2026-10-02（周五）",
        "该日为法定休假日（国庆节），顺延至其后的第一个工作日 2026-10-08（周四）",
    )
    assert found.articles == ("民事诉讼法第一百七十一条第一款", "民事诉讼法第八十五条")


def test_r1_34_vector_thirty_days_of_announcement() -> None:
    found = notice("notice", [day("2026-03-02")])

    assert (found.ends_on, found.effective_on) == (day("2026-04-01"), day("2026-04-01"))


def test_r1_34_vector_where_the_roll_is_disputed_shows_both_readings() -> None:
    found = notice("notice", [day("2026-09-02")])
    assert (found.ends_on, found.effective_on) == (day("2026-10-02"), day("2026-10-02"))
    assert day("2026-10-08") in {one.ends_on for one in found.alternatives if one.point == "notice_roll"}

    rolling = RuleSet("court-1", "京0102", day("2026-01-01"), readings={"notice_roll": "yes"})
    other = notice("notice", [day("2026-09-02")], rules=rolling)
    assert (other.ends_on, other.rule_version) == (day("2026-10-08"), "court-1")
    assert day("2026-10-02") in {one.ends_on for one in other.alternatives if one.point == "notice_roll"}


def test_r1_34_effective_on_the_day_after_is_a_setting() -> None:
    after = RuleSet("court-1", "京0102", day("2026-01-01"), readings={"notice_effect": "day_after"})
    found = notice("notice", [day("2026-03-02")], rules=after)

    assert (found.ends_on, found.effective_on) == (day("2026-04-01"), day("2026-04-02"))
    assert day("2026-04-01") in {one.effective_on for one in found.alternatives}


def test_r1_22_t18_an_announcement_is_issued_on_its_last_posting() -> None:
    postings = [day("2026-03-02"), day("2026-02-20"), day("2026-02-25")]

    assert issued_on(postings) == day("2026-03-02")
    assert notice("notice", postings).ends_on == day("2026-04-01")
    refused("law.bad_input", lambda: notice("notice", []))


def test_r1_23_t18_sixty_days_abroad_and_the_older_three_months_are_both_shown() -> None:
    found = notice("notice-abroad", [day("2026-03-02")])
    assert found.ends_on == day("2026-05-01")
    assert day("2026-06-02") in {one.ends_on for one in found.alternatives if one.point == "notice_abroad"}

    older = RuleSet("court-1", "京0102", day("2026-01-01"), readings={"notice_abroad": "months_3"})
    assert notice("notice-abroad", [day("2026-03-02")], rules=older).ends_on == day("2026-06-02")


@pytest.mark.parametrize("kind", ["notice-hkmo", "notice-taiwan"])
def test_r1_24_three_months_for_hong_kong_macao_and_taiwan(kind: str) -> None:
    found = notice(kind, [day("2026-03-02")])

    assert found.ends_on == day("2026-06-02")
    assert day("2026-05-01") in {one.ends_on for one in found.alternatives}
    longer = RuleSet("x", "", day("2026-01-01"), thresholds={f"{kind.replace('-', '_')}_months": 4})
    assert notice(kind, [day("2026-03-02")], rules=longer).ends_on == day("2026-07-02")


def test_r1_26_an_announcement_says_its_reason_and_what_its_documents_want() -> None:
    wanted = [one.code for one in missing_contents(["起诉状副本", "开庭传票"], [])]
    assert wanted == ["reason", "gist", "answer_period", "no_answer", "hearing", "absence"]
    assert [one.code for one in missing_contents(["民事判决书"], ["reason"])] == ["main_content", "appeal"]
    assert missing_contents(["民事裁定书"], ["reason", "main_content", "appeal"]) == ()


def test_r1_30_a_missing_year_is_provisional_and_says_so() -> None:
    found = deadline("appeal-judgment", day("2026-12-17"))

    assert found.provisional
    assert "2027 年的节假日安排尚未录入" in found.working[-1]
    assert found.ends_on == day("2027-01-04")  # new year's day is statutory by date; a Saturday and Sunday follow
    assert not deadline("appeal-judgment", day("2026-12-10")).provisional


def test_r1_30_a_roll_out_of_the_last_known_year_is_provisional_too() -> None:
    known = Calendar(one for one in shipped().years.values() if one.year <= 2022)
    found = deadline("appeal-judgment", day("2022-12-16"), calendar=known)

    assert found.raw_end_on == day("2022-12-31")
    assert found.ends_on.year == 2023
    assert found.provisional


def test_r1_30_travel_time_is_left_out() -> None:
    plain = deadline("answer", day("2026-03-02"))
    travelled = deadline("answer", day("2026-03-02"), travel_days=4)

    assert plain.ends_on == day("2026-03-17")
    assert travelled.raw_end_on == plain.raw_end_on + timedelta(days=4)
    assert any("在途时间 4 日" in step for step in travelled.working)


def test_r1_30_what_is_posted_before_expiry_is_in_time() -> None:
    ends = deadline("appeal-judgment", day("2026-03-02")).ends_on
    assert periods.in_time(ends, posted_on=ends, received_on=ends + timedelta(days=5)).in_time
    assert not periods.in_time(ends, posted_on=ends + timedelta(days=1)).in_time
    assert not periods.in_time(ends, received_on=ends + timedelta(days=1)).in_time
    assert periods.in_time(ends, received_on=ends).in_time
    refused("law.contradiction", lambda: periods.in_time(ends, posted_on=ends, received_on=ends - timedelta(days=1)))
    refused("law.bad_input", lambda: periods.in_time(ends))


def test_r1_30_the_starting_hour_is_not_counted() -> None:
    found = periods.count_hours(48, datetime(2026, 10, 1, 10, 20, tzinfo=SHANGHAI))

    assert found.ends_at == datetime(2026, 10, 3, 11, 0, tzinfo=SHANGHAI)  # a holiday does not move an hour
    assert "次时 11:00" in found.working[0]
    refused("law.bad_date", lambda: periods.count_hours(48, datetime(2026, 10, 1, 10, 20)))  # noqa: DTZ001 # naive
    refused("law.bad_period", lambda: periods.count_hours(0, datetime(2026, 10, 1, tzinfo=SHANGHAI)))


@pytest.mark.parametrize(
    ("start", "months", "civil", "criminal"),
    [
        ("2026-01-31", 1, "2026-02-28", "2026-02-28"),
        ("2026-01-30", 1, "2026-02-28", "2026-02-28"),
        ("2026-02-28", 1, "2026-03-28", "2026-03-31"),
        ("2026-04-30", 1, "2026-05-30", "2026-05-31"),
        ("2026-03-15", 1, "2026-04-15", "2026-04-15"),
        ("2024-01-31", 1, "2024-02-29", "2024-02-29"),
        ("2026-11-30", 3, "2027-02-28", "2027-02-28"),
    ],
)
def test_r1_32_months_run_to_the_corresponding_day(start: str, months: int, civil: str, criminal: str) -> None:
    assert periods.add_months(day(start), months) == day(civil)
    assert periods.add_months(day(start), months, rule="criminal") == day(criminal)


def test_r1_32_half_a_month_is_fifteen_days() -> None:
    assert deadline("criminal-half-month", day("2026-03-02")).ends_on == day("2026-03-17")


def test_r1_32_custody_never_rolls() -> None:
    free = deadline("criminal-month", day("2026-09-05"))
    held = deadline("custody-month", day("2026-09-05"))

    assert free.ends_on == day("2026-10-08")
    assert held.ends_on == day("2026-10-05")
    assert "不因节假日顺延" in held.working[-1]
    assert deadline("custody-days", day("2026-09-20"), amount=14).ends_on == day("2026-10-04")
    assert not deadline("custody-month", day("2027-01-05")).provisional  # holidays do not matter to it


@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        ("appeal-judgment", 15),
        ("appeal-ruling", 10),
        ("appeal-abroad", 30),
        ("answer", 15),
        ("answer-abroad", 30),
        ("complaint-copy", 5),
        ("answer-copy", 5),
        ("appeal-copy", 5),
        ("appeal-answer", 15),
        ("criminal-judgment-copy", 5),
        ("admin-complaint-copy", 5),
        ("admin-answer", 15),
        ("admin-appeal-judgment", 15),
        ("admin-appeal-ruling", 10),
        ("payment-order", 30),
        ("execution-notice", 10),
        ("valuation-publication", 15),
    ],
)
def test_r1_33_derived_deadlines_have_their_length(kind: str, amount: int) -> None:
    found = deadline(kind, day("2026-03-02"))

    assert found.raw_end_on == day("2026-03-02") + timedelta(days=amount)
    assert KINDS[kind].articles[0] in found.articles


@pytest.mark.parametrize(
    ("kind", "last", "clear"),
    [
        ("hearing", "2026-12-07", "2026-12-06"),
        ("criminal-summons", "2026-12-07", "2026-12-06"),
        ("criminal-indictment", "2026-11-30", "2026-11-29"),
    ],
)
def test_r1_33_days_before_a_hearing_are_counted_backwards_and_show_both_readings(
    kind: str, last: str, clear: str
) -> None:
    found = deadline(kind, day("2026-12-10"))
    assert found.ends_on == day(last)
    assert [one.ends_on for one in found.alternatives] == [day(clear)]

    strict = RuleSet("court-1", "京0102", day("2026-01-01"), readings={"days_before": "clear_days"})
    assert deadline(kind, day("2026-12-10"), rules=strict).ends_on == day(clear)


def test_r1_33_each_party_has_its_own_appeal_period_and_the_last_one_decides() -> None:
    found = appeals(
        [PartyServed("甲", day("2026-09-17")), PartyServed("乙", day("2026-09-25")), PartyServed("丙公司", None)]
    )
    assert {party: one.ends_on for party, one in found.deadlines.items()} == {
        "甲": day("2026-10-08"),
        "乙": day("2026-10-10"),
    }
    assert (found.unserved, found.final_on) == (("丙公司",), None)

    done = appeals([PartyServed("甲", day("2026-09-17")), PartyServed("乙", day("2026-09-25"), abroad=True)])
    assert done.last_end_on == day("2026-10-26")  # 30 days end on Sunday 25 October
    assert done.final_on == day("2026-10-27")
    refused("law.bad_input", lambda: appeals([]))
    refused("law.bad_input", lambda: appeals([PartyServed("甲", None), PartyServed("甲", None)]))
    refused("law.unknown_kind", lambda: appeals([PartyServed("甲", None)], what="mediation"))


def test_nobody_sets_a_period_of_statute() -> None:
    refused("law.bad_period", lambda: deadline("appeal-judgment", day("2026-03-02"), amount=5))
    assert deadline("ordered-days", day("2026-03-02"), amount=7).ends_on == day("2026-03-09")
    refused("law.bad_period", lambda: deadline("ordered-days", day("2026-03-02"), amount=0))
    refused("law.bad_period", lambda: deadline("answer", day("2026-03-02"), travel_days=-1))


def test_unknown_kinds_and_days_beyond_the_calendar_are_refused() -> None:
    refused("law.unknown_kind", lambda: deadline("appeal-mediation", day("2026-03-02")))
    refused("law.unknown_kind", lambda: notice("notice-mars", [day("2026-03-02")]))
    refused("law.bad_date", lambda: deadline("answer", date.max))
    refused("law.bad_date", lambda: deadline("hearing", date.min))
    refused("law.bad_date", lambda: notice("notice", [date(2201, 1, 1)]))
    refused("law.bad_date", lambda: periods.count_hours(1, datetime.max.replace(tzinfo=SHANGHAI)))


@patient
@given(kind=st.sampled_from(sorted(KINDS)), served=DAYS, later=st.integers(0, 40))
def test_a_later_service_never_yields_an_earlier_deadline(kind: str, served: date, later: int) -> None:
    first = deadline(kind, served)
    second = deadline(kind, served + timedelta(days=later))

    assert second.ends_on >= first.ends_on


@patient
@given(kind=st.sampled_from(sorted(LABELS)), issued=DAYS, later=st.integers(0, 40), roll=st.sampled_from(["yes", "no"]))
def test_a_later_announcement_never_ends_earlier(kind: str, issued: date, later: int, roll: str) -> None:
    rules = RuleSet("x", "", issued, readings={"notice_roll": roll})
    first = notice(kind, [issued], rules=rules)
    second = notice(kind, [issued, issued + timedelta(days=later)], rules=rules)

    assert second.ends_on >= first.ends_on
    assert first.effective_on is not None
    assert second.effective_on is not None
    assert second.effective_on >= first.effective_on


@patient
@given(served=DAYS, kind=st.sampled_from(["appeal-judgment", "answer", "entrusted"]))
def test_a_civil_period_never_ends_on_a_day_off_nor_before_its_raw_end(served: date, kind: str) -> None:
    found = deadline(kind, served)

    assert shipped().rest(found.ends_on) is None
    assert found.ends_on >= found.raw_end_on
    between = (found.ends_on - found.raw_end_on).days
    assert all(shipped().rest(found.raw_end_on + timedelta(days=one)) for one in range(between))
