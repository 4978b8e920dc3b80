"""People of the court, and the one-time codes that bind their phones."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.accounts import services
from server.accounts.roles import label
from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.people import BoardBindCodeSchema, BoardPeopleQuerySchema, BoardPeopleSchema
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs

blueprint = make_blueprint("people", "People and their phones")


@blueprint.route("/people")
class People(MethodView):
    @blueprint.arguments(BoardPeopleQuerySchema, location="query")
    @blueprint.response(200, BoardPeopleSchema)
    @needs("people.view")
    def get(self, query: dict[str, Any]) -> Any:
        """Active people of the court by staff number."""
        found = services.list_people(court=current().court, role=query["role"])
        return ready(page_of([_view(person) for person in found]))


@blueprint.route("/people/<string:person_id>/bind-code")
class PersonBindCode(MethodView):
    @blueprint.response(201, BoardBindCodeSchema)
    @needs("people.bind")
    def post(self, person_id: str) -> Any:
        """A one-time code for this person's phone, told once, good for half an hour."""
        me = current()
        code, expires_at = services.issue_bind_code(court=me.court, person_id=person_id, now=utc_now())
        audit.record(me, action="person.bind_code", object_type="person", object_id=person_id, now=utc_now())
        return ready({"bind_code": code, "expires_at": expires_at}, 201)


def _view(person: Any) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "staff_no": person.staff_no,
        "username": person.username,
        "roles": list(person.roles),
        "role_names": [label(role) for role in person.roles],
        "bound": bool(person.openid),
        "active": bool(person.active),
    }
