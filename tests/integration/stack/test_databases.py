"""The embedded servers keep what they acknowledged, however they end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest
import redis

from tests.stack import scratch
from tools.stack.child import Child, StackError
from tools.stack.mongo import Mongo, binary
from tools.stack.ports import free_port
from tools.stack.valkey import Valkey


@pytest.fixture
def folder() -> Iterator[Path]:
    made = scratch.scratch_dir()
    yield made
    scratch.remove(made)


def mongo_in(folder: Path, port: int) -> Mongo:
    return Mongo(folder / "mongo", port=port, log_path=folder / "mongod.log", scratch=True)


def numbers(mongo: Mongo) -> list[int]:
    with client_of(mongo) as client:
        return [document["n"] for document in client["court"]["writs"].find().sort("n")]


def client_of(mongo: Mongo) -> pymongo.MongoClient[dict[str, Any]]:
    return pymongo.MongoClient(mongo.uri, w="majority", journal=True, serverSelectionTimeoutMS=5_000)


def test_mongod_keeps_what_it_acknowledged_over_kill_9_and_another_port(folder: Path) -> None:
    mongo = scratch.start_on_a_free_port(lambda port: mongo_in(folder, port))
    moved = mongo_in(folder, free_port())
    try:
        with client_of(mongo) as client:
            for n in range(50):
                client["court"]["writs"].insert_one({"n": n})
        mongo.kill()
        mongo.start()
        assert numbers(mongo) == list(range(50))
        mongo.kill()
        moved.start()
        assert numbers(moved) == list(range(50))
    finally:
        mongo.kill()
        moved.kill()


def test_a_replica_set_that_was_never_initiated_is_initiated(folder: Path) -> None:
    port = free_port()
    (folder / "mongo").mkdir()
    half = Child(
        "mongod",
        [
            *(str(binary()), "--dbpath", str(folder / "mongo"), "--port", str(port)),
            *("--bind_ip", "127.0.0.1", "--nounixsocket", "--replSet", "rs0"),
        ],
        log_path=folder / "half.log",
    )
    half.start()
    try:
        client: pymongo.MongoClient[dict[str, Any]]
        with pymongo.MongoClient("127.0.0.1", port, directConnection=True) as client:
            assert not client.admin.command("hello")["isWritablePrimary"]
    finally:
        half.kill()
    mongo = mongo_in(folder, port)
    try:
        mongo.start()
        assert numbers(mongo) == []
    finally:
        mongo.kill()


def test_a_first_start_killed_half_way_is_begun_again(folder: Path) -> None:
    (folder / "mongo").mkdir()
    (folder / "mongo" / "storage.bson").write_bytes(b"half")
    (folder / "mongo" / "WiredTiger").write_bytes(b"")
    mongo = scratch.start_on_a_free_port(lambda port: mongo_in(folder, port))
    try:
        assert numbers(mongo) == []
    finally:
        mongo.kill()


def test_a_damaged_database_that_was_in_use_is_never_thrown_away(folder: Path) -> None:
    mongo = scratch.start_on_a_free_port(lambda port: mongo_in(folder, port))
    mongo.stop()
    damaged = folder / "mongo" / "storage.bson"
    damaged.write_bytes(b"half")
    with pytest.raises(StackError, match="mongod"):
        mongo.start()
    assert damaged.read_bytes() == b"half"
    assert not mongo.child.running


def test_valkey_keeps_what_it_acknowledged_over_kill_9(folder: Path) -> None:
    valkey = scratch.start_on_a_free_port(
        lambda port: Valkey(folder / "valkey", port=port, log_path=folder / "valkey.log")
    )
    try:
        client: redis.Redis = redis.from_url(valkey.url)
        for n in range(500):
            client.rpush("queue", n)
        valkey.kill()
        valkey.start()
        assert client.llen("queue") == 500
        client.close()
    finally:
        valkey.kill()


def test_another_server_on_the_port_is_never_taken_for_ours(folder: Path) -> None:
    valkey, mongo = scratch.start_valkey(folder), scratch.start_mongo(folder)
    try:
        with pytest.raises(StackError, match="Address already in use"):
            Valkey(folder / "other", port=valkey.port, log_path=folder / "other.log").start()
        other = Mongo(folder / "other-mongo", port=mongo.port, log_path=folder / "other-mongod.log", scratch=True)
        with pytest.raises(StackError, match="Address already in use"):
            other.start()
    finally:
        valkey.kill()
        mongo.kill()
