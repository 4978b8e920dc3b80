"""Signing in on the judge's pages: password, second factor, its enrolment, a forced change of password; signing out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from server.accounts import services as accounts
from server.accounts.resources.guard import adopt
from server.accounts.resources.guard import sign_in as sign_in_here
from server.accounts.services import SignedIn, second_factor
from server.core import audit
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.permissions import current, needs, public

Answer = BaseResponse | tuple[str, int]

# What the gate says of a session whose sign-in is not finished, and the page that goes on with it.
STEPS = {
    "auth.second_factor_needed": "judge.second_factor_page",
    "auth.enrolment_needed": "judge.enrolment_page",
    "auth.password_change_needed": "judge.password_page",
}
_NEXT = {
    "done": "judge.cases",
    "second_factor": "judge.second_factor_page",
    "enrol": "judge.enrolment_page",
    "password": "judge.password_page",
}

blueprint = Blueprint("judge", __name__, url_prefix="/judge", template_folder="templates")


@blueprint.get("/sign-in")
@public("the page that asks who you are")
def sign_in_page() -> str:
    return render_template("judge/sign_in.html", problem=None, username="")


@blueprint.post("/sign-in")
@public("signing in comes before having an account in hand", does="session.open")
def sign_in() -> Answer:
    """Form fields username and password; wrong ones show the page again with the reason."""
    username = request.form.get("username", "")[:64]
    try:
        signed_in = sign_in_here(username, request.form.get("password", "")[:256])
    except DomainError as error:
        return _again("judge/sign_in.html", error, username=username)
    return _onward(signed_in)


@blueprint.get("/second-factor")
@needs("session.finish", least="own")
def second_factor_page() -> str | BaseResponse:
    return _page_of("second_factor", "judge/second_factor.html")


@blueprint.post("/second-factor")
@needs("session.finish", least="own", does="session.second_factor")
def finish_second_factor() -> Answer:
    """Form field code: six digits of the app, or a recovery code."""
    principal = current()
    audit.target("person", principal.person_id)
    try:
        signed_in = second_factor.finish(
            principal=principal, code=_code(), remote=request.remote_addr or "", now=utc_now()
        )
    except DomainError as error:
        return _again("judge/second_factor.html", error, csrf=_csrf())
    adopt(signed_in)
    return _onward(signed_in)


@blueprint.get("/enrolment")
@needs("session.finish", least="own")
def enrolment_page() -> str | BaseResponse:
    """Explains, with a button: a secret is made when it is asked for, not when a page is looked at."""
    return _page_of("enrol", "judge/enrolment.html", enrolment=None, qr=None)


@blueprint.post("/enrolment")
@needs("session.finish", least="own", does="me.totp_begin")
def begin_enrolment() -> Answer:
    """The secret, once, as a picture and as text, with a field for its first code."""
    audit.target("person", current().person_id)
    try:
        enrolment = second_factor.begin_enrolment(principal=current(), now=utc_now())
    except DomainError as error:
        return _again("judge/enrolment.html", error, enrolment=None, qr=None, csrf=_csrf())
    # Drawn by us from our own text: no markup of anybody else is in it.
    qr = Markup(enrolment.qr_svg)  # noqa: S704  # our own drawing, see above
    return render_template("judge/enrolment.html", problem=None, enrolment=enrolment, qr=qr, csrf=_csrf()), 200


@blueprint.post("/enrolment/confirm")
@needs("session.finish", least="own", does="me.totp_confirm")
def confirm_enrolment() -> Answer:
    """Form field code: the first code of the app; the recovery codes are shown once."""
    principal = current()
    audit.target("person", principal.person_id)
    try:
        codes, signed_in = second_factor.confirm_enrolment(
            principal=principal, code=_code(), remote=request.remote_addr or "", now=utc_now()
        )
    except DomainError as error:
        return _again("judge/enrolment.html", error, enrolment=None, qr=None, again=True, csrf=_csrf())
    if signed_in is not None:
        adopt(signed_in)
    onward = url_for(_NEXT[signed_in.next if signed_in else "done"])
    return render_template("judge/recovery.html", codes=codes, onward=onward), 200


@blueprint.get("/password")
@needs("session.finish", least="own")
def password_page() -> str | BaseResponse:
    return _page_of("password", "judge/password.html")


@blueprint.post("/password")
@needs("session.finish", least="own", does="me.password")
def change_password() -> Answer:
    """Form fields old, new and again."""
    new = request.form.get("new", "")[:256]
    try:
        if new != request.form.get("again", ""):
            raise DomainError(code="password.not_repeated", status=422, title="两次输入的新密码不一致")
        signed_in = accounts.change_password(
            principal=current(),
            old=request.form.get("old", "")[:256],
            new=new,
            remote=request.remote_addr or "",
            now=utc_now(),
        )
    except DomainError as error:
        return _again("judge/password.html", error, csrf=_csrf())
    adopt(signed_in)
    return _onward(signed_in)


@blueprint.post("/sign-out")
@needs("session.finish", least="own", does="session.close")
def sign_out() -> BaseResponse:
    accounts.sign_out(current().session_id, now=utc_now())
    g.new_session_token = ""
    return redirect(url_for("judge.sign_in_page"))


def _page_of(stage: str, template: str, **values: Any) -> str | BaseResponse:
    """The page of a step for whoever stands at it; everybody else goes where they belong."""
    now_at = current().stage
    if now_at != stage:
        return redirect(url_for(_NEXT["done" if now_at == "full" else now_at]))
    return render_template(template, problem=None, csrf=_csrf(), **values)


def _again(template: str, error: DomainError, **values: Any) -> Answer:
    """The page with the reason; a session that is over begins anew."""
    g.problem_code = error.code
    if error.code.startswith("auth.ended"):
        return render_template("judge/sign_in.html", problem=error.title, username=""), error.status
    return render_template(template, problem=error.title, **values), error.status


def _onward(signed_in: SignedIn) -> BaseResponse:
    return redirect(url_for(_NEXT[signed_in.next]))


def _csrf() -> str:
    return accounts.csrf_of(current().session_id)


def _code() -> str:
    return request.form.get("code", "")[:32]
