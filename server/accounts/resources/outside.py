"""/api/session/oidc: signing in at an outside provider and coming back."""

from __future__ import annotations

from html import escape
from typing import Any, cast

from flask import Response, current_app, g, redirect, request
from flask.views import MethodView

from server.accounts import services
from server.accounts.resources.blueprint import blueprint
from server.accounts.resources.guard import remember_sign_in
from server.accounts.schemas import OidcReturnSchema
from server.accounts.services import external_flow
from server.accounts.services.external import FirstTime, Identity, OidcClient
from server.config import Settings
from server.core import audit
from server.core.clock import utc_now
from server.core.errors import DomainError, NotFound
from server.core.permissions import public

BROWSER_COOKIE = "songda_oidc"
_PATH = "/api/session/oidc"


def _provider(name: str) -> OidcClient:
    providers = current_app.extensions.get("oidc") or {}
    if name not in providers:
        raise NotFound(code="oidc.unknown_provider", title="没有这种登录方式")
    return cast(OidcClient, providers[name])


@blueprint.route("/session/oidc/<provider>/start")
class OidcStart(MethodView):
    @blueprint.response(302)
    @public("the browser is sent to the provider that knows it")
    def get(self, provider: str) -> Any:
        """Redirects to the provider's own sign-in page."""
        found = _provider(provider)
        away = external_flow.begin(provider, remote=request.remote_addr or "")
        response = redirect(found.authorization_url(state=away.state, nonce=away.nonce, verifier=away.verifier))
        settings: Settings = current_app.extensions["settings"]
        response.set_cookie(
            BROWSER_COOKIE,
            away.browser,
            max_age=external_flow.LIFE_S,
            path=_PATH,
            httponly=True,
            secure=settings.secure_cookies,
            samesite="Lax",
        )
        return response


@blueprint.route("/session/oidc/<provider>/callback")
class OidcCallback(MethodView):
    @blueprint.arguments(OidcReturnSchema, location="query")
    @blueprint.response(302)
    @public("the provider sends the browser back here", does="session.open")
    def get(self, query: dict[str, str], provider: str) -> Any:
        """Signs in whom the provider means; then to the board, or a page that says why not."""
        found = _provider(provider)
        try:
            self._sign_in(provider, found, query)
        except DomainError as error:
            g.problem_code = error.code
            return _page(error)
        response = redirect("/board/")
        response.delete_cookie(BROWSER_COOKIE, path=_PATH)
        return response

    def _sign_in(self, name: str, provider: OidcClient, query: dict[str, str]) -> None:
        now = utc_now()
        away = external_flow.take_back(
            provider=name, state=query["state"], browser=request.cookies.get(BROWSER_COOKIE, "")
        )
        if not query["code"]:
            raise DomainError(code="oidc.refused", status=401, title="统一身份认证未通过，请重新登录")
        claims = provider.exchange(code=query["code"], nonce=away.nonce, verifier=away.verifier)
        settings = provider.settings
        identity = Identity(
            provider=name,
            subject=claims.subject,
            username=claims.name if settings.match == "username" else "",
            staff_no=claims.name if settings.match == "staff_no" else "",
        )
        person = services.person_of(identity, first_time=FirstTime(settings.match, settings.court), now=now)
        audit.note(how="oidc", provider=name)
        remember_sign_in(
            services.open_web(
                person, how="oidc", remote=request.remote_addr or "", agent=request.user_agent.string, now=now
            )
        )


def _page(error: DomainError) -> Response:
    """The browser stands alone here: no page of ours is there to show a problem document."""
    body = (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>登录未完成</title>'
        f'<p role="alert">{escape(error.title)}</p><p><a href="/board/">返回登录页</a></p></html>'
    )
    return Response(body, status=error.status, mimetype="text/html")
