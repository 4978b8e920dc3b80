"""Bringing a case system's lists in, and watching the runs."""

from __future__ import annotations

import io
from typing import Any

from flask import Response, send_file
from flask.views import MethodView

from server.board.blueprint import make_blueprint, page_of, ready, store
from server.board.fields import PageQuerySchema
from server.board.schemas.imports import (
    BoardImportFileSchema,
    BoardImportFormSchema,
    BoardImportRunSchema,
    BoardImportRunsSchema,
)
from server.cases import services
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.service.actor import Actor

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN_PROBLEMS = 500  # the report holds them all

blueprint = make_blueprint("imports", "Task lists and rosters as files")


@blueprint.route("/imports")
class Imports(MethodView):
    @blueprint.arguments(PageQuerySchema, location="query")
    @blueprint.response(200, BoardImportRunsSchema)
    @needs("imports.view")
    def get(self, query: dict[str, int]) -> Any:
        """Runs of the court, newest first, without their problems."""
        runs, total = services.list_imports(court=current().court, **query)
        return ready(page_of([_view(run, []) for run in runs], total, **query))

    @blueprint.arguments(BoardImportFileSchema, location="files")
    @blueprint.arguments(BoardImportFormSchema, location="form")
    @blueprint.response(202, BoardImportRunSchema)
    @needs("imports.create", does="import.start")
    def post(self, files: dict[str, Any], form: dict[str, Any]) -> Any:
        """Send a file. It is judged as a whole at once; a worker brings its rows in and reports every bad one."""
        me = current()
        upload = files["file"]
        run = services.start_import(
            court=me.court,
            kind=form["kind"],
            filename=upload.filename or "",
            stream=upload.stream,
            day=form["day"],
            actor=Actor.of(me),
            now=utc_now(),
            store=store(),
        )
        audit.target("import", run.id)
        audit.note(kind=form["kind"], sha256=run.sha256)
        return ready(_view(run, []), 202)


@blueprint.route("/imports/<string:run_id>")
class Import(MethodView):
    @blueprint.response(200, BoardImportRunSchema)
    @needs("imports.view", on="import:run_id")
    def get(self, run_id: str) -> Any:
        """One run with its first 500 problems."""
        run = services.get_import(court=current().court, run_id=run_id, problems=SHOWN_PROBLEMS)
        return ready(_view(run, [dict(problem) for problem in run.problems]))


@blueprint.route("/imports/<string:run_id>/report.xlsx")
class ImportReport(MethodView):
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type=XLSX)
    @needs("imports.view", on="import:run_id", does="import.report")
    def get(self, run_id: str) -> Response:
        """The whole report as a workbook."""
        run = services.get_import(court=current().court, run_id=run_id)
        book = io.BytesIO(services.report_xlsx(run))
        return send_file(book, mimetype=XLSX, as_attachment=True, download_name=f"导入报告-{run.filename}.xlsx")


def _view(run: Any, problems: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("rows", "created", "updated", "unchanged", "bad", "warnings")
    return {
        "id": run.id,
        "kind": run.kind,
        "day": run.day,
        "filename": run.filename,
        "state": run.state,
        "rows_total": run.rows_total,
        "rows_done": run.rows_done,
        "counts": {name: (run.counts or {}).get(name, 0) for name in names},
        "problems": [{"level": "error", **problem} for problem in problems],
        "problems_total": run.problems_total or 0,
        "failure": _failure(run.failure),
        "created_by_name": run.created_by_name,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
    }


def _failure(failure: dict[str, Any] | None) -> dict[str, Any] | None:
    return {name: failure[name] for name in ("code", "title", "status") if name in failure} if failure else None
