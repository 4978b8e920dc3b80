"""Finding a party by number, and seeing a full personal value with a reason. Both are counted and recorded."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.personal import (
    BoardPartiesFoundSchema,
    BoardPartySearchSchema,
    BoardUnmaskedSchema,
    BoardUnmaskSchema,
)
from server.core import audit, objects
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.service import queries
from server.service.unmask import unmask

blueprint = make_blueprint("parties", "Parties and their personal values")


@blueprint.route("/parties/search")
class PartySearch(MethodView):
    @blueprint.arguments(BoardPartySearchSchema)
    @blueprint.response(200, BoardPartiesFoundSchema)
    @needs("parties.search", least="own", does="parties.search")
    def post(self, data: dict[str, Any]) -> Any:
        """Parties with exactly this phone or identity number, with their tasks. The number is not stored anywhere."""
        me = current()
        found = queries.find_parties(within=objects.within("task", me, "parties.search"), court=me.court, **data)
        audit.subjects(found.index)
        audit.note(by=found.by, found=len(found.items))
        return ready(page_of(found.items))


@blueprint.route("/tasks/<string:task_id>/unmask")
class TaskUnmask(MethodView):
    @blueprint.arguments(BoardUnmaskSchema)
    @blueprint.response(200, BoardUnmaskedSchema)
    @needs("personal.unmask", on="task:task_id", does="personal.unmask")
    def post(self, data: dict[str, Any], task_id: str) -> Any:
        """One full value of one recipient of this task, for a stated reason."""
        seen = unmask(principal=current(), task_id=task_id, now=utc_now(), **data)
        return ready({"field": seen.field, "value": seen.value})
