"""Short-lived links to papers and evidence, for viewers that cannot send our cookie."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint, ready
from server.board.schemas.personal import BoardLinkSchema
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.files import Link, make_link

blueprint = make_blueprint("links", "Signed short-lived links")


@blueprint.route("/papers/<string:paper_id>/link")
class PaperLink(MethodView):
    @blueprint.response(201, BoardLinkSchema)
    @needs("papers.view", on="paper:paper_id", does="paper.link")
    def post(self, paper_id: str) -> Any:
        """An address that downloads this paper for five minutes."""
        return _view(make_link(principal=current(), kind="paper", object_id=paper_id, now=utc_now()))


@blueprint.route("/evidence/<string:evidence_id>/link")
class EvidenceLink(MethodView):
    @blueprint.response(201, BoardLinkSchema)
    @needs("evidence.view", on="evidence:evidence_id", does="evidence.link")
    def post(self, evidence_id: str) -> Any:
        """An address that downloads this original for five minutes."""
        return _view(make_link(principal=current(), kind="evidence", object_id=evidence_id, now=utc_now()))


def _view(link: Link) -> Any:
    return ready({"url": link.url, "expires_at": link.expires_at}, 201)
