"""The day-level tests need MongoDB and, for live news, Redis."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from server.core import redis_client


@pytest.fixture(autouse=True)
def stores(database: Any, clean_redis: redis.Redis, redis_url: str) -> Any:
    redis_client.connect(redis_url)
    return database
