"""One visit: everything about it, and moving it by hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from server.board import detail, present
from server.board.blueprint import make_blueprint, ready
from server.board.schemas.visits import (
    BoardAssignSchema,
    BoardMovedSchema,
    BoardPriceAskSchema,
    BoardPriceSchema,
    BoardUnassignSchema,
    BoardVisitDetailSchema,
    BoardVisitSchema,
    BoardVisitWhySchema,
    BoardWithdrawSchema,
)
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.dispatch import services
from server.service.actor import Actor

blueprint = make_blueprint("visits", "A door to go to")


@blueprint.route("/visits/<string:visit_id>")
class Visit(MethodView):
    @blueprint.response(200, BoardVisitDetailSchema)
    @needs("dispatch.view", on="visit:visit_id", does="visit.view")
    def get(self, visit_id: str) -> Any:
        """The visit with its course, outcome, evidence, papers and track."""
        return ready(detail.visit_detail(current().court, visit_id))


@blueprint.route("/visits/<string:visit_id>/price")
class VisitPrice(MethodView):
    @blueprint.arguments(BoardPriceAskSchema)
    @blueprint.response(200, BoardPriceSchema)
    @needs("dispatch.assign", on="visit:visit_id", does="visit.price")
    def post(self, data: dict[str, Any], visit_id: str) -> Any:
        """What giving the visit to a server would cost and break, before it is dropped there."""
        return asdict(services.price_move(court=current().court, visit_id=visit_id, **data))


@blueprint.route("/visits/<string:visit_id>/why")
class VisitWhy(MethodView):
    @blueprint.response(200, BoardVisitWhySchema)
    @needs("dispatch.view", on="visit:visit_id")
    def get(self, visit_id: str) -> Any:
        """Why this server at this time and who would be next; or why nobody, and what would let it in."""
        return services.explain_visit(court=current().court, visit_id=visit_id, now=utc_now())


@blueprint.route("/visits/<string:visit_id>/assign")
class VisitAssign(MethodView):
    @blueprint.arguments(BoardAssignSchema)
    @blueprint.response(200, BoardMovedSchema)
    @needs("dispatch.assign", on="visit:visit_id", does="visit.assign")
    def post(self, data: dict[str, Any], visit_id: str) -> Any:
        """Give the visit to a server, at a place in the route or where it costs least."""
        me = current()
        moved = services.assign_visit(court=me.court, visit_id=visit_id, actor=Actor.of(me), now=utc_now(), **data)
        return ready(_moved(me.court, moved))


@blueprint.route("/visits/<string:visit_id>/unassign")
class VisitUnassign(MethodView):
    @blueprint.arguments(BoardUnassignSchema)
    @blueprint.response(200, BoardMovedSchema)
    @needs("dispatch.assign", on="visit:visit_id", does="visit.unassign")
    def post(self, data: dict[str, Any], visit_id: str) -> Any:
        """Take the visit off everybody."""
        me = current()
        moved = services.unassign_visit(court=me.court, visit_id=visit_id, actor=Actor.of(me), now=utc_now(), **data)
        return ready(_moved(me.court, moved))


@blueprint.route("/visits/<string:visit_id>/withdraw")
class VisitWithdraw(MethodView):
    @blueprint.arguments(BoardWithdrawSchema)
    @blueprint.response(200, BoardVisitSchema)
    @needs("dispatch.assign", on="visit:visit_id", does="visit.withdraw")
    def post(self, data: dict[str, Any], visit_id: str) -> Any:
        """Nobody goes: the visit is withdrawn and its recipient is free for another channel."""
        me = current()
        visit = services.withdraw_visit(court=me.court, visit_id=visit_id, actor=Actor.of(me), now=utc_now(), **data)
        audit.change(after={"state": "withdrawn"})
        audit.note(reason=data["reason"])
        return ready(present.visit(visit))


def _moved(court: str, moved: services.Moved) -> dict[str, Any]:
    visit = services.get_visit(court=court, visit_id=moved.visit_id)
    last = (visit.get("changes") or [{}])[-1]
    audit.change(before={"server_id": last.get("from_server")}, after={"server_id": last.get("to_server")})
    return {**present.visit(visit), "late": moved.late}
