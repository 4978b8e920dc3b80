"""Papers are made by workers, after a reviewer accepted; a sweep finds what a lost message left unmade."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from flask import current_app

from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.events import Event, Subscriptions
from server.reports import services

log = logging.getLogger(__name__)


@shared_task(name="reports.make_papers")
def make_papers(court: str, visit_id: str, basis: str) -> None:
    """Makes the papers of one accepted visit; may run twice."""
    store = current_app.extensions["evidence_store"]
    now = utc_now()
    try:
        services.make_papers(court=court, visit_id=visit_id, basis=basis, store=store, now=now)
    except DomainError as refusal:
        # A name no font can draw, say: people must see it, trying again would not help.
        services.record_failure(court=court, visit_id=visit_id, problem=refusal.as_problem(), now=now)
        log.warning("papers of visit %s were refused: %s", visit_id, refusal)
        return
    services.mark_made(court=court, visit_id=visit_id, now=now)


@shared_task(name="reports.sweep")
def sweep() -> None:
    for court, visit_id, review_round in services.accepted_without_papers(
        now=utc_now(), older_than=timedelta(seconds=45)
    ):
        make_papers.delay(court, visit_id, services.review_basis(visit_id, review_round))


def on_reviewed(event: Event) -> None:
    """News that a reviewer decided: an accepted outcome gets its papers."""
    if event.data.get("decision") == "accept":
        basis = services.review_basis(event.data["visit_id"], int(event.data["round"]))
        make_papers.delay(event.court, event.data["visit_id"], basis)


def register(subscriptions: Subscriptions) -> None:
    subscriptions.subscribe("visit.reviewed", on_reviewed)


SWEEPS = {"papers left unmade": {"task": "reports.sweep", "schedule": 30.0}}
