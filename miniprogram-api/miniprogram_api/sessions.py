"""Signing in with WeChat, and binding a WeChat account to a member of staff."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from miniprogram_api.answers import SessionAnswer
from miniprogram_api.blueprint import blueprint, wechat
from miniprogram_api.schemas import PhoneBindSchema, PhoneSignInSchema
from server.accounts import services
from server.accounts.roles import label
from server.accounts.services import SignedIn
from server.core.clock import utc_now
from server.core.permissions import current, needs, public


@blueprint.route("/session")
class PhoneSession(MethodView):
    @blueprint.arguments(PhoneSignInSchema)
    @blueprint.response(201, SessionAnswer)
    @public("signing in with WeChat comes before having a session")
    def post(self, data: dict[str, Any]) -> Any:
        """Sign in with a wx.login() code; 403 phone.not_bound when the WeChat account is not bound yet."""
        openid = wechat().code_to_openid(data["code"]).openid
        return _answer(services.sign_in_phone(openid=openid, device=data["device"], now=utc_now()))

    @blueprint.response(204)
    @needs("phone.work")
    def delete(self) -> None:
        """Sign out on this phone."""
        services.sign_out(current().session_id)


@blueprint.route("/bindings")
class Bindings(MethodView):
    @blueprint.arguments(PhoneBindSchema)
    @blueprint.response(201, SessionAnswer)
    @public("binding is how a phone first becomes known")
    def post(self, data: dict[str, Any]) -> Any:
        """Bind this WeChat account to the person a one-time code was made for, and sign in."""
        openid = wechat().code_to_openid(data["code"]).openid
        signed_in = services.bind_phone(
            openid=openid,
            court=data["court"],
            bind_code=data["bind_code"],
            device=data["device"],
            now=utc_now(),
        )
        return _answer(signed_in)


def _answer(signed_in: SignedIn) -> dict[str, Any]:
    person = signed_in.person
    return {
        "token": signed_in.token,
        "expires_at": signed_in.expires_at,
        "person": {
            "id": person.id,
            "name": person.name,
            "staff_no": person.staff_no,
            "roles": list(person.roles),
            "role_names": [label(role) for role in person.roles],
            "court": services.get_court(person.court),
        },
    }
