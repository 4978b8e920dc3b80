"""Background work of the alerts."""

from __future__ import annotations

from celery import shared_task

from server.alerts import watch
from server.core.clock import utc_now


@shared_task(name="alerts.watch")
def watch_the_log() -> None:
    """Looks for people who did too much in the last hour."""
    watch.watch(now=utc_now())


SWEEPS = {"security alerts": {"task": "alerts.watch", "schedule": 300.0}}
