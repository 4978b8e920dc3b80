"""Following service: by recipient, by case, the matrix recipient × document, and the course replayed step by step."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint, ready
from server.board.schemas.tracking import (
    BoardMatrixSchema,
    BoardReplaySchema,
    BoardTrackingQuerySchema,
    BoardTrackingSchema,
)
from server.core import objects
from server.core.permissions import current, needs
from server.service import tracking
from server.service.services import replay

blueprint = make_blueprint("tracking", "Following service")


@blueprint.route("/tracking")
class Tracking(MethodView):
    @blueprint.arguments(BoardTrackingQuerySchema, location="query")
    @blueprint.response(200, BoardTrackingSchema)
    @needs("tasks.view", least="own")
    def get(self, query: dict[str, Any]) -> Any:
        """Recipients within reach, or their cases: the same attempts either way."""
        by = query["by"]
        listing = tracking.by_case if by == "case" else tracking.by_recipient
        found = listing(
            within=objects.within("task", current(), "tasks.view"),
            text=query["q"],
            state=query["state"],
            page=query["page"],
            page_size=query["page_size"],
        )
        lists = {"recipients": [], "cases": [], f"{by}s": found.items}
        return ready(
            {"by": by, **lists, "total": found.total, "page": found.page, "page_size": found.page_size},
        )


@blueprint.route("/cases/<string:case_id>/matrix")
class CaseMatrix(MethodView):
    @blueprint.response(200, BoardMatrixSchema)
    @needs("tasks.view", on="case:case_id")
    def get(self, case_id: str) -> Any:
        """Every recipient of the case by every document, with effect and attempts."""
        me = current()
        within = objects.within("task", me, "tasks.view")
        return ready(tracking.matrix_of_case(court=me.court, case_id=case_id, within=within))


@blueprint.route("/tasks/<string:task_id>/matrix")
class TaskMatrix(MethodView):
    @blueprint.response(200, BoardMatrixSchema)
    @needs("tasks.view", on="task:task_id")
    def get(self, task_id: str) -> Any:
        """Every recipient of the task by every document."""
        return ready(tracking.matrix_of_task(court=current().court, task_id=task_id))


@blueprint.route("/tasks/<string:task_id>/replay")
class TaskReplay(MethodView):
    @blueprint.response(200, BoardReplaySchema)
    @needs("tasks.view", on="task:task_id")
    def get(self, task_id: str) -> Any:
        """The states after every step, rebuilt from the timeline alone."""
        return ready(asdict(replay.replay(court=current().court, task_id=task_id)))
