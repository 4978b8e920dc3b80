"""What every resource of the board shares: blueprints, stores, ready-made JSON."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, cast

from flask import Response, current_app
from flask_smorest import Blueprint

from evidence.stores.protocol import Store


def make_blueprint(noun: str, description: str) -> Blueprint:
    """A blueprint of this face under /api/board, named after its noun."""
    return Blueprint(f"board_{noun}", __name__, url_prefix="/api/board", description=description)


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
