"""Capture tickets for a whole shift."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from miniprogram_api.blueprint import blueprint
from miniprogram_api.custody_schemas import PhoneTicketsSchema, TicketsAnswer
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.custody.services import tickets


@blueprint.route("/tickets")
class Tickets(MethodView):
    @blueprint.arguments(PhoneTicketsSchema)
    @blueprint.response(200, TicketsAnswer)
    @needs("phone.work", least="own", does="ticket.issue")
    def post(self, data: dict[str, Any]) -> Any:
        """A signed ticket for each visit of my day and one without a visit; asking again answers the same ones."""
        me, now = current(), utc_now()
        issued = tickets.issue(
            court=me.court, person_id=me.person_id, device_id=data["device_id"], day=data["date"], now=now
        )
        audit.note(date=data["date"].isoformat(), device_id=issued.device_id, tickets=len(issued.tickets))
        return {
            "server_time": now,
            "device_id": issued.device_id,
            "gallery_allowed": issued.gallery_allowed,
            "verifier": issued.verifier,
            "tickets": [{**one, "ticket_id": one["_id"]} for one in issued.tickets],
        }
