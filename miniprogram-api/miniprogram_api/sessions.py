"""Signing in with WeChat, binding a WeChat account to a member of staff, and confirming their browser's sign-in."""

from __future__ import annotations

from typing import Any

from flask import g, request
from flask.views import MethodView

from miniprogram_api.answers import SessionAnswer, TokenAnswer
from miniprogram_api.blueprint import blueprint, wechat
from miniprogram_api.schemas import PhoneBindSchema, PhoneConfirmationSchema, PhoneSignInSchema
from server.accounts import services
from server.accounts.rights import names_of
from server.accounts.services import SignedIn, scans
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs, public


@blueprint.route("/session")
class PhoneSession(MethodView):
    @blueprint.arguments(PhoneSignInSchema)
    @blueprint.response(201, SessionAnswer)
    @public("signing in with WeChat comes before having a session", does="session.open")
    def post(self, data: dict[str, Any]) -> Any:
        """Sign in with a wx.login() code; 403 phone.not_bound when the WeChat account is not bound yet."""
        openid = wechat().code_to_openid(data["code"]).openid
        return _answer(services.sign_in_phone(openid=openid, device=data["device"], now=utc_now(), **_place()))

    @blueprint.response(204)
    @needs("session.finish", least="own", does="session.close")
    def delete(self) -> None:
        """Sign out on this phone."""
        services.sign_out(current().session_id, now=utc_now())


@blueprint.route("/session/rotate")
class Rotation(MethodView):
    @blueprint.response(201, TokenAnswer)
    @needs("session.finish", least="own", does="session.rotate")
    def post(self) -> Any:
        """A new token, daily. The old one is good for five minutes more; its use after that ends the session."""
        signed_in = services.rotate(session_id=current().session_id, now=utc_now())
        return {"token": signed_in.token, "expires_at": signed_in.expires_at}


@blueprint.route("/confirmations")
class Confirmations(MethodView):
    @blueprint.arguments(PhoneConfirmationSchema)
    @blueprint.response(204)
    @needs("me.view", least="own", does="session.scan_confirm")
    def post(self, data: dict[str, Any]) -> None:
        """Confirms, on my own phone, that it is me who signs in at the screen showing this code."""
        scans.confirm(principal=current(), challenge=data["challenge"], now=utc_now())


@blueprint.route("/bindings")
class Bindings(MethodView):
    @blueprint.arguments(PhoneBindSchema)
    @blueprint.response(201, SessionAnswer)
    @public("binding is how a phone first becomes known", does="phone.bind")
    def post(self, data: dict[str, Any]) -> Any:
        """Bind this WeChat account to the person a one-time code was made for, and sign in."""
        openid = wechat().code_to_openid(data["code"]).openid
        signed_in = services.bind_phone(
            openid=openid,
            court=data["court"],
            bind_code=data["bind_code"],
            device=data["device"],
            now=utc_now(),
            **_place(),
        )
        return _answer(signed_in)


def _place() -> dict[str, str]:
    return {"remote": request.remote_addr or "", "agent": request.user_agent.string}


def _answer(signed_in: SignedIn) -> dict[str, Any]:
    person = signed_in.person
    g.principal = services.identify_token(signed_in.token, now=utc_now())  # whose deed it was, for the audit log
    audit.target("person", person.id)
    return {
        "token": signed_in.token,
        "expires_at": signed_in.expires_at,
        "person": {
            "id": person.id,
            "name": person.name,
            "staff_no": person.staff_no,
            "roles": list(g.principal.roles),
            "role_names": names_of(g.principal.roles),
            "court": services.get_court(person.court),
        },
    }
