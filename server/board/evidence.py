"""Photos, signatures and recordings as files. Every look is recorded."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask.views import MethodView

from evidence.errors import EvidenceError
from evidence.thumbnails import display_copy, thumbnail
from server.board.blueprint import make_blueprint, store
from server.board.schemas.visits import BoardEvidenceFileQuerySchema
from server.core import audit
from server.core.errors import DomainError
from server.core.files import stream
from server.core.permissions import current, needs
from server.field.services import open_evidence

blueprint = make_blueprint("evidence", "Evidence files")

_COPIES = {"thumb": thumbnail, "display": display_copy}


@blueprint.route("/evidence/<string:evidence_id>/file")
class EvidenceFile(MethodView):
    @blueprint.arguments(BoardEvidenceFileQuerySchema, location="query")
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
    @needs("evidence.view", on="evidence:evidence_id", does="evidence.view")
    def get(self, query: dict[str, Any], evidence_id: str) -> Response:
        """The original bytes (ranges allowed), or a smaller upright JPEG of a photo for lists (thumb) and screens."""
        me, size = current(), query["size"]
        item, source = open_evidence(court=me.court, evidence_id=evidence_id, store=store())
        audit.note(size=size, visit_id=item.visit_id, evidence_kind=item.kind)
        if size == "original":
            return stream(
                source, media_type=item.media_type, size=item.size, etag=item.sha256, name=f"{item.kind}-{item.id}"
            )
        with source:
            return _copy(source, size)


def _copy(source: Any, size: str) -> Response:
    try:
        smaller = _COPIES[size](source)
    except EvidenceError as error:
        raise DomainError(code="evidence.no_picture", status=404, title="该材料没有缩略图") from error
    response = Response(smaller, mimetype="image/jpeg")
    # A content-addressed original never changes, so neither does its copy; only this browser may keep it.
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
