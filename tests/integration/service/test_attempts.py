"""A recipient is locked by one attempt at a time, and a task is completed when all are served."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from server.core.clock import utc_now
from server.core.errors import DomainError
from server.service import services
from server.service.actor import Actor
from server.service.models import Attempt, ServiceTask
from server.service.services import Wanted
from tests.factories.service import task as make_task
from tests.integration.service.effect_steps import signed

COURT = "京0102"
CLERK = Actor("p1", "送达专员甲")

pytestmark = pytest.mark.usefixtures("database", "clean_redis")


def wanted(task: ServiceTask, n: int = 0, channel: str = "direct") -> Wanted:
    return Wanted(task.id, task.recipients[n].id, channel, "judge_asked_direct", "承办法官指定直接送达")


def opened(task: ServiceTask, n: int = 0) -> Attempt:
    (attempt,) = services.open_attempts(court=COURT, wanted=[wanted(task, n)], actor=CLERK, now=utc_now())
    assert isinstance(attempt, Attempt), attempt
    return attempt


def close(attempt: Attempt, *, serves: bool) -> None:
    services.close_attempt(
        court=COURT,
        attempt_id=attempt.id,
        result="signed_recipient" if serves else "nobody_home",
        happened_at=utc_now(),
        record=signed() if serves else {},
        actor=CLERK,
        now=utc_now(),
        text="审核通过：本人签收" if serves else "审核通过：无人在家",
    )


def test_a_locked_recipient_cannot_be_taken_by_another_channel() -> None:
    task = make_task()
    first = opened(task)
    (second,) = services.open_attempts(court=COURT, wanted=[wanted(task, channel="postal")], actor=CLERK, now=utc_now())
    assert isinstance(second, DomainError)
    assert second.code == "recipient.locked"
    lock = ServiceTask.objects.get(id=task.id).recipients[0].lock
    assert (lock.channel, lock.rule, lock.attempt_id) == ("direct", "judge_asked_direct", first.id)


def test_of_many_at_once_exactly_one_gets_the_recipient() -> None:
    task = make_task()

    def grab(_: int) -> Any:
        return services.open_attempts(court=COURT, wanted=[wanted(task)], actor=CLERK, now=utc_now())[0]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(grab, range(8)))
    assert sum(isinstance(answer, Attempt) for answer in answers) == 1
    assert Attempt.objects(task_id=task.id).count() == 1


def test_a_task_under_review_cannot_be_served() -> None:
    task = make_task(state="pending_review")
    (answer,) = services.open_attempts(court=COURT, wanted=[wanted(task)], actor=CLERK, now=utc_now())
    assert isinstance(answer, DomainError)
    assert answer.code == "recipient.closed"


def test_the_task_is_completed_when_the_last_recipient_is_served() -> None:
    task = make_task(recipients=2)
    close(opened(task, 0), serves=True)
    assert ServiceTask.objects.get(id=task.id).state == "in_progress"
    close(opened(task, 1), serves=True)
    done = ServiceTask.objects.get(id=task.id)
    assert done.state == "completed"
    assert done.completed_at is not None
    assert [step.what for step in done.steps].count("task.completed") == 1
    assert all(one.lock is None and one.state == "served" for one in done.recipients)


def test_a_failed_attempt_frees_the_recipient_for_the_next() -> None:
    task = make_task()
    close(opened(task), serves=False)
    after = ServiceTask.objects.get(id=task.id)
    assert (after.state, after.recipients[0].state, after.recipients[0].lock) == ("in_progress", "failed", None)
    assert isinstance(opened(after), Attempt)


def test_closing_twice_changes_nothing_more() -> None:
    task = make_task()
    attempt = opened(task)
    close(attempt, serves=True)
    before = ServiceTask.objects.get(id=task.id).to_mongo()
    close(attempt, serves=True)
    assert ServiceTask.objects.get(id=task.id).to_mongo() == before


def test_withdrawing_frees_the_recipient_and_says_why() -> None:
    task = make_task()
    attempt = opened(task)
    services.withdraw_attempt(court=COURT, attempt_id=attempt.id, actor=CLERK, reason="改邮寄", now=utc_now())
    after = ServiceTask.objects.get(id=task.id)
    assert (after.recipients[0].state, after.recipients[0].lock) == ("pending", None)
    assert "改邮寄" in after.steps[-1].text


def test_another_courts_attempt_is_not_there() -> None:
    attempt = opened(make_task())
    with pytest.raises(DomainError) as refusal:
        services.withdraw_attempt(court="京0105", attempt_id=attempt.id, actor=CLERK, reason="x", now=utc_now())
    assert refusal.value.code == "attempt.not_found"


def test_a_lock_whose_attempt_was_never_written_is_freed() -> None:
    task = make_task()
    attempt = opened(task)
    Attempt.objects(id=attempt.id).delete()
    soon = utc_now()
    assert services.free_orphaned_locks(now=soon) == 0, "a process may still be between its two writes"
    assert services.free_orphaned_locks(now=soon + timedelta(minutes=3)) == 1
    assert ServiceTask.objects.get(id=task.id).recipients[0].lock is None


def test_a_lock_whose_attempt_was_withdrawn_by_a_process_that_died_is_freed() -> None:
    task = make_task()
    attempt = opened(task)
    Attempt.objects(id=attempt.id).update(set__state="withdrawn", set__text="取消本次送达：改邮寄")
    assert services.free_orphaned_locks(now=utc_now() + timedelta(minutes=3)) == 1
    after = ServiceTask.objects.get(id=task.id)
    assert (after.recipients[0].lock, after.recipients[0].state) == (None, "pending")
    assert after.steps[-1].text == "取消本次送达：改邮寄"


def test_returning_a_task_needs_a_reason_and_an_unchanged_task() -> None:
    task = make_task(state="pending_review")
    review = {"court": COURT, "task_id": task.id, "actor": CLERK, "now": utc_now()}
    with pytest.raises(DomainError) as refusal:
        services.review_task(approve=False, reason=" ", version=None, **review)
    assert refusal.value.code == "task.reason_required"
    with pytest.raises(DomainError) as stale:
        services.review_task(approve=True, reason=None, version=7, **review)
    assert stale.value.code == "task.changed"
    returned = services.review_task(approve=False, reason="地址不全", version=1, **review)
    assert (returned.state, returned.return_reason) == ("returned", "地址不全")
    with pytest.raises(DomainError) as late:
        services.review_task(approve=True, reason=None, version=None, **review)
    assert late.value.code == "task.not_pending"


def test_approving_all_moves_only_this_courts_pending_tasks() -> None:
    pending = [make_task(state="pending_review") for _ in range(3)]
    other = make_task(court="京0105", state="pending_review")
    assert services.approve_tasks(court=COURT, task_ids=None, actor=CLERK, now=utc_now()).approved == 3
    assert {ServiceTask.objects.get(id=one.id).state for one in pending} == {"in_progress"}
    assert ServiceTask.objects.get(id=other.id).state == "pending_review"
