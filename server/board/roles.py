"""Roles: the seeded ones, the court's own, and the permissions they are made of."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.accounts.catalogue import CLASS_LABELS, CODES
from server.accounts.services import roles as services
from server.board import reach
from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.administration import (
    BoardPermissionsSchema,
    BoardRoleAskedSchema,
    BoardRoleChangesSchema,
    BoardRoleSchema,
    BoardRolesSchema,
)
from server.board.schemas.people import BoardVersionSchema
from server.core.clock import utc_now
from server.core.permissions import current, needs

blueprint = make_blueprint("roles", "Roles and permissions")


@blueprint.route("/roles")
class Roles(MethodView):
    @blueprint.response(200, BoardRolesSchema)
    @needs("roles.view")
    def get(self) -> Any:
        """Seeded roles (read-only) and the court's own."""
        return ready(page_of(_views()))

    @blueprint.arguments(BoardRoleAskedSchema)
    @blueprint.response(201, BoardRoleSchema)
    @needs("roles.edit", does="role.create")
    def post(self, data: dict[str, Any]) -> Any:
        """A role of the court's own, of permissions the asker may hand out."""
        court = reach.whole_court("role", "roles.edit")
        made = services.create_role(court=court, by=current().person_id, now=utc_now(), **data)
        return ready(_view(made["_id"]), 201)


@blueprint.route("/roles/<string:role_id>")
class Role(MethodView):
    @blueprint.arguments(BoardRoleChangesSchema)
    @blueprint.response(200, BoardRoleSchema)
    @needs("roles.edit", on="role:role_id", does="role.change")
    def patch(self, data: dict[str, Any], role_id: str) -> Any:
        """Change a role for everybody who holds it."""
        version = data.pop("version")
        services.change_role(role_id=role_id, version=version, changes=data, by=current().person_id, now=utc_now())
        return ready(_view(role_id))

    @blueprint.arguments(BoardVersionSchema, location="query")
    @blueprint.response(204)
    @needs("roles.edit", on="role:role_id", does="role.delete")
    def delete(self, query: dict[str, Any], role_id: str) -> None:
        """Only a role nobody holds can go."""
        services.delete_role(role_id=role_id, by=current().person_id, now=utc_now(), **query)


@blueprint.route("/permissions")
class Permissions(MethodView):
    @blueprint.response(200, BoardPermissionsSchema)
    @needs("roles.view")
    def get(self) -> Any:
        """Every permission there is, and how far the asker may hand it out in this court."""
        me = current()
        reached = services.may_hand_out(by=me.person_id, court=me.court, codes=CODES, now=utc_now())
        items = [
            {
                "code": one.code,
                "label": one.label,
                "duty": one.duty,
                "duty_label": CLASS_LABELS[one.duty],
                "group": one.group,
                "may_grant": one.code in reached,
                "up_to": reached[one.code].code if one.code in reached else None,
            }
            for one in CODES.values()
        ]
        return ready(page_of(items))


def _views() -> list[dict[str, Any]]:
    me = current()
    may_edit = "roles.edit" in me.permissions
    found = services.list_roles(court=me.court, by=me.person_id, now=utc_now())
    return [
        {**role, "editable": may_edit and not role["seeded"] and reached}
        for role in found
        for reached in [role.pop("in_reach")]
    ]


def _view(role_id: str) -> dict[str, Any]:
    return next(role for role in _views() if role["id"] == role_id)
