"""Serves the built web board under /board/ and the API browser under /api/docs. No template, no outside host."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, redirect, request, send_from_directory
from werkzeug.exceptions import NotFound as FileNotFound
from werkzeug.wrappers import Response as BaseResponse

from server.config import Settings
from server.core.permissions import public

pages = Blueprint("pages", __name__)

_NOT_BUILT = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>送达</title>
<body style="font-family:sans-serif;padding:2rem"><h1>页面尚未构建</h1><p>请运行 <code>make run</code>，或在
<code>server/board/web</code> 中执行 <code>npm ci &amp;&amp; npm run build</code>。</p></body></html>"""

_DOCS = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>送达 · 接口文档</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/board/docs/swagger-ui.css"></head><body><div id="swagger-ui"></div>
<script src="/board/docs/swagger-ui-bundle.js"></script><script src="/board/docs/start.js"></script></body></html>"""

_TILES = "https://*.tianditu.gov.cn https://*.is.autonavi.com"


def _dist() -> Path:
    settings: Settings = current_app.extensions["settings"]
    return settings.web_dist


def _live_here(settings: Settings) -> str:
    """The live service under the name this browser used for us: localhost, or an address of the court's LAN."""
    live = urlsplit(settings.live_url)
    host = urlsplit(f"//{request.host}").hostname or ""
    if not re.fullmatch(r"[a-z0-9.-]+", host):
        return ""
    return f"{live.scheme}://{host}" + (f":{live.port}" if live.port else "")


def _guarded(response: Response) -> Response:
    """Scripts and styles of our own origin only, none inline; tiles of the map providers; our live service."""
    settings: Settings = current_app.extensions["settings"]
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; script-src 'self'; style-src 'self'; font-src 'self'; "
        f"img-src 'self' data: blob: {_TILES}; worker-src 'self' blob:; "
        f"connect-src 'self' {settings.live_url} {_live_here(settings)}; "
        "object-src 'none'; frame-src 'self' blob:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
    )
    return response


@pages.get("/")
@public("the door to the sign-in page")
def home() -> BaseResponse:
    return redirect("/board/")


@pages.get("/board/")
@pages.get("/board/<path:path>")
@public("static files; the data behind them is guarded")
def board(path: str = "index.html") -> Response:
    """A file of the build, or the page itself for any address the page's own router knows."""
    try:
        response = send_from_directory(_dist(), path)
        if path.startswith("assets/"):
            response.cache_control.max_age = 31_536_000
            response.cache_control.immutable = True
        return _guarded(response)
    except FileNotFound:
        if "." in path.rsplit("/", 1)[-1] and path != "index.html":
            raise
    if not (_dist() / "index.html").exists():
        return Response(_NOT_BUILT, status=503, mimetype="text/html")
    return _guarded(send_from_directory(_dist(), "index.html"))


@pages.get("/api/docs")
@public("the interface is no secret")
def docs() -> Response:
    return _guarded(Response(_DOCS, mimetype="text/html"))


def init_app(app: Flask) -> None:
    app.register_blueprint(pages)
