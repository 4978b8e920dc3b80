"""GET /verify: one page and its scripts. The browser itself is told to let nothing out."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, render_template, send_from_directory

from portal.verify.words import script
from server.core.errors import NotFound
from server.core.permissions import public

STATIC = Path(__file__).parent / "static"
SCRIPTS = (
    "page.js", "show.js", "worker.js", "judge.js", "sealed.js", "opened.js", "capture.js", "notes.js", "zip.js",
    "json.js", "bytes.js",
)  # fmt: skip
FILES = (*SCRIPTS, "verify.css")

# No connection of any kind (fetch, sockets, beacons, forms, pictures): what is dropped here cannot leave.
# A worker goes by the policy of its own file, so every file of the page carries it.
POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; connect-src 'none'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)

blueprint = Blueprint("verify", __name__, url_prefix="/verify", template_folder="templates")


@blueprint.get("")
@public("checking evidence needs no account: nothing is sent, nothing is stored")
def page() -> str:
    """The page."""
    return render_template("verify/page.html")


@blueprint.get("/words.js")
@public("sentences, the same for everybody")
def words() -> Response:
    """The sentences for every code, from the library that judges on the command line."""
    return Response(script(), mimetype="text/javascript")


@blueprint.get("/<name>")
@public("scripts and a style sheet hold nothing about anybody")
def file(name: str) -> Response:
    """One of the page's files."""
    if name not in FILES:
        raise NotFound(code="request.no_such_address", title="没有这个地址")
    return send_from_directory(STATIC, name, mimetype="text/javascript" if name.endswith(".js") else "text/css")


@blueprint.after_request
def confine(response: Response) -> Response:
    """Also a refusal of this page is a page of this page."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cache-Control"] = "no-cache"
    return response
