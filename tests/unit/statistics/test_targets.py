"""Measures of the contracts' targets: what counts, what does not, and what each reading makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.statistics import targets
from server.statistics.measuring import Figures, Measured, meets
from server.statistics.targets import Mailing, RecipientFacts, ServedDocument, TaskFacts, Tried

MONDAY = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
NOW = MONDAY + timedelta(days=28)
DAY = timedelta(days=1)


def tried(channel: str, result: str = "", *, serves: bool = False, after: timedelta = DAY) -> Tried:
    return Tried(channel, MONDAY + after, result, serves)


def person(*attempts: Tried, served: bool | None = None, **facts: object) -> RecipientFacts:
    given = RecipientFacts(any(one.serves for one in attempts) if served is None else served, tried=attempts)
    return replace(given, **facts)  # type: ignore[arg-type]  # fields by name


def task(*people: RecipientFacts, days: float | None = None, **facts: object) -> TaskFacts:
    """Came in on Monday, approved a day later; done `days` after the approval."""
    accepted = MONDAY + DAY
    done = None if days is None else accepted + timedelta(days=days)
    return replace(TaskFacts("c1", "民事", MONDAY, accepted, done, people), **facts)  # type: ignore[arg-type]  # by name


def measure(code: str, *tasks: TaskFacts, now: datetime = NOW, **readings: str) -> Measured:
    return next(one for one in targets.of_tasks(tasks, now=now, readings=readings) if one.definition.code == code)


def reading(found: Measured, code: str) -> Figures:
    return next(one for one in found.figures if one.code == code)


CALLED = tried("telephone", "call_told", serves=True)
SENT = tried("electronic", "e_sent", serves=True)
BOUNCED = tried("electronic", "e_failed")
AT_DOOR = tried("direct", "signed_recipient", serves=True)


def test_t06_phone_and_e_service_succeed_for_sixty_of_a_hundred_of_those_they_were_tried_on() -> None:
    found = measure("remote_success", task(person(CALLED), person(SENT)), task(person(BOUNCED, AT_DOOR), person(SENT)))
    assert reading(found, "recipient").value == Fraction(3, 4)
    assert reading(found, "task").value == Fraction(1, 2)
    assert found.met is True
    assert measure("remote_success", task(person(BOUNCED), person(SENT)), remote_success="task").met is False


def test_t06_whoever_nobody_called_counts_only_among_everybody_and_announcements_never() -> None:
    tasks = (task(person(SENT), person(AT_DOOR)), task(person(served=False), by_notice=True))
    found = measure("remote_success", *tasks)
    assert reading(found, "recipient").value == 1
    assert reading(found, "everybody").value == Fraction(1, 2)


def test_t06_an_attempt_without_a_confirmed_effect_is_no_success() -> None:
    found = measure("remote_success", task(person(tried("telephone", "call_told"), served=True)))
    assert (reading(found, "recipient").value, found.met) == (0, False)


def test_t06_exactly_sixty_meets_it_and_nothing_to_measure_meets_nothing() -> None:
    assert measure("remote_success", task(*[person(SENT)] * 3, *[person(BOUNCED)] * 2)).met is True
    empty = measure("remote_success", task(person(AT_DOOR)))
    assert (reading(empty, "recipient").value, empty.met) == (None, None)


@pytest.mark.parametrize(("days", "met"), [(7, True), (7 + 1 / 86_400, False), (0, True)])
def test_t07_seven_days_are_168_hours_from_the_approval(days: float, met: bool) -> None:
    found = measure("within_7_days", task(days=days))
    assert found.met is met
    assert reading(found, "created").met is (days == 0)


def test_t07_a_task_whose_days_still_run_is_not_counted_and_one_that_ran_out_is() -> None:
    open_ = task()
    assert reading(measure("within_7_days", open_, now=MONDAY + 8 * DAY), "accepted").denominator == 0
    late = reading(measure("within_7_days", open_, now=MONDAY + 8 * DAY + timedelta(seconds=1)), "accepted")
    assert (late.denominator, late.met) == (1, False)


def test_t07_announcements_count_only_where_a_reading_says_so() -> None:
    found = measure("within_7_days", task(days=40, by_notice=True), task(days=2), now=NOW + 60 * DAY)
    assert reading(found, "accepted").value == 1
    assert reading(found, "accepted_all").value == Fraction(1, 2)


def test_t07_a_task_nobody_approved_counts_from_when_it_came_in_only() -> None:
    found = measure("within_7_days", replace(task(), accepted_at=None))
    assert [reading(found, code).denominator for code in ("accepted", "created")] == [0, 1]


def test_t09_the_mean_is_of_whole_cases_and_must_stay_below_fifteen_days() -> None:
    first, second = task(days=10), task(days=20)
    found = measure("mean_days", first, second)
    assert reading(found, "case").value == 20  # of one case, until its last task is done
    assert reading(found, "task").value == 15
    assert (reading(found, "case").met, reading(found, "task").met) == (False, False)
    assert measure("mean_days", task(days=14.9)).met is True


def test_t09_announced_and_unfinished_cases_are_left_out() -> None:
    found = measure("mean_days", task(days=1), task(days=60, by_notice=True), task(days=2, case_id="c2"))
    assert reading(found, "case").value == 2
    assert reading(found, "task").value == Fraction(3, 2)
    assert reading(measure("mean_days", task(days=1), task()), "case").value is None


def test_t10_mail_succeeds_when_it_is_signed_for_and_delivered_is_another_reading() -> None:
    mails = [tried("postal", one) for one in ("mail_signed", "mail_delivered", "mail_returned", "mail_open")]
    found = measure("ems_success", task(*map(person, mails)))
    assert reading(found, "signed").value == Fraction(1, 3)
    assert reading(found, "delivered").value == Fraction(2, 3)


def test_t10_who_was_reached_by_phone_was_guided_when_pickup_or_e_service_followed() -> None:
    told = tried("telephone", "call_told")
    later, before = tried("pickup", after=2 * DAY), tried("electronic", after=timedelta(0))
    found = measure(
        "guided_calls", task(person(told, later), person(told, before), person(tried("telephone", "call_failed")))
    )
    assert reading(found, "recipient").value == Fraction(1, 2)
    assert found.met is False
    three_of_five = [person(told, later)] * 3 + [person(told)] * 2
    assert measure("guided_calls", task(*three_of_five)).met is False  # more than 60 %, not 60 %


def test_t10_e_service_covers_served_or_tried_and_commercial_cases_are_asked_more() -> None:
    tasks = (task(person(SENT), person(AT_DOOR), case_kind="商事"), task(person(BOUNCED), person(AT_DOOR)))
    everybody, commercial = measure("e_coverage", *tasks), measure("e_coverage_commercial", *tasks)
    assert [reading(everybody, code).value for code in ("served", "tried")] == [Fraction(1, 3), Fraction(1, 2)]
    assert [reading(commercial, code).value for code in ("served", "tried")] == [Fraction(1, 2), Fraction(1, 2)]
    assert (everybody.met, commercial.met) == (True, True)


def test_t10_who_confirmed_an_e_address_in_a_commercial_case_is_always_served_that_way() -> None:
    confirmed = [person(SENT, confirmed_e_address=True), person(BOUNCED, AT_DOOR, confirmed_e_address=True)]
    civil = person(AT_DOOR, confirmed_e_address=True)
    found = measure("e_confirmed_commercial", task(*confirmed, case_kind="商事"), task(civil))
    assert (found.met, reading(found, "served").met) == (True, False)
    forgotten = task(person(AT_DOOR, confirmed_e_address=True), case_kind="商事")
    assert measure("e_confirmed_commercial", forgotten).met is False


def test_t10_judgments_are_counted_per_document_and_recipient() -> None:
    names = [("民事判决书", "electronic"), ("民事裁定书", "direct"), ("民事调解书", "direct"), ("传票", "electronic")]
    documents = tuple(ServedDocument(name, channel, complete=True) for name, channel in names)
    found = measure("e_judgments", task(person(SENT, documents=documents)))
    assert [reading(found, code).value for code in ("adjudications", "judgments")] == [Fraction(1, 3), 1]


def test_t10_one_service_with_missing_evidence_breaks_compliance() -> None:
    whole, torn = ServedDocument("传票", "direct", complete=True), ServedDocument("传票", "direct", complete=False)
    assert measure("compliance", task(person(documents=(whole,)))).met is True
    assert measure("compliance", task(person(documents=(whole,) * 999 + (torn,)))).met is False


def test_t10_postage_falls_by_a_tenth_in_total_or_for_each_mail() -> None:
    found = targets.ems_cost(Mailing(1_000_00, 50), Mailing(900_00, 30), {})
    assert (reading(found, "total").value, reading(found, "total").met) == (Fraction(1, 10), True)
    assert (reading(found, "per_mail").value, reading(found, "per_mail").met) == (Fraction(-1, 2), False)
    assert targets.ems_cost(Mailing(0, 0), Mailing(900_00, 30), {}).met is None


def test_t10_satisfaction_is_99_of_a_hundred() -> None:
    assert targets.satisfaction(satisfied=99, ratings=100, readings={}).met is True
    assert targets.satisfaction(satisfied=989, ratings=1000, readings={}).met is False


def test_t11_ninety_of_a_hundred_checks_pass_in_a_month_and_a_fifth_may_leave_in_half_a_year() -> None:
    assert targets.monthly_pass(passed=9, checked=10, readings={}).met is True
    assert targets.monthly_pass(passed=89, checked=100, readings={}).met is False
    found = targets.turnover(left=3, at_start=15, at_end=9, readings={"turnover": "average"})
    assert (reading(found, "at_start").met, reading(found, "average").met, found.met) == (True, False, False)


def test_what_is_recorded_nowhere_is_said_to_be_unknown_and_meets_nothing() -> None:
    found = targets.unknown({})
    assert {one.definition.check for one in found} == {"T10", "T11"}
    assert all(one.lacking_zh and one.met is None and one.figures == () for one in found)


def test_every_definition_is_measured_or_said_to_lack_something_and_every_reading_answers() -> None:
    found = [*targets.of_tasks([], now=NOW, readings={}), *targets.unknown({})]
    assert [one.definition for one in found] == list(targets.DEFINITIONS)
    for one in found:
        assert one.lacking_zh or [figure.code for figure in one.figures] == list(one.definition.readings)


def test_a_reading_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no reading 'court'"):
        measure("remote_success", remote_success="court")


def test_readings_are_set_by_name_and_a_typing_error_is_refused_at_the_start() -> None:
    assert targets.readings_from(" within_7_days = created, mean_days=task,") == {
        "within_7_days": "created",
        "mean_days": "task",
    }
    assert targets.readings_from("") == {}
    for wrong in ("within_7_day=created", "within_7_days=create", "within_7_days"):
        with pytest.raises(ValueError, match=r"no (target|reading)"):
            targets.readings_from(wrong)


@pytest.mark.parametrize(
    ("sense", "below", "on", "above"),
    [
        ("at_least", False, True, True),
        ("above", False, False, True),
        ("at_most", True, True, False),
        ("below", True, False, False),
    ],
)
def test_what_the_threshold_itself_means(sense: str, below: bool, on: bool, above: bool) -> None:
    definition = replace(targets.E_COVERAGE, sense=sense)
    values = (Fraction(29_999, 100_000), Fraction(3, 10), Fraction(30_001, 100_000))
    assert tuple(meets(definition, value) for value in values) == (below, on, above)


FACTS = st.builds(
    TaskFacts,
    case_id=st.sampled_from(["c1", "c2"]),
    case_kind=st.sampled_from(["民事", "商事"]),
    created_at=st.just(MONDAY),
    accepted_at=st.sampled_from([None, MONDAY + DAY]),
    completed_at=st.one_of(st.none(), st.integers(1, 40).map(lambda days: MONDAY + days * DAY)),
    by_notice=st.booleans(),
    recipients=st.lists(
        st.builds(
            RecipientFacts,
            served=st.booleans(),
            confirmed_e_address=st.booleans(),
            tried=st.lists(st.sampled_from([CALLED, SENT, BOUNCED, AT_DOOR])).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
)


@given(st.lists(FACTS, max_size=6))
def test_no_share_leaves_the_range_of_nothing_to_all_and_no_figure_is_met_without_a_value(
    tasks: list[TaskFacts],
) -> None:
    for one in targets.of_tasks(tasks, now=NOW, readings={}):
        for figure in one.figures:
            assert (figure.met is None) == (figure.value is None) == (figure.denominator == 0)
            if figure.value is not None:
                assert figure.value >= 0
                assert one.definition.unit != "%" or figure.value <= 1
