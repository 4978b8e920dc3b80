"""Mileage planned (routes as they stand, the way back included) and tracked (positions of the phones)."""

from __future__ import annotations

from typing import Any

import redis

from server.core import redis_client
from server.dispatch import services as dispatch
from server.dispatch.services.daysheet import parse_day
from server.field import services as field

# Summing the positions of a whole day takes longer than the rest of the day view: kept for a few seconds.
_KEPT_S = 15


def mileage(court: str, day: str) -> list[dict[str, Any]]:
    """BoardMileageSchema of everybody on the roster, in its order."""
    routes = dispatch.route_summaries(court=court, day=day)
    return [
        {
            "server_id": one.server_id,
            "name": one.name,
            "planned_m": int((routes.get(one.server_id) or {}).get("planned_m", one.planned_m)),
            "tracked_m": one.tracked_m,
            "visits_done": one.visits_done,
        }
        for one in field.mileage(court=court, day=parse_day(day))
    ]


def tracked_m(court: str, day: str) -> int:
    """Metres tracked by everybody on that day, at most 15 s old."""
    key = f"songda:tracked:{court}:{day}"
    try:
        kept = redis_client.client().get(key)
    except redis.RedisError:
        kept = None
    if kept is not None:
        return int(str(kept))
    total = sum(one.tracked_m for one in field.mileage(court=court, day=parse_day(day)))
    try:
        redis_client.client().set(key, total, ex=_KEPT_S)
    except redis.RedisError:
        return total
    return total
