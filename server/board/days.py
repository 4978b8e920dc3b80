"""Days: the list, the whole day at a glance, choosing its visits, where everybody is, how far they went."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.board import distances, present
from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.days import (
    BoardCarriedSchema,
    BoardDaysSchema,
    BoardDayViewSchema,
    BoardMileagesSchema,
    BoardPositionsSchema,
    BoardSelectionSchema,
)
from server.core import audit
from server.core.clock import court_day, utc_now
from server.core.http import Schema
from server.core.permissions import current, needs
from server.dispatch import services
from server.dispatch.services.daysheet import parse_day
from server.field.services import latest_positions
from server.service.actor import Actor

blueprint = make_blueprint("days", "A day: visits, routes, people")

_ON_THEIR_WAY = ("assigned", "accepted", "departed", "arrived")


@blueprint.route("/days")
class Days(MethodView):
    @blueprint.response(200, BoardDaysSchema)
    @needs("dispatch.view")
    def get(self) -> Any:
        """Days around today that have visits or a roster, newest first."""
        found = services.list_days(court=current().court, around=court_day(utc_now()))
        items = [
            {
                "date": one.day,
                "visits": one.visits,
                "done": one.done,
                "servers": one.servers,
                "plan_state": one.plan_state,
            }
            for one in found
        ]
        return ready(page_of(items))


@blueprint.route("/days/<string:date>")
class Day(MethodView):
    @blueprint.response(200, BoardDayViewSchema)
    @needs("dispatch.view", does="day.view")
    def get(self, date: str) -> Any:
        """The whole day: roster, visits, routes as they stand, the latest plan, totals."""
        court = current().court
        audit.target("day", date)
        day = services.read_day(court=court, day=date)
        return ready(
            {
                "date": date,
                "roster_version": day.roster_version,
                "roster": [present.roster_entry(entry) for entry in day.entries],
                "visits": present.visits(day.visits),
                "routes": [{"server_id": server, **route} for server, route in sorted(day.routes.items())],
                "plan": present.plan(day.plan) if day.plan else None,
                "totals": _totals(day, distances.tracked_m(court, date)),
            }
        )


def _totals(day: services.DayData, tracked_m: int) -> dict[str, Any]:
    states = [visit["state"] for visit in day.visits]
    planned_m = sum(route["planned_m"] for route in day.routes.values())
    return {
        "visits": len(states),
        "open": states.count("open"),
        "assigned": sum(1 for state in states if state in _ON_THEIR_WAY),
        "done": states.count("ended"),
        "km_planned": round(planned_m / 1000, 2),
        "km_tracked": round(tracked_m / 1000, 2),
    }


@blueprint.route("/days/<string:date>/selection")
class DaySelection(MethodView):
    @blueprint.arguments(Schema)
    @blueprint.response(200, BoardSelectionSchema)
    @needs("dispatch.plan", does="day.select")
    def post(self, _data: dict[str, Any], date: str) -> Any:
        """Choose by rule what needs the door, lock it against other channels, order the visits. Safe to repeat."""
        me = current()
        selection = services.select_visits(court=me.court, day=date, actor=Actor.of(me), now=utc_now())
        audit.target("day", date)
        audit.note(created=selection.created)
        return selection


@blueprint.route("/days/<string:date>/carry-over")
class DayCarryOver(MethodView):
    @blueprint.arguments(Schema)
    @blueprint.response(200, BoardCarriedSchema)
    @needs("dispatch.plan", does="day.carry_over")
    def post(self, _data: dict[str, Any], date: str) -> Any:
        """Visits of earlier days that nobody set out for are meant for this day now."""
        me = current()
        moved = services.carry_over(court=me.court, day=date, actor=Actor.of(me), now=utc_now())
        audit.target("day", date)
        audit.note(moved=moved)
        return {"moved": moved}


@blueprint.route("/days/<string:date>/positions")
class DayPositions(MethodView):
    @blueprint.response(200, BoardPositionsSchema)
    @needs("dispatch.view")
    def get(self, date: str) -> Any:
        """Where every server was last seen."""
        found = latest_positions(court=current().court, day=parse_day(date))
        items = [
            {"server_id": one.server_id, "wgs84": list(one.wgs84), "at": one.at, "accuracy_m": one.accuracy_m}
            for one in found
        ]
        return ready(page_of(items))


@blueprint.route("/days/<string:date>/mileage")
class DayMileage(MethodView):
    @blueprint.response(200, BoardMileagesSchema)
    @needs("dispatch.view")
    def get(self, date: str) -> Any:
        """Metres planned and tracked, and visits done, of everybody on the roster."""
        return ready(page_of(distances.mileage(current().court, date)))
