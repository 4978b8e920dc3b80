"""One visit: looking at it, its steps, its outcome."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from miniprogram_api import shapes
from miniprogram_api.answers import StopAnswer, UnmaskedAnswer, WrittenAnswer
from miniprogram_api.blueprint import blueprint, ready
from miniprogram_api.schemas import PhoneEventSchema, PhoneOutcomeSchema, PhoneUnmaskSchema
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.field import services
from server.field.services.outcome import Entry, Signer, Witness
from server.field.services.unmask import unmask_at_door
from server.service.actor import Actor


@blueprint.route("/visits/<string:visit_id>")
class OneVisit(MethodView):
    @blueprint.response(200, StopAnswer)
    @needs("phone.work", on="door:visit_id")
    def get(self, visit_id: str) -> Any:
        """One visit of mine; 409 visit.not_yours says where it went."""
        me = current()
        found = services.visit_of_phone(court=me.court, visit_id=visit_id, person_id=me.person_id, now=utc_now())
        return ready(shapes.stop(found.visits[0], found, me.person_id))


@blueprint.route("/visits/<string:visit_id>/events")
class Events(MethodView):
    @blueprint.arguments(PhoneEventSchema)
    @blueprint.response(201, WrittenAnswer)
    @needs("phone.work", on="door:visit_id", does="visit.progress")
    def post(self, data: dict[str, Any], visit_id: str) -> Any:
        """Accept, depart or arrive; may come late, out of order and more than once."""
        me = current()
        audit.note(step=data["kind"], client_id=data["client_id"])
        return services.record_progress(
            court=me.court,
            visit_id=visit_id,
            actor=Actor.of(me),
            client_id=data["client_id"],
            kind=data["kind"],
            happened_at=data["happened_at"],
            fix=data["fix"],
            now=utc_now(),
        )


@blueprint.route("/visits/<string:visit_id>/outcome")
class Outcome(MethodView):
    @blueprint.arguments(PhoneOutcomeSchema)
    @blueprint.response(201, WrittenAnswer)
    @needs("phone.work", on="door:visit_id", does="visit.outcome")
    def post(self, data: dict[str, Any], visit_id: str) -> Any:
        """The outcome; 422 outcome.evidence_missing lists what the law still wants."""
        me = current()
        signer = Signer(**data.pop("signer")) if data["signer"] else data.pop("signer")
        witness = Witness(**data.pop("witness")) if data["witness"] else data.pop("witness")
        entry = Entry(**{**data, "evidence": tuple(data["evidence"])}, signer=signer, witness=witness)
        done = services.record_outcome(
            court=me.court, visit_id=visit_id, actor=Actor.of(me), entry=entry, now=utc_now()
        )
        audit.note(client_id=entry.client_id)
        audit.change(after={"outcome": entry.code})
        return asdict(done)


@blueprint.route("/visits/<string:visit_id>/unmask")
class Unmask(MethodView):
    @blueprint.arguments(PhoneUnmaskSchema)
    @blueprint.response(200, UnmaskedAnswer)
    @needs("phone.work", on="door:visit_id", does="personal.unmask")
    def post(self, data: dict[str, Any], visit_id: str) -> Any:
        """The recipient's full telephone number, on the day of my visit; counted and recorded."""
        seen = unmask_at_door(principal=current(), visit_id=visit_id, field=data["field"], now=utc_now())
        return {"field": seen.field, "value": seen.value}
