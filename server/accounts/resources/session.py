"""/api/session: the steps of signing in, and signing out."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request
from flask.views import MethodView

from server.accounts import services
from server.accounts.resources.blueprint import blueprint
from server.accounts.resources.describe import step
from server.accounts.resources.guard import adopt, sign_in
from server.accounts.schemas import (
    CodeSchema,
    ScanShownSchema,
    ScanStateSchema,
    SignedInSchema,
    SignInSchema,
    WaysSchema,
)
from server.accounts.services import scans, second_factor
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs, public


@blueprint.route("/session")
class SessionResource(MethodView):
    @blueprint.arguments(SignInSchema)
    @blueprint.response(201, SignedInSchema)
    @public("signing in comes before having an account in hand", does="session.open")
    def post(self, data: dict[str, str]) -> Any:
        """Sign in with a name and password; sets the session cookie. `next` says what is still asked for."""
        return step(sign_in(data["username"], data["password"]), g.principal)

    @blueprint.response(204)
    @needs("session.finish", least="own", does="session.close")
    def delete(self) -> None:
        """Sign out: this session ends here and now."""
        services.sign_out(current().session_id, now=utc_now())
        g.new_session_token = ""


@blueprint.route("/session/second-factor")
class SecondFactor(MethodView):
    @blueprint.arguments(CodeSchema)
    @blueprint.response(200, SignedInSchema)
    @needs("session.finish", least="own", does="session.second_factor")
    def post(self, data: dict[str, str]) -> Any:
        """The second step with a code of the authenticator app, or a recovery code. The session gets a new cookie."""
        principal = current()
        audit.target("person", principal.person_id)
        signed_in = second_factor.finish(
            principal=principal, code=data["code"], remote=request.remote_addr or "", now=utc_now()
        )
        adopt(signed_in)
        return step(signed_in, g.principal)


@blueprint.route("/session/scan")
class Scan(MethodView):
    @blueprint.response(201, ScanShownSchema)
    @needs("session.finish", least="own", does="session.scan_begin")
    def post(self) -> Any:
        """A QR code that the same person's bound phone confirms within two minutes."""
        return scans.begin(principal=current(), now=utc_now())

    @blueprint.response(200, ScanStateSchema)
    @needs("session.finish", least="own")
    def get(self) -> Any:
        """What became of it. The poll that finds it confirmed is given the new cookie and `csrf`."""
        principal = current()
        if principal.stage != "second_factor":
            return {"state": "expired", "next": "done" if principal.stage == "full" else principal.stage}
        found = scans.state(principal=principal, now=utc_now())
        if found.signed_in is None:
            return {"state": found.state, "next": principal.stage}
        audit.does("session.second_factor")
        audit.target("person", principal.person_id)
        audit.note(factor="scan")
        adopt(found.signed_in)
        return {"state": found.state, **step(found.signed_in, g.principal)}


@blueprint.route("/session/ways")
class Ways(MethodView):
    @blueprint.response(200, WaysSchema)
    @public("the sign-in page asks how one may sign in")
    def get(self) -> Any:
        """How one may sign in here."""
        providers = current_app.extensions.get("oidc") or {}
        return {
            "password": True,
            "oidc": [{"provider": name, "label": one.settings.label} for name, one in providers.items()],
            "ldap": current_app.extensions.get("directory") is not None,
        }
