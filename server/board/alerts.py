"""Security alerts: who looked at too much or was refused too often, and what came of it."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.alerts import services
from server.alerts.rules import KINDS
from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.personal import (
    BoardAlertQuerySchema,
    BoardAlertSchema,
    BoardAlertSettleSchema,
    BoardAlertsSchema,
)
from server.core import audit, objects
from server.core.clock import utc_now
from server.core.permissions import current, needs

blueprint = make_blueprint("alerts", "Security alerts")


@blueprint.route("/alerts")
class Alerts(MethodView):
    @blueprint.arguments(BoardAlertQuerySchema, location="query")
    @blueprint.response(200, BoardAlertsSchema)
    @needs("alerts.view", does="alerts.view")
    def get(self, query: dict[str, Any]) -> Any:
        """Newest first."""
        me = current()
        within = {"court": {"$in": sorted(objects.courts_of(me, "alerts.view"))}}
        found, total = services.list_alerts(within=within, **query)
        return ready(page_of([_view(one) for one in found], total, query["page"], query["page_size"]))


@blueprint.route("/alerts/<string:alert_id>/settle")
class AlertSettle(MethodView):
    @blueprint.arguments(BoardAlertSettleSchema)
    @blueprint.response(200, BoardAlertSchema)
    @needs("alerts.settle", on="alert:alert_id", does="alert.settle")
    def post(self, data: dict[str, Any], alert_id: str) -> Any:
        """Close it, saying what was found out."""
        settled = services.settle(alert_id=alert_id, principal=current(), now=utc_now(), **data)
        audit.change(before={"state": "open"}, after={"state": settled.state, "note": settled.note})
        return ready(_view(settled))


def _view(one: Any) -> dict[str, Any]:
    return {
        "id": one.id,
        "court": one.court,
        "kind": one.kind,
        "kind_label": KINDS[one.kind],
        "person": {"id": one.person_id, "name": one.person_name},
        "at": one.at,
        "count": one.count,
        "window": one.window,
        "state": one.state,
        "settled_by": one.settled_by_name,
        "settled_at": one.settled_at,
        "note": one.note,
        "version": one.version,
    }
