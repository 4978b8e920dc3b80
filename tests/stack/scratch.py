"""The databases of one pytest session: real servers in a scratch folder, started only when a test asks."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import mongoengine
import pymongo
import redis
from mongoengine.connection import ConnectionFailure, get_connection, get_db
from pymongo.errors import InvalidOperation, PyMongoError

from tools.stack.child import StackError
from tools.stack.mongo import Mongo
from tools.stack.ports import free_port
from tools.stack.valkey import Valkey

Server = TypeVar("Server", Mongo, Valkey)
# One for the whole session: what this process seals, the processes it starts must open.
MASTER_KEY = secrets.token_bytes(32)
SHARED_MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 * 1024**3


def scratch_dir() -> Path:
    """A new folder, in memory where there is room: every acknowledged write waits for its journal."""
    roomy = SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free > ROOM_BYTES
    return Path(tempfile.mkdtemp(prefix="songda-test-", dir=SHARED_MEMORY if roomy else None))


def start_on_a_free_port(make: Callable[[int], Server], tries: int = 3) -> Server:
    """Makes and starts a server; tries another port when somebody took the free one in between."""
    for left in reversed(range(tries)):
        server = make(free_port())
        try:
            server.start()
        except StackError:
            if not left:
                raise
            continue
        return server
    raise StackError("no free port was found")


def start_mongo(folder: Path) -> Mongo:
    """A mongod of this session's own."""
    return start_on_a_free_port(
        lambda port: Mongo(folder / "mongo", port=port, log_path=folder / "mongod.log", scratch=True)
    )


def start_valkey(folder: Path) -> Valkey:
    """A Valkey of this session's own."""
    return start_on_a_free_port(lambda port: Valkey(folder / "valkey", port=port, log_path=folder / "valkey.log"))


def database_name() -> str:
    """Another name for every pytest process, so that several can share an external server."""
    return f"songda_test_{os.getpid()}"


def with_database(uri: str, name: str) -> str:
    """The same server, another database: a given MONGODB_URI is borrowed, its own data never touched."""
    head, _, options = uri.partition("?")
    scheme, _, rest = head.partition("://")
    hosts = rest.split("/", 1)[0]
    # Without authSource the credentials belong to the database the URI named, not to ours.
    return f"{scheme}://{hosts}/{name}" + (f"?{options}" if options else "")


def refuse_a_shared_redis(url: str, workers: int = 1) -> None:
    """Tests empty the Redis database they are given, so a given one is a spare, not number 0, of one worker."""
    if urlsplit(url).path.strip("/") in ("", "0"):
        raise StackError("REDIS_URL: tests flush it, so it must name a spare database, such as redis://host/15")
    if workers > 1:
        raise StackError("REDIS_URL: workers would empty each other's database; run with -n 0")


def connected_to(uri: str) -> bool:
    """True when this process's MongoEngine connection is open and leads to that database."""
    wanted = pymongo.uri_parser.parse_uri(uri)
    try:
        client = get_connection()
        client.admin.command("ping")
        return get_db().name == wanted["database"] and client.address in set(wanted["nodelist"])
    except (ConnectionFailure, InvalidOperation, PyMongoError):
        return False


def empty(database: Any) -> None:
    """Deletes every document and keeps collections and indexes: far quicker than dropping."""
    quick = pymongo.WriteConcern(w=1, j=False)
    for name in filled(database):
        database.get_collection(name, write_concern=quick).delete_many({})


def filled(database: Any) -> list[str]:
    """The collections that hold anything, asked in one go: a test touches few of the forty, many none.

    What a delete would find, this finds: both read the primary's latest data, no counters and no statistics.
    """
    names = [name for name in database.list_collection_names() if not name.startswith("system.")]
    if not names:
        return []
    look = {name: [{"$limit": 1}, {"$project": {"_id": 0, "name": {"$literal": name}}}] for name in names}
    others = [{"$unionWith": {"coll": name, "pipeline": look[name]}} for name in names[1:]]
    return [str(one["name"]) for one in database[names[0]].aggregate([*look[names[0]], *others])]


def drop(uri: str) -> None:
    """Drops the database of the URI."""
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(uri)
    try:
        client.drop_database(client.get_default_database().name)
    finally:
        client.close()


def flush(url: str) -> None:
    """Empties the Redis database of the URL."""
    client = redis.from_url(url)
    try:
        client.flushdb()
    finally:
        client.close()


def model_names() -> frozenset[str]:
    """The models imported so far; when it grows, indexes must be made again."""
    found: set[str] = set()
    waiting = list(mongoengine.Document.__subclasses__())
    while waiting:
        model = waiting.pop()
        waiting.extend(model.__subclasses__())
        found.add(f"{model.__module__}.{model.__qualname__}")
    return frozenset(found)


def remove(folder: Path) -> None:
    """Removes a scratch folder; a server just killed may still be letting go of its files."""
    shutil.rmtree(folder, ignore_errors=True)
