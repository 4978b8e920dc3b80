"""Bringing in the export of a phone that cannot send any more."""

from __future__ import annotations

from typing import Any

from flask import current_app, request
from flask.views import MethodView

from server.board.blueprint import make_blueprint, ready, store
from server.board.schemas.custody import BoardRescueFileSchema, BoardRescueSchema
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.custody.services import rescue
from server.service.actor import Actor

blueprint = make_blueprint("rescue", "Bringing in a phone's rescue export")


@blueprint.before_request
def allow_an_export() -> None:
    """After the gate: an export holds a day's photos and videos, far more than any other file of the board."""
    request.max_content_length = current_app.extensions["settings"].max_rescue_bytes


@blueprint.route("/rescue")
class RescueImport(MethodView):
    @blueprint.arguments(BoardRescueFileSchema, location="files")
    @blueprint.response(200, BoardRescueSchema)
    @needs("evidence.import", does="evidence.import")
    def post(self, files: dict[str, Any]) -> Any:
        """Announce and land every item of an export (songda-rescue/1); bringing it in again changes nothing."""
        me = current()
        report = rescue.bring_in(
            court=me.court, actor=Actor.of(me), stream=files["file"].stream, store=store(), now=utc_now()
        )
        counts = report.counts()
        audit.target("person", report.server_id)
        audit.note(staff_no=report.staff_no, made_at=report.made_at.isoformat(), **counts)
        return ready(
            {
                "server_id": report.server_id,
                "server_name": report.server_name,
                "staff_no": report.staff_no,
                "made_at": report.made_at,
                "strange": report.strange,
                "counts": counts,
                "items": [one.document() for one in report.items],
            }
        )
