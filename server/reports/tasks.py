"""Papers are made by workers, after a reviewer accepted; a sweep finds what a lost message left unmade."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import kombu.exceptions
import redis
from celery import shared_task
from flask import current_app

from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.events import Event, Subscriptions
from server.reports import orders, services
from server.reports.models import PaperOrder
from server.reports.orders import Workshop

log = logging.getLogger(__name__)
LOST_AFTER = timedelta(seconds=45)
_QUEUE_DOWN = (kombu.exceptions.OperationalError, redis.RedisError, ConnectionError)


@shared_task(name="reports.make_papers")
def make_papers(court: str, visit_id: str, basis: str) -> None:
    """Makes the papers of one accepted visit; may run twice."""
    if not services.still_wanted(court=court, visit_id=visit_id, basis=basis):
        return
    store = current_app.extensions["evidence_store"]
    now = utc_now()
    try:
        services.make_papers(court=court, visit_id=visit_id, basis=basis, store=store, now=now)
    except DomainError as refusal:
        # A name no font can draw, say: people must see it, trying again would not help.
        services.record_failure(court=court, visit_id=visit_id, basis=basis, problem=refusal.as_problem(), now=now)
        log.warning("papers of visit %s were refused: %s", visit_id, refusal)
        return
    services.mark_made(court=court, visit_id=visit_id, basis=basis, now=now)


@shared_task(name="reports.fulfil_order")
def fulfil_order(order_id: str) -> None:
    """Makes one paper somebody asked for; may run twice."""
    orders.fulfil(order_id=order_id, workshop=workshop(), now=utc_now())


@shared_task(name="reports.sweep")
def sweep() -> None:
    for order_id in orders.unmade(now=utc_now(), older_than=LOST_AFTER):
        fulfil_order.delay(order_id)
    for court, visit_id, basis in services.unmade_papers(now=utc_now(), older_than=LOST_AFTER):
        make_papers.delay(court, visit_id, basis)


def ask_again(*, court: str, visit_id: str) -> str:
    """Wishes for new papers of an accepted visit; returns their `basis`. A queue that is down loses nothing."""
    basis = services.ask_again(court=court, visit_id=visit_id, now=utc_now())
    try:
        make_papers.delay(court, visit_id, basis)
    except _QUEUE_DOWN as error:
        log.warning("papers of visit %s wait for the sweep: %s", visit_id, error)
    return basis


def workshop() -> Workshop:
    """What this app makes papers with."""
    extensions = current_app.extensions
    return Workshop(extensions["evidence_store"], extensions["settings"].portal_url, extensions["seals"])


def order(**wish: Any) -> PaperOrder:
    """Asks for a paper (`orders.ask`) and puts it on the queue. A queue that is down loses nothing."""
    asked = orders.ask(**wish, workshop=workshop(), now=utc_now())
    try:
        fulfil_order.delay(asked.id)
    except _QUEUE_DOWN as error:
        log.warning("order %s waits for the sweep: %s", asked.id, error)
    return asked


def on_reviewed(event: Event) -> None:
    """News that a reviewer decided: an accepted outcome gets its papers."""
    if event.data.get("decision") == "accept":
        basis = services.review_basis(event.data["visit_id"], int(event.data["round"]))
        make_papers.delay(event.court, event.data["visit_id"], basis)


def register(subscriptions: Subscriptions) -> None:
    subscriptions.subscribe("visit.reviewed", on_reviewed)


SWEEPS = {"papers left unmade": {"task": "reports.sweep", "schedule": 30.0}}
