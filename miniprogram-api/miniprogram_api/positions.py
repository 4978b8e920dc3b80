"""Positions in batches."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from miniprogram_api.answers import PositionsAnswer
from miniprogram_api.blueprint import blueprint
from miniprogram_api.schemas import PhonePositionsSchema
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.field import services
from server.service.actor import Actor


@blueprint.route("/positions")
class Positions(MethodView):
    @blueprint.arguments(PhonePositionsSchema)
    @blueprint.response(201, PositionsAnswer)
    @needs("phone.work", least="own", does="position.send")
    def post(self, data: dict[str, Any]) -> Any:
        """Positions of my day; each that cannot be believed is answered with its reason, the others are kept."""
        me = current()
        return services.record_positions(
            court=me.court,
            actor=Actor.of(me),
            client_id=data["client_id"],
            day=data["date"],
            fixes=data["fixes"],
            now=utc_now(),
        )
