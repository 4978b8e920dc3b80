"""K22: staff turnover."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from server.accounts.services.turnover import DEFINITION, turnover_of
from server.board.blueprint import make_blueprint, ready
from server.board.schemas.administration import BoardPeriodSchema, BoardTurnoverSchema
from server.core import objects
from server.core.permissions import current, needs

blueprint = make_blueprint("turnover", "Staff turnover (K22)")


@blueprint.route("/people/turnover")
class PeopleTurnover(MethodView):
    @blueprint.arguments(BoardPeriodSchema, location="query")
    @blueprint.response(200, BoardTurnoverSchema)
    @needs("people.view")
    def get(self, query: dict[str, Any]) -> Any:
        """How many left in a period against the average headcount; `definition` says how it is counted."""
        counted = turnover_of(where=objects.within("person", current(), "people.view"), **query)
        period = {"from": query["first"], "to": query["last"]}
        return ready({**period, **asdict(counted), "definition": DEFINITION})
