"""The day's route."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from miniprogram_api import shapes
from miniprogram_api.answers import RouteAnswer
from miniprogram_api.blueprint import blueprint, ready
from miniprogram_api.schemas import PhoneRouteQuerySchema
from server.core.clock import court_day, utc_now
from server.core.permissions import current, needs
from server.field import services


@blueprint.route("/route")
class Route(MethodView):
    @blueprint.arguments(PhoneRouteQuerySchema, location="query")
    @blueprint.response(200, RouteAnswer)
    @needs("phone.work", least="own", does="route.view")
    def get(self, query: dict[str, Any]) -> Any:
        """My stops of a day in order, today when no date is given, and visits of other days that were sent back."""
        principal, now = current(), utc_now()
        found = services.route_of_day(
            court=principal.court, person_id=principal.person_id, day=query["date"] or court_day(now), now=now
        )
        return ready(shapes.route(found, principal, now=now))
