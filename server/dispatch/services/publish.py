"""Publishing a plan: its routes become the servers' routes, all or nothing, never against what happened meanwhile.

A visit somebody moved by hand since the plan was begun stays where it is; one under way, ended or withdrawn is not
touched. Both are told in `refused`. Publishing the same plan again changes nothing and answers the same.

An answer to a happening is stricter: half of it would help nobody, so when anything it moves is no longer as it was
seen, all of it is refused (`plan.outdated`) and the day stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from server.core import events
from server.core.clock import court_day, second_of_day
from server.dispatch import errors, planning
from server.dispatch.happenings import Happening
from server.dispatch.models import DayPlan, Visit
from server.dispatch.services import moves, plans, replans, routes
from server.dispatch.services.daysheet import change_day
from server.dispatch.services.moves import Move
from server.dispatch.services.routes import Day, Order, Raw
from server.service.actor import Actor

# visit id → (server, second), as planned
Targets = dict[str, list[str | None]]


@dataclass(slots=True)
class _Outcome:
    wanted: list[Move] = field(default_factory=list)
    unchanged: int = 0
    refused: list[dict[str, str]] = field(default_factory=list)
    # visits whose place in the plan holds
    follows: set[str] = field(default_factory=set)


def publish_plan(
    *, court: str, plan_id: str, actor: Actor, now: datetime, revision: int | None = None
) -> dict[str, Any]:
    """Returns the plan with its `publication`. `revision`: the answer that was read, where there are several.

    Raises `plan.not_found`, `plan.not_done`, `plan.superseded`; for an answer to a happening also `plan.revised`,
    `plan.outdated`, `plan.not_open`.
    """
    day_text = plans.get_plan(court=court, plan_id=plan_id)["date"]
    work = _Publication(court, plan_id, day_text, actor, now, revision)
    if change_day(court, day_text, work):
        events.relay(DayPlan, plan_id)
        if work.withdrawn:
            # Whoever hears of it frees the recipient.
            events.relay(Visit, work.withdrawn)
    return plans.get_plan(court=court, plan_id=plan_id)


@dataclass(slots=True)
class _Publication:
    """The day change, as a callable that may be tried again."""

    court: str
    plan_id: str
    day: str
    actor: Actor
    now: datetime
    revision: int | None
    withdrawn: str | None = None

    def __call__(self, session: ClientSession) -> bool:
        plan = self._take(session)
        if plan is None:
            return _was_published(self.plan_id, session)
        self._take_effect(plan, session)
        day = moves.read_day(self.court, self.day, session)
        outcome = _compared(day, plan)
        if plan.get("happening"):
            if outcome.refused:
                raise errors.plan_outdated(outcome.refused)
            day = replace(day, not_before_s=_second_of(self.day, self.now))
        if outcome.wanted:
            Visit._get_collection().bulk_write(
                [
                    moves.update_of(
                        self.court, day, move, actor=self.actor, now=self.now, tell=False, plan_id=self.plan_id
                    )
                    for move in outcome.wanted
                ],
                ordered=False,
                session=session,
            )
        after = moves.after_moves(day, outcome.wanted)
        orders = _orders(after, plan, outcome.follows)
        timed = routes.time_orders(after.problem(orders), orders)
        routes.store(self.court, day.date, timed, session)
        if plan.get("happening"):
            routes.clear_others(self.court, after, session)
        _finish(self.court, plan, outcome, timed.broken, self.now, session)
        return True

    def _take(self, session: ClientSession) -> Raw | None:
        """The plan, now published; None when it is not open (any more)."""
        open_states = [{"state": "done", "happening": None}, {"state": {"$in": plans.OPEN}, "happening": {"$ne": None}}]
        published = {"state": "published", "published_at": self.now, "published_by": self.actor.id}
        plan = DayPlan._get_collection().find_one_and_update(
            {"_id": self.plan_id, "court": self.court, "$or": open_states},
            # A run that still improves it finds itself out of work.
            {"$set": published, "$unset": {"run_id": ""}},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if plan is not None and self.revision is not None and plan.get("revision", self.revision) != self.revision:
            raise errors.plan_revised(plan["revision"])
        return plan

    def _take_effect(self, plan: Raw, session: ClientSession) -> None:
        if not plan.get("happening"):
            return
        happening = Happening.of(plan["happening"])
        version = int(plan["roster_version"])
        if not replans.take_effect(self.court, self.day, happening, version, self.actor, self.now, session):
            raise errors.plan_outdated([])
        self.withdrawn = happening.visit_id if happening.kind == "withdrawn" else None


def _second_of(day: str, now: datetime) -> int:
    return int(second_of_day(now)) if court_day(now).isoformat() == day else 0


def _was_published(plan_id: str, session: ClientSession) -> bool:
    state = (DayPlan._get_collection().find_one({"_id": plan_id}, {"state": 1}, session=session) or {}).get("state")
    if state == "published":
        return False
    if state == "superseded":
        raise errors.plan_superseded()
    if state == "rejected":
        raise errors.plan_not_open(state)
    raise errors.plan_not_done(str(state))


def _targets(plan: Raw) -> Targets:
    found: Targets = {}
    for route in plan["routes"]:
        for stop in route["stops"]:
            both = found.setdefault(stop["visit_id"], [None, None])
            both[1 if stop["role"] == "second" else 0] = route["server_id"]
    return found


def _compared(day: Day, plan: Raw) -> _Outcome:
    """What the plan wants against what the day has become."""
    outcome, targets, on_duty = _Outcome(), _targets(plan), day.on_duty()
    here = {visit["_id"]: visit for visit in day.visits}
    for visit_id, basis in plan["basis"].items():
        visit = here.get(visit_id)
        target = targets.get(visit_id, [None, None])
        current = [visit.get("server_id"), visit.get("second_server_id")] if visit else [None, None]
        problem = _hindrance(visit, target, current, basis, on_duty)
        if problem is not None:
            if target != current:
                outcome.refused.append({"visit_id": visit_id, **problem})
        elif target == current:
            outcome.unchanged += 1
            outcome.follows.add(visit_id)
        elif visit is not None:
            outcome.wanted.append(Move(visit, target[0], target[1], "published"))
            outcome.follows.add(visit_id)
    return outcome


def _hindrance(
    visit: Raw | None, target: list[str | None], current: list[Any], basis: list[Any], on_duty: set[str]
) -> dict[str, str] | None:
    if visit is None:
        return {"code": "visit.withdrawn", "text": "这次上门任务已取消或改期"}
    if visit["state"] not in planning.MOVABLE:
        return {"code": "visit.under_way", "text": "送达员已出发、到达或已完成"}
    if current != basis:
        return {"code": "visit.moved_since", "text": "规划开始后已被人工改派"}
    if any(server and server not in on_duty for server in target):
        return {"code": "roster.not_on_duty", "text": "规划的送达员当日已不在岗"}
    return None


def _orders(after: Day, plan: Raw, follows: set[str]) -> dict[str, Order]:
    """Every server on duty: what has ended or is under way, then the plan's sequence, then what came by hand."""
    ranks = {
        (route["server_id"], stop["visit_id"]): rank
        for route in plan["routes"]
        for rank, stop in enumerate(route["stops"])
    }
    orders = {}
    for server in sorted(after.on_duty()):
        order = after.order(server)
        held = [item for item in order if item[0]["state"] not in planning.MOVABLE]
        rest = [item for item in order if item[0]["state"] in planning.MOVABLE]
        planned = [item for item in rest if item[0]["_id"] in follows and (server, item[0]["_id"]) in ranks]
        planned.sort(key=partial(_rank, ranks, server))
        taken = {item[0]["_id"] for item in planned}
        orders[server] = [*held, *planned, *(item for item in rest if item[0]["_id"] not in taken)]
    return orders


def _rank(ranks: dict[tuple[str, str], int], server: str, item: tuple[Raw, str]) -> int:
    return ranks[server, item[0]["_id"]]


def _finish(
    court: str, plan: Raw, outcome: _Outcome, late: list[dict[str, str]], now: datetime, session: ClientSession
) -> None:
    collection = DayPlan._get_collection()
    collection.update_many(
        {"court": court, "date": plan["date"], "state": "published", "_id": {"$ne": plan["_id"]}},
        {"$set": {"state": "superseded"}},
        session=session,
    )
    publication = {
        "applied": sum(1 for move in outcome.wanted if move.server_id),
        "unassigned": sum(1 for move in outcome.wanted if not move.server_id),
        "unchanged": outcome.unchanged,
        "refused": outcome.refused,
        "late": late,
    }
    servers = sorted({move.server_id for move in outcome.wanted if move.server_id} | _left(outcome))
    news = events.event("plan.published", court=court, now=now, plan_id=plan["_id"], date=plan["date"], servers=servers)
    collection.update_one(
        {"_id": plan["_id"]}, {"$set": {"publication": publication}, "$push": {"outbox": news}}, session=session
    )


def _left(outcome: _Outcome) -> set[str]:
    return {move.visit["server_id"] for move in outcome.wanted if move.visit.get("server_id")}
