"""Material of attempts that are no visit: uploaded once, never taken away."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask.views import MethodView

from server.board.attempts import exhibit
from server.board.blueprint import make_blueprint, ready, store
from server.board.schemas.attempts import BoardExhibitFileSchema, BoardExhibitFormSchema, BoardExhibitSchema
from server.core import audit
from server.core.clock import utc_now
from server.core.files import stream
from server.core.permissions import current, needs
from server.service import services
from server.service.actor import Actor
from server.service.services.exhibits import Upload

blueprint = make_blueprint("exhibits", "Material of attempts")


@blueprint.route("/attempts/<string:attempt_id>/exhibits")
class Exhibits(MethodView):
    @blueprint.arguments(BoardExhibitFileSchema, location="files")
    @blueprint.arguments(BoardExhibitFormSchema, location="form")
    @blueprint.response(201, BoardExhibitSchema)
    @needs("attempts.edit", on="attempt:attempt_id", does="exhibit.add")
    def post(self, files: dict[str, Any], form: dict[str, Any], attempt_id: str) -> Any:
        """Attach a file. The same file of the same kind is held once; what a closed attempt gains is judged."""
        me, sent = current(), files["file"]
        held = services.add_exhibit(
            court=me.court,
            attempt_id=attempt_id,
            upload=Upload(form["kind"], sent.filename or "", sent.stream),
            store=store(),
            actor=Actor.of(me),
            now=utc_now(),
        )
        audit.note(kind=form["kind"], sha256=held["sha256"], exhibit_id=held["_id"])
        return ready(exhibit(held), 201)


@blueprint.route("/exhibits/<string:exhibit_id>/file")
class ExhibitFile(MethodView):
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
    @needs("evidence.view", on="exhibit:exhibit_id", does="exhibit.view")
    def get(self, exhibit_id: str) -> Response:
        """The original bytes; ranges allowed."""
        held, source = services.open_exhibit(court=current().court, exhibit_id=exhibit_id, store=store())
        audit.note(attempt_id=held["attempt_id"], kind=held["kind"])
        return stream(
            source,
            media_type=held["media_type"],
            size=held["size"],
            etag=held["sha256"],
            name=held.get("filename") or f"{held['kind']}-{exhibit_id}",
        )
