"""Batches on the queue: every chunk is a message of its own; a sweep finds what was lost."""

from __future__ import annotations

import logging

import kombu.exceptions
import redis
from celery import shared_task
from flask import current_app

from server.core.clock import utc_now
from server.reports import batches
from server.reports.batch_models import PaperBatch

log = logging.getLogger(__name__)
_QUEUE_DOWN = (kombu.exceptions.OperationalError, redis.RedisError, ConnectionError)


def tools() -> batches.Tools:
    """What this process makes papers with."""
    found = current_app.extensions
    return batches.Tools(found["evidence_store"], found["seals"], found["settings"].portal_url)


@shared_task(name="reports.run_chunk")
def run_chunk(batch_id: str, number: int) -> None:
    """Makes some papers of a batch; may run twice."""
    if batches.run_chunk(batch_id=batch_id, number=number, tools=tools()):
        finish_batch.delay(batch_id)


@shared_task(name="reports.finish_batch")
def finish_batch(batch_id: str) -> None:
    """Puts the files of a batch together; may run twice."""
    batches.finish(batch_id=batch_id, store=current_app.extensions["evidence_store"])


@shared_task(name="reports.sweep_batches")
def sweep() -> None:
    for batch_id, chunks in batches.left_behind(now=utc_now()):
        for number in chunks:
            run_chunk.delay(batch_id, number)
        if not chunks:
            finish_batch.delay(batch_id)


def enqueue(batch: PaperBatch) -> None:
    """Puts every chunk on the queue. A queue that is down loses nothing: the sweep finds the batch."""
    try:
        for number in range(len(batch.chunks)):
            run_chunk.delay(batch.id, number)
    except _QUEUE_DOWN as error:
        log.warning("batch %s waits for the sweep: %s", batch.id, error)


SWEEPS = {"batches left behind": {"task": "reports.sweep_batches", "schedule": 20.0}}
