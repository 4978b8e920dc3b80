"""Evidence bundles on the queue; a sweep finds what was lost."""

from __future__ import annotations

import logging

import kombu.exceptions
import redis
from celery import shared_task
from flask import current_app

from server.core.clock import utc_now
from server.reports import bundles
from server.reports.bundle_models import EvidenceBundle
from server.reports.bundles import Workshop

log = logging.getLogger(__name__)
_QUEUE_DOWN = (kombu.exceptions.OperationalError, redis.RedisError, ConnectionError)


def workshop() -> Workshop:
    """What this app makes bundles with."""
    extensions = current_app.extensions
    return Workshop(extensions["evidence_store"], extensions["time_stamps"])


@shared_task(name="reports.make_bundle")
def make_bundle(bundle_id: str) -> None:
    """Makes one bundle; may run twice."""
    try:
        bundles.make(bundle_id=bundle_id, workshop=workshop())
    except bundles.LeaseLost:
        log.warning("bundle %s was taken over by another worker", bundle_id)


@shared_task(name="reports.sweep_bundles")
def sweep() -> None:
    for bundle_id in bundles.left_behind(now=utc_now()):
        make_bundle.delay(bundle_id)


def enqueue(wish: EvidenceBundle) -> None:
    """Puts a bundle on the queue. A queue that is down loses nothing: the sweep finds it."""
    try:
        make_bundle.delay(wish.id)
    except _QUEUE_DOWN as error:
        log.warning("bundle %s waits for the sweep: %s", wish.id, error)


SWEEPS = {"bundles left behind": {"task": "reports.sweep_bundles", "schedule": 30.0}}
