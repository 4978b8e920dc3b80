"""Announcing what was captured before its bytes come, and giving a visit to what had none."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from miniprogram_api.blueprint import blueprint
from miniprogram_api.custody_schemas import ItemAnswer, ItemsAnswer, PhoneItemsSchema, PhoneLinkSchema, Unusable
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.custody.services import announcing
from server.custody.services.announcing import Answer, NewItem
from server.service.actor import Actor


@blueprint.route("/items")
class Items(MethodView):
    @blueprint.arguments(PhoneItemsSchema)
    @blueprint.response(200, ItemsAnswer)
    @needs("phone.work", least="own", does="evidence.announce")
    def post(self, data: dict[str, Any]) -> Any:
        """Enter items in the shift's ledger; one answer for each, in the order sent. Repeating is harmless."""
        me = current()
        given: list[NewItem | Unusable] = data["items"]
        done = iter(
            announcing.announce(
                court=me.court,
                actor=Actor.of(me),
                date=data["date"].isoformat() if data["date"] else None,
                items=[one for one in given if isinstance(one, NewItem)],
                source="phone",
                now=utc_now(),
            )
        )
        answers = [_unusable(one) if isinstance(one, Unusable) else _answer(next(done)) for one in given]
        refused = sum(one["state"] is None for one in answers)
        audit.note(items=len(answers), refused=refused)
        return {"items": answers}


@blueprint.route("/items/link")
class Link(MethodView):
    @blueprint.arguments(PhoneLinkSchema)
    @blueprint.response(200, ItemAnswer)
    @needs("phone.work", least="own", does="evidence.relink")
    def post(self, data: dict[str, Any]) -> Any:
        """Give an item that was captured without a visit its visit. Repeating is harmless."""
        me = current()
        audit.note(client_id=data["client_id"], visit_id=data["visit_id"])
        return _answer(
            announcing.link(
                court=me.court,
                actor=Actor.of(me),
                client_id=data["client_id"],
                visit_id=data["visit_id"],
                now=utc_now(),
            )
        )


def _answer(one: Answer) -> dict[str, Any]:
    return {
        "client_id": one.client_id,
        "visit_id": one.visit_id,
        "state": one.state,
        "upload_needed": one.upload_needed,
        "repeated": one.repeated,
        "problem": one.problem,
    }


def _unusable(one: Unusable) -> dict[str, Any]:
    problem = {"code": "request.invalid", "status": 422, "title": "提交的内容有误", "errors": one.errors}
    return {
        "client_id": one.client_id,
        "visit_id": one.visit_id,
        "state": None,
        "upload_needed": False,
        "repeated": False,
        "problem": problem,
    }
