"""人力测算: how many servers, of what kind, for this load."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Response
from flask.views import MethodView

from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.capacity import (
    BoardStudiesSchema,
    BoardStudyAskedSchema,
    BoardStudySchema,
    BoardSuggestedSchema,
)
from server.core import audit
from server.core.clock import utc_now
from server.core.http import Schema
from server.core.permissions import current, needs
from server.dispatch import services, tasks
from server.service.actor import Actor

blueprint = make_blueprint("capacity", "How many servers a load needs")

# Column heading → field, how a median is written.
_COLUMNS = (
    ("人数", "servers", "{}"),
    ("日均上门（件）", "visits_per_day", "{:.1f}"),
    ("日均送达（件）", "served_per_day", "{:.1f}"),
    ("期末积压（件）", "backlog", "{:.0f}"),
    ("积压日增（件）", "backlog_growth", "{:.1f}"),
    ("承诺期内送达率", "served_in_promise", "{:.1%}"),
    ("开庭前送达率", "served_before_hearing", "{:.1%}"),
    ("首次上门成功率", "first_visit_success", "{:.1%}"),
    ("日均里程（公里）", "km_per_day", "{:.1f}"),
    ("加班（小时）", "overtime_h", "{:.1f}"),
    ("工时利用率", "utilisation", "{:.1%}"),
    ("当月成本", "cost", "{:.0f}"),
)


@blueprint.route("/capacity/assumptions")
class CapacityAssumptions(MethodView):
    @blueprint.response(200, BoardSuggestedSchema)
    @needs("dispatch.plan")
    def get(self) -> Any:
        """What to assume, from the court's own last eight weeks, and staffings around its last roster."""
        return ready(services.suggested(court=current().court, now=utc_now()))


@blueprint.route("/capacity/studies")
class CapacityStudies(MethodView):
    @blueprint.response(200, BoardStudiesSchema)
    @needs("dispatch.view")
    def get(self) -> Any:
        """The last twenty studies of the court, newest first."""
        return ready(page_of([_summary(one) for one in services.list_studies(court=current().court)]))

    @blueprint.arguments(BoardStudyAskedSchema)
    @blueprint.response(202, BoardStudySchema)
    @needs("dispatch.plan", does="capacity.ask")
    def post(self, data: dict[str, Any]) -> Any:
        """Compare staffings over simulated months, in the background; watch `capacity.progress` or ask again."""
        me = current()
        study = services.create_study(court=me.court, actor=Actor.of(me), now=utc_now(), **data)
        tasks.enqueue_study(study["_id"])
        audit.target("capacity_study", study["_id"])
        audit.note(staffings=len(data["staffings"]), days=data["days"])
        return ready(_study(study), 202)


@blueprint.route("/capacity/studies/<string:study_id>")
class CapacityStudy(MethodView):
    @blueprint.response(200, BoardStudySchema)
    @needs("dispatch.view", on="capacity_study:study_id")
    def get(self, study_id: str) -> Any:
        """A study as far as it is."""
        return ready(_study(services.get_study(court=current().court, study_id=study_id)))


@blueprint.route("/capacity/studies/<string:study_id>/stop")
class CapacityStudyStop(MethodView):
    @blueprint.arguments(Schema)
    @blueprint.response(200, BoardStudySchema)
    @needs("dispatch.plan", on="capacity_study:study_id", does="capacity.stop")
    def post(self, _data: dict[str, Any], study_id: str) -> Any:
        """Ask a run to end; the staffings that are done stay."""
        return ready(_study(services.stop_study(court=current().court, study_id=study_id)))


@blueprint.route("/capacity/studies/<string:study_id>/table.csv")
class CapacityStudyTable(MethodView):
    @blueprint.response(200, content_type="text/csv")
    @needs("dispatch.view", on="capacity_study:study_id")
    def get(self, study_id: str) -> Any:
        """The table as a file for a spreadsheet: medians, UTF-8 with a byte order mark."""
        study = services.get_study(court=current().court, study_id=study_id)
        out = io.StringIO()
        table = csv.writer(out)
        table.writerow(["方案", *(title for title, _, _ in _COLUMNS), "是否达标"])
        for row in study["rows"]:
            cells = [shape.format(_median(row[name])) for _, name, shape in _COLUMNS]
            table.writerow([_plain(row["name"]), *cells, "是" if row["meets"] else "否"])
        headers = {"Content-Disposition": "attachment; filename=capacity.csv"}
        return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)


def _median(value: Any) -> Any:
    return value[1] if isinstance(value, list) else value


def _plain(text: str) -> str:
    """A cell no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _summary(raw: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": raw["_id"],
        "state": raw["state"],
        "days": raw["days"],
        "seeds": len(raw["seeds"]),
        "progress": raw["progress"],
        "failure": raw.get("failure") or None,
        "created_by_name": raw["created_by_name"],
        "queued_at": raw["queued_at"],
        "finished_at": raw.get("finished_at"),
    }


def _study(raw: dict[str, Any]) -> dict[str, Any]:
    named = {name: raw[name] for name in ("assumptions", "staffings", "target", "rows")}
    return {**_summary(raw), **named, "chosen": raw.get("chosen")}
