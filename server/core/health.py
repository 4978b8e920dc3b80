"""/healthz: the process is up. /readyz: MongoDB, Redis and a worker seen within 30 s, each by name."""

from __future__ import annotations

import redis
from flask import Blueprint, Flask, Response, jsonify
from pymongo.errors import PyMongoError

from server.core import database
from server.core.permissions import public
from server.core.redis_client import client
from server.core.worker import SEEN_KEY

health = Blueprint("health", __name__)


@health.get("/healthz")
@public("probes have no account")
def healthz() -> Response:
    return jsonify(status="ok")


@health.get("/readyz")
@public("probes have no account")
def readyz() -> tuple[Response, int]:
    parts = {"mongodb": _mongodb(), "redis": _redis(), "worker": _worker()}
    ready = all(state == "ok" for state in parts.values())
    return jsonify(status="ok" if ready else "unavailable", parts=parts), 200 if ready else 503


def _mongodb() -> str:
    try:
        database.ping()
    except PyMongoError as error:
        return f"unavailable: {type(error).__name__}"
    return "ok"


def _redis() -> str:
    try:
        client().ping()
    except redis.RedisError as error:
        return f"unavailable: {type(error).__name__}"
    return "ok"


def _worker() -> str:
    try:
        seen = next(client().scan_iter(f"{SEEN_KEY}:*", count=100), None)
    except redis.RedisError:
        return "unknown: redis unavailable"
    return "ok" if seen else "not seen within 30 s"


def init_app(app: Flask) -> None:
    app.register_blueprint(health)
