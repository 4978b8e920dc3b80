"""Taking an open visit, and giving one back before setting out. Both are harmless to repeat."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from miniprogram_api import shapes
from miniprogram_api.answers import ClaimableListAnswer, WrittenAnswer
from miniprogram_api.blueprint import blueprint, ready
from miniprogram_api.schemas import PhoneClaimSchema, PhoneReleaseSchema, PhoneRouteQuerySchema
from server.core.clock import court_day, utc_now
from server.core.permissions import current, needs
from server.dispatch import services
from server.field.services import release_visit
from server.field.services.guard import written_of
from server.service.actor import Actor


@blueprint.route("/claimable")
class Claimable(MethodView):
    @blueprint.arguments(PhoneRouteQuerySchema, location="query")
    @blueprint.response(200, ClaimableListAnswer)
    @needs("phone.work", least="own")
    def get(self, query: dict[str, Any]) -> Any:
        """Visits of the day that nobody has and I could take; empty when I am not on duty."""
        me = current()
        now = utc_now()
        day = query["date"] or court_day(now)
        found = services.claimable(court=me.court, day=day.isoformat(), server_id=me.person_id, now=now)
        return ready({"items": [_open(one) for one in found], "total": len(found), "page": 1, "page_size": len(found)})


@blueprint.route("/visits/<string:visit_id>/claim")
class Claim(MethodView):
    @blueprint.arguments(PhoneClaimSchema)
    @blueprint.response(200, WrittenAnswer)
    @needs("phone.work", on="door:visit_id", does="visit.claim")
    def post(self, _data: dict[str, Any], visit_id: str) -> Any:
        """Take an open visit; of two at once exactly one gets it, the other 409 visit.taken."""
        me = current()
        visit = services.claim_visit(
            court=me.court, visit_id=visit_id, server_id=me.person_id, actor=Actor.of(me), now=utc_now()
        )
        return written_of(visit, repeated=False)


@blueprint.route("/visits/<string:visit_id>/release")
class Release(MethodView):
    @blueprint.arguments(PhoneReleaseSchema)
    @blueprint.response(200, WrittenAnswer)
    @needs("phone.work", on="door:visit_id", does="visit.release")
    def post(self, data: dict[str, Any], visit_id: str) -> Any:
        """Give a visit back, with the reason, before setting out."""
        me = current()
        return release_visit(
            court=me.court, visit_id=visit_id, actor=Actor.of(me), reason=data["reason"], now=utc_now()
        )


def _open(visit: dict[str, Any]) -> dict[str, Any]:
    """Without name and numbers: whoever only looks may not learn whom it is about."""
    return {
        "visit_id": visit["_id"],
        "version": visit["version"],
        "case_number": visit["case_number"],
        "recipient_kind": visit["recipient_kind"],
        "address": visit["address"],
        "point": shapes.point(visit.get("point")),
        "windows": visit.get("windows") or [],
        "minutes": visit["minutes"],
        "skills": visit.get("skills") or [],
        "due_on": visit["due_on"],
    }
