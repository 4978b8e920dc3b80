"""Background work of the service core."""

from __future__ import annotations

from celery import shared_task

from server.core.clock import utc_now
from server.service import services
from server.service.services import judging, todos


@shared_task(name="service.free_orphaned_locks")
def free_orphaned_locks() -> None:
    services.free_orphaned_locks(now=utc_now())


@shared_task(name="service.sweep_todos")
def sweep_todos() -> None:
    todos.sweep(now=utc_now())


@shared_task(name="service.judge_announcements")
def judge_announcements() -> None:
    judging.judge_announcements(now=utc_now())


SWEEPS = {
    "free orphaned locks": {"task": "service.free_orphaned_locks", "schedule": 60.0},
    "announcements that have run": {"task": "service.judge_announcements", "schedule": 600.0},
    "things to do": {"task": "service.sweep_todos", "schedule": 60.0},
}
