"""Items into the court's log as they are received; a sweep finds what was left waiting."""

from __future__ import annotations

from celery import shared_task

from server.core.clock import utc_now
from server.core.events import Event, Subscriptions
from server.custody.services import logging as receiving


def register(subscriptions: Subscriptions) -> None:
    """Called once by the composition root."""
    subscriptions.subscribe("evidence.received", on_received)


def on_received(event: Event) -> None:
    """May run twice: the row's id is the item's."""
    receiving.try_to_receive(evidence_id=event.data["evidence_id"])


@shared_task(name="custody.sweep_log")
def sweep_log() -> None:
    receiving.sweep(now=utc_now())


SWEEPS = {"evidence not logged": {"task": "custody.sweep_log", "schedule": 30.0}}
