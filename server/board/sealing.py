"""Electronic seals: sealing a paper, fetching the sealed file, checking any PDF."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, current_app
from flask.views import MethodView

from server.board.blueprint import make_blueprint, ready, store
from server.board.schemas.sealing import (
    BoardSealedPaperSchema,
    BoardSealReportSchema,
    BoardSealSchema,
    BoardVerifyFileSchema,
)
from server.core import audit
from server.core.clock import utc_now
from server.core.errors import Conflict
from server.core.files import stream
from server.core.permissions import current, needs
from server.papers.seal.provider import Place
from server.reports import sealing, services
from server.service.actor import Actor

blueprint = make_blueprint("sealing", "Electronic seals")


@blueprint.route("/papers/<string:paper_id>/seal")
class PaperSeal(MethodView):
    @blueprint.arguments(BoardSealSchema)
    @blueprint.response(200, BoardSealedPaperSchema)
    @needs("papers.seal", on="paper:paper_id", does="paper.seal")
    def post(self, place: dict[str, Any], paper_id: str) -> Any:
        """Seal a paper in the court's name. The unsealed file stays; a paper is sealed once."""
        me = current()
        paper = sealing.seal_paper(
            court=me.court,
            paper_id=paper_id,
            provider=current_app.extensions["seals"],
            store=store(),
            actor=Actor.of(me),
            now=utc_now(),
            place=Place(**place) if place else None,
        )
        audit.note(paper_kind=paper.kind, version=paper.version, sha256=paper.sealed_sha256)
        names = ("id", "sha256", "sealed_sha256", "sealed_at", "sealed_by", "seal_serial", "seal_level")
        return ready({name: getattr(paper, name) for name in names})


@blueprint.route("/papers/<string:paper_id>/sealed")
class SealedPaper(MethodView):
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf")
    @needs("papers.view", on="paper:paper_id", does="paper.download")
    def get(self, paper_id: str) -> Response:
        """The sealed PDF. Every look is recorded."""
        paper = services.get_paper(court=current().court, paper_id=paper_id)
        if paper is None:
            raise sealing.paper_not_found()
        if paper.sealed_at is None:
            raise Conflict(code="seal.unsealed", title="该文书尚未加盖电子印章")
        audit.note(paper_kind=paper.kind, version=paper.version, sealed=True)
        name = f"{services.LABELS[paper.kind]}-{paper.number}-v{paper.version}-已盖章.pdf"
        source = store().open(paper.sealed_store_key)
        return stream(source, media_type="application/pdf", size=paper.sealed_size, etag=paper.sealed_sha256, name=name)


@blueprint.route("/papers/verify")
class PaperVerify(MethodView):
    @blueprint.arguments(BoardVerifyFileSchema, location="files")
    @blueprint.response(200, BoardSealReportSchema)
    @needs("papers.view", least="own", does="paper.verify")
    def post(self, files: dict[str, Any]) -> Any:
        """Whether a PDF's seal holds, and what was changed. The file is not kept."""
        me = current()
        settings = current_app.extensions["settings"]
        report, known = sealing.look_at(files["file"].stream.read(), court=me.court, settings=settings, now=utc_now())
        audit.note(sha256=report.sha256, state=report.state.value)
        shown = asdict(report)
        shown.pop("court")
        return ready(shown | {"state": report.state.value, "title": report.title, "known": _known(known)})


def _known(paper: Any) -> dict[str, Any] | None:
    if paper is None:
        return None
    names = ("id", "kind", "number", "version")
    return {name: getattr(paper, name) for name in names} | {"sealed": paper.sealed_at is not None}
