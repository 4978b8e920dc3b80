"""Live news: what is published here reaches every open board of the court, or the phone of one person, within a
second, or is lost.

Lossy on purpose: a board that reconnects reads the state again. Carries ids and states, never personal data.
"""

from __future__ import annotations

import json
from typing import Any

import redis

from server.core import redis_client
from server.core.events import Event

CHANNEL = "songda:live:"
# What only one person hears is never on the boards' channel: there is nothing to filter, so nothing to forget.
PERSON_CHANNEL = "songda:live-person:"


def publish(court: str, name: str, **data: Any) -> None:
    """Tells every open board of `court`. A Redis that is away loses the message, never the request."""
    _publish(CHANNEL + court, name, data)


def publish_to(court: str, person_id: str, name: str, **data: Any) -> None:
    """Tells one person's open phones, and nobody else."""
    _publish(PERSON_CHANNEL + personal(court, person_id), name, data)


def personal(court: str, person_id: str) -> str:
    """The name of one person's stream, after `PERSON_CHANNEL`."""
    return f"{court}/{person_id}"


def _publish(channel: str, name: str, data: dict[str, Any]) -> None:
    message = json.dumps({"name": name, "data": data}, ensure_ascii=False)
    try:
        redis_client.client().publish(channel, message)
    except redis.RedisError:
        return


def on_event(event: Event) -> None:
    """Subscriber for all events: passes each on to the boards."""
    publish(event.court, event.name, **event.data)
