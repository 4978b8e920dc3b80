"""Background work of the core."""

from __future__ import annotations

from celery import shared_task

from server.core import events
from server.core.clock import utc_now


@shared_task(name="core.sweep_events")
def sweep_events() -> None:
    """Relays events that a lost process left in an outbox."""
    events.sweep(now=utc_now())


SWEEPS = {"relay events": {"task": "core.sweep_events", "schedule": 10.0}}
