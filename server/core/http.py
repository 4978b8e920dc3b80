"""The web frame: problem documents (RFC 9457), request ids, size limits, schema base. Knows no feature."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import marshmallow as ma
from flask import Flask, Response, g, json, request
from flask_smorest import Api, Blueprint
from pymongo.errors import ConnectionFailure
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

from evidence.errors import EvidenceError
from server.core.crypto.errors import ProviderAway
from server.core.errors import DomainError
from server.core.ids import new_id
from server.core.openapi import UploadsPlugin
from server.core.permissions import public

log = logging.getLogger(__name__)
MAX_DRAINED_BYTES = 100 * 1024 * 1024
MAX_JSON_BYTES = 2 * 1024 * 1024

# OWASP Secure Headers Project. Pages that load scripts and styles say their own policy (`server.pages`).
_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",  # for browsers that do not know frame-ancestors
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}

_TITLES = {
    400: ("request.malformed", "请求格式不正确"),
    401: ("auth.required", "请先登录"),
    403: ("auth.forbidden", "您没有此项权限"),
    404: ("request.no_such_address", "没有这个地址"),
    405: ("request.method_not_allowed", "此地址不支持该操作"),
    408: ("request.timeout", "请求超时"),
    411: ("request.length_required", "请求缺少长度"),
    412: ("request.precondition_failed", "数据已被他人修改，请刷新后重试"),
    413: ("request.too_large", "上传内容过大"),
    415: ("request.media_type", "不支持的内容类型"),
    422: ("request.invalid", "提交的内容有误"),
    429: ("request.too_many", "操作过于频繁，请稍后再试"),
}


class ArgumentsParser(FlaskParser):
    """JSON that is huge, or that Python's reader gives up on (too deep, endless digits), is the caller's mistake.

    What a query says that nobody asked for is refused like in a body: `role[$ne]=x` is not simply overlooked.
    """

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": None}

    def load_json(self, req: Any, schema: Any) -> Any:
        if (req.content_length or 0) > MAX_JSON_BYTES:
            raise RequestEntityTooLarge
        try:
            return super().load_json(req, schema)
        except (RecursionError, ValueError) as error:
            raise BadRequest from error


# Read when a view is decorated, so before any view: every schema of a view comes from this module.
Blueprint.ARGUMENTS_PARSER = ArgumentsParser()


class Schema(ma.Schema):
    """Base of every schema: unknown fields are refused, and so is text no database or paper could hold."""

    class Meta:
        unknown = ma.RAISE

    @ma.pre_load
    def _refuse_unholdable_text(self, data: Any, **_: Any) -> Any:
        """NUL ends strings early elsewhere; half a surrogate pair cannot be written as UTF-8 at all."""
        broken = [name for name, value in data.items() if _unholdable(value)] if isinstance(data, Mapping) else []
        if broken:
            raise ma.ValidationError({str(name): ["含有无法保存的字符"] for name in broken})
        return data


def _unholdable(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value if letter > "\ud7ff")
    if isinstance(value, list):
        return any(isinstance(one, str) and _unholdable(one) for one in value)
    return False


class ProblemSchema(ma.Schema):
    """RFC 9457 problem document as every refusal is answered."""

    type = ma.fields.String(metadata={"description": "Always about:blank"})
    title = ma.fields.String(required=True, metadata={"description": "For people, Chinese"})
    status = ma.fields.Integer(required=True)
    code = ma.fields.String(required=True, metadata={"description": "For programs: stable, see docs/errors.md"})
    detail = ma.fields.String()
    errors = ma.fields.Dict(metadata={"description": "Field to reasons, when input broke the schema"})
    request_id = ma.fields.String()


class SongdaApi(Api):
    """flask-smorest with problem documents in place of its own error payload."""

    ERROR_SCHEMA = ProblemSchema

    def handle_http_exception(self, error: HTTPException) -> Any:
        return _http_problem(error)


def problem(document: Mapping[str, Any]) -> Response:
    """A problem+json response carrying the request id."""
    g.problem_code = document.get("code", "")
    body = {"type": "about:blank", **document, "request_id": g.get("request_id", "")}
    # What the caller sent may be repeated here; half a surrogate pair in it becomes the JSON escape it came as.
    text = json.dumps(body).encode("utf-8", "backslashreplace")
    response = Response(text, status=body["status"], mimetype="application/problem+json")
    if body["status"] in (429, 503) and "retry_after_s" in body:
        response.headers["Retry-After"] = str(body["retry_after_s"])
    return response


def disposition(kind: str, name: str) -> str:
    """A Content-Disposition value for any file name: ASCII fallback and UTF-8 form (RFC 6266 §4.3, RFC 8187).

    `kind` is `inline` or `attachment`. Header bytes must be latin-1, so a Chinese name may not stand there bare.
    """
    fallback = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name) or "file"
    return f"{kind}; filename=\"{fallback}\"; filename*=UTF-8''{quote(name, safe='')}"


def _http_problem(error: HTTPException) -> Response:
    status = error.code or 500
    code, title = _TITLES.get(status, (f"request.http_{status}", "请求未能完成"))
    document: dict[str, Any] = {"title": title, "status": status, "code": code}
    data = getattr(error, "data", None) or {}
    messages = data.get("messages")
    if messages:
        document["errors"] = messages
    return problem(document)


def _on_domain_error(error: DomainError) -> Response:
    return problem(error.as_problem())


def _on_unexpected(error: Exception) -> Response:
    log.error("unexpected error in request %s", g.get("request_id", "-"), exc_info=error)
    title = f"系统出现意外错误，请联系管理员并提供编号 {g.get('request_id', '-')}"
    return problem({"title": title, "status": 500, "code": "server.unexpected"})


def _on_database_away(error: ConnectionFailure) -> Response:
    """The database is restarting or electing: nothing was answered 2xx, so the caller may simply try again."""
    log.warning("database away in request %s: %s", g.get("request_id", "-"), error)
    title = "系统正在恢复，请稍后重试"
    return problem({"title": title, "status": 503, "code": "server.unavailable", "retry_after_s": 2})


def _on_keys_away(error: ProviderAway) -> Response:
    """The key provider does not answer: nothing is shown or stored without its key, and the caller may try again."""
    log.error("key provider away in request %s: %s", g.get("request_id", "-"), error)
    return problem(
        {"title": "密钥服务暂不可用，请稍后重试", "status": 503, "code": "server.keys_away", "retry_after_s": 5}
    )


def _on_store(error: EvidenceError) -> Response:
    """What a view opens in the evidence store may have been removed when its time had come, or the store is away."""
    statuses = {"evidence.not_found": 404, "evidence.store_unavailable": 503}
    if error.code not in statuses:
        return _on_unexpected(error)
    log.warning("evidence store in request %s: %s %s", g.get("request_id", "-"), error, error.extra)
    return problem({"title": error.title_zh, "status": statuses[error.code], "code": error.code})


def _drain() -> None:
    """Reads what a refused caller is still sending, up to a limit, and forgets it.

    Closing a connection with unread bytes resets it (RFC 9112 §9.6), and the caller would never see why it was refused.
    """
    if not request.environ.get("wsgi.input_terminated"):
        return  # only a server that ends the stream itself can be read to its end
    source, left = request.environ["wsgi.input"], MAX_DRAINED_BYTES
    while left > 0 and (chunk := source.read(min(left, 64 * 1024))):
        left -= len(chunk)


def _start_request() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if given.isascii() and given.isalnum() and 8 <= len(given) <= 64 else new_id()


def _finish_request(response: Response) -> Response:
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        _drain()
    response.headers["X-Request-Id"] = g.get("request_id", "")
    for name, value in _SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _declare_public(app: Flask, endpoint: str) -> None:
    """flask-smorest's own view of the document is a bound method, which cannot carry a permission itself."""
    view = app.view_functions[endpoint]

    @public("the contract of the API is no secret")
    def document() -> Any:
        return view()

    app.view_functions[endpoint] = document


def init_app(app: Flask) -> SongdaApi:
    """Sets up errors, request ids and the OpenAPI 3 document; returns the Api that blueprints register on."""
    app.config.update(
        API_TITLE="Songda 送达",
        API_VERSION="1",
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # DefaultJSONProvider has it
    app.before_request(_start_request)
    app.after_request(_finish_request)
    app.register_error_handler(DomainError, _on_domain_error)
    app.register_error_handler(EvidenceError, _on_store)
    app.register_error_handler(ConnectionFailure, _on_database_away)
    app.register_error_handler(ProviderAway, _on_keys_away)
    api = SongdaApi(app, spec_kwargs={"extra_plugins": [UploadsPlugin()]})
    _declare_public(app, "api-docs.openapi_json")
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Exception, _on_unexpected)
    return api
