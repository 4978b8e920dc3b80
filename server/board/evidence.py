"""Photos, signatures and recordings: what is known of them, their files, their likes. Every look is recorded."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView

from server.board import present
from server.board.blueprint import make_blueprint, page_of, ready, store
from server.board.schemas.evidence import (
    BoardEvidenceFileQuerySchema,
    BoardEvidenceKnownSchema,
    BoardEvidenceSimilarsSchema,
)
from server.core import audit, objects
from server.core.files import stream
from server.core.permissions import current, needs
from server.custody import decoding
from server.custody.services import copies, known, similar
from server.field.services import open_evidence
from server.law.outcomes import EVIDENCE_KINDS

blueprint = make_blueprint("evidence", "Evidence: what is known, files, likes")


@blueprint.route("/evidence/<string:evidence_id>")
class Evidence(MethodView):
    @blueprint.response(200, BoardEvidenceKnownSchema)
    @needs("evidence.view", on="evidence:evidence_id")
    def get(self, evidence_id: str) -> Any:
        """All that is known of one item: capture, analysis, place, log, late, copies."""
        found = known.known(court=current().court, evidence_id=evidence_id)
        address = f"/api/board/evidence/{evidence_id}/file?size="
        for one in found["copies"]:
            size = "display" if one["name"] == "poster" else one["name"]
            one["url"] = address + size
        return ready({**found, "fix": present.fix(found["fix"]), "url": f"{address}original"})


@blueprint.route("/evidence/<string:evidence_id>/similar")
class EvidenceSimilar(MethodView):
    @blueprint.response(200, BoardEvidenceSimilarsSchema)
    @needs("evidence.view", on="evidence:evidence_id")
    def get(self, evidence_id: str) -> Any:
        """Pictures of the court with the same bytes or nearly the same look, nearest first."""
        me = current()
        found = similar.similar(court=me.court, evidence_id=evidence_id)
        visible = objects.all_within("visit", [one.visit_id for one in found], me, "evidence.view")
        own = known.known(court=me.court, evidence_id=evidence_id)["visit_id"]
        items = [
            {
                **asdict(one),
                "label": EVIDENCE_KINDS.get(one.kind, one.kind),
                "same_visit": one.visit_id == own,
                "thumb_url": f"/api/board/evidence/{one.evidence_id}/file?size=thumb",
            }
            for one in found
            if one.visit_id in visible
        ]
        return ready(page_of(items) | {"hidden": len(found) - len(items)})


@blueprint.route("/evidence/<string:evidence_id>/file")
class EvidenceFile(MethodView):
    @blueprint.arguments(BoardEvidenceFileQuerySchema, location="query")
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
    @needs("evidence.view", on="evidence:evidence_id", does="evidence.view")
    def get(self, query: dict[str, Any], evidence_id: str) -> Response:
        """The original bytes, or a copy: small, for the screen, marked, or a film for browsers. Ranges allowed."""
        me, size = current(), query["size"]
        if size == "original":
            item, source = open_evidence(court=me.court, evidence_id=evidence_id, store=store())
            audit.note(size=size, visit_id=item.visit_id, evidence_kind=item.kind)
            return stream(
                source, media_type=item.media_type, size=item.size, etag=item.sha256, name=f"{item.kind}-{item.id}"
            )
        raw, copy = copies.open_copy(
            court=me.court, evidence_id=evidence_id, size=size, store=store(), sandbox=decoding.sandbox
        )
        audit.note(size=size, visit_id=raw["visit_id"], evidence_kind=raw["kind"])
        response = stream(
            copy.stream,
            media_type=copy.media_type,
            size=copy.size,
            etag=copy.etag,
            name=f"{raw['kind']}-{evidence_id}-{size}",
        )
        # A content-addressed original never changes, so neither does its copy; only this browser may keep it.
        response.headers["Cache-Control"] = "private, max-age=3600"
        return response
