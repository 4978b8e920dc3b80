"""Whatever is done to a task, its timeline alone tells where it stands; locks and claims never contradict it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.ids import new_id
from server.service import services
from server.service.actor import Actor
from server.service.models import Attempt, Effect, ServiceTask
from server.service.services import parties, replay
from server.service.services.byhand import Result
from server.service.services.opening import ByHand
from tests.factories.service import recipient
from tests.factories.service import task as make_task
from tests.integration.service.effect_steps import COURT, close, left, signed

ANNA = Actor("p1", "送达专员甲")
Deed = Callable[[str, str, str], None]

pytestmark = pytest.mark.usefixtures("database", "clean_redis")


def running(task_id: str, recipient_id: str) -> Attempt:
    """What runs for this recipient, or else for anybody of the task."""
    of_task = Attempt.objects(task_id=task_id, state="open").order_by("id")
    found = of_task.filter(recipient_id=recipient_id).first() or of_task.first()
    if found is None:
        raise DomainError(code="test.nothing_runs", status=409, title="没有进行中的送达")
    return found


def by_rule(task_id: str, one: str, _other: str) -> None:
    wanted = services.Wanted(task_id, one, "direct", "test", "安排上门")
    services.open_attempts(court=COURT, wanted=[wanted], actor=ANNA, now=utc_now())


def by_post(task_id: str, one: str, _other: str) -> None:
    services.open_by_hand(
        court=COURT, asked=ByHand(task_id, one, "postal", "邮寄", confirmed=True), actor=ANNA, now=utc_now()
    )


def switch(task_id: str, one: str, _other: str) -> None:
    services.switch_channel(
        court=COURT, asked=ByHand(task_id, one, "entrusted", "委托", confirmed=True), actor=ANNA, now=utc_now()
    )


def sign(task_id: str, one: str, _other: str) -> None:
    close(running(task_id, one), "signed_recipient", signed())


def leave(task_id: str, one: str, _other: str) -> None:
    close(running(task_id, one), "refused_video", left())


def miss(task_id: str, one: str, _other: str) -> None:
    attempt = running(task_id, one)
    if attempt.channel != "postal":
        close(attempt, "nobody_home", {})
        return
    entered = Result("mail_delivered", utc_now(), {})
    services.close_by_hand(court=COURT, attempt_id=attempt.id, entered=entered, actor=ANNA, now=utc_now())


def submit(task_id: str, one: str, _other: str) -> None:
    now = utc_now()
    services.submit_attempt(
        court=COURT,
        attempt_id=running(task_id, one).id,
        outcome="moved",
        happened_at=now,
        actor=ANNA,
        now=now,
        text="x",
    )


def back(task_id: str, one: str, _other: str) -> None:
    found = Attempt.objects(task_id=task_id, recipient_id=one, state="under_review").first()
    found = found or Attempt.objects(task_id=task_id, state="under_review").first()
    if found:
        services.send_back_attempt(court=COURT, attempt_id=found.id, reason="补拍", actor=ANNA, now=utc_now())


def cancel(task_id: str, one: str, _other: str) -> None:
    services.withdraw_by_hand(
        court=COURT, attempt_id=running(task_id, one).id, reason="取消", actor=ANNA, now=utc_now()
    )


def out(task_id: str, one: str, _other: str) -> None:
    services.withdraw_recipient(
        court=COURT, task_id=task_id, recipient_id=one, reason="撤回起诉", actor=ANNA, now=utc_now()
    )


def merge(task_id: str, one: str, other: str) -> None:
    parties.merge(court=COURT, task_id=task_id, keep=one, drop=other, reason="同一人", actor=ANNA, now=utc_now())


def split(task_id: str, one: str, _other: str) -> None:
    asked = parties.Split(
        task_id, one, "两人", name=f"李某{new_id()[-4:]}", address="试验路1号", address_basis="原告提供"
    )
    parties.split(court=COURT, asked=asked, actor=ANNA, now=utc_now())


def deny(task_id: str, one: str, _other: str) -> None:
    """A decision later on: service is denied after all."""
    services.settle(
        court=COURT, task_id=task_id, recipient_id=one, attempt_id=None, state="failed", served_at=None, awaits=(),
        actor=ANNA, now=utc_now(), text="不予认定",
    )  # fmt: skip


def sweep(_task_id: str, _one: str, _other: str) -> None:
    services.free_orphaned_locks(now=utc_now() + timedelta(minutes=5))


def withdraw(task_id: str, _one: str, _other: str) -> None:
    services.withdraw_task(court=COURT, task_id=task_id, reason="撤诉", actor=ANNA, now=utc_now())


DEEDS: list[Deed] = [
    *(by_rule, by_rule, by_post, switch, sign, leave, miss, submit, back, cancel, out, merge, split, deny, sweep),
]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deeds=st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 3), st.integers(0, 3)), max_size=12),
    end=st.booleans(),
)
def test_after_any_deeds_the_timeline_alone_tells_where_everybody_stands(
    deeds: list[tuple[Deed, int, int]], end: bool
) -> None:
    task = make_task(state="pending_review", recipients=[recipient("钱某"), recipient("孙某")])
    services.review_task(
        court=COURT, task_id=task.id, approve=True, reason=None, version=None, actor=ANNA, now=utc_now()
    )
    for deed, first, second in [*deeds, *([(withdraw, 0, 0)] if end else [])]:
        people = ServiceTask.objects.get(id=task.id).recipients
        one, other = people[first % len(people)].id, people[second % len(people)].id
        with contextlib.suppress(DomainError):  # refused: then nothing changed that the timeline does not tell
            deed(task.id, one, other)
        check(task.id)


def check(task_id: str) -> None:
    stored: dict[str, Any] = ServiceTask._get_collection().find_one({"_id": task_id})
    course = replay.fold(stored)
    assert course.broken is None, [one["what"] for one in stored["steps"]]
    assert course.agrees, (course.frames[-1], stored["state"], stored["recipients"])
    locks = {one["lock"]["attempt_id"] for one in stored["recipients"] if one.get("lock")}
    at_work = {one.id for one in Attempt.objects(task_id=task_id, state__in=["open", "under_review"])}
    assert locks == at_work, "exactly what runs holds a lock"
    if stored["state"] == "withdrawn":
        assert Effect.objects(task_id=task_id, live=True, status__ne="confirmed").count() == 0
        return
    for one in stored["recipients"]:
        claims = Effect.objects(task_id=task_id, recipient_id=one["id"], live=True, status__ne="confirmed").count()
        if one["state"] == "withdrawn":
            assert claims == 0, "who has left a task claims nothing"
        elif one["state"] != "served":
            assert Effect.objects(task_id=task_id, recipient_id=one["id"], live=True).count() == 1


def test_an_old_timeline_is_read_by_its_codes_and_words() -> None:
    task = make_task(state="completed")
    who = task.recipients[0].id
    told = [
        ("task.created", "由导入建立任务", None),
        ("task.returned", "审核退回：地址不全", None),
        ("task.edited", "导入更新：送达地址；退回的任务重新待审核", None),
        ("task.approved", "审核通过，进入送达中", None),
        ("attempt.opened", "安排上门", who),
        ("attempt.closed", "审核通过：无人在家", who),
        ("attempt.opened", "安排上门", who),
        ("attempt.closed", "审核通过：本人签收", who),
        ("task.completed", "全部受送达人已送达，任务完成", None),
    ]
    steps = [
        {"id": str(n), "at": utc_now(), "by": "p", "by_name": "甲", "what": what, "text": text}
        | ({"recipient_id": of} if of else {})
        for n, (what, text, of) in enumerate(told)
    ]
    ServiceTask.objects(id=task.id).update(set__recipients__0__state="served", __raw__={"$set": {"steps": steps}})
    course = replay.replay(court=COURT, task_id=task.id)
    assert course.agrees
    assert [one.task_state for one in course.frames][:4] == [
        "pending_review",
        "returned",
        "pending_review",
        "in_progress",
    ]
    assert [one.recipients[who] for one in course.frames][4:] == [
        "in_progress",
        "failed",
        "in_progress",
        "served",
        "served",
    ]


def test_a_step_that_does_not_follow_is_shown() -> None:
    task = make_task(state="completed")
    line = {
        "id": "s1",
        "at": utc_now(),
        "by": "p",
        "by_name": "甲",
        "what": "x",
        "text": "x",
        "change": {"task": "reopen"},
    }
    ServiceTask.objects(id=task.id).update(__raw__={"$set": {"steps": [line]}})
    course = replay.replay(court=COURT, task_id=task.id)
    assert (course.broken, course.agrees) == ("s1", False)
