"""People of the court: who they are, what they hold, their ways in, their phones."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.accounts import services
from server.accounts.services import people_access, people_changes, people_grants, people_lists
from server.board import reach
from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.people import (
    BoardAgreementAskedSchema,
    BoardBindCodeSchema,
    BoardEndedSchema,
    BoardGrantsAskedSchema,
    BoardLeaveSchema,
    BoardOneTimePasswordSchema,
    BoardPeopleQuerySchema,
    BoardPeopleSchema,
    BoardPersonAskedSchema,
    BoardPersonChangesSchema,
    BoardPersonRegisteredSchema,
    BoardPersonSchema,
    BoardReturnSchema,
    BoardSecondmentAskedSchema,
    BoardSessionsSchema,
    BoardVersionSchema,
)
from server.core import audit, objects
from server.core.clock import court_day, utc_now
from server.core.errors import Conflict
from server.core.permissions import current, needs
from server.custody.services import devices
from server.dispatch.services.roster import holding_visits

blueprint = make_blueprint("people", "People, what they hold, and their phones")


@blueprint.route("/people")
class People(MethodView):
    @blueprint.arguments(BoardPeopleQuerySchema, location="query")
    @blueprint.response(200, BoardPeopleSchema)
    @needs("people.view")
    def get(self, query: dict[str, Any]) -> Any:
        """People within reach by staff number."""
        where = objects.within("person", current(), "people.view")
        found, total = people_lists.find_people(where=where, **query)
        return ready(page_of(people_lists.described(found), total, query["page"], query["page_size"]))

    @blueprint.arguments(BoardPersonAskedSchema)
    @blueprint.response(201, BoardPersonRegisteredSchema)
    @needs("people.edit", does="person.register")
    def post(self, data: dict[str, Any]) -> Any:
        """Register somebody, without any roles; the one-time password is told here and never again."""
        reach.division_within(data["division"], "people.edit")
        person, told = people_changes.register_person(court=current().court, now=utc_now(), **data)
        return ready({"person": _one(person), "one_time_password": told}, 201)


@blueprint.route("/people/<string:person_id>")
class Person(MethodView):
    @blueprint.response(200, BoardPersonSchema)
    @needs("people.view", on="person:person_id")
    def get(self, person_id: str) -> Any:
        """One person, with every permission they hold today and from where."""
        return ready(_one(people_lists.raw_person(person_id)))

    @blueprint.arguments(BoardPersonChangesSchema)
    @blueprint.response(200, BoardPersonSchema)
    @needs("people.edit", on="person:person_id", does="person.change")
    def patch(self, data: dict[str, Any], person_id: str) -> Any:
        """Change what is known of somebody. Another division gives rights of division scope anew."""
        version = data.pop("version")
        if "division" in data:
            reach.division_within(data["division"], "people.edit")
        changed = people_changes.change_person(
            person_id=person_id, version=version, changes=data, by=current().person_id, now=utc_now()
        )
        return ready(_one(changed))


@blueprint.route("/people/<string:person_id>/agreement")
class PersonAgreement(MethodView):
    @blueprint.arguments(BoardAgreementAskedSchema)
    @blueprint.response(200, BoardPersonSchema)
    @needs("people.edit", on="person:person_id", does="person.agreement")
    def put(self, data: dict[str, Any], person_id: str) -> Any:
        """Record the confidentiality agreement (保密协议)."""
        return ready(_one(people_changes.record_agreement(**_asked(data, person_id))))


@blueprint.route("/people/<string:person_id>/leave")
class PersonLeave(MethodView):
    @blueprint.arguments(BoardLeaveSchema)
    @blueprint.response(200, BoardPersonSchema)
    @needs("people.edit", on="person:person_id", does="person.leave")
    def post(self, data: dict[str, Any], person_id: str) -> Any:
        """Somebody leaves: rights, sessions and phone end at once. Refused while visits of today are theirs."""
        now = utc_now()
        held = person_id in holding_visits(court=current().court, day=court_day(now).isoformat())
        if held and not data.pop("force"):
            raise Conflict(code="person.open_visits", title="此人员今天还有未完成的送达任务，请先改派，或确认强制办理")
        data.pop("force", None)
        audit.note(open_visits=held)
        return ready(_one(people_changes.leave(**_asked(data, person_id))))


@blueprint.route("/people/<string:person_id>/return")
class PersonReturn(MethodView):
    @blueprint.arguments(BoardReturnSchema)
    @blueprint.response(200, BoardPersonSchema)
    @needs("people.edit", on="person:person_id", does="person.return")
    def post(self, data: dict[str, Any], person_id: str) -> Any:
        """Somebody who left works here again, with no rights yet."""
        return ready(_one(people_changes.come_back(**_asked(data, person_id))))


@blueprint.route("/people/<string:person_id>/grants")
class PersonGrants(MethodView):
    @blueprint.arguments(BoardGrantsAskedSchema)
    @blueprint.response(200, BoardPersonSchema)
    @needs("people.grant", on="person:person_id", does="person.grants")
    def put(self, data: dict[str, Any], person_id: str) -> Any:
        """Replace roles and groups; nobody gives or takes what is beyond their own authority."""
        return ready(_one(people_grants.put_grants(**_asked(data, person_id))))


@blueprint.route("/people/<string:person_id>/secondments")
class PersonSecondments(MethodView):
    @blueprint.arguments(BoardSecondmentAskedSchema)
    @blueprint.response(201, BoardPersonSchema)
    @needs("people.grant", on="person:person_id", does="person.second")
    def post(self, data: dict[str, Any], person_id: str) -> Any:
        """Lend somebody to a court or division for a time (借调)."""
        return ready(_one(people_grants.second(**_asked(data, person_id))), 201)


@blueprint.route("/people/<string:person_id>/secondments/<string:secondment_id>")
class PersonSecondment(MethodView):
    @blueprint.arguments(BoardVersionSchema, location="query")
    @blueprint.response(200, BoardPersonSchema)
    @needs("people.grant", on="person:person_id", does="person.second_end")
    def delete(self, query: dict[str, Any], person_id: str, secondment_id: str) -> Any:
        """End a secondment at once."""
        after = people_grants.end_secondment(secondment_id=secondment_id, **_asked(query, person_id))
        return ready(_one(after))


@blueprint.route("/people/<string:person_id>/password-reset")
class PersonPasswordReset(MethodView):
    @blueprint.arguments(BoardVersionSchema)
    @blueprint.response(201, BoardOneTimePasswordSchema)
    @needs("sessions.end", on="person:person_id", does="person.password_reset")
    def post(self, data: dict[str, Any], person_id: str) -> Any:
        """A one-time password, told once; every session of the person ends."""
        return ready({"one_time_password": people_access.reset_password(**_asked(data, person_id))}, 201)


@blueprint.route("/people/<string:person_id>/second-factor")
class PersonSecondFactor(MethodView):
    @blueprint.arguments(BoardVersionSchema, location="query")
    @blueprint.response(204)
    @needs("sessions.end", on="person:person_id", does="person.second_factor_remove")
    def delete(self, query: dict[str, Any], person_id: str) -> None:
        """Take a lost second factor away; every session of the person ends."""
        people_access.remove_second_factor(**_asked(query, person_id))


@blueprint.route("/people/<string:person_id>/sessions")
class PersonSessions(MethodView):
    @blueprint.response(200, BoardSessionsSchema)
    @needs("sessions.end", on="person:person_id")
    def get(self, person_id: str) -> Any:
        """Where somebody is signed in."""
        shown = ("id", "kind", "how", "device", "agent", "remote", "created_at", "last_seen_at", "expires_at")
        found = services.list_sessions(person_id, now=utc_now())
        return ready(page_of([{key: one[key] for key in shown} for one in found]))

    @blueprint.response(200, BoardEndedSchema)
    @needs("sessions.end", on="person:person_id", does="person.sessions_end")
    def delete(self, person_id: str) -> Any:
        """Sign somebody out everywhere."""
        ended = services.end_sessions(person_id, now=utc_now())
        audit.note(ended=ended)
        return ready({"ended": ended})


@blueprint.route("/people/<string:person_id>/sessions/<string:session_id>")
class PersonSession(MethodView):
    @blueprint.response(204)
    @needs("sessions.end", on="person:person_id", does="person.session_end")
    def delete(self, person_id: str, session_id: str) -> None:
        """Sign somebody out in one place."""
        audit.note(session=session_id)
        services.end_one(person_id=person_id, public_id=session_id, now=utc_now())


@blueprint.route("/people/<string:person_id>/lost-phone")
class PersonLostPhone(MethodView):
    @blueprint.arguments(BoardVersionSchema)
    @blueprint.response(200, BoardEndedSchema)
    @needs("sessions.end", on="person:person_id", does="person.lost_phone")
    def post(self, data: dict[str, Any], person_id: str) -> Any:
        """A lost phone: unbound, signed out, and its signing keys revoked at once."""
        asked = _asked(data, person_id)
        ended = people_access.report_lost_phone(**asked)
        audit.note(keys_revoked=devices.revoke_all(court=current().court, person_id=person_id, now=asked["now"]))
        return ready({"ended": ended})


@blueprint.route("/people/<string:person_id>/bind-code")
class PersonBindCode(MethodView):
    @blueprint.response(201, BoardBindCodeSchema)
    @needs("people.bind", on="person:person_id", does="person.bind_code")
    def post(self, person_id: str) -> Any:
        """A one-time code for this person's phone, told once, good for half an hour."""
        me, now = current(), utc_now()
        people_access.may_bind(person_id=person_id, by=me.person_id, now=now)
        code, expires_at = services.issue_bind_code(court=me.court, person_id=person_id, now=now)
        audit.note(expires_at=expires_at.isoformat())
        return ready({"bind_code": code, "expires_at": expires_at}, 201)


def _asked(data: dict[str, Any], person_id: str) -> dict[str, Any]:
    return {**data, "person_id": person_id, "by": current().person_id, "now": utc_now()}


def _one(person: dict[str, Any]) -> dict[str, Any]:
    """As in lists, with every permission held today."""
    return {
        **people_lists.described([person])[0],
        "permissions": people_lists.permissions_of(person, now=utc_now()),
    }
