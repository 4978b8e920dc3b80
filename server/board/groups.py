"""Groups of people who are given roles together."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.accounts.services import groups as services
from server.accounts.services import people_lists
from server.board import reach
from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.administration import (
    BoardGroupAskedSchema,
    BoardGroupChangesSchema,
    BoardGroupSchema,
    BoardGroupsSchema,
)
from server.board.schemas.people import BoardVersionSchema
from server.core import objects
from server.core.clock import utc_now
from server.core.permissions import current, needs

blueprint = make_blueprint("groups", "Groups of people")


@blueprint.route("/groups")
class Groups(MethodView):
    @blueprint.response(200, BoardGroupsSchema)
    @needs("groups.view")
    def get(self) -> Any:
        """The court's groups with their members."""
        found = services.list_groups(where=objects.within("group", current(), "groups.view"))
        return ready(page_of(_views(found)))

    @blueprint.arguments(BoardGroupAskedSchema)
    @blueprint.response(201, BoardGroupSchema)
    @needs("groups.edit", does="group.create")
    def post(self, data: dict[str, Any]) -> Any:
        """A new, empty group; people are put into it where their grants are edited."""
        court = reach.whole_court("group", "groups.edit")
        made = services.create_group(court=court, by=current().person_id, now=utc_now(), **data)
        return ready(_views([made])[0], 201)


@blueprint.route("/groups/<string:group_id>")
class Group(MethodView):
    @blueprint.response(200, BoardGroupSchema)
    @needs("groups.view", on="group:group_id")
    def get(self, group_id: str) -> Any:
        """One group with its members."""
        return ready(_views([services.get_group(group_id=group_id)])[0])

    @blueprint.arguments(BoardGroupChangesSchema)
    @blueprint.response(200, BoardGroupSchema)
    @needs("groups.edit", on="group:group_id", does="group.change")
    def patch(self, data: dict[str, Any], group_id: str) -> Any:
        """Another name or other roles, for every member at once."""
        changed = services.change_group(group_id=group_id, by=current().person_id, now=utc_now(), **data)
        return ready(_views([changed])[0])

    @blueprint.arguments(BoardVersionSchema, location="query")
    @blueprint.response(204)
    @needs("groups.edit", on="group:group_id", does="group.delete")
    def delete(self, query: dict[str, Any], group_id: str) -> None:
        """Only an empty group can go."""
        services.delete_group(group_id=group_id, by=current().person_id, now=utc_now(), **query)


def _views(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    described = people_lists.described_grants([group["grants"] for group in groups])
    return [
        {
            "id": group["_id"],
            "version": group["version"],
            "name": group["name"],
            "grants": grants,
            "members": group["members"],
        }
        for group, grants in zip(groups, described, strict=True)
    ]
