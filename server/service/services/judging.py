"""What a closed attempt has brought about. S2 fills this in with the law of effect; this is the door's rule until then.

Whoever fills it: `attempt["text"]` is the sentence of the result, to be kept in `settle(text=…)` for the timeline.
"""

from __future__ import annotations

from datetime import datetime

from server.law.outcomes import OUTCOMES
from server.service import errors
from server.service.actor import Actor
from server.service.services import settling, store


def follow(*, court: str, attempt_id: str, actor: Actor, now: datetime) -> None:
    """Settles the recipient of a closed attempt. Safe to repeat."""
    attempt = store.attempts().find_one({"_id": attempt_id, "court": court})
    if attempt is None:
        raise errors.attempt_not_found()
    rule = OUTCOMES.get(attempt["outcome"])
    serves = rule is not None and rule.serves
    settling.settle(
        court=court,
        task_id=attempt["task_id"],
        recipient_id=attempt["recipient_id"],
        attempt_id=attempt_id,
        state="served" if serves else "failed",
        served_at=attempt["happened_at"] if serves else None,
        awaits=(),
        actor=actor,
        now=now,
        text=attempt["text"],
    )
