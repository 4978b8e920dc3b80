"""Why a visit is where it is, or why it is nowhere and what would let it in: worked out on the day as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from routing import Plan, Problem, ProblemError
from routing.assemble import orders_of
from routing.explain import (
    Admission,
    Placement,
    admission_text_zh,
    admissions,
    explain,
    placement_text_zh,
    reason_text_zh,
    why,
)
from routing.instance import compile_problem
from routing.replan import apply
from server.core.clock import court_day, second_of_day
from server.dispatch import errors, planning
from server.dispatch.models import DaySheet
from server.dispatch.services import daysheet, moves
from server.dispatch.services.answers import NO_POINT_ZH

Raw = dict[str, Any]

MOST_ADMISSIONS = 3
BUDGET_S = 0.5
_LATE_ZH = "按当前进度，原定安排已不能如约完成"


def explain_visit(*, court: str, visit_id: str, now: datetime) -> Raw:
    """What can be said of a visit that is still to come, in Chinese.

    {planned, sentences, reasons: [{code, text}], alternatives: [{server_id, position, start_s, extra_minutes}],
    admissions: [{code, text, server_id, start_s, gain_minutes}], slack_minutes}. `alternatives` are other
    servers who could take it, cheapest first, `admissions` single changes that would let it in, each tried out.
    Raises `visit.not_found`, `visit.withdrawn`, `visit.under_way`, `plan.nobody_on_duty`.
    """
    found = moves.find_visit(court, visit_id, date=1)
    day = moves.read_day(court, found["date"])
    visit = moves.movable_in(day, visit_id, None)
    if not day.on_duty():
        raise errors.plan_nobody_on_duty()
    if planning.lng_lat(visit.get("point")) is None:
        return {**_nothing(), "reasons": [{"code": "visit.no_point", "text": NO_POINT_ZH}]}
    problem, plan = _standing(court, found["date"], day.entries, day.visits, now)
    names = _names(day.entries, day.visits)
    try:
        if plan.servers_of(visit_id):
            return _placed(why(problem, plan, visit_id), names)
        return _left_out(problem, plan, visit, names)
    except ProblemError as error:
        return {**_nothing(), "reasons": [{"code": error.code, "text": error.message_zh}]}


def _standing(
    court: str, day: str, entries: Sequence[Raw], visits: Sequence[Raw], now: datetime
) -> tuple[Problem, Plan]:
    """The day at this moment, and as much of its routes as holds."""
    problem = planning.problem_of(day=date.fromisoformat(day), entries=entries, visits=visits, republish=True)
    sheet = DaySheet._get_collection().find_one({"_id": daysheet.sheet_id(court, day)}, {"routes": 1}) or {}
    planned = planning.as_planned(visits, [server.id for server in problem.servers], sheet.get("routes"))
    now_s = int(second_of_day(now)) if court_day(now).isoformat() == day else 0
    return apply(problem, planned, [], now_s)


def _names(entries: Sequence[Raw], visits: Sequence[Raw]) -> dict[str, str]:
    """What people call servers and visits, under the ids the planner knows them by."""
    called = {planning.stop_id(visit, role): visit["recipient_name"] for visit in visits for role in ("lead", "second")}
    return {**called, **daysheet.names_of(entries)}


def _nothing() -> Raw:
    return {
        "planned": False,
        "sentences": [],
        "reasons": [],
        "alternatives": [],
        "admissions": [],
        "slack_minutes": None,
    }


def _placed(placement: Placement, names: Mapping[str, str]) -> Raw:
    alternatives = [
        {
            "server_id": one.server_id,
            "position": one.position + 1,
            "start_s": one.start_s,
            "extra_minutes": round(one.extra_s / 60),
        }
        for one in placement.alternatives[:MOST_ADMISSIONS]
    ]
    return {
        **_nothing(),
        "planned": True,
        "sentences": placement_text_zh(placement, names),
        "alternatives": alternatives,
        "slack_minutes": placement.slack_s // 60,
    }


def _left_out(problem: Problem, plan: Plan, visit: Raw, names: Mapping[str, str]) -> Raw:
    visit_id = visit["_id"]
    instance = compile_problem(problem)
    reasons = explain(instance, orders_of(instance, plan), {visit_id})[visit_id]
    found = admissions(problem, plan, visit_id, most=MOST_ADMISSIONS, budget_s=BUDGET_S)
    return {
        **_nothing(),
        "sentences": [_LATE_ZH] if visit.get("server_id") else [],
        "reasons": [{"code": one.code, "text": reason_text_zh(one, names)} for one in reasons],
        "admissions": [_admission(one, names) for one in found],
    }


def _admission(one: Admission, names: Mapping[str, str]) -> Raw:
    return {
        "code": one.code,
        "text": admission_text_zh(one, names),
        "server_id": one.server_id,
        "start_s": one.start_s,
        "gain_minutes": round(one.gain_s / 60),
    }
