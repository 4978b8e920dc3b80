"""Papers asked for by hand: which there are, a look before they are made, and making them."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask.views import MethodView

from server.board.blueprint import make_blueprint, page_of, ready
from server.board.detail import paper
from server.board.schemas.orders import (
    BoardPaperKindsSchema,
    BoardPaperOrderSchema,
    BoardPaperWishSchema,
    BoardTaskPapersSchema,
)
from server.core import audit
from server.core.clock import utc_now
from server.core.http import disposition
from server.core.permissions import current, needs, require
from server.papers.kinds import KINDS
from server.reports import orders, services
from server.reports.forms import FORMS
from server.reports.tasks import order, workshop
from server.service.actor import Actor

blueprint = make_blueprint("orders", "Papers asked for by hand")


@blueprint.route("/paper-kinds")
class PaperKinds(MethodView):
    @blueprint.response(200, BoardPaperKindsSchema)
    @needs("papers.view", least="own")
    def get(self) -> Any:
        """The kinds of papers that can be asked for, with what to type for each."""
        return ready(page_of([_kind(one.kind) for one in FORMS.values()]))


@blueprint.route("/tasks/<string:task_id>/papers")
class TaskPapers(MethodView):
    @blueprint.response(200, BoardTaskPapersSchema)
    @needs("papers.view", on="task:task_id")
    def get(self, task_id: str) -> Any:
        """The papers of a task, newest first, and what was asked for."""
        court = current().court
        made = [paper(one) for one in services.list_papers(court=court, task_id=task_id)]
        asked = [_order(one) for one in orders.orders_of(court=court, task_id=task_id)]
        return ready({"papers": made, "orders": asked})

    @blueprint.arguments(BoardPaperWishSchema)
    @blueprint.response(202, BoardPaperOrderSchema)
    @needs("papers.make", on="task:task_id", does="paper.order")
    def post(self, data: dict[str, Any], task_id: str) -> Any:
        """Ask for a paper; it is made in the background and its answer stands in the list of the task."""
        me = require("papers.seal") if data["seal"] else current()
        asked = order(
            court=me.court,
            task_id=task_id,
            kind=data["kind"],
            recipient_id=data["recipient_id"],
            fields=data["fields"],
            wants_seal=data["seal"],
            actor=Actor.of(me),
        )
        audit.note(paper_kind=data["kind"], order=asked.id)
        return ready(_order(asked), 202)


@blueprint.route("/tasks/<string:task_id>/papers/preview")
class PaperPreview(MethodView):
    @blueprint.arguments(BoardPaperWishSchema)
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf")
    @needs("papers.make", on="task:task_id", does="paper.preview")
    def post(self, data: dict[str, Any], task_id: str) -> Response:
        """The paper as it would be, without a number; nothing is kept."""
        me = current()
        pdf = orders.preview(
            court=me.court,
            task_id=task_id,
            kind=data["kind"],
            recipient_id=data["recipient_id"],
            fields=data["fields"],
            workshop=workshop(),
            actor=Actor.of(me),
            now=utc_now(),
        )
        audit.note(paper_kind=data["kind"])
        answer = Response(pdf, mimetype="application/pdf")
        answer.headers["Content-Disposition"] = disposition("inline", f"{KINDS[data['kind']].title}-预览.pdf")
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _kind(code: str) -> dict[str, Any]:
    form, kind = FORMS[code], KINDS[code]
    return {
        "kind": code,
        "title": kind.title,
        "about": form.about,
        "needs_seal": kind.needs_seal,
        "template_version": kind.template_version,
        "fields": [
            {
                "name": one.name,
                "label": one.label,
                "kind": one.kind,
                "required": one.required,
                "hint": one.hint,
                "choices": [{"code": code, "label": label} for code, label in one.choices],
            }
            for one in form.fields
        ],
    }


def _order(one: Any) -> dict[str, Any]:
    problem = one.problem or None
    return {
        "id": one.id,
        "kind": one.kind,
        "title": KINDS[one.kind].title,
        "recipient_id": one.recipient_id,
        "state": one.state,
        "problem": {"code": problem["code"], "title": problem["title"]} if problem else None,
        "paper_id": one.paper_id,
        "asked_by_name": one.asked_by_name,
        "asked_at": one.asked_at,
        "done_at": one.done_at,
    }
