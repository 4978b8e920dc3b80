"""Reading days for the board: few queries, raw documents, only the fields that are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from server.dispatch import errors
from server.dispatch.models import DayPlan, DaySheet, Roster, Visit
from server.dispatch.services.daysheet import parse_day, sheet_id
from server.dispatch.services.plans import latest_plan

Raw = dict[str, Any]

_NOT_IN_LISTS = {"outbox": 0, "progress": 0, "changes": 0, "submissions": 0, "reviews": 0}
SHOWN_DAYS = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class DayData:
    """Everything the day view shows. `routes`: server id → summary of the route as it stands (see DaySheet)."""

    day: str
    entries: list[Raw]
    roster_version: int
    visits: list[Raw]
    plan: Raw | None
    routes: dict[str, Raw]


@dataclass(slots=True)
class DaySummary:
    """One line of the list of days."""

    day: str
    visits: int = 0
    done: int = 0
    servers: int = 0
    plan_state: str | None = None


def read_day(*, court: str, day: str) -> DayData:
    """Four queries whatever the size of the day. Raises `day.invalid`."""
    parse_day(day)
    roster = Roster._get_collection().find_one({"court": court, "date": day}) or {}
    where = {"court": court, "date": day, "state": {"$ne": "withdrawn"}}
    visits = list(Visit._get_collection().find(where, _NOT_IN_LISTS))
    sheet = DaySheet._get_collection().find_one({"_id": sheet_id(court, day)}) or {}
    return DayData(
        day=day,
        entries=list(roster.get("entries") or ()),
        roster_version=int(roster.get("version") or 0),
        visits=visits,
        plan=latest_plan(court=court, day=day),
        routes=dict(sheet.get("routes") or {}),
    )


def list_days(*, court: str, around: date) -> list[DaySummary]:
    """Days from a month before to a month after `around` that have visits or a roster, newest first."""
    span = {"$gte": (around - SHOWN_DAYS).isoformat(), "$lte": (around + SHOWN_DAYS).isoformat()}
    found: dict[str, DaySummary] = {}
    counted = Visit._get_collection().aggregate(
        [
            {"$match": {"court": court, "date": span, "state": {"$ne": "withdrawn"}}},
            {"$group": {"_id": {"date": "$date", "state": "$state"}, "count": {"$sum": 1}}},
        ]
    )
    for one in counted:
        summary = found.setdefault(one["_id"]["date"], DaySummary(one["_id"]["date"]))
        summary.visits += one["count"]
        summary.done += one["count"] if one["_id"]["state"] == "ended" else 0
    for roster in Roster._get_collection().find({"court": court, "date": span}, {"date": 1, "entries.status": 1}):
        summary = found.setdefault(roster["date"], DaySummary(roster["date"]))
        summary.servers = sum(1 for entry in roster.get("entries") or () if entry["status"] == "on_duty")
    plans = DayPlan._get_collection().find({"court": court, "date": span}, {"date": 1, "state": 1})
    for plan in plans.sort([("date", 1), ("number", 1)]):
        found.setdefault(plan["date"], DaySummary(plan["date"])).plan_state = plan["state"]
    return sorted(found.values(), key=lambda summary: summary.day, reverse=True)


def day_has_roster(*, court: str, day: str) -> bool:
    parse_day(day)
    return Roster._get_collection().find_one({"court": court, "date": day}, {"_id": 1}) is not None


def get_visit(*, court: str, visit_id: str) -> Raw:
    """The whole raw visit. Raises `visit.not_found`."""
    found = Visit._get_collection().find_one({"_id": visit_id, "court": court}, {"outbox": 0})
    if found is None:
        raise errors.visit_not_found()
    return dict(found)


def visits_of_task(*, court: str, task_id: str) -> list[Raw]:
    """Raw visits of a task with who had them when (`changes`), oldest first."""
    found = Visit._get_collection().find({"court": court, "task_id": task_id}, {"outbox": 0, "progress": 0})
    return list(found.sort("created_at", 1))


def server_names(*, court: str, days: Iterable[str]) -> dict[str, str]:
    """Names of everybody on the rosters of these days, by server id."""
    where = {"court": court, "date": {"$in": sorted(set(days))}}
    return {
        entry["server_id"]: entry["name"]
        for roster in Roster._get_collection().find(where, {"entries.server_id": 1, "entries.name": 1})
        for entry in roster.get("entries") or ()
    }


def route_summaries(*, court: str, day: str) -> dict[str, Raw]:
    """Server id → summary of the route as it stands (see DaySheet)."""
    found = DaySheet._get_collection().find_one({"_id": sheet_id(court, day)}, {"routes": 1}) or {}
    return dict(found.get("routes") or {})
