"""The one blueprint of this face, and what every resource of it shares."""

from __future__ import annotations

import json
from typing import Any, cast

from flask import Response, current_app
from flask_smorest import Blueprint

from evidence.stores.protocol import Store
from server.gateways.wechat import WeChatGateway

blueprint = Blueprint(
    "phone", __name__, url_prefix="/api/phone", description="The phone of the process server (外出送达员)"
)


def store() -> Store:
    return cast(Store, current_app.extensions["evidence_store"])


def wechat() -> WeChatGateway:
    return cast(WeChatGateway, current_app.extensions["wechat"])


def ready(document: Any) -> Response:
    """A document that is JSON already, sent without a second walk through a schema: for the frequent reads."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(text, mimetype="application/json")
