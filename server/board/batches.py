"""Moving many visits in one action, which can be undone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint
from server.board.schemas.visits import BoardAssignBatchSchema, BoardBatchSchema
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.dispatch import services
from server.service.actor import Actor

blueprint = make_blueprint("batches", "Batch assignment and its undoing")


@blueprint.route("/visits/assign-batch")
class AssignBatch(MethodView):
    @blueprint.arguments(BoardAssignBatchSchema)
    @blueprint.response(200, BoardBatchSchema)
    @needs("dispatch.assign", does="visit.assign_batch")
    def post(self, data: dict[str, Any]) -> Any:
        """Give many visits of one day to one server."""
        me = current()
        done = services.assign_batch(court=me.court, actor=Actor.of(me), now=utc_now(), **data)
        audit.target("move_batch", done.batch_id)
        audit.change(after={"server_id": data["server_id"]})
        audit.note(visits=len(data["visit_ids"]))
        return asdict(done)


@blueprint.route("/move-batches/<string:batch_id>/undo")
class UndoBatch(MethodView):
    @blueprint.response(200, BoardBatchSchema)
    @needs("dispatch.assign", on="move_batch:batch_id", does="visit.undo_batch")
    def post(self, batch_id: str) -> Any:
        """Give everything of a batch back that nobody touched since."""
        me = current()
        return asdict(services.undo_batch(court=me.court, batch_id=batch_id, actor=Actor.of(me), now=utc_now()))
