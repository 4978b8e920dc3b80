"""Tasks approved before claims were kept get theirs; running it again, or half-way, changes nothing more."""

from __future__ import annotations

from typing import Any

import pytest

from server.core import database
from server.core.clock import court_day, utc_now
from server.migrations import m20261122b_effect_rows as effect_rows
from server.service import services
from server.service.actor import Actor
from server.service.models import DocumentCopies, Effect
from tests.factories.service import recipient
from tests.factories.service import task as make_task

COURT = "京0102"

pytestmark = pytest.mark.usefixtures("database", "clean_redis")


def migrate() -> str:
    return effect_rows.migrate(database.database())


def rows(**where: Any) -> list[tuple[str, str, str]]:
    return sorted((one.key, one.status, one.state) for one in Effect.objects(**where))


def test_old_tasks_claim_what_they_serve_and_keep_what_was_served() -> None:
    now = utc_now()
    done = recipient(state="served", served_at=now)
    served = make_task(state="completed", recipients=[done])
    running = make_task(recipients=[recipient(), recipient(state="withdrawn")], documents=[
        DocumentCopies(name="《起诉状副本》"), DocumentCopies(name="应诉通知书"),
    ])  # fmt: skip
    pending = make_task(state="pending_review")
    assert migrate() == "rows 3"
    assert rows(task_id=served.id) == [("民事判决书", "confirmed", "served")]
    row = Effect.objects.get(task_id=served.id)
    assert (row.served_on, row.decisions[0].served_on) == (court_day(now).isoformat(),) * 2
    assert rows(task_id=running.id) == [("应诉通知书", "none", "none"), ("起诉状副本", "none", "none")]
    assert rows(task_id=pending.id) == []
    Effect.objects(task_id=running.id, document="应诉通知书").delete()
    assert migrate() == "rows 1"
    assert migrate() == "rows 0"


def test_two_old_tasks_for_the_same_document_are_both_kept_and_a_third_is_refused() -> None:
    first, second = (make_task(recipients=[recipient(party_id="a")]) for _ in range(2))
    migrate()
    assert rows(task_id=first.id) == [("民事判决书", "none", "none")]
    assert rows(task_id=second.id) == [("民事判决书#2", "none", "none")]
    assert Effect.objects.get(task_id=second.id).again_reason
    make_task(state="pending_review", recipients=[recipient(party_id="a")])
    answer = services.approve_tasks(court=COURT, task_ids=None, actor=Actor("p1", "甲"), now=utc_now())
    assert (answer.approved, [one.code for one in answer.refused]) == (0, ["task.double_service"])
