"""Before every request: who asks, by bearer token or cookie. After it: the cookies that signing in left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from server.accounts import services
from server.accounts.services import SignedIn
from server.config import Settings
from server.core import audit
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.ids import new_id
from server.core.permissions import SAFE_METHODS

COOKIE = "songda_session"
DEVICE_COOKIE = "songda_device"
DEVICE_LIFE_S = 180 * 24 * 3600
_NAMES_KEPT = 5


def identify() -> None:
    """Sets `g.principal`, or says in `g.auth_problem` why the caller is nobody: the gate raises it where it matters.

    A changing call of a browser needs the CSRF token of its session. Public views act for nobody, so a forged call of
    one gains nothing.
    """
    g.principal = None
    authorization = request.headers.get("Authorization", "")
    if authorization.startswith("Bearer "):
        _look_up(authorization.removeprefix("Bearer ").strip(), "phone")
        return
    token = request.cookies.get(COOKIE)
    if token:
        _look_up(token, "web")
    if g.principal and request.method not in SAFE_METHODS and not _carries_csrf(g.principal.session_id):
        g.auth_problem = DomainError(code="auth.csrf", status=403, title="页面已过期，请刷新后重试")


def _look_up(token: str, kind: str) -> None:
    try:
        g.principal = services.identify_token(token, now=utc_now(), kind=kind)
    except DomainError as error:
        g.auth_problem = error


def _carries_csrf(session_id: str) -> bool:
    csrf = request.headers.get("X-CSRF-Token", "")
    if not csrf and request.mimetype == "application/x-www-form-urlencoded":
        csrf = request.form.get("csrf", "")  # the judge's pages are plain forms; nothing larger is read this early
    return services.csrf_matches(session_id, csrf)


@contextmanager
def signing_in(username: str) -> Iterator[None]:
    """A try that fails is recorded where its name belongs; a name nobody has is not written down (it may be a slip of
    the password into the wrong field)."""
    try:
        yield
    except DomainError:
        court = services.court_of_username(username)
        if court:
            g.audit_court = court
            audit.note(username=services.normal_username(username)[:64])
        raise


def sign_in(username: str, password: str) -> SignedIn:
    """By name and password, from the request at hand: the one way for the board and the judge's pages."""
    with signing_in(username):
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            # A page elsewhere must not sign a visitor in as somebody of its own choice (login CSRF).
            raise DomainError(code="auth.csrf", status=403, title="页面已过期，请刷新后重试")
        signed_in = services.sign_in_web(
            username=username,
            password=password,
            remote=request.remote_addr or "",
            agent=request.user_agent.string,
            device=device_known_for(username),
            directory=current_app.extensions.get("directory"),
            now=utc_now(),
        )
    remember_sign_in(signed_in)
    return signed_in


def remember_sign_in(signed_in: SignedIn) -> None:
    """The new cookie, the row in the audit log, the mark of this browser; the session brought along is over."""
    old = g.get("principal")
    if old is not None and old.kind == "web":
        services.sign_out(old.session_id, now=utc_now())
    adopt(signed_in)
    audit.target("person", signed_in.person.id)
    audit.note(next=signed_in.next)
    g.new_device_mark = _mark_with(signed_in.person.username)


def adopt(signed_in: SignedIn) -> None:
    """This request goes on as the session that was just made."""
    g.new_session_token = signed_in.token
    g.pop("auth_problem", None)
    g.principal = services.identify_token(signed_in.token, now=utc_now())


def device_known_for(username: str) -> str | None:
    """The id of this browser's mark, when it signed in under the name before."""
    mark = _mark()
    return str(mark["id"]) if _short(username) in mark["names"] else None


def _mark_with(username: str) -> str:
    mark = _mark()
    names = [_short(username), *(name for name in mark["names"] if name != _short(username))]
    return _serializer().dumps({"id": mark["id"], "names": names[:_NAMES_KEPT]})


def _mark() -> dict[str, Any]:
    fresh = {"id": new_id(), "names": []}
    try:
        found = _serializer().loads(request.cookies.get(DEVICE_COOKIE, ""), max_age=DEVICE_LIFE_S)
    except BadSignature:
        return fresh
    return found if isinstance(found, dict) and {"id", "names"} <= set(found) else fresh


def _short(username: str) -> str:
    return services.digest(services.normal_username(username))[:16]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="songda device mark")


def write_cookies(response: Response) -> Response:
    settings: Settings = current_app.extensions["settings"]
    common: dict[str, Any] = {"httponly": True, "secure": settings.secure_cookies, "samesite": "Lax"}
    token = g.get("new_session_token")
    if token:
        response.set_cookie(COOKIE, token, max_age=int(services.WEB_SESSION.total_seconds()), **common)
    elif token is not None:
        response.delete_cookie(COOKIE, **common)
    if g.get("new_device_mark"):
        response.set_cookie(DEVICE_COOKIE, g.new_device_mark, max_age=DEVICE_LIFE_S, **common)
    return response
