"""Analysis on a queue of its own: decoding takes long and what decodes may die; nobody else shall wait for that."""

from __future__ import annotations

import logging

from celery import shared_task
from flask import current_app

from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.events import Event, Subscriptions
from server.custody import decoding
from server.custody.services import analysing, placing

log = logging.getLogger(__name__)


@shared_task(name="custody.analyse")
def analyse(evidence_id: str) -> None:
    """Looks at one item; may run twice."""
    workshop = analysing.Workshop(current_app.extensions["evidence_store"], decoding.sandbox())
    analysing.analyse(evidence_id=evidence_id, workshop=workshop)


@shared_task(name="custody.sweep_analysis")
def sweep_analysis() -> None:
    for evidence_id in analysing.sweep(now=utc_now()):
        analyse.delay(evidence_id)


def on_received(event: Event) -> None:
    """A queue that is down raises, and the event stays for the sweep of events."""
    analyse.delay(event.data["evidence_id"])


def on_analysed(event: Event) -> None:
    """What the file says of time and place is known now. The verdict may be given again at any time."""
    try:
        placing.judge_place(court=event.court, evidence_id=event.data["evidence_id"], now=utc_now())
    except DomainError as error:
        log.warning("no place verdict for evidence %s: %s", event.data["evidence_id"], error.code)


def register(subscriptions: Subscriptions) -> None:
    """Called once by the composition root."""
    subscriptions.subscribe("evidence.received", on_received)
    subscriptions.subscribe("evidence.analysed", on_analysed)


SWEEPS = {"evidence left unlooked at": {"task": "custody.sweep_analysis", "schedule": 60.0}}
