"""Ending an attempt: the result and what the law asks of it are written once, and what follows is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from server.core import events
from server.service import errors, machines
from server.service.actor import Actor
from server.service.models import Attempt
from server.service.services import judging, store


def close_attempt(
    *,
    court: str,
    attempt_id: str,
    result: str,
    happened_at: datetime,
    record: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    text: str,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """A result was accepted: the attempt is closed with its `record` (fields of `server.law.attempts.Attempt`, plain).

    `text` is the result in Chinese, kept as the attempt's `text` for the timeline. Safe to repeat: closing a closed
    attempt with the same result only lets `judging.follow` finish what a crash left undone. Raises
    `attempt.not_found`, `attempt.not_open` (withdrawn, or closed with another result).
    """
    change = closed(result, happened_at, record, actor, now, text, facts)
    if not written(court, attempt_id, machines.sources(machines.ATTEMPT, "close"), change, now):
        found = store.attempts().find_one({"_id": attempt_id, "court": court}, {"state": 1, "outcome": 1})
        if found is None:
            raise errors.attempt_not_found()
        if (found["state"], found.get("outcome")) != ("closed", result):
            raise errors.attempt_not_open()
    judging.follow(court=court, attempt_id=attempt_id, actor=actor, now=now)
    events.relay(Attempt, attempt_id)


def closed(
    result: str,
    happened_at: datetime,
    record: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    text: str,
    facts: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The values of a closed attempt."""
    return {
        "state": "closed",
        "outcome": result,
        "happened_at": happened_at,
        "closed_at": now,
        "closed_by": actor.id,
        "closed_by_name": actor.name,
        "text": text,
        "record": dict(record),
        **({"facts": dict(facts)} if facts else {}),
    }


def written(court: str, attempt_id: str, states: Sequence[str], change: Mapping[str, Any], now: datetime) -> bool:
    """The one write that closes: of two at once exactly one answers true.

    A pipeline, because the news names the task and recipient the attempt itself knows: no look before the write.
    """
    where = {"_id": attempt_id, "court": court, "state": {"$in": list(states)}}
    news: dict[str, Any] = events.event("attempt.closed", court=court, now=now)
    told = {name: {"$literal": value} for name, value in news.items()}
    told["data"] = {"task_id": "$task_id", "recipient_id": "$recipient_id", "attempt_id": "$_id"}
    values: dict[str, Any] = {name: {"$literal": value} for name, value in change.items()}
    values["version"] = {"$add": ["$version", 1]}
    values["outbox"] = {"$concatArrays": [{"$ifNull": ["$outbox", []]}, [told]]}
    return bool(store.attempts().update_one(where, [{"$set": values}]).matched_count)
