"""Background work of the core."""

from __future__ import annotations

import logging

from celery import shared_task

from server.core import crypto, events
from server.core.clock import utc_now
from server.core.crypto import rotation

log = logging.getLogger(__name__)


@shared_task(name="core.sweep_events")
def sweep_events() -> None:
    """Relays events that a lost process left in an outbox."""
    events.sweep(now=utc_now())


@shared_task(name="core.rotate_keys")
def rotate_keys() -> None:
    """Goes on sealing anew what still carries an older key, a while at a time."""
    vault = crypto.vault()
    for court in rotation.pending(vault):
        done = rotation.advance(vault, court=court, now=utc_now())
        log.info("keys of %s: %d sealed anew, retired: %s", court, done.resealed, ", ".join(done.retired) or "none")


SWEEPS = {
    "relay events": {"task": "core.sweep_events", "schedule": 10.0},
    "rotate keys": {"task": "core.rotate_keys", "schedule": 60.0},
}
