"""辖区概况: for each court, how its service tasks of a period stand (S5). No name, number or address is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.accounts.models import Court
from server.core.clock import court_day
from server.dispatch.models import Visit
from server.service.models import ServiceTask


@dataclass(frozen=True, slots=True)
class CourtFigures:
    """Tasks that came in within the period, and visits whose day lies in it.

    `overdue`: not done and due before today. `visits_done`: visits that ended with an outcome.
    """

    code: str
    name: str
    level: int
    tasks: int = 0
    open: int = 0
    overdue: int = 0
    completed: int = 0
    visits: int = 0
    visits_done: int = 0


def by_court(*, courts: Iterable[str], begin: datetime, end: datetime, now: datetime) -> list[CourtFigures]:
    """One line per court that had anything, highest level first, then by code. `begin` ≤ time < `end`."""
    wanted = sorted(set(courts))
    tasks = {one["_id"]: one for one in _tasks(wanted, begin, end, court_day(now).isoformat())}
    days = (court_day(begin).isoformat(), court_day(end).isoformat())
    visits = {one["_id"]: one for one in _visits(wanted, *days)}
    names = {court.id: court for court in Court.objects(id__in=sorted({*tasks, *visits}))}
    found = [
        CourtFigures(
            code=code,
            name=names[code].name if code in names else code,
            level=names[code].level if code in names else 4,
            **{key: int(value) for key, value in tasks.get(code, {}).items() if key != "_id"},
            **{key: int(value) for key, value in visits.get(code, {}).items() if key != "_id"},
        )
        for code in {*tasks, *visits}
    ]
    return sorted(found, key=lambda one: (one.level, one.code))


def _count(condition: Any) -> dict[str, Any]:
    return {"$sum": {"$cond": [condition, 1, 0]}}


def _tasks(courts: list[str], begin: datetime, end: datetime, today: str) -> list[dict[str, Any]]:
    done = {"$in": ["$state", ["completed", "withdrawn"]]}
    overdue = {"$and": [{"$not": [done]}, {"$lt": ["$due_on", today]}]}
    pipeline = [
        {"$match": {"court": {"$in": courts}, "created_at": {"$gte": begin, "$lt": end}}},
        {
            "$group": {
                "_id": "$court",
                "tasks": {"$sum": 1},
                "open": _count({"$not": [done]}),
                "overdue": _count(overdue),
                "completed": _count({"$eq": ["$state", "completed"]}),
            }
        },
    ]
    return list(ServiceTask._get_collection().aggregate(pipeline))


def _visits(courts: list[str], first: str, last: str) -> list[dict[str, Any]]:
    pipeline = [
        {"$match": {"court": {"$in": courts}, "date": {"$gte": first, "$lt": last}}},
        {
            "$group": {
                "_id": "$court",
                "visits": {"$sum": 1},
                "visits_done": _count({"$eq": ["$state", "ended"]}),
            }
        },
    ]
    return list(Visit._get_collection().aggregate(pipeline))
