"""Late items: evidence that came after its visit was closed or went to somebody else."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.custody import (
    BoardLateDecisionSchema,
    BoardLateQuerySchema,
    BoardLateSchema,
    BoardLatesSchema,
)
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.custody.services import late
from server.service.actor import Actor

blueprint = make_blueprint("late", "Evidence that came late")


@blueprint.route("/evidence-late")
class LateItems(MethodView):
    @blueprint.arguments(BoardLateQuerySchema, location="query")
    @blueprint.response(200, BoardLatesSchema)
    @needs("evidence.view")
    def get(self, query: dict[str, Any]) -> Any:
        """Late items in one state, oldest first, and how many there are in each."""
        found = late.list_late(court=current().court, **query)
        return ready(page_of(found.items, found.total, found.page, found.page_size) | {"counts": found.counts})


@blueprint.route("/evidence/<string:evidence_id>/late")
class LateDecision(MethodView):
    @blueprint.arguments(BoardLateDecisionSchema)
    @blueprint.response(200, BoardLateSchema)
    @needs("evidence.decide", on="evidence:evidence_id", does="evidence.late")
    def post(self, data: dict[str, Any], evidence_id: str) -> Any:
        """Take it into the record of its visit, or leave it; it stays kept either way."""
        me = current()
        found = late.decide(court=me.court, evidence_id=evidence_id, actor=Actor.of(me), now=utc_now(), **data)
        audit.change(before={"late": "waiting"}, after={"late": found["state"]})
        audit.note(visit_id=found["visit_id"], sha256=found["sha256"], reason=data["reason"])
        return ready(found)
