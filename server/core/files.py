"""Sending stored originals: with ranges, never sniffed, never run."""

from __future__ import annotations

from typing import BinaryIO

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from server.core.http import disposition


def stream(source: BinaryIO, *, media_type: str, size: int, etag: str, name: str, kind: str = "inline") -> Response:
    """Original bytes with ranges (a video can be wound). `kind` is `inline` or `attachment`. Closes the source."""
    response = Response(wrap_file(request.environ, source), mimetype=media_type, direct_passthrough=True)
    response.content_length = size
    response.set_etag(etag)
    response.headers["Content-Disposition"] = disposition(kind, name)
    if media_type != "application/pdf":
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.call_on_close(source.close)
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        source.close()
        raise
    return response
