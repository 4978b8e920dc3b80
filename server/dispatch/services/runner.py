"""Running the planner: builds the problem, shows signs of life, can be stopped, keeps the answer with its reasons."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from datetime import date, datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from routing import AnyOf, MaxSeconds, Plan, ProblemError, Progress, pool, solve
from server.core import live
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.ids import new_id
from server.dispatch import planning
from server.dispatch.models import DayPlan
from server.dispatch.services import answers, daysheet, replans, travel_times

log = logging.getLogger(__name__)
BEAT_EVERY_S = 0.5
LIFE_EVERY_S = 5.0
PATIENCE_S = 300.0


def use_processes(count: int) -> None:
    """How many processes work on one plan from now on, in this process and those forked from it."""
    pool.use(count)


class _Heartbeat:
    """Says that the worker lives while the solver is not heard from: the first plan after an update compiles first.

    Ends some minutes after the plan should be done, so that a solver that hangs is still found by the sweep.
    """

    def __init__(self, plan: dict[str, Any]) -> None:
        self.where = {"_id": plan["_id"], "run_id": plan["run_id"], "state": {"$in": ["running", "stopping"]}}
        self.until = time.monotonic() + plan["seconds"] + PATIENCE_S
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._beat, daemon=True)

    def _beat(self) -> None:
        while not self.over.wait(LIFE_EVERY_S) and time.monotonic() < self.until:
            try:
                DayPlan._get_collection().update_one(self.where, {"$set": {"beat_at": utc_now()}})
            except PyMongoError:
                # The next beat may reach it; a database that stays away ends the run itself.
                log.warning("no sign of life for plan %s", self.where["_id"])

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()


class _Pulse:
    """Called often by the solver; twice a second it writes progress and looks whether somebody pressed stop."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.stopped = plan["state"] == "stopping"
        self.lost = False
        self.best: dict[str, Any] = {}
        self.beat_at = time.monotonic()

    def improved(self, progress: Progress) -> None:
        self.best = dataclasses.asdict(progress)

    def fetching(self, done: int, total: int) -> bool:
        """Tells how far the roads are asked; True when somebody pressed stop."""
        self.best = {"roads_done": done, "roads_total": total}
        return self.should_stop(0.0, None)

    def should_stop(self, elapsed_s: float, _best_objective: int | None) -> bool:
        if time.monotonic() - self.beat_at >= BEAT_EVERY_S:
            self.beat_at = time.monotonic()
            self._beat(elapsed_s)
        return self.stopped

    def _beat(self, elapsed_s: float) -> None:
        progress = {**self.best, "elapsed_s": round(elapsed_s, 1)}
        seen = DayPlan._get_collection().find_one_and_update(
            {"_id": self.plan["_id"], "run_id": self.plan["run_id"], "state": {"$in": ["running", "stopping"]}},
            {"$set": {"progress": progress, "beat_at": utc_now()}},
            {"state": 1},
        )
        if seen is None:
            # Taken for dead and given to another worker: whatever is found here is nobody's any more.
            self.lost = self.stopped = True
            return
        self.stopped = self.stopped or seen["state"] == "stopping"
        live.publish(
            self.plan["court"],
            "plan.progress",
            plan_id=self.plan["_id"],
            date=self.plan["date"],
            number=self.plan["number"],
            state=seen["state"],
            progress=progress,
        )


def run_plan(*, plan_id: str, now: datetime) -> bool:
    """Runs a queued plan to its end; False when there was nothing to run (another worker has it, or it is over)."""
    plan = _take(plan_id, now)
    if plan is None:
        return False
    pulse = _Pulse(plan)
    try:
        with _Heartbeat(plan):
            found = _improved(plan, pulse) if plan.get("happening") else _planned(plan, pulse)
    except (ProblemError, DomainError) as error:
        title = error.message_zh if isinstance(error, ProblemError) else error.title
        _finish(plan, {"state": "failed", "failure": {"code": error.code, "title": title}})
        return True
    if not pulse.lost:
        _finish(plan, {"state": "done", **found})
    return True


def _planned(plan: dict[str, Any], pulse: _Pulse) -> dict[str, Any]:
    """The whole day planned anew."""
    entries = daysheet.day_entries(plan["court"], plan["date"])
    visits = daysheet.day_visits(plan["court"], plan["date"])
    basis = {visit["_id"]: [visit.get("server_id"), visit.get("second_server_id")] for visit in visits}
    DayPlan._get_collection().update_one({"_id": plan["_id"], "run_id": plan["run_id"]}, {"$set": {"basis": basis}})
    found, fetched = _solved(plan, entries, visits, pulse)
    told = answers.answer(found, entries, visits)
    if fetched:
        told["totals"] |= {"road_pairs": fetched["pairs"], "estimated_pairs": fetched["estimated"]}
    return {**told, "progress": answers.last_progress(found), "roads": fetched}


def _improved(plan: dict[str, Any], pulse: _Pulse) -> dict[str, Any]:
    """The first answer to a happening, made better."""
    return replans.improve(plan, AnyOf(MaxSeconds(plan["seconds"]), pulse.should_stop), pulse.improved)


def _take(plan_id: str, now: datetime) -> dict[str, Any] | None:
    """Makes the run this worker's, if nobody else's."""
    taken = {"run_id": new_id(), "started_at": now, "beat_at": utc_now()}
    for where, state in (({"state": "queued"}, "running"), ({"state": "stopping", "beat_at": None}, "stopping")):
        plan = DayPlan._get_collection().find_one_and_update(
            {"_id": plan_id, **where},
            {"$set": {**taken, "state": state}, "$inc": {"tries": 1}},
            return_document=ReturnDocument.AFTER,
        )
        if plan is not None:
            return dict(plan)
    return None


def _solved(
    plan: dict[str, Any], entries: list[dict[str, Any]], visits: list[dict[str, Any]], pulse: _Pulse
) -> tuple[Plan, dict[str, Any]]:
    standing = any(visit.get("server_id") and visit["state"] in planning.MOVABLE for visit in visits)
    problem = planning.problem_of(
        day=date.fromisoformat(plan["date"]), entries=entries, visits=visits, republish=standing
    )
    # Before the clock of the search starts: the network takes nothing of the seconds asked for.
    problem, fetched = travel_times.on_roads(problem, court=plan["court"], ask=True, on_progress=pulse.fetching)
    on_duty = [server.id for server in problem.servers]
    found = solve(
        problem,
        AnyOf(MaxSeconds(plan["seconds"]), pulse.should_stop),
        plan["seed"],
        warm_start=planning.as_planned(visits, on_duty) if standing else None,
        on_improve=pulse.improved,
    )
    return found, fetched


def _finish(plan: dict[str, Any], change: dict[str, Any]) -> None:
    stored = DayPlan._get_collection().update_one(
        {"_id": plan["_id"], "run_id": plan["run_id"], "state": {"$in": ["running", "stopping"]}},
        {"$set": {**change, "finished_at": utc_now()}},
    )
    if stored.modified_count:
        live.publish(
            plan["court"],
            "plan.finished",
            plan_id=plan["_id"],
            date=plan["date"],
            number=plan["number"],
            state=change["state"],
            totals=change.get("totals", {}),
        )
