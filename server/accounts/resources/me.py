"""/api/me: who I am, my password, my second factor, my sessions."""

from __future__ import annotations

from typing import Any

from flask import g, request
from flask.views import MethodView

from server.accounts import services
from server.accounts.resources.blueprint import blueprint
from server.accounts.resources.describe import describe, step
from server.accounts.resources.guard import adopt
from server.accounts.schemas import (
    CodeSchema,
    EnrolledSchema,
    EnrolmentSchema,
    MeSchema,
    OwnSessionsSchema,
    PasswordChangeSchema,
    SignedInSchema,
    TotpStateSchema,
)
from server.accounts.services import second_factor
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs


@blueprint.route("/me")
class Me(MethodView):
    @blueprint.response(200, MeSchema)
    @needs("session.finish", least="own")
    def get(self) -> Any:
        """Who is signed in, what they may do, and what the page needs to start."""
        principal = current()
        return describe(principal, csrf=services.csrf_of(principal.session_id))


@blueprint.route("/me/password")
class Password(MethodView):
    @blueprint.arguments(PasswordChangeSchema)
    @blueprint.response(200, SignedInSchema)
    @needs("session.finish", least="own", does="me.password")
    def put(self, data: dict[str, str]) -> Any:
        """A new password. This session gets a new cookie, every other browser is signed out."""
        signed_in = services.change_password(
            principal=current(), old=data["old"], new=data["new"], remote=request.remote_addr or "", now=utc_now()
        )
        adopt(signed_in)
        return step(signed_in, g.principal)


@blueprint.route("/me/totp")
class Totp(MethodView):
    @blueprint.response(200, TotpStateSchema)
    @needs("session.finish", least="own")
    def get(self) -> Any:
        """Whether an authenticator app is enrolled, and how many recovery codes are left."""
        return second_factor.state_of(current().person_id)

    @blueprint.response(201, EnrolmentSchema)
    @needs("session.finish", least="own", does="me.totp_begin")
    def post(self) -> Any:
        """A new secret for an authenticator app, told once; good when confirmed with its first code."""
        audit.target("person", current().person_id)
        return second_factor.begin_enrolment(principal=current(), now=utc_now())

    @blueprint.arguments(CodeSchema)
    @blueprint.response(204)
    @needs("me.view", least="own", does="me.totp_remove")
    def delete(self, data: dict[str, str]) -> None:
        """Gives the authenticator app up, with one of its codes."""
        audit.target("person", current().person_id)
        second_factor.remove(principal=current(), code=data["code"], remote=request.remote_addr or "", now=utc_now())


@blueprint.route("/me/totp/confirm")
class TotpConfirmation(MethodView):
    @blueprint.arguments(CodeSchema)
    @blueprint.response(200, EnrolledSchema)
    @needs("session.finish", least="own", does="me.totp_confirm")
    def post(self, data: dict[str, str]) -> Any:
        """The first code of the app: it is enrolled, and the recovery codes are told, once."""
        principal = current()
        audit.target("person", principal.person_id)
        codes, signed_in = second_factor.confirm_enrolment(
            principal=principal, code=data["code"], remote=request.remote_addr or "", now=utc_now()
        )
        if signed_in is None:
            csrf = services.csrf_of(principal.session_id)
            return {"recovery_codes": codes, "csrf": csrf, "next": "done", "me": describe(principal, csrf=csrf)}
        adopt(signed_in)
        return {"recovery_codes": codes, **step(signed_in, g.principal)}


@blueprint.route("/me/sessions")
class OwnSessions(MethodView):
    @blueprint.response(200, OwnSessionsSchema)
    @needs("me.view", least="own")
    def get(self) -> Any:
        """Where I am signed in, newest first."""
        principal = current()
        return {"items": services.list_sessions(principal.person_id, now=utc_now(), session_id=principal.session_id)}


@blueprint.route("/me/sessions/<public_id>")
class OwnSession(MethodView):
    @blueprint.response(204)
    @needs("me.view", least="own", does="me.session_end")
    def delete(self, public_id: str) -> None:
        """Ends one of my sessions at once; ending this one signs me out."""
        audit.target("session", public_id)
        services.end_one(person_id=current().person_id, public_id=public_id, now=utc_now())
