"""Papers: download, and making them again after something was put right."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask.views import MethodView

from server.board.blueprint import make_blueprint, ready, store
from server.board.schemas.visits import BoardPapersAskedSchema
from server.core import audit
from server.core.errors import NotFound
from server.core.files import stream
from server.core.permissions import current, needs
from server.reports import services
from server.reports.tasks import ask_again

blueprint = make_blueprint("papers", "Proofs of service and service reports")


@blueprint.route("/papers/<string:paper_id>/file")
class PaperFile(MethodView):
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf")
    @needs("papers.view", on="paper:paper_id", does="paper.download")
    def get(self, paper_id: str) -> Response:
        """The PDF. Every look is recorded."""
        me = current()
        paper = services.get_paper(court=me.court, paper_id=paper_id)
        if paper is None:
            raise NotFound(code="paper.not_found", title="没有这份文书")
        audit.note(visit_id=paper.visit_id, paper_kind=paper.kind, version=paper.version)
        name = f"{services.LABELS[paper.kind]}-{paper.number}-v{paper.version}.pdf"
        source = store().open(paper.store_key)
        return stream(source, media_type="application/pdf", size=paper.size, etag=paper.sha256, name=name)


@blueprint.route("/visits/<string:visit_id>/papers")
class VisitPapers(MethodView):
    @blueprint.response(202, BoardPapersAskedSchema)
    @needs("papers.make", on="visit:visit_id", does="paper.make")
    def post(self, visit_id: str) -> Any:
        """Make the papers of an accepted visit again; they get a new version, the old ones stay."""
        me = current()
        basis = ask_again(court=me.court, visit_id=visit_id)
        audit.note(basis=basis)
        return ready({"visit_id": visit_id, "basis": basis}, 202)
