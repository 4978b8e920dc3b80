"""The second look while still at the door: asking for one, and reading what was answered when no stream is open."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from miniprogram_api.blueprint import blueprint
from miniprogram_api.ledger_schemas import LookAskedAnswer, LooksAnswer, PhoneLookSchema
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.custody.services import looks
from server.service.actor import Actor


@blueprint.route("/visits/<string:visit_id>/look")
class AskLook(MethodView):
    @blueprint.arguments(PhoneLookSchema)
    @blueprint.response(201, LookAskedAnswer)
    @needs("phone.work", on="door:visit_id", does="look.ask")
    def post(self, data: dict[str, Any], visit_id: str) -> Any:
        """Ask the office to look now. The answer comes by GET /live/phone (look.answered), or is read by GET looks."""
        me = current()
        request = looks.Request(data["client_id"], data["code"], data["note"], tuple(data["items"]))
        found, repeated = looks.ask(
            court=me.court, visit_id=visit_id, actor=Actor.of(me), request=request, now=utc_now()
        )
        audit.note(look_id=found["look_id"], client_id=request.client_id, outcome=request.code)
        return {**found, "repeated": repeated}


@blueprint.route("/visits/<string:visit_id>/looks")
class Looks(MethodView):
    @blueprint.response(200, LooksAnswer)
    @needs("phone.work", on="door:visit_id")
    def get(self, visit_id: str) -> Any:
        """Every second look of this visit of mine, newest first."""
        me = current()
        return {"items": looks.of_visit(court=me.court, visit_id=visit_id, actor=Actor.of(me))}
