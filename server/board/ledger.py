"""The exhaustion ledger of a recipient, its excuses, and the clocks that run on a task."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.ledger import BoardClocksSchema, BoardExcuseSchema, BoardLedgerSchema
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.law.exhaustion import STATES
from server.service.actor import Actor
from server.service.services import clocks
from server.service.services import ledger as services

blueprint = make_blueprint("ledger", "Exhaustion ledger and clocks")


@blueprint.route("/tasks/<string:task_id>/recipients/<string:recipient_id>/ledger")
class Ledger(MethodView):
    @blueprint.response(200, BoardLedgerSchema)
    @needs("tasks.view", on="task:task_id")
    def get(self, task_id: str, recipient_id: str) -> Any:
        """Every known address and channel: tried, excused or open; and whether announcement may be put to the judge."""
        return ready(_shown(current().court, task_id, recipient_id))


@blueprint.route("/tasks/<string:task_id>/recipients/<string:recipient_id>/ledger/excuses")
class Excuses(MethodView):
    @blueprint.arguments(BoardExcuseSchema)
    @blueprint.response(201, BoardLedgerSchema)
    @needs("tasks.edit", on="task:task_id", does="ledger.excuse")
    def post(self, data: dict[str, Any], task_id: str, recipient_id: str) -> Any:
        """Say why an address, number or channel is not tried, with evidence. Again replaces what was said."""
        me = current()
        services.excuse(
            court=me.court, task_id=task_id, recipient_id=recipient_id, actor=Actor.of(me), now=utc_now(), **data
        )
        audit.note(recipient_id=recipient_id, **data)
        return ready(_shown(me.court, task_id, recipient_id), 201)


@blueprint.route("/tasks/<string:task_id>/clocks")
class Clocks(MethodView):
    @blueprint.response(200, BoardClocksSchema)
    @needs("tasks.view", on="task:task_id")
    def get(self, task_id: str) -> Any:
        """Every clock of the task, soonest due first."""
        found = clocks.clocks_of(court=current().court, task_id=task_id, now=utc_now())
        return ready(page_of([asdict(one) for one in found]))


def _shown(court: str, task_id: str, recipient_id: str) -> dict[str, Any]:
    course = services.course_of(court=court, task_id=task_id, recipient_id=recipient_id, now=utc_now())
    found = services.ledger_of(course)
    approval = course.recipient.get("notice_approval")
    lines = [
        {
            "what": one.what,
            "label": one.label_zh,
            "state": one.state,
            "state_label": STATES[one.state],
            "text": one.text_zh,
            "tries": list(one.tries),
            "evidence": list(one.evidence),
        }
        for one in found.lines
    ]
    return {
        "lines": lines,
        "complete": found.complete,
        "unlocked": found.unlocked,
        "article": found.article,
        "text": found.text_zh,
        "rule_version": found.rule_version,
        "approval": {name: approval[name] for name in ("by_name", "at", "reason", "article")} if approval else None,
    }
