"""/api/session and /api/me, and the guard that knows who asks."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, g, request
from flask.views import MethodView
from flask_smorest import Blueprint

from server.accounts import rights, services
from server.accounts.models import Person
from server.accounts.roles import label
from server.accounts.schemas import MeSchema, SignedInSchema, SignInSchema
from server.config import Settings
from server.core.clock import court_day, utc_now
from server.core.errors import DomainError
from server.core.http import SongdaApi
from server.core.permissions import SAFE_METHODS, current, needs, public

COOKIE = "songda_session"

blueprint = Blueprint("session", __name__, url_prefix="/api", description="Signing in, and who I am")


@blueprint.route("/session")
class SessionResource(MethodView):
    @blueprint.arguments(SignInSchema)
    @blueprint.response(201, SignedInSchema)
    @public("signing in comes before having an account in hand", does="session.open")
    def post(self, data: dict[str, str]) -> Any:
        """Sign in with a name and password; sets the session cookie."""
        remote = request.remote_addr or ""
        signed_in = services.sign_in_web(
            username=data["username"], password=data["password"], remote=remote, now=utc_now()
        )
        g.new_session_token = signed_in.token
        return {"csrf": signed_in.csrf, "me": describe(signed_in.person, signed_in.csrf)}

    @blueprint.response(204)
    @needs("session.finish", least="own", does="session.close")
    def delete(self) -> None:
        """Sign out: this session ends here and now."""
        services.sign_out(current().session_id)
        g.new_session_token = ""


@blueprint.route("/me")
class MeResource(MethodView):
    @blueprint.response(200, MeSchema)
    @needs("session.finish", least="own")
    def get(self) -> Any:
        """Who is signed in, what they may do, and what the page needs to start."""
        principal = current()
        person = services.get_person(court=principal.court, person_id=principal.person_id)
        return describe(person, services.csrf_of(principal.session_id))


def describe(person: Person, csrf: str) -> dict[str, Any]:
    """The content of /api/me."""
    settings: Settings = current_app.extensions["settings"]
    provider, key = None, None
    if settings.tianditu_key:
        provider, key = "tianditu", settings.tianditu_key
    elif settings.amap_key:
        provider, key = "amap", settings.amap_key
    return {
        "person": {
            "id": person.id,
            "name": person.name,
            "staff_no": person.staff_no,
            "roles": list(person.roles),
            "role_names": [label(role) for role in person.roles],
            "court": services.get_court(person.court),
        },
        "permissions": sorted(rights.of_person(person.to_mongo(), today=court_day(utc_now())).permissions),
        "csrf": csrf,
        "live_url": settings.live_url,
        "today": court_day(utc_now()),
        "map": {"provider": provider, "key": key},
    }


def identify() -> None:
    """Before every request: who asks, by bearer token or cookie; a changing browser call needs its CSRF token."""
    authorization = request.headers.get("Authorization", "")
    if authorization.startswith("Bearer "):
        g.principal = _of_kind(authorization.removeprefix("Bearer ").strip(), "phone")
        return
    token = request.cookies.get(COOKIE)
    g.principal = _of_kind(token, "web") if token else None
    if g.principal and request.method not in SAFE_METHODS and not _carries_csrf(g.principal.session_id):
        # The gate raises it where a view needs somebody; public views act for nobody, so a forged call gains nothing.
        g.auth_problem = DomainError(code="auth.csrf", status=403, title="页面已过期，请刷新后重试")


def _carries_csrf(session_id: str) -> bool:
    csrf = request.headers.get("X-CSRF-Token", "")
    if not csrf and request.mimetype == "application/x-www-form-urlencoded":
        csrf = request.form.get("csrf", "")  # the judge's pages are plain forms; nothing larger is read this early
    return services.csrf_matches(session_id, csrf)


def _of_kind(token: str, kind: str) -> Any:
    principal = services.principal_of(token, now=utc_now())
    return principal if principal and principal.kind == kind else None


def _set_cookie(response: Response) -> Response:
    token = g.get("new_session_token")
    if token is None:
        return response
    settings: Settings = current_app.extensions["settings"]
    if token:
        response.set_cookie(
            COOKIE,
            token,
            max_age=int(services.WEB_SESSION.total_seconds()),
            httponly=True,
            secure=settings.secure_cookies,
            samesite="Lax",
        )
    else:
        response.delete_cookie(COOKIE)
    return response


def init_app(app: Flask, api: SongdaApi) -> None:
    app.before_request(identify)
    app.after_request(_set_cookie)
    api.register_blueprint(blueprint)
