"""Targets of the service contracts: what was agreed, what was reached, how it is counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from flask.views import MethodView

from server.board.blueprint import make_blueprint, ready
from server.board.overview import period
from server.board.schemas.personal import BoardOverviewQuerySchema
from server.board.schemas.targets import BoardTargetsSchema
from server.core import objects
from server.core.clock import court_day, utc_now
from server.core.permissions import current, needs
from server.statistics import contract, facts, targets
from server.statistics.measuring import Measured

blueprint = make_blueprint("targets", "What the service contracts ask and what was reached")
TWELVE_MONTHS = timedelta(days=365)


@blueprint.route("/targets")
class Targets(MethodView):
    @blueprint.arguments(BoardOverviewQuerySchema, location="query")
    @blueprint.response(200, BoardTargetsSchema)
    @needs("overview.view", does="targets.view")
    def get(self, query: dict[str, Any]) -> Any:
        """Measures over the tasks that came in between two days (both included); the last 30 days by default.

        Volumes are of the twelve months up to the last day.
        """
        now = utc_now()
        first, last, begin, end = period(query, court_day(now))
        courts = objects.courts_of(current(), "overview.view")
        tasks = list(facts.of_period(courts=courts, begin=begin, end=end))
        readings = current_app.extensions["target_readings"]
        measured = [*targets.of_tasks(tasks, now=now, readings=readings), *targets.unknown(readings)]
        return ready(
            {
                "from": first,
                "to": last,
                "tasks": len(tasks),
                "measures": [_shown(one) for one in measured],
                "volumes": _volumes(courts, end),
                "prices": [{"code": one.code, "text": one.text_zh, "fen": one.fen} for one in contract.PRICES],
            }
        )


def _shown(one: Measured) -> dict[str, Any]:
    definition = one.definition
    return {
        "check": definition.check,
        "code": definition.code,
        "text": definition.text_zh,
        "numerator": definition.numerator_zh,
        "denominator": definition.denominator_zh,
        "excluded": definition.excluded_zh,
        "threshold": float(definition.threshold),
        "sense": definition.sense,
        "unit": definition.unit,
        "chosen": one.chosen,
        "met": one.met,
        "lacking": one.lacking_zh,
        "readings": [
            {
                "code": figure.code,
                "text": figure.text_zh,
                "numerator": float(figure.numerator),
                "denominator": figure.denominator,
                "value": None if figure.value is None else float(figure.value),
                "met": figure.met,
            }
            for figure in one.figures
        ],
    }


def _volumes(courts: Any, end: datetime) -> list[dict[str, Any]]:
    counts = facts.volumes(courts=courts, begin=end - TWELVE_MONTHS, end=end)
    return [
        {
            "check": one.volume.check,
            "code": one.volume.code,
            "text": one.volume.text_zh,
            "foreseen": one.volume.foreseen,
            "done": one.done,
            "left": one.left,
        }
        for one in contract.used(counts)
    ]
