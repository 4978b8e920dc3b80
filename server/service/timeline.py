"""Steps of a task's timeline as raw documents, for the update that makes them true."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from server.core.ids import new_id
from server.service.actor import Actor


def step(
    what: str,
    text: str,
    *,
    actor: Actor,
    now: datetime,
    recipient_id: str | None = None,
    receipt: str | None = None,
    change: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """One timeline line to `$push` onto `steps`: `what` is a dotted code, `text` the same for people (Chinese).

    `change` says which events of `server.service.machines` the step was: {"task": event, "recipients": {id: event},
    "added": [recipient ids]}, {} for none. `server.service.services.replay` rebuilds every state from it.
    """
    entry: dict[str, Any] = {
        "id": new_id(),
        "at": now,
        "by": actor.id,
        "by_name": actor.name,
        "what": what,
        "text": text,
    }
    if recipient_id:
        entry["recipient_id"] = recipient_id
    if receipt:
        entry["receipt"] = receipt
    if change is not None:
        entry["change"] = dict(change)
    return entry
