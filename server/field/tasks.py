"""What follows from events at the door, and the sweep of half-received uploads.

The visit is written first; attempt and task follow by its event. When this process dies in between, the event is
still in the visit's outbox and the core's sweep hands it on: so the steps below may run twice, and late.
"""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from flask import current_app

from evidence.stores import Sweeper
from server.core.errors import DomainError
from server.core.events import Event, Subscriptions
from server.field.models import EvidenceItem
from server.field.services import guard
from server.law.outcomes import OUTCOMES, label_zh
from server.service import services as service
from server.service.actor import Actor
from server.service.facts import door_record

log = logging.getLogger(__name__)
_ABANDONED_AFTER_S = 24 * 3600.0


def register(subscriptions: Subscriptions) -> None:
    """Must come before the subscribers that print papers: they want the attempt closed."""
    subscriptions.subscribe("visit.outcome", on_outcome)
    subscriptions.subscribe("visit.reviewed", on_reviewed)


def on_outcome(event: Event) -> None:
    """The attempt waits for review. News that comes after the decision only leaves its line in the timeline."""
    visit = _visit(event)
    if visit is None:
        return
    last = next(one for one in reversed(visit["progress"]) if one["kind"] == "outcome")
    actor = Actor(last["by"], guard.name_of(last["by"]) or "外出送达员")
    text = label_zh(event.data["outcome"])
    if (visit.get("review") or {}).get("state") != "pending":
        service.tell_submitted(court=event.court, attempt=visit, text=text, actor=actor, now=event.at, news_id=event.id)
        return
    outcome = visit["outcome"]
    try:
        service.submit_attempt(
            court=event.court,
            attempt_id=visit["attempt_id"],
            outcome=outcome["code"],
            happened_at=outcome["happened_at"],
            actor=actor,
            now=event.at,
            text=text,
            news_id=event.id,
        )
    except DomainError as error:
        _tell(error, visit)


def on_reviewed(event: Event) -> None:
    """The attempt is closed, or open again."""
    visit = _visit(event)
    if visit is None:
        return
    review = visit.get("review") or {}
    wanted = "accepted" if event.data.get("decision") == "accept" else "sent_back"
    if review.get("state") != wanted or review.get("round") != event.data.get("round"):
        # Told late, after the outcome was entered again: the newer round counts.
        _tell_overtaken(event, visit)
        return
    try:
        _follow(event, visit, review)
    except DomainError as error:
        _tell(error, visit)


def _tell_overtaken(event: Event, visit: dict[str, Any]) -> None:
    """A sending back that was overtaken stays in the timeline."""
    for past in visit.get("reviews") or ():
        if past["state"] == "sent_back" and past["round"] == event.data.get("round"):
            service.tell_sent_back(
                court=event.court,
                attempt=visit,
                reason=past.get("reason") or "",
                actor=Actor(past["by"], past["by_name"]),
                now=event.at,
                news_id=event.id,
            )


def _follow(event: Event, visit: dict[str, Any], review: dict[str, Any]) -> None:
    actor = Actor(review["by"], review["by_name"])
    outcome = visit["outcome"]
    if review["state"] == "sent_back":
        service.send_back_attempt(
            court=event.court,
            attempt_id=visit["attempt_id"],
            reason=review.get("reason") or "",
            actor=actor,
            now=event.at,
            news_id=event.id,
        )
        return
    rule = OUTCOMES[outcome["code"]]
    service.close_attempt(
        court=event.court,
        attempt_id=visit["attempt_id"],
        result=outcome["code"],
        happened_at=outcome["happened_at"],
        record=door_record(visit, _evidence_kinds(visit)),
        actor=actor,
        now=event.at,
        text=f"审核通过：{rule.label_zh}",
        facts=_facts(visit),
    )


def _evidence_kinds(visit: dict[str, Any]) -> list[str]:
    """One kind per item the accepted outcome rests on."""
    listed = visit["outcome"].get("evidence") or []
    where = {"court": visit["court"], "visit_id": visit["_id"], "_id": {"$in": listed}}
    return [one["kind"] for one in EvidenceItem._get_collection().find(where, {"kind": 1})]


def _facts(visit: dict[str, Any]) -> dict[str, Any]:
    """What the attempt keeps of the visit; masks only."""
    outcome = visit["outcome"]
    signer = outcome.get("signer") or {}
    facts = {
        "visit_id": visit["_id"],
        "article": OUTCOMES[outcome["code"]].article,
        "signer_name": signer.get("name"),
        "signer_relation": signer.get("relation"),
        "witness_name": (outcome.get("witness") or {}).get("name"),
        "refusal_reason": outcome.get("refusal_reason"),
        "left_at_place": outcome.get("left_at_place"),
        "evidence": list(outcome.get("evidence") or ()) or None,
        "round": visit["review"]["round"],
    }
    return {key: value for key, value in facts.items() if value is not None}


def _visit(event: Event) -> dict[str, Any] | None:
    found = guard.visits().find_one({"_id": event.data["visit_id"], "court": event.court})
    return dict(found) if found else None


def _tell(error: DomainError, visit: dict[str, Any]) -> None:
    """The attempt went another way (withdrawn, closed by hand): the visit keeps what was reported."""
    log.warning("attempt %s of visit %s: %s", visit.get("attempt_id"), visit["_id"], error.code)


@shared_task(name="field.sweep_uploads")
def sweep_uploads() -> None:
    """Removes what uploads that broke off a day ago or earlier left in the store."""
    store = current_app.extensions["evidence_store"]
    if isinstance(store, Sweeper):
        store.sweep_incoming(older_than_seconds=_ABANDONED_AFTER_S)


SWEEPS = {"abandoned uploads": {"task": "field.sweep_uploads", "schedule": 3600.0}}
