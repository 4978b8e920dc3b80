"""Accept, depart, arrive. Phones report late and out of order: a step never moves a visit back, and is never lost."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pymongo import ReturnDocument

from server.core import events
from server.dispatch.models import Visit
from server.field import errors, rules
from server.field.digest import digest_of
from server.field.services import guard
from server.field.services.guard import Written
from server.service.actor import Actor

_TRIES = 4
_AFTER = {"state": 1, "version": 1, "review": 1}
_ALIVE = ("assigned", "accepted", "departed", "arrived", "ended")


def record_progress(
    *,
    court: str,
    visit_id: str,
    actor: Actor,
    client_id: str,
    kind: str,
    happened_at: datetime,
    fix: rules.RawFix | None,
    now: datetime,
) -> Written:
    """Records one step (accept, depart, arrive) once; the state goes forward, or stays when it was further already.

    Raises `time.*`, `position.*`, `visit.not_found`, `visit.not_yours`, `visit.withdrawn`, `client_id.reused`.
    """
    digest = digest_of({"kind": kind, "happened_at": happened_at, "fix": fix.content() if fix else None})
    entry = {
        "client_id": client_id,
        "digest": digest,
        "kind": kind,
        "happened_at": happened_at,
        "received_at": now,
        "by": actor.id,
    }
    for _ in range(_TRIES):
        visit = guard.find(court=court, visit_id=visit_id)
        before = guard.repeat_of(visit, client_id=client_id, digest=digest, person_id=actor.id)
        if before is not None:
            return before
        guard.check_mine(visit, actor.id)
        guard.check_time(happened_at, now=now)
        place = guard.check_fix(fix, now=now)
        # The state that was read is part of the filter: whoever changes it in between makes this try miss.
        done = _write(court, visit, entry | ({"fix": place} if place else {}), actor, now)
        if done is not None:
            events.relay(Visit, visit_id)
            return guard.written_of(done, repeated=False)
    raise errors.visit_changed(visit["state"], visit["version"])


def _write(
    court: str, visit: dict[str, Any], entry: dict[str, Any], actor: Actor, now: datetime
) -> dict[str, Any] | None:
    state = visit["state"]
    after = rules.PROGRESS_STATES[entry["kind"]] if state in rules.states_before(entry["kind"]) else state
    news = events.event(
        "visit.progress",
        court=court,
        now=now,
        visit_id=visit["_id"],
        server_id=actor.id,
        state=after,
        date=visit["date"],
        kind=entry["kind"],
    )
    found = guard.visits().find_one_and_update(
        {
            "_id": visit["_id"],
            "court": court,
            "state": state if state in _ALIVE else {"$in": []},
            "progress.client_id": {"$ne": entry["client_id"]},
            **guard.mine(actor.id),
        },
        {
            "$set": {"state": after, "updated_at": now},
            "$push": {"progress": entry, "outbox": news},
            "$inc": {"version": 1},
        },
        projection=_AFTER,
        return_document=ReturnDocument.AFTER,
    )
    return dict(found) if found else None
