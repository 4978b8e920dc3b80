"""The audit log as the security auditor sees it: search, statistics, export, checkpoints, verification."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from flask import Response
from flask.views import MethodView

from server.board.audit_words import RESULTS, action_label, group_label, object_label
from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.audit import (
    BoardAuditFilterSchema,
    BoardAuditRowsSchema,
    BoardAuditRunSchema,
    BoardAuditSearchSchema,
    BoardAuditSpanSchema,
    BoardAuditStatisticsSchema,
    BoardCheckpointsSchema,
)
from server.core import audit, objects
from server.core.audit import runs
from server.core.audit import search as searching
from server.core.audit.rows import PLATFORM
from server.core.clock import COURT_ZONE, court_day, utc_now
from server.core.fields import id_number_index, phone_index
from server.core.http import disposition
from server.core.permissions import current, needs
from server.core.tables import csv_safe

blueprint = make_blueprint("audit", "The audit log")
EXPORTED = 50_000
_PER_PAGE = 200
_COLUMNS = (
    *("时间", "法院", "人员", "所属法院", "操作", "结果"),
    *("对象", "对象编号", "原因代码", "来源地址", "请求编号", "序号"),
)


def _courts() -> list[str]:
    """The chains within reach; what no court can be named for (strangers at the door) is everybody's who audits."""
    return [*sorted(objects.courts_of(current(), "audit.view")), PLATFORM]


def _wanted(query: dict[str, Any]) -> dict[str, Any]:
    """What `search` takes: a number becomes its blind index in each court, and is mentioned nowhere.

    A court that is not within reach answers as one in which nothing was ever done.
    """
    value, court = query.pop("value"), query.pop("court")
    courts = [one for one in _courts() if not court or one == court]
    if value:
        indexes = [of(value, court=court) for court in courts if court for of in (phone_index, id_number_index)]
        audit.subjects(*indexes[:20])
        query["subjects"] = indexes
    audit.note(**{key: str(given) for key, given in query.items() if given and key not in ("page", "subjects")})
    return {"courts": courts, **query}


@blueprint.route("/audit")
class Audit(MethodView):
    @blueprint.arguments(BoardAuditSearchSchema, location="query")
    @blueprint.response(200, BoardAuditRowsSchema)
    @needs("audit.view", does="audit.view")
    def get(self, query: dict[str, Any]) -> Any:
        """Rows of the courts within reach, newest first. `value`: who saw this phone or identity number."""
        page, size = query["page"], query.pop("page_size")
        found = searching.search(**_wanted(query), per_page=size)
        items = [_row(row) for row in found.rows]
        return ready({**page_of(items, found.total, page, size), "capped": found.capped})


@blueprint.route("/audit/statistics")
class AuditStatistics(MethodView):
    @blueprint.arguments(BoardAuditSpanSchema, location="query")
    @blueprint.response(200, BoardAuditStatisticsSchema)
    @needs("audit.view")
    def get(self, query: dict[str, Any]) -> Any:
        """Rows per day, per kind of deed and per person, between two days (both included); else the last 30 days."""
        last = query["last"] or court_day(utc_now())
        first = query["first"] or last - timedelta(days=29)
        since = datetime.combine(first, time(0), COURT_ZONE)
        until = datetime.combine(last + timedelta(days=1), time(0), COURT_ZONE)
        found = searching.statistics(courts=_courts(), since=since, until=until)
        return ready(
            {
                "total": found.total,
                "refused": found.refused,
                "days": [{"date": one["day"], **_counts(one)} for one in found.days],
                "actions": [
                    {"action": one["group"], "label": group_label(one["group"]), **_counts(one)} for one in found.groups
                ],
                "people": [
                    {"id": one["person_id"], "name": one["person_name"], **_counts(one)} for one in found.people
                ],
            }
        )


@blueprint.route("/audit/export.csv")
class AuditExport(MethodView):
    @blueprint.arguments(BoardAuditFilterSchema, location="query")
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="text/csv")
    @needs("audit.export", does="audit.export")
    def get(self, query: dict[str, Any]) -> Response:
        """The same rows as a table, at most 50,000, for a spreadsheet (UTF-8 with BOM)."""
        wanted = _wanted(query)
        response = Response(_lines(wanted), mimetype="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = disposition("attachment", f"操作日志-{court_day(utc_now())}.csv")
        return response


@blueprint.route("/audit/checkpoints")
class AuditCheckpoints(MethodView):
    @blueprint.response(200, BoardCheckpointsSchema)
    @needs("audit.view")
    def get(self) -> Any:
        """The newest 100 signed checkpoints of the courts within reach."""
        found = runs.newest_checkpoints(_courts(), limit=100)
        return ready(page_of(found))


@blueprint.route("/audit/verify")
class AuditVerify(MethodView):
    @blueprint.response(202, BoardAuditRunSchema)
    @needs("audit.verify", does="audit.verify")
    def post(self) -> Any:
        """Read every log within reach from the beginning; a worker does it."""
        me = current()
        run = runs.ask(court=me.court, courts=_courts(), person_id=me.person_id, now=utc_now())
        audit.target("audit_run", run.id)
        return ready(_run(run), 202)


@blueprint.route("/audit/verify/<string:run_id>")
class AuditVerifyRun(MethodView):
    @blueprint.response(200, BoardAuditRunSchema)
    @needs("audit.verify", on="audit_run:run_id")
    def get(self, run_id: str) -> Any:
        """How far it is, and the verdict of each log."""
        return ready(_run(runs.get(run_id)))


def _row(row: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "seq", "court", "at", "action", "result", "kind", "remote", "request_id", "code")
    return {
        **{name: row[name] for name in names},
        "action_label": action_label(row["action"]),
        "result_label": RESULTS.get(row["result"], row["result"]),
        "person": {"id": row["person_id"], "name": row["person_name"], "court": row["person_court"]},
        "roles": list(row["roles"]),
        "object": {
            "type": row["object_type"],
            "id": row["object_id"],
            "label": object_label(row["object_type"]),
        },
        "before": dict(row["before"]),
        "after": dict(row["after"]),
        "detail": dict(row["detail"]),
    }


def _counts(one: dict[str, Any]) -> dict[str, int]:
    return {"total": one["count"], "refused": one["refused"]}


def _lines(wanted: dict[str, Any]) -> Iterator[str]:
    yield "\ufeff" + _line(_COLUMNS)
    for page in range(1, EXPORTED // _PER_PAGE + 1):
        found = searching.search(**wanted, page=page, per_page=_PER_PAGE)
        for row in found.rows:
            yield _line(_cells(row))
        if len(found.rows) < _PER_PAGE:
            return


def _cells(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["at"].astimezone(COURT_ZONE).strftime("%Y-%m-%d %H:%M:%S"),
        row["court"],
        row["person_name"],
        row["person_court"],
        action_label(row["action"]),
        RESULTS.get(row["result"], row["result"]),
        object_label(row["object_type"]),
        row["object_id"],
        row["code"],
        row["remote"],
        row["request_id"],
        row["seq"],
    )


def _line(cells: tuple[Any, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([csv_safe(cell) for cell in cells])
    return text.getvalue()


def _run(run: Any) -> dict[str, Any]:
    reports = [dict(one) for one in run.reports]
    return {
        "job": run.id,
        "state": run.state,
        "entries_total": run.entries_total,
        "entries_done": run.entries_done,
        "ok": all(one["ok"] for one in reports) if run.state == "done" else None,
        "reports": reports,
        "asked_at": run.asked_at,
        "finished_at": run.finished_at,
    }
