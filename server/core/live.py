"""Live news for browsers: what is published here reaches every open board of the court within a second, or is lost.

Lossy on purpose: a board that reconnects reads the state again. Carries ids and states, never personal data.
"""

from __future__ import annotations

import json
from typing import Any

import redis

from server.core import redis_client
from server.core.events import Event

CHANNEL = "songda:live:"


def publish(court: str, name: str, **data: Any) -> None:
    """Tells every open board of `court`. A Redis that is away loses the message, never the request."""
    message = json.dumps({"name": name, "data": data}, ensure_ascii=False)
    try:
        redis_client.client().publish(CHANNEL + court, message)
    except redis.RedisError:
        return


def on_event(event: Event) -> None:
    """Subscriber for all events: passes each on to the boards."""
    publish(event.court, event.name, **event.data)
