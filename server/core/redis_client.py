"""One Redis (or Valkey) client per process. What it holds may be lost: MongoDB holds the state."""

from __future__ import annotations

import redis

from server.core.errors import DomainError


class _Holder:
    client: redis.Redis | None = None


def connect(url: str) -> None:
    """Prepares this process's client; connects when first used. Thread-safe, and safe across a fork."""
    _Holder.client = redis.Redis.from_url(
        url,
        socket_timeout=5,
        socket_connect_timeout=2,
        max_connections=512,
        health_check_interval=15,
        decode_responses=True,
    )


def client() -> redis.Redis:
    if _Holder.client is None:
        raise DomainError(code="server.no_redis", status=503, title="缓存服务未就绪")
    return _Holder.client
