"""A judge's or clerk's own cases: state, node, duration, done, without typing a number; and the proofs.

Server-rendered and light, because it opens inside WeChat on a phone.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Response, current_app, g, redirect, render_template, request, send_from_directory, url_for
from werkzeug.wrappers import Response as BaseResponse
from werkzeug.wsgi import wrap_file

from portal.judge import deciding
from portal.judge.signing import STEPS
from server.accounts import services as accounts
from server.core import audit
from server.core.clock import COURT_ZONE, utc_now
from server.core.errors import DomainError, NotFound
from server.core.http import disposition
from server.core.permissions import current, needs, public
from server.field.services.course import nodes_of_tasks
from server.reports import services as reports
from server.service import machines, queries

FILTERS = (("all", "全部"), ("open", "进行中"), ("completed", "已完成"), ("overdue", "已超期"))

STATIC = Path(__file__).parent / "static"

# Importing the pages of signing in and of deciding puts their routes on the blueprint.
blueprint = deciding.blueprint


@blueprint.app_template_filter("court_time")
def court_time(moment: Any) -> str:
    """`11月24日 09:12` in Asia/Shanghai."""
    local = moment.astimezone(COURT_ZONE)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


@blueprint.get("/judge.css")
@public("a style sheet holds nothing about anybody")
def stylesheet() -> Response:
    response = send_from_directory(STATIC, "judge.css")
    response.cache_control.max_age = 3600
    return response


@blueprint.get("/")
@needs("judge.view", least="own")
def cases() -> str:
    """The first screen: every task of my cases, nothing to type."""
    principal = current()
    rows = queries.tasks_of_judge(court=principal.court, person_id=principal.person_id, now=utc_now())
    rows = _with_visits(principal.court, rows)
    chosen = request.args.get("show", "all")
    counts = {code: len(_pick(rows, code)) for code, _ in FILTERS}
    return render_template(
        "judge/cases.html",
        me=principal,
        csrf=accounts.csrf_of(principal.session_id),
        rows=_pick(rows, chosen),
        chosen=chosen,
        filters=FILTERS,
        counts=counts,
        states=machines.TASK.states,
        recipient_states=machines.RECIPIENT.states,
        waiting=len(deciding.waiting(principal)),
    )


def _with_visits(court: str, rows: list[queries.JudgeRow]) -> list[queries.JudgeRow]:
    """Where somebody is on the way, the node says how far."""
    nodes = nodes_of_tasks(court=court, task_ids=[row.task_id for row in rows if not row.done])
    return [
        replace(row, node=nodes[row.task_id][0], node_at=nodes[row.task_id][1]) if row.task_id in nodes else row
        for row in rows
    ]


def _pick(rows: list[queries.JudgeRow], chosen: str) -> list[queries.JudgeRow]:
    if chosen == "open":
        return [row for row in rows if not row.done]
    if chosen == "completed":
        return [row for row in rows if row.state == "completed"]
    if chosen == "overdue":
        return [row for row in rows if row.overdue]
    return rows


@blueprint.get("/tasks/<task_id>")
@needs("judge.view", on="task:task_id")
def task(task_id: str) -> str:
    """One task: who was served with what, what is proposed, the ledger, the papers, the timeline."""
    return deciding.task_page(task_id)


@blueprint.get("/papers/<paper_id>")
@needs("judge.view", on="paper:paper_id", does="paper.download")
def paper(paper_id: str) -> Response:
    """The PDF itself, for a case of one's own; who opened it is recorded."""
    principal = current()
    found = reports.get_paper(court=principal.court, paper_id=paper_id)
    if found is None:
        raise NotFound(code="paper.not_found", title="没有这份文书")
    queries.task_of_judge(court=principal.court, person_id=principal.person_id, task_id=found.task_id)
    audit.note(visit_id=found.visit_id, paper_kind=found.kind, version=found.version)
    stream = current_app.extensions["evidence_store"].open(found.store_key)
    response = Response(wrap_file(request.environ, stream), mimetype="application/pdf", direct_passthrough=True)
    response.call_on_close(stream.close)
    response.headers["Content-Disposition"] = disposition("inline", f"{reports.LABELS[found.kind]}-{found.number}.pdf")
    response.headers["Content-Length"] = str(found.size)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.errorhandler(DomainError)
def refused(error: DomainError) -> BaseResponse | tuple[str, int]:
    """Pages answer with pages: not signed in leads to the sign-in page, the rest says why."""
    g.problem_code = error.code
    if error.status == HTTPStatus.UNAUTHORIZED:
        return redirect(url_for("judge.sign_in_page"))
    if error.code in STEPS:
        return redirect(url_for(STEPS[error.code]))
    return render_template("judge/problem.html", title=error.title), error.status
