"""Things to do follow the task: opened by what happened, settled by what follows, taken by one, closed in words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.core import events
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.events import Event
from server.service import services
from server.service.actor import Actor
from server.service.models import Attempt, DocumentCopies, ServiceTask, Todo
from server.service.services import deciding, todos
from tests.factories.service import recipient
from tests.factories.service import task as make_task
from tests.integration.service.effect_steps import CLERK, COURT, JUDGE, REVIEWER, close, left, opened

pytestmark = pytest.mark.usefixtures("database", "clean_redis")


def summons(**changes: Any) -> ServiceTask:
    return make_task(
        documents=[DocumentCopies(name="传票")],
        judge_id=JUDGE.id,
        clerk_id=CLERK.id,
        created_at=utc_now() - timedelta(days=2),
        **changes,
    )


def follow(task: ServiceTask, now: datetime | None = None) -> None:
    todos.follow(court=COURT, task_id=task.id, now=now or utc_now())


def live(task: ServiceTask) -> dict[str, Todo]:
    return {one.kind: one for one in Todo.objects(task_id=task.id, state__in=["open", "taken"])}


def failed(task: ServiceTask, result: str = "nobody_home", n: int = 0) -> Attempt:
    attempt = opened(task, n)
    close(attempt, result, {"items": ["photo_door"], "fields": {"note": "敲门无人应答"}})
    return attempt


def refusal(call: Any) -> str:
    with pytest.raises(DomainError) as caught:
        call()
    return caught.value.code


def test_a_failure_opens_one_switch_with_a_proposal_however_often_it_is_told() -> None:
    task = summons()
    attempt = failed(task)
    news = Event("n1", "attempt.closed", COURT, utc_now(), {"task_id": task.id, "attempt_id": attempt.id})
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(todos.on_news, [news] * 4))
    (todo,) = Todo.objects(task_id=task.id)
    assert (todo.kind, todo.key, todo.meant_for, todo.state) == ("switch", f"switch:{attempt.id}", "specialist", "open")
    assert todo.proposal["channel"] == "postal"
    assert todo.proposal["article"] == "民事诉讼法第九十一条"
    assert {one["channel"] for one in todo.proposal["others"]} >= {"direct", "notice", "telephone"}
    happened = Attempt.objects.get(id=attempt.id).happened_at
    assert todo.due_at == happened + timedelta(hours=24)
    assert todo.judge_id == JUDGE.id


def test_the_outbox_brings_the_news_here_after_a_crash() -> None:
    task = summons()
    before = events.subscriptions
    try:
        events.subscriptions = events.Subscriptions()
        failed(task)  # nobody heard of it
        assert not live(task)
        close_news = events.event("attempt.closed", court=COURT, now=utc_now(), task_id=task.id)
        Attempt._get_collection().update_one({"task_id": task.id}, {"$push": {"outbox": close_news}})
        todos.register(events.subscriptions)
        events.sweep(now=utc_now() + timedelta(minutes=1))
    finally:
        events.subscriptions = before
    assert set(live(task)) == {"switch"}


def test_another_way_settles_the_switch_and_its_withdrawal_brings_the_same_clock_back() -> None:
    task = summons()
    failed(task)
    follow(task)
    due_at = live(task)["switch"].due_at
    second = opened(task, channel="postal")
    follow(task)
    assert not live(task)
    cancelled = Todo.objects.get(task_id=task.id)
    assert (cancelled.state, bool(cancelled.result)) == ("cancelled", True)
    services.withdraw_attempt(court=COURT, attempt_id=second.id, actor=REVIEWER, reason="邮件未发出", now=utc_now())
    ServiceTask.objects(id=task.id).update(set__recipients__0__state="failed")
    follow(task)
    assert live(task)["switch"].due_at == due_at


def test_the_sweep_settles_what_no_event_told_of() -> None:
    task = summons()
    failed(task)
    follow(task)
    opened(task, channel="postal")  # many locks are taken in one write without an event
    assert live(task)
    assert todos.sweep(now=utc_now()) == 1
    assert not live(task)


def test_a_proposed_effect_waits_for_court_staff_until_decided() -> None:
    task = summons()
    close(opened(task), "refused_video", left())
    follow(task)
    (todo,) = live(task).values()
    assert todo.kind in ("confirm_effect", "judge_decides")
    assert (
        refusal(lambda: todos.close(court=COURT, todo_id=todo.id, result="看过了", actor=CLERK, now=utc_now()))
        == "todo.by_decision"
    )
    assert [one["_id"] for one in todos.waiting_for(court=COURT, person_id=JUDGE.id)] == [todo.id]
    assert [one["_id"] for one in todos.waiting_for(court=COURT, person_id=CLERK.id)] == [todo.id]
    assert todos.waiting_for(court=COURT, person_id="somebody") == []
    deciding.decide(
        court=COURT, effect_id=todo.effect_id, what="confirm", acting_as="judge", actor=JUDGE, now=utc_now()
    )
    follow(task)
    assert not live(task)


def test_of_two_who_take_at_once_one_wins_and_the_other_is_told_who() -> None:
    task = summons()
    failed(task)
    follow(task)
    todo = live(task)["switch"]
    people = [Actor(f"p{n}", f"专员{n}") for n in range(6)]

    def take(who: Actor) -> str:
        try:
            return str(todos.take(court=COURT, todo_id=todo.id, actor=who, now=utc_now())["taken_by"])
        except DomainError as error:
            return error.code

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(take, people))
    assert said.count("todo.taken") == 5
    winner = Todo.objects.get(id=todo.id)
    assert winner.taken_by in said
    other = next(one for one in people if one.id != winner.taken_by)
    assert refusal(lambda: todos.take(court=COURT, todo_id=todo.id, actor=other, now=utc_now(), reason="代办")) == (
        "todo.taken"
    )
    over = todos.take(
        court=COURT, todo_id=todo.id, actor=other, now=utc_now(), reason="原办理人休假", version=winner.version
    )
    assert over["taken_by"] == other.id


def test_closing_needs_a_result_and_happens_once() -> None:
    task = summons()
    failed(task)
    follow(task)
    todo = live(task)["switch"]

    def done(result: str, who: Actor = REVIEWER) -> dict[str, Any]:
        return todos.close(court=COURT, todo_id=todo.id, result=result, actor=who, now=utc_now())

    assert refusal(lambda: done(" ")) == "todo.result_required"
    todos.take(court=COURT, todo_id=todo.id, actor=REVIEWER, now=utc_now())
    assert refusal(lambda: done("已联系", CLERK)) == "todo.taken"
    assert done("已与当事人约定来院领取")["state"] == "done"
    assert refusal(lambda: done("再来一次")) == "todo.closed"
    follow(task)
    assert not live(task)


def test_taking_with_a_channel_opens_that_way_and_a_refusal_leaves_it_waiting() -> None:
    task = summons()
    failed(task)
    follow(task)
    todo = live(task)["switch"]

    def switch(channel: str, *, confirmed: bool = False) -> dict[str, Any]:
        way = todos.Way(channel, "按系统建议", confirmed=confirmed)
        return todos.switch(court=COURT, todo_id=todo.id, asked=way, actor=REVIEWER, now=utc_now())

    assert refusal(lambda: switch("notice")).startswith("attempt.")
    assert Todo.objects.get(id=todo.id).state == "open"
    assert switch("postal")["state"] == "cancelled"
    assert Attempt.objects.get(task_id=task.id, state="open").channel == "postal"


def test_the_red_list_comes_first_and_is_counted() -> None:
    late, fresh = summons(), summons(recipients=[recipient("钱某乙")])
    failed(late)
    failed(fresh)
    follow(late)
    follow(fresh)
    Todo.objects(task_id=late.id).update(set__due_at=utc_now() - timedelta(hours=1))
    within = {"court": COURT}
    found = todos.list_todos(within=within, now=utc_now())
    assert [one["task_id"] for one in found.items] == [late.id, fresh.id]
    assert (found.total, found.overdue) == (2, 1)
    red = todos.list_todos(within=within, now=utc_now(), overdue=True)
    assert [one["task_id"] for one in red.items] == [late.id]
    assert todos.list_todos(within=within, now=utc_now(), state="done").total == 0
    assert todos.list_todos(within={"court": "京0105"}, now=utc_now()).total == 0
