"""The targets' facts, read from tasks that were really served: one aggregation, by index, no task of another court."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from server.core.clock import utc_now
from server.law.situation import Situation
from server.service import services
from server.service.models import Attempt, Effect, ServiceTask, Step
from server.statistics import facts, targets
from server.statistics.targets import TaskFacts
from tests.factories.service import recipient
from tests.factories.service import task as make_task
from tests.integration.service.effect_steps import COURT, REVIEWER, close, opened, recipient_of, signed, state_of

DAY = timedelta(days=1)


def approved(**changes: Any) -> ServiceTask:
    """Came in ten days ago, sent back once and approved nine days ago."""
    came = utc_now() - 10 * DAY
    steps = [
        Step(at=came + n * DAY, by="p", by_name="专员", what=what, text=what)
        for n, what in enumerate(("task.created", "task.approved"))
    ]
    return make_task(**{"created_at": came, "steps": steps, "case_kind": "商事", **changes})


def read(court: str = COURT, days: int = 30) -> list[TaskFacts]:
    now = utc_now()
    return list(facts.of_period(courts=[court], begin=now - days * DAY, end=now + DAY))


def test_a_served_and_a_failed_recipient_of_a_task_are_told_apart(database: Any, clean_redis: Any) -> None:
    task = approved(recipients=[recipient("甲", situation={"e_address": "given"}), recipient("乙"), recipient("丙")])
    close(opened(task, 0), "signed_recipient", signed())
    close(opened(task, 1), "nobody_home", {"items": ["photo_door"], "fields": {"note": "敲门三次"}})
    opened(task, 2)
    (found,) = read()
    assert (found.case_kind, found.completed_at, found.by_notice) == ("商事", None, False)
    assert found.accepted_at == task.created_at + DAY
    served, failed, waiting = found.recipients
    assert (served.served, served.confirmed_e_address, served.tried[0].serves) == (True, True, True)
    assert [(one.name, one.channel, one.complete) for one in served.documents] == [("民事判决书", "direct", True)]
    assert (failed.served, failed.tried[0].result, failed.tried[0].serves, failed.documents) == (
        False,
        "nobody_home",
        False,
        (),
    )
    assert (waiting.tried[0].channel, waiting.tried[0].result) == ("direct", "")


def test_t14_a_task_whose_only_attempt_failed_is_not_done_and_counts_as_late(database: Any, clean_redis: Any) -> None:
    task = approved()
    close(opened(task), "nobody_home", {"items": ["photo_door"], "fields": {"note": "敲门三次"}})
    assert (recipient_of(task).state, state_of(task)) == ("failed", "in_progress")
    within = targets.of_tasks(read(), now=utc_now(), readings={})[1]
    assert (within.figures[0].denominator, within.met) == (1, False)


def test_withdrawn_and_returned_tasks_other_courts_and_other_days_are_left_out(database: Any, clean_redis: Any) -> None:
    approved(court="京0105")
    approved(state="withdrawn")
    approved(state="returned")
    approved(created_at=utc_now() - 40 * DAY)
    kept = approved(recipients=[recipient("甲"), recipient("乙", state="withdrawn")])
    (found,) = read()
    assert (found.case_id, len(found.recipients)) == (kept.case_id, 1)


def test_a_withdrawn_attempt_was_no_try_and_a_rejected_effect_no_service(database: Any, clean_redis: Any) -> None:
    task = approved(recipients=2)
    services.withdraw_attempt(
        court=COURT, attempt_id=opened(task, 0).id, reason="选错方式", actor=REVIEWER, now=utc_now()
    )
    close(opened(task, 1), "signed_recipient", signed())
    Effect.objects(task_id=task.id, recipient_id=task.recipients[1].id).update(set__status="rejected")
    first, second = read()[0].recipients
    assert first.tried == ()
    assert (second.tried[0].serves, second.documents) == (False, ())


def test_an_announcement_marks_the_task_whoever_ordered_what(database: Any, clean_redis: Any) -> None:
    approved(channel="notice")
    assert read()[0].by_notice


def test_volumes_count_cases_once_and_doors_that_ended(database: Any, clean_redis: Any) -> None:
    first = approved(recipients=2)
    approved(case_id=first.case_id)
    close(opened(first, 0), "signed_recipient", signed())
    opened(first, 1)
    now = utc_now()
    assert facts.volumes(courts=[COURT], begin=now - 30 * DAY, end=now + DAY) == {"cases": 1, "direct": 1}


def test_every_fact_of_the_law_the_measures_ask_for_has_the_name_the_law_gives_it() -> None:
    assert Situation(e_address="given").e_address == "given"


def test_the_aggregation_reads_no_collection_whole(database: Any) -> None:
    for n in range(40):
        made = approved(court=COURT if n % 4 == 0 else "京0105", created_at=utc_now() - n * DAY)
        Attempt(
            court=made.court, task_id=made.id, recipient_id=made.recipients[0].id, channel="direct", rule="test",
            opened_at=utc_now(),
        ).save(force_insert=True)  # fmt: skip
    now = utc_now()
    asked = facts.pipeline([COURT], now - 9 * DAY, now + DAY)
    told = database.command(
        "explain",
        {"aggregate": ServiceTask._get_collection_name(), "pipeline": asked, "cursor": {}},
        verbosity="executionStats",
    )
    stages = told["stages"]
    assert "COLLSCAN" not in str(told)
    assert stages[0]["$cursor"]["executionStats"]["totalDocsExamined"] == 3  # every fourth of the first ten days
    joins = [one for one in stages if "$lookup" in one]
    assert len(joins) == 2
    assert all(one["indexesUsed"] and int(one["totalDocsExamined"]) <= 3 for one in joins)
