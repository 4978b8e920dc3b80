"""Capacity studies (人力测算): what to assume, asked for, run by a worker with progress, stopped, read."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument

from routing import ProblemError
from routing.capacity import Cancelled, Row, Target, what_if
from server.core import live
from server.core.clock import court_day, utc_now
from server.core.ids import new_id
from server.dispatch import capacity, errors
from server.dispatch.models import CapacityStudy, Roster, Visit
from server.dispatch.planning import MOVABLE, lng_lat
from server.service.actor import Actor

Raw = dict[str, Any]

LEARN_FROM = timedelta(weeks=8)
MOST_SEEN = 20_000
BEAT_EVERY_S = 0.5
DEAD_AFTER = timedelta(seconds=30)
LOST_AFTER = timedelta(seconds=60)
MOST_TRIES = 3
# Working days simulated over all staffings and seeds: what a worker gives away at most, some minutes.
MOST_DAYS = 2_000
_RUNNING = ("running", "stopping")
# Nothing is known of a court without a roster: the middle of the country's capital will do until somebody says better.
_SOMEWHERE = (116.3913, 39.9075)


def _studies() -> Any:
    return CapacityStudy._get_collection()


def suggested(*, court: str, now: datetime) -> Raw:
    """Assumptions from the court's last eight weeks, staffings around its last roster, and what they rest on."""
    today = court_day(now)
    since = (today - LEARN_FROM).isoformat()
    where = {"court": court, "date": {"$gte": since}, "state": {"$ne": "withdrawn"}}
    visits = list(Visit._get_collection().find(where, capacity.SEEN_FIELDS).limit(MOST_SEEN))
    waiting = Visit._get_collection().count_documents(
        {"court": court, "date": {"$lt": today.isoformat()}, "state": {"$in": list(MOVABLE)}}
    )
    entries = _last_roster(court)
    start = next((place for entry in entries if (place := lng_lat(entry["start"])) is not None), None)
    if start is None:
        start = next((place for visit in visits if (place := lng_lat(visit.get("point"))) is not None), _SOMEWHERE)
    assumed = capacity.learnt(visits, capacity.base(start, waiting), today)
    came = sorted(court_day(visit["created_at"]).isoformat() for visit in visits)
    return {
        "assumptions": capacity.assumptions_document(assumed),
        "staffings": [capacity.staffing_document(one) for one in capacity.staffings_around(entries)],
        "target": capacity.target_document(Target()),
        "seen": {"visits": len(visits), "from": came[0] if came else None, "to": came[-1] if came else None},
    }


def _last_roster(court: str) -> Sequence[Raw]:
    found = Roster._get_collection().find_one({"court": court, "entries.0": {"$exists": True}}, sort=[("date", -1)])
    return list((found or {}).get("entries") or ())


def create_study(
    *,
    court: str,
    assumptions: Mapping[str, Any],
    staffings: Sequence[Mapping[str, Any]],
    target: Mapping[str, Any],
    seeds: int,
    days: int,
    actor: Actor,
    now: datetime,
) -> Raw:
    """A queued study; the caller hands its id to the queue. Raises `capacity.invalid`, `capacity.too_much`."""
    try:
        capacity.assumptions_of(assumptions)
        for one in staffings:
            capacity.staffing_of(one)
    except ProblemError as error:
        raise errors.capacity_invalid(error.message_zh, error.subject) from error
    total = len(staffings) * seeds * days
    if total > MOST_DAYS:
        raise errors.capacity_too_much(total, MOST_DAYS)
    study = {
        "_id": new_id(),
        "court": court,
        "state": "queued",
        "assumptions": dict(assumptions),
        "staffings": [dict(one) for one in staffings],
        "target": dict(target),
        "seeds": list(range(1, seeds + 1)),
        "days": days,
        "progress": {"done": 0, "total": total},
        "rows": [],
        "created_by": actor.id,
        "created_by_name": actor.name,
        "queued_at": now,
        "tries": 0,
    }
    _studies().insert_one(study)
    return study


def get_study(*, court: str, study_id: str) -> Raw:
    found = _studies().find_one({"_id": study_id, "court": court})
    if found is None:
        raise errors.study_not_found()
    return dict(found)


def list_studies(*, court: str, most: int = 20) -> list[Raw]:
    """Newest first, without assumptions and curves."""
    hidden = {"assumptions": 0, "rows": 0, "staffings": 0}
    return list(_studies().find({"court": court}, hidden).sort("queued_at", -1).limit(most))


def stop_study(*, court: str, study_id: str) -> Raw:
    """Asks a run to end; the staffings done by then stay. Safe to repeat. Raises `capacity.not_running`."""
    stopped = _studies().find_one_and_update(
        {"_id": study_id, "court": court, "state": {"$in": ["queued", *_RUNNING]}},
        {"$set": {"state": "stopping"}},
        return_document=ReturnDocument.AFTER,
    )
    if stopped is None:
        raise errors.study_not_running(get_study(court=court, study_id=study_id)["state"])
    return dict(stopped)


class _Run:
    """One worker's hold on a study: progress and rows are written, a stop is heard, a lost hold ends it."""

    def __init__(self, study: Raw) -> None:
        self.study = study
        self.stopped = study["state"] == "stopping"
        self.done = 0
        self.beat_at = 0.0

    def where(self) -> Raw:
        return {"_id": self.study["_id"], "run_id": self.study["run_id"], "state": {"$in": list(_RUNNING)}}

    def progressed(self, done: int, _total: int) -> None:
        self.done = done

    def halt(self) -> bool:
        if not self.stopped and time.monotonic() - self.beat_at >= BEAT_EVERY_S:
            self.beat_at = time.monotonic()
            self._write({"progress.done": self.done})
        return self.stopped

    def row(self, row: Row) -> None:
        self._write({"progress.done": self.done}, capacity.row_document(row))

    def _write(self, values: Raw, row: Raw | None = None) -> None:
        change: Raw = {"$set": {**values, "beat_at": utc_now()}}
        if row is not None:
            change["$push"] = {"rows": row}
        seen = _studies().find_one_and_update(self.where(), change, {"state": 1})
        self.stopped = self.stopped or seen is None or seen["state"] == "stopping"
        if seen is not None:
            self.tell(seen["state"])

    def tell(self, state: str) -> None:
        progress = {"done": self.done, "total": self.study["progress"]["total"]}
        live.publish(
            self.study["court"], "capacity.progress", study_id=self.study["_id"], state=state, progress=progress
        )

    def finish(self, change: Raw) -> None:
        stored = _studies().update_one(self.where(), {"$set": {**change, "finished_at": utc_now()}})
        if stored.modified_count:
            self.tell(change["state"])


def run_study(*, study_id: str, now: datetime) -> bool:
    """Runs a queued study to its end; False when there was nothing to run."""
    study = _take(study_id, now)
    if study is None:
        return False
    run = _Run(study)
    try:
        found = what_if(
            capacity.assumptions_of(study["assumptions"]),
            [capacity.staffing_of(one) for one in study["staffings"]],
            study["seeds"],
            days=study["days"],
            target=capacity.target_of(study["target"]),
            halt=run.halt,
            on_progress=run.progressed,
            on_row=run.row,
        )
    except Cancelled:
        run.finish({"state": "stopped"})
        return True
    except ProblemError as error:
        run.finish({"state": "failed", "failure": {"code": error.code, "title": error.message_zh}})
        return True
    run.finish({"state": "done", "progress.done": run.done, "chosen": found.chosen})
    return True


def _take(study_id: str, now: datetime) -> Raw | None:
    """Makes the run this worker's, from the beginning, if it is nobody else's."""
    taken = {"run_id": new_id(), "started_at": now, "beat_at": utc_now(), "rows": [], "progress.done": 0}
    for where, state in (({"state": "queued"}, "running"), ({"state": "stopping", "beat_at": None}, "stopping")):
        study = _studies().find_one_and_update(
            {"_id": study_id, **where},
            {"$set": {**taken, "state": state}, "$inc": {"tries": 1}},
            return_document=ReturnDocument.AFTER,
        )
        if study is not None:
            return dict(study)
    return None


def find_lost_studies(*, now: datetime) -> list[str]:
    """Puts studies whose worker died back in the queue, gives up after three tries; returns the ids to send again."""
    dead = {"state": {"$in": list(_RUNNING)}, "beat_at": {"$lt": now - DEAD_AFTER}}
    failure = {"code": "plan.worker_lost", "title": "测算进程多次中断，请重新测算"}
    _studies().update_many(
        {**dead, "tries": {"$gte": MOST_TRIES}},
        {"$set": {"state": "failed", "failure": failure, "finished_at": now}, "$unset": {"run_id": ""}},
    )
    ids = []
    for study in list(_studies().find(dead, {"state": 1})):
        state = "queued" if study["state"] == "running" else "stopping"
        again = _studies().update_one(
            {"_id": study["_id"], **dead},
            {"$set": {"state": state, "queued_at": now}, "$unset": {"run_id": "", "beat_at": ""}},
        )
        ids += [study["_id"]] if again.modified_count else []
    waiting = {"state": {"$in": ["queued", "stopping"]}, "beat_at": None, "queued_at": {"$lt": now - LOST_AFTER}}
    for study in list(_studies().find(waiting, {"_id": 1})):
        _studies().update_one({"_id": study["_id"], **waiting}, {"$set": {"queued_at": now}})
        ids.append(study["_id"])
    return ids
