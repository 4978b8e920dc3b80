"""A program put together from the real parts an import needs: vault, store, floors, Redis."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis

from evidence.stores import FileStore
from server.addresses import services as addresses
from server.cases import importers
from server.core import redis_client
from server.service import intake
from tests.integration.cases.importing import Importing

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


@pytest.fixture
def importing(
    database: Any, clean_redis: redis.Redis, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Importing]:
    """Imports as the composed program does them, into an empty database."""
    redis_client.connect(redis_url)
    monkeypatch.setattr(importers, "_sinks", [])
    addresses.register()
    intake.register()
    yield Importing(FileStore(tmp_path / "store"), NOW)
    redis_client.client().close()
