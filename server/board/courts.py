"""The tree of courts, as far as it is within reach."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.accounts.services import courts as services
from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.administration import (
    BoardCourtAskedSchema,
    BoardCourtChangesSchema,
    BoardCourtSchema,
    BoardCourtsQuerySchema,
    BoardCourtsSchema,
)
from server.core import objects
from server.core.clock import utc_now
from server.core.permissions import current, needs

blueprint = make_blueprint("courts", "Courts as a tree")


@blueprint.route("/courts")
class Courts(MethodView):
    @blueprint.arguments(BoardCourtsQuerySchema, location="query")
    @blueprint.response(200, BoardCourtsSchema)
    @needs("courts.view")
    def get(self, query: dict[str, Any]) -> Any:
        """The courts within reach, those `below` one when asked; by level."""
        codes = objects.courts_of(current(), "courts.view")
        return ready(page_of([_view(one) for one in services.list_courts(codes=codes, below=query["below"])]))

    @blueprint.arguments(BoardCourtAskedSchema)
    @blueprint.response(201, BoardCourtSchema)
    @needs("courts.edit", does="court.create")
    def post(self, data: dict[str, Any]) -> Any:
        """A new court under one within reach."""
        objects.locate("court", data["parent"], current(), "courts.edit")
        return ready(_view(services.create_court(by=current().person_id, now=utc_now(), **data)), 201)


@blueprint.route("/courts/<string:code>")
class Court(MethodView):
    @blueprint.arguments(BoardCourtChangesSchema)
    @blueprint.response(200, BoardCourtSchema)
    @needs("courts.edit", on="court:code", does="court.change")
    def patch(self, data: dict[str, Any], code: str) -> Any:
        """Another name, or another court above: everything under it moves along."""
        if data["parent"]:
            objects.locate("court", data["parent"], current(), "courts.edit")
        return ready(_view(services.change_court(code=code, by=current().person_id, now=utc_now(), **data)))


def _view(court: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": court["_id"],
        "name": court["name"],
        "level": court["level"],
        "parent": court.get("parent"),
        "version": court.get("version", 1),
    }
