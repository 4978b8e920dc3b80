"""Giving a visit back from the phone. Dispatch moves it; the phone that lost it is told what happened."""

from __future__ import annotations

from datetime import datetime

from server.dispatch import services as dispatch
from server.field.services import guard
from server.field.services.guard import Written
from server.service.actor import Actor


def release_visit(*, court: str, visit_id: str, actor: Actor, reason: str, now: datetime) -> Written:
    """Back to the pool, before setting out; harmless to repeat.

    Raises `visit.not_found`, `visit.not_yours` with what happened, `visit.under_way`, `visit.withdrawn`.
    """
    visit = guard.find(court=court, visit_id=visit_id)
    if visit["state"] != "open":  # an open one may be this person's own release, sent once more
        guard.check_mine(visit, actor.id)
    released = dispatch.release_visit(
        court=court, visit_id=visit_id, server_id=actor.id, reason=reason, actor=actor, now=now
    )
    return guard.written_of(released, repeated=False)
