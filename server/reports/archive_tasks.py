"""Archive packages on the queue; a sweep finds what was lost."""

from __future__ import annotations

import logging

import kombu.exceptions
import redis
from celery import shared_task
from flask import current_app

from server.core.clock import utc_now
from server.reports import archive
from server.reports.archive_models import CaseArchive

log = logging.getLogger(__name__)
_QUEUE_DOWN = (kombu.exceptions.OperationalError, redis.RedisError, ConnectionError)


@shared_task(name="reports.make_archive")
def make_archive(archive_id: str) -> None:
    """Makes one package; may run twice."""
    try:
        archive.make(archive_id=archive_id, store=current_app.extensions["evidence_store"])
    except archive.LeaseLost:
        log.warning("archive %s was taken over by another worker", archive_id)


@shared_task(name="reports.sweep_archives")
def sweep() -> None:
    for archive_id in archive.left_behind(now=utc_now()):
        make_archive.delay(archive_id)


def enqueue(wish: CaseArchive) -> None:
    """Puts a package on the queue. A queue that is down loses nothing: the sweep finds it."""
    try:
        make_archive.delay(wish.id)
    except _QUEUE_DOWN as error:
        log.warning("archive %s waits for the sweep: %s", wish.id, error)


SWEEPS = {"archives left behind": {"task": "reports.sweep_archives", "schedule": 30.0}}
