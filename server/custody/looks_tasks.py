"""What follows for second looks and phones from what happens elsewhere, and the sweep of looks nobody answered."""

from __future__ import annotations

from celery import shared_task

from server.core.clock import utc_now
from server.core.events import Event, Subscriptions
from server.custody.services import late, looks, phone_news


def register(subscriptions: Subscriptions) -> None:
    """Called once by the composition root."""
    subscriptions.subscribe("visit.outcome", on_outcome)
    subscriptions.subscribe("evidence.late_decided", late.on_decided)
    for name in phone_news.NAMES:
        subscriptions.subscribe(name, phone_news.on_event)


def on_outcome(event: Event) -> None:
    """The server has decided: nobody needs to look any more."""
    looks.expire_of_visit(court=event.court, visit_id=event.data["visit_id"], before=event.at, now=utc_now())


@shared_task(name="custody.expire_looks")
def expire_looks() -> None:
    """Ends the looks that waited too long."""
    looks.expire_old(now=utc_now())


SWEEPS = {"second looks": {"task": "custody.expire_looks", "schedule": 60.0}}
