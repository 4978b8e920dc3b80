"""The day roster, read and written whole."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.accounts import services as accounts
from server.board import present
from server.board.blueprint import make_blueprint, ready
from server.board.schemas.days import BoardRosterAskedSchema, BoardRosterSchema
from server.core import audit
from server.core.clock import utc_now
from server.core.errors import Invalid
from server.core.permissions import current, needs
from server.dispatch import services
from server.dispatch.rosters import ROLE
from server.dispatch.services.roster import point_of

blueprint = make_blueprint("rosters", "Who works on a day")


@blueprint.route("/days/<string:date>/roster")
class Roster(MethodView):
    @blueprint.response(200, BoardRosterSchema)
    @needs("roster.view")
    def get(self, date: str) -> Any:
        """The roster; an empty one of version 0 when nobody has made it yet."""
        return ready(_view(services.get_roster(court=current().court, day=date)))

    @blueprint.arguments(BoardRosterAskedSchema)
    @blueprint.response(200, BoardRosterSchema)
    @needs("roster.edit", does="roster.edit")
    def put(self, data: dict[str, Any], date: str) -> Any:
        """Replace the roster. Whoever still has visits that day cannot be taken off it."""
        court = current().court
        people = {person.id: person for person in accounts.list_people(court=court, role=ROLE)}
        entries = [_entry(asked, people) for asked in data["entries"]]
        stored = services.put_roster(court=court, day=date, entries=entries, version=data["version"], now=utc_now())
        audit.target("day", date)
        audit.change(after={"on_duty": [entry["staff_no"] for entry in entries], "version": stored["version"]})
        return ready(_view(stored))


def _entry(asked: dict[str, Any], people: dict[str, Any]) -> dict[str, Any]:
    person = people.get(asked["server_id"])
    if person is None:
        raise Invalid(
            code="roster.unknown_person", title="排班中有人不是本院的外出送达员", server_id=asked["server_id"]
        )
    entry = {
        "server_id": person.id,
        "staff_no": person.staff_no,
        "name": person.name,
        "start": point_of(**asked["start"]["point"]),
        "shift_start_s": asked["shift"][0],
        "shift_end_s": asked["shift"][1],
        "mode": asked["mode"],
        "max_stops": asked["max_stops"],
        "skills": asked["skills"],
        "areas": asked["areas"],
        "status": asked["status"],
    }
    if asked["pause"]:
        entry.update(break_start_s=asked["pause"][0], break_end_s=asked["pause"][1])
    if asked["second_break"]:
        entry.update(second_break_start_s=asked["second_break"][0], second_break_end_s=asked["second_break"][1])
    if asked["max_km"] is not None:
        entry["max_km"] = asked["max_km"]
    return entry


def _view(raw: dict[str, Any]) -> dict[str, Any]:
    entries = [present.roster_entry(entry) for entry in raw["entries"]]
    return {"date": raw["date"], "version": raw["version"], "entries": entries}
