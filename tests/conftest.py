"""What every test may use. Nothing here starts before a test asks for it, so unit tests need no servers.

`mongo_uri`, `redis_url`   a real mongod and Valkey for this session (or MONGODB_URI / REDIS_URL when given)
`database`                 MongoEngine connected, collections empty, indexes made; yields the pymongo database
`clean_redis`              Redis emptied; yields a client
`settings`, `stack_env`    server.config.Settings for this test; the same as environment for child processes
`processes`                starts gunicorn, Celery, emulators as children and ends them after the test
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from server.config import Settings
from server.core import crypto
from server.core import database as core_database
from server.core.crypto.mongo_keys import MongoKeys
from tests.stack import scratch, spread
from tests.stack.processes import Processes

LOOPBACK = ["127.0.0.1", "::1", "localhost"]
_indexed: set[frozenset[str]] = set()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """No test reaches past this machine (pytest-socket refuses); a test may narrow this further itself."""
    for item in items:
        item.add_marker(pytest.mark.allow_hosts(LOOPBACK), append=True)
    items.sort(key=spread.turn)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where several workers share the tests (`-n 2`), as `make test` has them."""
    config.option.loadscopereorder = False
    return spread.ByFile(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Unix sockets are of this machine too; asyncio, Chromium and multiprocessing use them."""
    config.option.allow_unix_socket = True


@pytest.fixture(scope="session")
def scratch_dir() -> Iterator[Path]:
    """A folder for the servers of this session."""
    folder = scratch.scratch_dir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mongo_uri(request: pytest.FixtureRequest) -> Iterator[str]:
    """A MongoDB with a database of this session's own, named in the URI."""
    given = os.environ.get("MONGODB_URI")
    if given:
        uri = scratch.with_database(given, scratch.database_name())
        yield uri
        scratch.drop(uri)
        return
    server = scratch.start_mongo(request.getfixturevalue("scratch_dir"))
    yield server.uri_for(scratch.database_name())
    core_database.disconnect()
    # What it holds is thrown away with the folder: no reason to wait for a clean shutdown.
    server.kill()


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A Redis-protocol server; its database is this session's to flush."""
    given = os.environ.get("REDIS_URL")
    if given:
        scratch.refuse_a_shared_redis(given, workers=int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
        yield given
        return
    server = scratch.start_valkey(request.getfixturevalue("scratch_dir"))
    yield server.url
    server.kill()


@pytest.fixture
def database(mongo_uri: str) -> Any:
    """MongoEngine connected to an empty database with every index; yields the pymongo database."""
    if not scratch.connected_to(mongo_uri):
        core_database.connect(mongo_uri)
    found = core_database.database()
    scratch.empty(found)
    _forget_keys()
    known = scratch.model_names()
    if known not in _indexed:
        core_database.ensure_indexes()
        _indexed.add(known)
    return found


def _forget_keys() -> None:
    """The keys of the test before went with its data; every test has a vault, under the master key of `settings`."""
    crypto.use(crypto.Vault.from_master(scratch.MASTER_KEY, MongoKeys()))


@pytest.fixture
def clean_redis(redis_url: str) -> Iterator[redis.Redis]:
    """An emptied Redis; yields a client that answers str."""
    client: redis.Redis = redis.from_url(redis_url, decode_responses=True)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def settings(mongo_uri: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings in mode `test`: the session's servers, evidence and keys in this test's folder."""
    master_key = tmp_path / "master.key"
    master_key.write_bytes(base64.b64encode(scratch.MASTER_KEY))
    master_key.chmod(0o600)
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    return Settings(
        mode="test",
        mongodb_uri=mongo_uri,
        redis_url=redis_url,
        secret_key=secrets.token_hex(32),
        master_key_file=master_key,
        evidence_store=evidence.as_uri(),
        wechat_appid="wx0000000000000000",
        wechat_secret=secrets.token_hex(16),
        wechat_base_url="http://127.0.0.1:9",
    )


@pytest.fixture
def stack_env(settings: Settings) -> dict[str, str]:
    """`settings` as environment variables, for processes of the product."""
    return {
        "SONGDA_MODE": settings.mode,
        "MONGODB_URI": settings.mongodb_uri,
        "REDIS_URL": settings.redis_url,
        "SONGDA_SECRET_KEY": settings.secret_key,
        "SONGDA_MASTER_KEY_FILE": str(settings.master_key_file),
        "SONGDA_EVIDENCE_STORE": settings.evidence_store,
        "WECHAT_APPID": settings.wechat_appid,
        "WECHAT_SECRET": settings.wechat_secret,
        "WECHAT_BASE_URL": settings.wechat_base_url,
    }


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Child processes that end with the test, their logs in its folder."""
    started = Processes(tmp_path / "logs")
    yield started
    started.close()
