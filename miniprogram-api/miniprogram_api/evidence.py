"""Evidence in one piece; resumable uploads of videos come with the evidence issue."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from miniprogram_api.answers import EvidenceAnswer
from miniprogram_api.blueprint import blueprint, store
from miniprogram_api.schemas import PhoneEvidenceFileSchema, PhoneEvidenceFormSchema
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.custody.services import receiving
from server.field.rules import RawFix
from server.field.services.evidence import WARNINGS, Held, Upload
from server.service.actor import Actor


@blueprint.route("/visits/<string:visit_id>/evidence")
class Evidence(MethodView):
    @blueprint.arguments(PhoneEvidenceFileSchema, location="files")
    @blueprint.arguments(PhoneEvidenceFormSchema, location="form")
    @blueprint.response(201, EvidenceAnswer)
    @needs("phone.work", on="door:visit_id", does="evidence.add")
    def post(self, files: dict[str, Any], form: dict[str, Any], visit_id: str) -> Any:
        """Hold one photo, signature, recording or scan; answered only when the bytes are durable."""
        me = current()
        upload = Upload(
            client_id=form["client_id"],
            kind=form["kind"],
            sha256=form["sha256"],
            captured_at=form["captured_at"],
            fix=_fix(form),
            stream=files["file"].stream,
        )
        held = receiving.receive(
            court=me.court, visit_id=visit_id, actor=Actor.of(me), store=store(), upload=upload, now=utc_now()
        )
        audit.note(evidence_id=held.evidence_id, kind=form["kind"], sha256=held.sha256, client_id=held.client_id)
        return _answer(held)


def _fix(form: dict[str, Any]) -> RawFix | None:
    """The position beside the picture, as of the moment it was captured."""
    if form["lng"] is None:
        return None
    return RawFix(
        lng=form["lng"],
        lat=form["lat"],
        datum=form["datum"],
        accuracy_m=form["accuracy_m"],
        provider=form["provider"],
        at=form["captured_at"],
    )


def _answer(held: Held) -> dict[str, Any]:
    return {
        "evidence_id": held.evidence_id,
        "client_id": held.client_id,
        "kind": held.kind,
        "sha256": held.sha256,
        "size": held.size,
        "held": True,
        "repeated": held.repeated,
        "warnings": [{"code": code, "title": WARNINGS.get(code, code)} for code in held.warnings],
    }
