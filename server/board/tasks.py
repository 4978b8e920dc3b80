"""Service tasks: the specialist's list, one task with its whole course, the check before 送达中."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from server.board import present
from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.tasks import (
    BoardApprovedSchema,
    BoardTaskDetailSchema,
    BoardTaskQuerySchema,
    BoardTaskReviewBatchSchema,
    BoardTaskReviewSchema,
    BoardTasksSchema,
)
from server.core import audit, objects
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.dispatch import services as dispatch
from server.field.services.course import course_of_task
from server.law.attempts import RESULTS
from server.service import queries, services
from server.service.actor import Actor

blueprint = make_blueprint("tasks", "Service tasks")


@blueprint.route("/tasks")
class Tasks(MethodView):
    @blueprint.arguments(BoardTaskQuerySchema, location="query")
    @blueprint.response(200, BoardTasksSchema)
    @needs("tasks.view", least="own")
    def get(self, query: dict[str, Any]) -> Any:
        """Tasks of the court, soonest due first."""
        found = queries.list_tasks(
            within=objects.within("task", current(), "tasks.view"),
            state=query["state"],
            text=query["q"],
            page=query["page"],
            page_size=query["page_size"],
        )
        items = [present.task(task) for task in found.items]
        return ready(page_of(items, found.total, found.page, found.page_size))


@blueprint.route("/tasks/<string:task_id>")
class Task(MethodView):
    @blueprint.response(200, BoardTaskDetailSchema)
    @needs("tasks.view", on="task:task_id", does="task.view")
    def get(self, task_id: str) -> Any:
        """One task with its attempts and every step of its course."""
        return ready(detail(current().court, task_id))


@blueprint.route("/tasks/<string:task_id>/review")
class TaskReview(MethodView):
    @blueprint.arguments(BoardTaskReviewSchema)
    @blueprint.response(200, BoardTaskDetailSchema)
    @needs("tasks.review", on="task:task_id", does="task.review")
    def post(self, data: dict[str, Any], task_id: str) -> Any:
        """Approve a submitted task into 送达中, or return it with a reason."""
        me = current()
        services.review_task(
            court=me.court,
            task_id=task_id,
            approve=data["decision"] == "approve",
            reason=data["reason"],
            version=data["version"],
            again=data["again"],
            actor=Actor.of(me),
            now=utc_now(),
        )
        audit.change(before={"state": "pending_review"}, after={"decision": data["decision"]})
        audit.note(reason=data["reason"])
        return ready(detail(me.court, task_id))


@blueprint.route("/tasks/review-batch")
class TaskReviewBatch(MethodView):
    @blueprint.arguments(BoardTaskReviewBatchSchema)
    @blueprint.response(200, BoardApprovedSchema)
    @needs("tasks.review", least="own", does="task.review_batch")
    def post(self, data: dict[str, Any]) -> Any:
        """Approve these pending tasks, or all that are pending."""
        me = current()
        approved = services.approve_tasks(
            court=me.court,
            task_ids=None if data["all_pending"] else data["task_ids"],
            within=objects.within("task", me, "tasks.review"),
            actor=Actor.of(me),
            now=utc_now(),
        )
        refused = [asdict(one) for one in approved.refused]
        audit.note(approved=approved.approved, refused=[one["task_id"] for one in refused])
        return {"approved": approved.approved, "refused": refused}


def detail(court: str, task_id: str) -> dict[str, Any]:
    found = services.get_task(court=court, task_id=task_id)
    visits = dispatch.visits_of_task(court=court, task_id=task_id)
    visit_of = {visit["attempt_id"]: visit["_id"] for visit in visits}
    attempts = [_attempt(one, visit_of) for one in services.attempts_of(court=court, task_id=task_id)]
    steps = [asdict(line) for line in course_of_task(found)]
    return {**present.task(found.to_mongo().to_dict()), "attempts": attempts, "steps": steps}


def _attempt(one: Any, visit_of: dict[str, str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "recipient_id": one.recipient_id,
        "channel": one.channel,
        "rule": one.rule,
        "state": one.state,
        "opened_at": one.opened_at,
        "closed_at": one.closed_at,
        "outcome": one.outcome,
        "outcome_label": RESULTS.get(one.outcome, one.outcome) if one.outcome else None,
        "happened_at": one.happened_at,
        "text": one.text,
        "reason": one.reason,
        "opened_by_name": one.opened_by_name,
        "closed_by_name": one.closed_by_name,
        "visit_id": visit_of.get(one.id),
    }
