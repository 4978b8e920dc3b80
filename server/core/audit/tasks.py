"""Background work of the log: notes of deeds that were never finished, checkpoints and their time-stamps."""

from __future__ import annotations

from celery import shared_task
from flask import current_app

from server.core.audit import checkpoints, pending
from server.core.clock import utc_now


@shared_task(name="audit.sweep_pending")
def sweep_pending() -> None:
    """Gives deeds whose process died a row."""
    pending.sweep(now=utc_now())


@shared_task(name="audit.make_checkpoints")
def make_checkpoints() -> None:
    """A checkpoint for every court with news; time-stamps where they are missing."""
    checkpoints.make(now=utc_now(), tsa=checkpoints.stamper(current_app.extensions))


SWEEPS = {
    "unfinished deeds": {"task": "audit.sweep_pending", "schedule": 60.0},
    "audit checkpoints": {"task": "audit.make_checkpoints", "schedule": 600.0},
}
