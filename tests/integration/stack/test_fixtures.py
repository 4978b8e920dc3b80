"""The fixtures everybody builds on keep their promises."""

from __future__ import annotations

import socket
from typing import Any

import mongoengine
import pymongo
import pytest
import redis
from pytest_socket import SocketConnectBlockedError

from server.config import Settings
from tests.stack import scratch
from tools.stack.child import StackError


class Parcel(mongoengine.Document):
    """A document of these tests only."""

    number = mongoengine.StringField(unique=True)
    meta = {"collection": "test_fixture_parcels"}


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_finds_the_database_empty_and_its_indexes_kept(database: Any, turn: int) -> None:
    assert Parcel.objects.count() == 0
    Parcel(number="1").save()
    with pytest.raises(mongoengine.NotUniqueError):
        Parcel(number="1").save()


def test_emptying_finds_what_was_written_in_whatever_way(database: Any) -> None:
    written = {"test_plain", "test_unacknowledged", "test_capped", "test_transaction"}
    client = database.client
    database.create_collection("test_capped", capped=True, size=4096).insert_one({"n": 1})
    database["test_plain"].insert_one({"n": 1})
    database.get_collection("test_unacknowledged", write_concern=pymongo.WriteConcern(w=1, j=False)).insert_one({})
    with client.start_session() as session, session.start_transaction():
        database["test_transaction"].insert_one({"n": 1}, session=session)
    database["test_hollow"].insert_one({"_id": 1})
    database["test_hollow"].delete_one({"_id": 1})
    try:
        assert set(scratch.filled(database)) == written
        scratch.empty(database)
        assert scratch.filled(database) == []
        assert {name: database[name].find_one() for name in written} == dict.fromkeys(written)
    finally:
        for name in (*written, "test_hollow"):
            database.drop_collection(name)


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_finds_redis_empty(clean_redis: redis.Redis, turn: int) -> None:
    assert clean_redis.dbsize() == 0
    clean_redis.set("left", "behind")


def test_a_lost_connection_is_made_again(database: Any, request: pytest.FixtureRequest) -> None:
    uri = request.getfixturevalue("mongo_uri")
    assert scratch.connected_to(uri)
    mongoengine.disconnect()
    assert not scratch.connected_to(uri)


def test_settings_of_a_test_are_accepted_by_the_product(settings: Settings) -> None:
    assert settings.problems() == []


def test_no_test_reaches_past_this_machine() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as out,
        pytest.warns(UserWarning, match="192.0.2.1"),
        pytest.raises(SocketConnectBlockedError),
    ):
        out.connect(("192.0.2.1", 80))


def test_a_borrowed_mongodb_keeps_its_options_and_loses_only_its_database_name() -> None:
    borrowed = "mongodb://u:p@a:1,b:2/court?replicaSet=x&authSource=admin"
    assert scratch.with_database(borrowed, "t") == "mongodb://u:p@a:1,b:2/t?replicaSet=x&authSource=admin"
    assert scratch.with_database("mongodb://a:1", "t") == "mongodb://a:1/t"


def test_a_redis_that_may_hold_real_data_is_refused() -> None:
    scratch.refuse_a_shared_redis("redis://127.0.0.1:6379/15")
    with pytest.raises(StackError, match="spare"):
        scratch.refuse_a_shared_redis("redis://127.0.0.1:6379/0")
    with pytest.raises(StackError, match="workers"):
        scratch.refuse_a_shared_redis("redis://127.0.0.1:6379/15", workers=2)
