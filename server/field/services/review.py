"""The reviewer's word on an outcome: accept, or send back with a reason. Never the one who was at the door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument

from server.core import events
from server.dispatch.models import Visit
from server.field import errors
from server.field.services import guard
from server.service.actor import Actor

_STATES = {"accept": "accepted", "send_back": "sent_back"}
_LIST_FIELDS = {"progress": 0, "changes": 0, "outbox": 0, "submissions": 0, "reviews": 0}


@dataclass(frozen=True, slots=True)
class Page:
    """Raw visit documents of one page, oldest outcome first, and how many there are in all."""

    items: list[dict[str, Any]]
    total: int
    page: int
    page_size: int


def review_visit(
    *,
    court: str,
    visit_id: str,
    decision: str,
    reason: str | None,
    version: int | None,
    actor: Actor,
    now: datetime,
) -> dict[str, Any]:
    """Decides the pending outcome; the raw visit as it is afterwards. Deciding the same again answers the same.

    Raises `review.reason_required`, `review.own_visit`, `review.not_pending`, `visit.changed` (the outcome is not the
    one the reviewer saw), `visit.not_found`.
    """
    why = (reason or "").strip() or None
    if decision == "send_back" and why is None:
        raise errors.review_reason_required()
    visit = guard.find(court=court, visit_id=visit_id)
    if guard.is_mine(visit, actor.id) or any(one["by"] == actor.id for one in visit.get("progress") or ()):
        raise errors.review_own_visit()
    rounds = guard.review_of(visit)["round"]
    done = _write(court, visit_id, _STATES[decision], rounds, why, version, actor, now)
    if done is None:
        return _decided_before(court, visit_id, _STATES[decision], why, version, actor)
    events.relay(Visit, visit_id)
    return done


def _write(
    court: str,
    visit_id: str,
    state: str,
    rounds: int,
    reason: str | None,
    version: int | None,
    actor: Actor,
    now: datetime,
) -> dict[str, Any] | None:
    review: dict[str, Any] = {
        "state": state,
        "round": rounds,
        "by": actor.id,
        "by_name": actor.name,
        "at": now,
    }
    if reason:
        review["reason"] = reason
    where: dict[str, Any] = {
        "_id": visit_id,
        "court": court,
        "state": "ended",
        "review.state": "pending",
        "review.round": rounds,
        "server_id": {"$ne": actor.id},
        "second_server_id": {"$ne": actor.id},
    }
    if version is not None:
        where["version"] = version
    news = events.event(
        "visit.reviewed",
        court=court,
        now=now,
        visit_id=visit_id,
        decision="accept" if state == "accepted" else "send_back",
        round=rounds,
        state="ended",
    )
    found = guard.visits().find_one_and_update(
        where,
        {
            "$set": {"review": review, "updated_at": now},
            "$push": {"reviews": review, "outbox": news},
            "$inc": {"version": 1},
        },
        return_document=ReturnDocument.AFTER,
    )
    return dict(found) if found else None


def _decided_before(
    court: str, visit_id: str, state: str, reason: str | None, version: int | None, actor: Actor
) -> dict[str, Any]:
    visit = guard.visits().find_one({"_id": visit_id, "court": court})
    if visit is None:
        raise errors.visit_not_found()
    review = visit.get("review") or {}
    if review.get("state") == state and review.get("by") == actor.id and review.get("reason") == reason:
        return dict(visit)
    if review.get("state") == "pending" and version is not None and visit["version"] != version:
        raise errors.visit_changed(visit["state"], visit["version"])
    raise errors.review_not_pending(review.get("state", "none"))


def list_reviews(
    *, court: str, state: str = "pending", day: str | None = None, page: int = 1, page_size: int = 50
) -> Page:
    """Outcomes in a state of review (pending, accepted, sent_back), of one day when given."""
    where: dict[str, Any] = {"court": court, "review.state": state}
    if day:
        where["date"] = day
    total = guard.visits().count_documents(where)
    found = guard.visits().find(where, _LIST_FIELDS).sort([("date", 1), ("outcome.received_at", 1), ("_id", 1)])
    return Page(list(found.skip((page - 1) * page_size).limit(page_size)), total, page, page_size)
