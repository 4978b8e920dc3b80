"""Background work of the service core."""

from __future__ import annotations

from celery import shared_task

from server.core.clock import utc_now
from server.service import services


@shared_task(name="service.free_orphaned_locks")
def free_orphaned_locks() -> None:
    services.free_orphaned_locks(now=utc_now())


SWEEPS = {"free orphaned locks": {"task": "service.free_orphaned_locks", "schedule": 60.0}}
