"""Plan runs: asked for, watched, stopped. A run is a document; the queue only carries its id."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from server.core import live
from server.core.ids import new_id
from server.dispatch import errors
from server.dispatch.models import DayPlan, Visit
from server.dispatch.planning import MOVABLE
from server.dispatch.services.daysheet import day_entries, parse_day
from server.service.actor import Actor

DEAD_AFTER = timedelta(seconds=30)
LOST_AFTER = timedelta(seconds=60)
MOST_TRIES = 3
_RUNNING = ("running", "stopping")
# An answer to a happening may be taken while it is still being improved.
OPEN = ("queued", "running", "stopping", "done", "failed")


def _plans() -> Any:
    return DayPlan._get_collection()


def create_plan(*, court: str, day: str, seconds: float, seed: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """A queued plan run with the day's next number. The caller hands its id to the queue.

    Raises `plan.nobody_on_duty` or `plan.nothing_to_plan` at once instead of after a run.
    """
    parse_day(day)
    if not any(entry["status"] == "on_duty" for entry in day_entries(court, day)):
        raise errors.plan_nobody_on_duty()
    movable = {"court": court, "date": day, "state": {"$in": list(MOVABLE)}}
    if Visit._get_collection().find_one(movable, {"_id": 1}) is None:
        raise errors.plan_nothing_to_plan()
    plan = queued_plan(court=court, day=day, seconds=seconds, seed=seed, actor=actor, now=now)
    return insert_numbered(plan)


def queued_plan(*, court: str, day: str, seconds: float, seed: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """A plan document without its number."""
    return {
        "_id": new_id(),
        "court": court,
        "date": day,
        "state": "queued",
        "seconds": float(seconds),
        "seed": int(seed),
        "progress": {},
        "routes": [],
        "unplanned": [],
        "totals": {},
        "created_by": actor.id,
        "queued_at": now,
        "tries": 0,
        "outbox": [],
    }


def insert_numbered(plan: dict[str, Any]) -> dict[str, Any]:
    """Stores the plan under the day's next number and returns it."""
    court, day = plan["court"], plan["date"]
    while True:
        last = _plans().find_one({"court": court, "date": day}, {"number": 1}, sort=[("number", -1)])
        numbered = {**plan, "number": (last or {"number": 0})["number"] + 1}
        try:
            _plans().insert_one(numbered)
        except DuplicateKeyError:
            # Somebody else took the number in between; the next one is free.
            continue
        return numbered


def get_plan(*, court: str, plan_id: str) -> dict[str, Any]:
    plan = _plans().find_one({"_id": plan_id, "court": court}, {"basis": 0, "outbox": 0})
    if plan is None:
        raise errors.plan_not_found()
    return dict(plan)


def list_plans(*, court: str, day: str) -> list[dict[str, Any]]:
    """All versions of a day, newest first, without their routes."""
    parse_day(day)
    found = _plans().find({"court": court, "date": day}, {"basis": 0, "outbox": 0, "routes": 0, "unplanned": 0})
    return list(found.sort("number", -1))


def latest_plan(*, court: str, day: str) -> dict[str, Any] | None:
    """The newest plan of the day; an answer to a happening counts once it is published."""
    where = {
        "court": court,
        "date": day,
        "$or": [{"happening": None}, {"state": {"$in": ["published", "superseded"]}}],
    }
    found = _plans().find_one(where, {"basis": 0, "outbox": 0}, sort=[("number", -1)])
    return dict(found) if found else None


def stop_plan(*, court: str, plan_id: str) -> dict[str, Any]:
    """Asks a run to end with the best it has; the run looks twice a second. Safe to repeat.

    A run that still waits in the queue will start, take its first plan and end. Raises `plan.not_running`.
    """
    plan = _plans().find_one_and_update(
        {"_id": plan_id, "court": court, "state": {"$in": ["queued", "running", "stopping"]}},
        {"$set": {"state": "stopping"}},
        {"basis": 0, "outbox": 0},
        return_document=ReturnDocument.AFTER,
    )
    if plan is None:
        raise errors.plan_not_running(get_plan(court=court, plan_id=plan_id)["state"])
    return dict(plan)


def reject_plan(*, court: str, plan_id: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Puts an answer to a happening aside for good; its run ends. Safe to repeat. Raises `plan.not_open`."""
    rejected = _plans().find_one_and_update(
        {"_id": plan_id, "court": court, "happening": {"$ne": None}, "state": {"$in": [*OPEN, "rejected"]}},
        {"$set": {"state": "rejected", "finished_at": now, "rejected_by": actor.id}, "$unset": {"run_id": ""}},
        {"basis": 0, "outbox": 0},
        return_document=ReturnDocument.AFTER,
    )
    if rejected is None:
        raise errors.plan_not_open(get_plan(court=court, plan_id=plan_id)["state"])
    return dict(rejected)


def find_lost(*, now: datetime) -> list[str]:
    """Puts runs whose worker died back in the queue and returns the ids to send again; gives up after three tries."""
    dead = {"state": {"$in": list(_RUNNING)}, "beat_at": {"$lt": now - DEAD_AFTER}}
    failure = {"code": "plan.worker_lost", "title": "规划进程多次中断，请重新规划"}
    for plan in list(_plans().find({**dead, "tries": {"$gte": MOST_TRIES}}, {"court": 1, "date": 1})):
        gone = _plans().update_one(
            {"_id": plan["_id"], **dead},
            {"$set": {"state": "failed", "failure": failure, "finished_at": now}, "$unset": {"run_id": ""}},
        )
        if gone.modified_count:
            live.publish(plan["court"], "plan.finished", plan_id=plan["_id"], date=plan["date"], state="failed")
    ids = []
    for plan in list(_plans().find(dead, {"state": 1})):
        # A stop that was asked for stays asked for.
        state = "queued" if plan["state"] == "running" else "stopping"
        again = _plans().update_one(
            {"_id": plan["_id"], **dead},
            {"$set": {"state": state, "queued_at": now}, "$unset": {"run_id": "", "beat_at": ""}},
        )
        if again.modified_count:
            ids.append(plan["_id"])
    # A message that never arrived: the run waits in the database and is sent again. A second message is harmless.
    waiting = {"state": {"$in": ["queued", "stopping"]}, "beat_at": None, "queued_at": {"$lt": now - LOST_AFTER}}
    for plan in list(_plans().find(waiting, {"_id": 1})):
        _plans().update_one({"_id": plan["_id"], **waiting}, {"$set": {"queued_at": now}})
        ids.append(plan["_id"])
    return ids
