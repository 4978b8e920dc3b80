"""Divisions (庭室) of the court."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.accounts.services import courts as services
from server.board import reach
from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.administration import (
    BoardDivisionAskedSchema,
    BoardDivisionChangesSchema,
    BoardDivisionSchema,
    BoardDivisionsSchema,
)
from server.core import objects
from server.core.clock import utc_now
from server.core.permissions import current, needs

blueprint = make_blueprint("divisions", "Divisions of a court")


@blueprint.route("/divisions")
class Divisions(MethodView):
    @blueprint.response(200, BoardDivisionsSchema)
    @needs("courts.view")
    def get(self) -> Any:
        """The divisions within reach, those in use first."""
        found = services.list_divisions(where=objects.within("division", current(), "courts.view"))
        return ready(page_of([_view(one) for one in found]))

    @blueprint.arguments(BoardDivisionAskedSchema)
    @blueprint.response(201, BoardDivisionSchema)
    @needs("divisions.edit", does="division.create")
    def post(self, data: dict[str, Any]) -> Any:
        """A new division of the court."""
        court = reach.whole_court("division", "divisions.edit")
        return ready(_view(services.create_division(court=court, name=data["name"])), 201)


@blueprint.route("/divisions/<string:division_id>")
class Division(MethodView):
    @blueprint.arguments(BoardDivisionChangesSchema)
    @blueprint.response(200, BoardDivisionSchema)
    @needs("divisions.edit", on="division:division_id", does="division.change")
    def patch(self, data: dict[str, Any], division_id: str) -> Any:
        """Another name, out of use, or in use again."""
        changed = services.change_division(division_id=division_id, by=current().person_id, now=utc_now(), **data)
        return ready(_view(changed))


def _view(division: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": division["_id"],
        "version": division.get("version", 1),
        "name": division["name"],
        "active": bool(division.get("active", True)),
        "people": division["people"],
    }
