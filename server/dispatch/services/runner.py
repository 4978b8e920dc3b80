"""Running the planner: builds the problem, shows signs of life, can be stopped, keeps the answer with its reasons."""

from __future__ import annotations

import dataclasses
import time
from datetime import date, datetime
from typing import Any

from pymongo import ReturnDocument

from routing import AnyOf, MaxSeconds, Plan, ProblemError, Progress, Reason, solve
from routing.explain import reason_text_zh
from server.core import live
from server.core.clock import utc_now
from server.core.ids import new_id
from server.dispatch import planning
from server.dispatch.models import DayPlan
from server.dispatch.services import daysheet

BEAT_EVERY_S = 0.5


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
    entries = daysheet.day_entries(plan["court"], plan["date"])
    visits = daysheet.day_visits(plan["court"], plan["date"])
    basis = {visit["_id"]: [visit.get("server_id"), visit.get("second_server_id")] for visit in visits}
    DayPlan._get_collection().update_one({"_id": plan_id, "run_id": plan["run_id"]}, {"$set": {"basis": basis}})
    pulse = _Pulse(plan)
    try:
        found = _solved(plan, entries, visits, pulse)
    except ProblemError as error:
        _finish(plan, {"state": "failed", "failure": {"code": error.code, "title": error.message_zh}})
        return True
    if not pulse.lost:
        _finish(plan, {"state": "done", **_answer(found, entries, visits), "progress": _last(found)})
    return True


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


def _solved(plan: dict[str, Any], entries: list[dict[str, Any]], visits: list[dict[str, Any]], pulse: _Pulse) -> Plan:
    standing = any(visit.get("server_id") and visit["state"] in planning.MOVABLE for visit in visits)
    problem = planning.problem_of(
        day=date.fromisoformat(plan["date"]), entries=entries, visits=visits, republish=standing
    )
    on_duty = [server.id for server in problem.servers]
    return solve(
        problem,
        AnyOf(MaxSeconds(plan["seconds"]), pulse.should_stop),
        plan["seed"],
        warm_start=planning.as_planned(visits, on_duty) if standing else None,
        on_improve=pulse.improved,
    )


def _last(found: Plan) -> dict[str, Any]:
    planned = len({planning.real_id(stop.visit_id) for route in found.routes for stop in route.stops})
    return {
        "elapsed_s": round(found.elapsed_s, 1),
        "objective": found.objective,
        "planned": planned,
        "unplanned": len(found.unplanned),
        "distance_m": found.distance_m,
    }


def _answer(found: Plan, entries: list[dict[str, Any]], visits: list[dict[str, Any]]) -> dict[str, Any]:
    names = daysheet.names_of(entries)
    unplanned = {planning.real_id(left.visit_id): _reasons(left.reasons, names) for left in found.unplanned}
    for visit in visits:
        if visit["state"] in planning.MOVABLE and planning.lng_lat(visit.get("point")) is None:
            text = "送达地址没有坐标，请先核实地址"
            unplanned[visit["_id"]] = [{"code": "visit.no_point", "params": {}, "text": text}]
    routes = planning.stored_routes(found)
    planned = {stop["visit_id"] for route in routes for stop in route["stops"]}
    return {
        "routes": routes,
        "unplanned": [{"visit_id": visit_id, "reasons": reasons} for visit_id, reasons in unplanned.items()],
        "totals": {
            "planned": len(planned),
            "unplanned": len(unplanned),
            "distance_m": found.distance_m,
            "travel_s": found.travel_s,
            "servers_used": sum(1 for route in routes if route["stops"]),
        },
    }


def _reasons(reasons: tuple[Reason, ...], names: dict[str, str]) -> list[dict[str, Any]]:
    told = [dataclasses.replace(reason, params=_named(reason.params, names)) for reason in reasons]
    return [{"code": reason.code, "params": reason.params, "text": reason_text_zh(reason)} for reason in told]


def _named(params: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """People read names: ids of servers in a reason's facts become names."""

    def named(value: Any) -> Any:
        if isinstance(value, list):
            return [named(one) for one in value]
        return names.get(value, value) if isinstance(value, str) else value

    return {key: named(value) for key, value in params.items()}


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
