"""What every resource of the board shares: blueprints that refuse strangers early, stores, ready-made JSON."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, BinaryIO, cast

from flask import Response, current_app, request
from flask_smorest import Blueprint
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from evidence.stores.protocol import Store
from server.core.http import disposition
from server.core.permissions import current


def make_blueprint(noun: str, description: str) -> Blueprint:
    """A blueprint of this face under /api/board, named after its noun."""
    made = Blueprint(f"board_{noun}", __name__, url_prefix="/api/board", description=description)
    made.before_request(_refuse_strangers_early)
    return made


def _refuse_strangers_early() -> None:
    """A stranger is answered before an upload of megabytes is read; permissions are checked at each view as ever."""
    current()


def store() -> Store:
    return cast(Store, current_app.extensions["evidence_store"])


def ready(document: Any, status: int = 200) -> Response:
    """A document sent without a second walk through a schema: for answers of hundreds of rows."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return Response(text, status=status, mimetype="application/json")


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"not JSON: {type(value).__name__}")


def page_of(items: list[Any], total: int | None = None, page: int = 1, page_size: int | None = None) -> dict[str, Any]:
    """The shape of every list; without more arguments the list is whole."""
    count = len(items) if total is None else total
    return {"items": items, "total": count, "page": page, "page_size": page_size or max(len(items), 1)}


def stream(source: BinaryIO, *, media_type: str, size: int, etag: str, name: str) -> Response:
    """Original bytes with ranges (a video can be wound), never sniffed, never run."""
    response = Response(wrap_file(request.environ, source), mimetype=media_type, direct_passthrough=True)
    response.content_length = size
    response.set_etag(etag)
    response.headers["Content-Disposition"] = disposition("inline", name)
    if media_type != "application/pdf":
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.call_on_close(source.close)
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        source.close()
        raise
    return response
