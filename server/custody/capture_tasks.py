"""Every item that is received gets its verdict on capture, also when the process that received it died."""

from __future__ import annotations

from celery import shared_task

from server.core.clock import utc_now
from server.core.events import Event, Subscriptions
from server.custody.services import capture


def register(subscriptions: Subscriptions) -> None:
    """Called once by the composition root."""
    subscriptions.subscribe("evidence.received", on_received)
    subscriptions.subscribe("evidence.announced", on_announced)


def on_received(event: Event) -> None:
    """May run twice: the verdict is the same for the same facts."""
    capture.judge_item(court=event.court, evidence_id=event.data["evidence_id"], now=utc_now())


def on_announced(event: Event) -> None:
    """Neighbours in a chain, held before this one came. May run twice."""
    capture.rejudge_around(court=event.court, ticket_id=event.data["ticket_id"], seqs=event.data["seqs"], now=utc_now())


@shared_task(name="custody.settle_captures")
def settle_captures() -> None:
    """What waits for its predecessor, until its ticket has expired."""
    capture.sweep(now=utc_now())


SWEEPS = {"captures that wait": {"task": "custody.settle_captures", "schedule": 120.0}}
