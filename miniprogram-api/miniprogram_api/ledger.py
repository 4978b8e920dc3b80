"""The sync ledger of the phone's own day, and whether what there is will do before leaving the door."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from miniprogram_api.blueprint import blueprint
from miniprogram_api.ledger_schemas import (
    CheckAnswer,
    LedgerAnswer,
    PhoneCheckSchema,
    PhoneLedgerQuerySchema,
    PhoneWithdrawSchema,
    WithdrawnAnswer,
)
from server.core import audit
from server.core.clock import court_day, utc_now
from server.core.permissions import current, needs
from server.custody.services import checking, ledger
from server.field.services.outcome import Entry, Signer, Witness
from server.service.actor import Actor


@blueprint.route("/ledger")
class Ledger(MethodView):
    @blueprint.arguments(PhoneLedgerQuerySchema, location="query")
    @blueprint.response(200, LedgerAnswer)
    @needs("phone.work", least="own")
    def get(self, query: dict[str, Any]) -> Any:
        """Every item I announced for a day and where it stands: delete nothing on the phone that is not held here."""
        me, now = current(), utc_now()
        day = query["date"] or court_day(now)
        found = ledger.of_person(court=me.court, person_id=me.person_id, day=day.isoformat())
        return {"date": day, "counts": found.counts.document(), "items": found.items}


@blueprint.route("/items/withdraw")
class Withdraw(MethodView):
    @blueprint.arguments(PhoneWithdrawSchema)
    @blueprint.response(200, WithdrawnAnswer)
    @needs("phone.work", least="own", does="item.withdraw")
    def post(self, data: dict[str, Any]) -> Any:
        """Nothing is to come for this item: it was deleted before it was sent. What is here already stays."""
        me = current()
        item, repeated = ledger.withdraw(court=me.court, actor=Actor.of(me), now=utc_now(), **data)
        audit.note(**data, sha256=item["sha256"])
        return {**item, "repeated": repeated}


@blueprint.route("/visits/<string:visit_id>/check")
class Check(MethodView):
    @blueprint.arguments(PhoneCheckSchema)
    @blueprint.response(200, CheckAnswer)
    @needs("phone.work", on="door:visit_id", does="visit.check")
    def post(self, data: dict[str, Any], visit_id: str) -> Any:
        """What the law still wants for this outcome, counting what is only announced, and what is held already."""
        me, now = current(), utc_now()
        signer, witness, items = data.pop("signer"), data.pop("witness"), tuple(data.pop("items"))
        entry = Entry(
            client_id="",
            happened_at=now,
            signer=Signer(**signer) if signer else None,
            witness=Witness(**witness) if witness else None,
            evidence=items,
            **data,
        )
        found = checking.check(court=me.court, visit_id=visit_id, actor=Actor.of(me), entry=entry)
        audit.note(outcome=entry.code, ready=found.ready)
        return asdict(found) | {"enough": found.enough, "ready": found.ready}
