"""From closed attempts to effects: what counts at once, what waits for the court, what never becomes anything."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from server.core import events
from server.core.clock import court_day, utc_now
from server.service.models import Attempt, DocumentCopies, Effect, ServiceTask
from server.service.services import judging
from tests.factories.service import task as make_task
from tests.integration.service.effect_steps import (
    COURT,
    REVIEWER,
    close,
    left,
    opened,
    recipient_of,
    row_of,
    signed,
    state_of,
)

pytestmark = pytest.mark.usefixtures("database", "clean_redis")
TODAY = court_day(utc_now()).isoformat()


def test_a_signature_the_reviewer_accepted_serves_at_once_and_completes_the_task() -> None:
    task = make_task()
    close(opened(task), "signed_recipient", signed())
    row = row_of(task)
    assert (row.state, row.status, row.served_on, row.confirm_by) == ("served", "confirmed", TODAY, ["specialist"])
    (decision,) = row.decisions
    assert (decision.by, decision.acting_as, decision.what) == (REVIEWER.id, "specialist", "confirm")
    assert row.rule_version == "national-2026-11-21"
    assert (recipient_of(task).state, state_of(task)) == ("served", "completed")
    assert recipient_of(task).lock is None


def test_leaving_waits_for_court_staff() -> None:
    task = make_task()
    close(opened(task), "refused_video", left())
    row = row_of(task)
    assert (row.state, row.status, row.confirm_by, list(row.decisions)) == ("deemed", "proposed", ["court_staff"], [])
    assert (recipient_of(task).state, list(recipient_of(task).awaits)) == ("awaiting", ["court_staff"])
    assert state_of(task) == "in_progress"


def test_nobody_home_is_nothing_and_the_recipient_can_be_tried_again() -> None:
    task = make_task()
    close(opened(task), "nobody_home", {"items": ["photo_door"], "fields": {"note": "敲门三次"}})
    row = row_of(task)
    assert (row.state, row.status, row.findings[0]["flags"]) == ("none", "none", ["absent"])
    assert recipient_of(task).state == "failed"
    assert opened(task).channel == "direct"


def test_each_document_has_its_own_effect() -> None:
    task = make_task(documents=[DocumentCopies(name="民事调解书"), DocumentCopies(name="应诉通知书")])
    close(opened(task), "signed_family", signed(signer={"relation": "cohabiting_adult", "name": "钱某"}))
    assert (row_of(task, "民事调解书").state, row_of(task, "民事调解书").confirm_by) == ("none", ["judge"])
    fields = row_of(task, "应诉通知书")
    assert (fields.state, fields.missing[0]["code"]) == ("none", "signer_relation")
    assert recipient_of(task).state == "failed"


def test_what_contradicts_itself_is_kept_with_the_refusal_as_its_text() -> None:
    task = make_task()
    close(opened(task), "signed_recipient", signed(signer={"relation": "cohabiting_adult", "name": "钱某"}))
    row = row_of(task)
    assert (row.state, row.status) == ("none", "none")
    assert "签收人却是同住成年家属" in row.text
    assert row.findings[0]["flags"] == ["law_refused"]
    assert recipient_of(task).state == "failed"


def test_a_document_the_law_does_not_know_is_never_served_and_never_lost() -> None:
    task = make_task(documents=[DocumentCopies(name="奇怪的纸")])
    close(opened(task), "signed_recipient", signed())
    assert (row_of(task).state, row_of(task).text) == ("none", "不认识的文书类型：奇怪的纸")


def test_one_unreadable_attempt_does_not_undo_another() -> None:
    task = make_task()
    close(opened(task), "signed_recipient", signed(signer={"relation": "cohabiting_adult", "name": "钱某"}))
    close(opened(task), "signed_recipient", signed())
    row = row_of(task)
    assert (row.state, row.status) == ("served", "confirmed")
    assert [one["flags"] for one in row.findings] == [["law_refused"], []]


def test_following_twice_changes_nothing() -> None:
    task = make_task()
    attempt = opened(task)
    close(attempt, "refused_video", left())
    before = Effect._get_collection().find_one({"task_id": task.id})
    judging.follow(court=COURT, attempt_id=attempt.id, actor=REVIEWER, now=utc_now())
    assert Effect._get_collection().find_one({"task_id": task.id}) == before


def test_of_many_at_once_one_decision_is_kept() -> None:
    task = make_task(documents=[DocumentCopies(name="传票"), DocumentCopies(name="应诉通知书")])
    attempt = opened(task)
    close(attempt, "nobody_home", {"items": ["photo_door"], "fields": {"note": "无人"}})
    Attempt._get_collection().update_one(
        {"_id": attempt.id}, {"$set": {"outcome": "signed_recipient", "record": signed()}}
    )

    def follow(_: int) -> None:
        judging.follow(court=COURT, attempt_id=attempt.id, actor=REVIEWER, now=utc_now())

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(follow, range(6)))
    assert [len(one.decisions) for one in Effect.objects(task_id=task.id)] == [1, 1]
    assert state_of(task) == "completed"
    lines = [one.what for one in ServiceTask.objects.get(id=task.id).steps]
    assert lines.count("recipient.settled") == 1


def test_a_crash_between_closing_and_judging_is_made_good_by_the_event(monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task()
    attempt = opened(task)
    monkeypatch.setattr(judging, "judge_recipient", _dies)
    with pytest.raises(SystemError):
        close(attempt, "signed_recipient", signed())
    monkeypatch.undo()
    assert Attempt.objects.get(id=attempt.id).outbox[0]["name"] == "attempt.closed"
    assert Effect.objects(task_id=task.id).count() == 0
    subscriptions = events.Subscriptions()
    subscriptions.subscribe("attempt.closed", judging.on_closed)
    monkeypatch.setattr(events, "subscriptions", subscriptions)
    assert events.sweep(now=utc_now() + timedelta(minutes=1)) >= 1
    assert row_of(task).decisions[0].by == REVIEWER.id
    assert state_of(task) == "completed"


def _dies(**_: object) -> None:
    raise SystemError


def test_the_board_is_told_of_proposals_and_decisions(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    subscriptions = events.Subscriptions()
    subscriptions.subscribe("*", lambda news: told.append(news.name) if news.name.startswith("effect.") else None)
    monkeypatch.setattr(events, "subscriptions", subscriptions)
    first, second = make_task(), make_task()
    close(opened(first), "refused_video", left())
    close(opened(second), "signed_recipient", signed())
    assert told == ["effect.proposed", "effect.decided"]
