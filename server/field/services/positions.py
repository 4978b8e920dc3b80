"""Positions in batches: every fix is looked at, the believable ones are kept, the others answered with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from server.core import live
from server.core.ids import new_id
from server.field import errors, rules
from server.field.digest import digest_of
from server.field.models import PositionBatch
from server.service.actor import Actor


@dataclass(frozen=True, slots=True)
class Received:
    """How many were kept, and [{index, code, title}] of those that were not."""

    accepted: int
    rejected: list[dict[str, Any]]
    repeated: bool


def record_positions(
    *, court: str, actor: Actor, client_id: str, day: date, fixes: Sequence[rules.RawFix], now: datetime
) -> Received:
    """Keeps one batch, once per client id. Raises `client_id.reused`.

    `day` is the day of the route they belong to: work may run past midnight.
    """
    digest = digest_of({"date": day.isoformat(), "fixes": [fix.content() for fix in fixes]})
    kept, refused = rules.clean(fixes, now=now)
    rejected = [
        {"index": index, "code": refused[index].code, "title": refused[index].title} for index in sorted(refused)
    ]
    document = {
        "_id": new_id(),
        "court": court,
        "server_id": actor.id,
        "date": day.isoformat(),
        "client_id": client_id,
        "digest": digest,
        "points": [_point(fixes[index]) for index in kept],
        "rejected": rejected,
        "received_at": now,
    }
    if kept:
        document |= {"first_at": fixes[kept[0]].at, "last_at": fixes[kept[-1]].at}
    try:
        PositionBatch._get_collection().insert_one(document)
    except DuplicateKeyError:
        return _received_before(court, actor, client_id, digest)
    if kept:
        live.publish(court, "position.received", server_id=actor.id, date=day.isoformat())
    return Received(len(kept), rejected, repeated=False)


def _received_before(court: str, actor: Actor, client_id: str, digest: str) -> Received:
    found = PositionBatch._get_collection().find_one({"court": court, "server_id": actor.id, "client_id": client_id})
    if found is None or found["digest"] != digest:
        raise errors.client_id_reused()
    return Received(len(found["points"]), found["rejected"], repeated=True)


def _point(fix: rules.RawFix) -> dict[str, Any]:
    here = rules.wgs84_of(fix)
    return {
        "lng": fix.lng,
        "lat": fix.lat,
        "datum": fix.datum,
        "wgs84": [here.lng, here.lat],
        "accuracy_m": fix.accuracy_m,
        "provider": fix.provider,
        "at": fix.at,
    }
