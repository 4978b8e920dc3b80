"""The reviewer's queue and word."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.board import detail, present
from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.visits import (
    BoardReviewQuerySchema,
    BoardReviewsSchema,
    BoardVisitDetailSchema,
    BoardVisitReviewSchema,
)
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.custody.services import placing
from server.field import services
from server.service.actor import Actor

blueprint = make_blueprint("reviews", "Checking what came back from the doors")


@blueprint.route("/reviews")
class Reviews(MethodView):
    @blueprint.arguments(BoardReviewQuerySchema, location="query")
    @blueprint.response(200, BoardReviewsSchema)
    @needs("reviews.view")
    def get(self, query: dict[str, Any]) -> Any:
        """Outcomes by state of review, oldest first; each with the number of items whose place is in doubt."""
        found = services.list_reviews(
            court=current().court,
            state=query["state"],
            day=query["date"],
            page=query["page"],
            page_size=query["page_size"],
        )
        doubts = placing.doubts(court=current().court, visit_ids=[one["_id"] for one in found.items])
        items = [{**one, "doubts": doubts.get(one["id"], 0)} for one in present.visits(found.items)]
        return ready(page_of(items, found.total, found.page, found.page_size))


@blueprint.route("/visits/<string:visit_id>/review")
class VisitReview(MethodView):
    @blueprint.arguments(BoardVisitReviewSchema)
    @blueprint.response(200, BoardVisitDetailSchema)
    @needs("reviews.decide", on="visit:visit_id", does="visit.review")
    def post(self, data: dict[str, Any], visit_id: str) -> Any:
        """Accept the outcome, or send it back with a reason the server sees on the phone."""
        me = current()
        services.review_visit(court=me.court, visit_id=visit_id, actor=Actor.of(me), now=utc_now(), **data)
        audit.change(before={"review": "pending"}, after={"review": data["decision"]})
        audit.note(reason=data.get("reason") or "")
        return ready(detail.visit_detail(me.court, visit_id))
