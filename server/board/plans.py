"""Plan runs: asked for, watched, stopped, published; every version stays."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.board import present
from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.days import BoardPlanAskedSchema, BoardPlanSchema, BoardPlansSchema
from server.board.schemas.replans import BoardPublishAskedSchema, BoardReplanAskedSchema, BoardReplanSchema
from server.core import audit
from server.core.clock import utc_now
from server.core.http import Schema
from server.core.permissions import current, needs, require
from server.dispatch import services, tasks
from server.service.actor import Actor

blueprint = make_blueprint("plans", "Who goes where in what order")


@blueprint.route("/days/<string:date>/plans")
class DayPlans(MethodView):
    @blueprint.response(200, BoardPlansSchema)
    @needs("dispatch.view")
    def get(self, date: str) -> Any:
        """All versions of a day's plan, newest first, without their routes."""
        found = services.list_plans(court=current().court, day=date)
        return ready(page_of([present.plan_summary(plan) for plan in found]))

    @blueprint.arguments(BoardPlanAskedSchema)
    @blueprint.response(202, BoardPlanSchema)
    @needs("dispatch.plan", does="plan.make")
    def post(self, data: dict[str, Any], date: str) -> Any:
        """Plan the day in the background; watch `plan.progress` and `plan.finished`, or ask for the plan."""
        me = current()
        plan = services.create_plan(
            court=me.court, day=date, seconds=data["seconds"], seed=data["seed"], actor=Actor.of(me), now=utc_now()
        )
        tasks.enqueue_plan(plan["_id"])
        audit.target("plan", plan["_id"])
        audit.note(date=date, seconds=data["seconds"])
        return ready(present.plan(plan), 202)


@blueprint.route("/plans/<string:plan_id>")
class Plan(MethodView):
    @blueprint.response(200, BoardPlanSchema)
    @needs("dispatch.view", on="plan:plan_id")
    def get(self, plan_id: str) -> Any:
        """One plan with its routes, and for each visit left out why."""
        return ready(present.plan(services.get_plan(court=current().court, plan_id=plan_id)))


@blueprint.route("/plans/<string:plan_id>/stop")
class PlanStop(MethodView):
    @blueprint.response(200, BoardPlanSchema)
    @needs("dispatch.plan", on="plan:plan_id", does="plan.stop")
    def post(self, plan_id: str) -> Any:
        """Ask a run to end with the best it has found."""
        return ready(present.plan(services.stop_plan(court=current().court, plan_id=plan_id)))


@blueprint.route("/plans/<string:plan_id>/publish")
class PlanPublish(MethodView):
    @blueprint.arguments(BoardPublishAskedSchema)
    @blueprint.response(200, BoardPlanSchema)
    @needs("dispatch.publish", on="plan:plan_id", does="plan.publish")
    def post(self, data: dict[str, Any], plan_id: str) -> Any:
        """Give the routes to the servers. `publication` says what was applied and what was refused. Safe to repeat."""
        me = current()
        plan = services.publish_plan(court=me.court, plan_id=plan_id, actor=Actor.of(me), now=utc_now(), **data)
        return ready(present.plan(plan))


@blueprint.route("/plans/<string:plan_id>/reject")
class PlanReject(MethodView):
    @blueprint.arguments(Schema)
    @blueprint.response(200, BoardReplanSchema)
    @needs("dispatch.plan", on="plan:plan_id", does="plan.reject")
    def post(self, _data: dict[str, Any], plan_id: str) -> Any:
        """Put the answer to something that came up aside; the day stays as it is. Safe to repeat."""
        me = current()
        plan = services.reject_plan(court=me.court, plan_id=plan_id, actor=Actor.of(me), now=utc_now())
        return ready(present.replan(plan))


@blueprint.route("/plans/<string:plan_id>/changes")
class PlanChanges(MethodView):
    @blueprint.response(200, BoardReplanSchema)
    @needs("dispatch.view", on="plan:plan_id")
    def get(self, plan_id: str) -> Any:
        """An answer to something that came up, as good as it is by now: who gets what new, and what it costs."""
        return ready(present.replan(services.get_plan(court=current().court, plan_id=plan_id)))


@blueprint.route("/days/<string:date>/replans")
class DayReplans(MethodView):
    @blueprint.arguments(BoardReplanAskedSchema)
    @blueprint.response(202, BoardReplanSchema)
    @needs("dispatch.plan", does="plan.replan")
    def post(self, data: dict[str, Any], date: str) -> Any:
        """Something came up: what it asks of whom, at once, and better within `seconds`.

        Nothing moves until the answer is published.
        """
        me = current()
        seconds, seed = data.pop("seconds"), data.pop("seed")
        happening = services.Happening.of(data)
        if happening.kind in services.ABOUT_SERVER:
            require("roster.edit")
        if happening.kind == "withdrawn":
            require("dispatch.assign")
        plan = services.propose(
            court=me.court, day=date, happening=happening, seconds=seconds, seed=seed, actor=Actor.of(me), now=utc_now()
        )
        tasks.enqueue_plan(plan["_id"])
        audit.target("plan", plan["_id"])
        audit.note(date=date, kind=happening.kind)
        return ready(present.replan(plan), 202)
