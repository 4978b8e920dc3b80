"""Attempts of a task opened and closed as the service does it, with complete records, for the tests of effect."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from server.core.clock import court_day, utc_now
from server.service import services
from server.service.actor import Actor
from server.service.models import Attempt, Effect, ServiceTask
from server.service.services import Wanted

COURT = "京0102"
REVIEWER = Actor("p-reviewer", "送达专员甲")
CLERK, JUDGE = Actor("p-clerk", "书记员甲"), Actor("p-judge", "法官甲")
LEFT_ITEMS = ["video", "photo_left", "photo_door"]
LEFT_FIELDS = {"refusal_reason": "称与其无关", "left_at_place": "门口鞋柜上"}


def opened(task: ServiceTask, n: int = 0, channel: str = "direct") -> Attempt:
    wanted = Wanted(task.id, task.recipients[n].id, channel, "test", "测试")
    (attempt,) = services.open_attempts(court=COURT, wanted=[wanted], actor=REVIEWER, now=utc_now())
    assert isinstance(attempt, Attempt), attempt
    return attempt


def signed(**changes: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "signer": {"relation": "self", "name": "赵某"},
        "signed_on": court_day(utc_now()).isoformat(),
        "items": ["signature_recipient", "photo_documents"],
        "fields": {"signer.name": "赵某"},
    }
    return record | changes


def left(**changes: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "refuser": {"relation": "self"},
        "left_on": court_day(utc_now()).isoformat(),
        "items": LEFT_ITEMS,
        "fields": LEFT_FIELDS,
    }
    return record | changes


def close(
    attempt: Attempt, result: str, record: dict[str, Any], actor: Actor = REVIEWER, now: datetime | None = None
) -> None:
    at = now or utc_now()
    services.close_attempt(
        court=COURT,
        attempt_id=attempt.id,
        result=result,
        happened_at=at,
        record=record,
        actor=actor,
        now=at,
        text=f"审核通过：{result}",
    )


def row_of(task: ServiceTask, document: str | None = None, n: int = 0) -> Effect:
    where = {"task_id": task.id, "recipient_id": task.recipients[n].id}
    found: Effect = Effect.objects.get(**where, **({"document": document} if document else {}))
    return found


def recipient_of(task: ServiceTask, n: int = 0) -> Any:
    return ServiceTask.objects.get(id=task.id).recipients[n]


def state_of(task: ServiceTask) -> str:
    found: str = ServiceTask.objects.get(id=task.id).state
    return found
