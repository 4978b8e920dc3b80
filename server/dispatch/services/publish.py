"""Publishing a plan: its routes become the servers' routes, all or nothing, never against what happened meanwhile.

A visit somebody moved by hand since the plan was begun stays where it is; one under way, ended or withdrawn is not
touched. Both are told in `refused`. Publishing the same plan again changes nothing and answers the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from server.core import events
from server.dispatch import errors, planning
from server.dispatch.models import DayPlan, Visit
from server.dispatch.services import moves, plans, routes
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


def publish_plan(*, court: str, plan_id: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Returns the plan with its `publication`. Raises `plan.not_found`, `plan.not_done`, `plan.superseded`."""
    day_text = plans.get_plan(court=court, plan_id=plan_id)["date"]

    def work(session: ClientSession) -> bool:
        plan = DayPlan._get_collection().find_one_and_update(
            {"_id": plan_id, "court": court, "state": "done"},
            {"$set": {"state": "published", "published_at": now, "published_by": actor.id}},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if plan is None:
            return _was_published(plan_id, session)
        day = moves.read_day(court, day_text, session)
        outcome = _compared(day, plan)
        if outcome.wanted:
            Visit._get_collection().bulk_write(
                [
                    moves.update_of(court, day, move, actor=actor, now=now, tell=False, plan_id=plan_id)
                    for move in outcome.wanted
                ],
                ordered=False,
                session=session,
            )
        after = moves.after_moves(day, outcome.wanted)
        orders = _orders(after, plan, outcome.follows)
        timed = routes.time_orders(after.problem(orders), orders)
        routes.store(court, day.date, timed, session)
        _finish(court, plan, outcome, timed.broken, now, session)
        return True

    if change_day(court, day_text, work):
        events.relay(DayPlan, plan_id)
    return plans.get_plan(court=court, plan_id=plan_id)


def _was_published(plan_id: str, session: ClientSession) -> bool:
    state = (DayPlan._get_collection().find_one({"_id": plan_id}, {"state": 1}, session=session) or {}).get("state")
    if state == "published":
        return False
    if state == "superseded":
        raise errors.plan_superseded()
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
