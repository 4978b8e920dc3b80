"""What only GridFS can promise: nothing half written is visible, whoever is killed when."""

from __future__ import annotations

import hashlib
import io
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import gridfs
import pymongo
import pytest

from evidence.errors import EvidenceError
from evidence.stores import GridFSStore, Store, key_of, place_of, store_from_url

ROOT = Path(__file__).parents[3]
CHUNK = 255 * 1024
DYING = """
import hashlib, io, os, random, signal, sys
from evidence.stores import store_from_url
data = random.Random(5).randbytes(6_000_000)
class Dying(io.BytesIO):
    def read(self, size=-1):
        if self.tell() >= int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(size)
store_from_url(sys.argv[1]).put(Dying(data), max_bytes=10_000_000)
"""
DATA = random.Random(5).randbytes(6_000_000)
KEY = key_of(hashlib.sha256(DATA).hexdigest())


@pytest.fixture
def store(gridfs_url: str, opened: Callable[[str], Store]) -> GridFSStore:
    made = opened(gridfs_url)
    assert isinstance(made, GridFSStore)
    return made


@pytest.fixture
def bucket(gridfs_url: str, mongo_uri: str) -> Any:
    """The database and the bucket's name, past the store."""
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(mongo_uri)
    name = parse_qs(urlsplit(gridfs_url).query)["bucket"][0]
    yield lambda part: client.get_default_database()[f"{name}.{part}"]
    client.close()


@pytest.mark.parametrize("at_byte", [0, 4_500_000, 6_000_000])
def test_a_writer_killed_before_its_last_byte_leaves_no_object_and_is_swept(
    store: GridFSStore, bucket: Any, gridfs_url: str, at_byte: int
) -> None:
    ended = subprocess.run([sys.executable, "-c", DYING, gridfs_url, str(at_byte)], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not store.exists(KEY)
    assert (bucket("chunks").count_documents({}) > 0) == (at_byte > 0)
    assert store.sweep_incoming(older_than_seconds=3600) == 0
    assert store.sweep_incoming(older_than_seconds=-1) == 1
    assert [bucket(part).count_documents({}) for part in ("files", "chunks", "incoming")] == [0, 0, 0]
    assert store.put(io.BytesIO(DATA), max_bytes=10_000_000).key == KEY


def test_a_writer_that_was_swept_cannot_publish_half_an_object(store: GridFSStore, bucket: Any) -> None:
    class Swept(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= 5_000_000:
                store.sweep_incoming(older_than_seconds=-1)
            return super().read(size)

    with pytest.raises(EvidenceError) as refused:
        store.put(Swept(DATA), max_bytes=10_000_000)
    assert refused.value.code == "evidence.store_unavailable"
    assert not store.exists(KEY)
    assert bucket("files").count_documents({}) == 0


def test_an_answer_lost_after_publishing_leaves_the_object_whole(store: GridFSStore, bucket: Any) -> None:
    """The insert went through, the connection died with the answer: nothing may tidy the chunks away."""

    class Cut(GridFSStore):
        def _publish(self, *args: Any) -> bool:
            super()._publish(*args)
            raise pymongo.errors.AutoReconnect("cut")

    cut = Cut(store._uri, bucket=store._bucket)
    with pytest.raises(EvidenceError) as refused:
        cut.put(io.BytesIO(DATA), max_bytes=10_000_000)
    cut.close()
    assert refused.value.code == "evidence.store_unavailable"
    assert store.sweep_incoming(older_than_seconds=-1) == 0
    with store.open(KEY) as stream:
        assert stream.read() == DATA
    assert bucket("incoming").count_documents({}) == 0


def test_the_same_bytes_twice_leave_one_set_of_chunks(store: GridFSStore, bucket: Any) -> None:
    for _ in range(2):
        store.put(io.BytesIO(DATA), max_bytes=10_000_000)
    assert bucket("chunks").count_documents({}) == -(-len(DATA) // CHUNK)
    assert bucket("incoming").count_documents({}) == 0


def test_any_gridfs_reader_finds_the_object(store: GridFSStore, mongo_uri: str) -> None:
    store.put(io.BytesIO(DATA), max_bytes=10_000_000, content_type="video/mp4")
    with pymongo.MongoClient[dict[str, Any]](mongo_uri) as client:
        found = gridfs.GridFSBucket(client.get_default_database(), bucket_name=store._bucket)
        with found.open_download_stream_by_name(KEY) as stream:
            assert stream.read() == DATA
            assert (stream.metadata or {})["contentType"] == "video/mp4"


def test_an_object_damaged_from_outside_is_replaced_and_the_damage_kept(store: GridFSStore, bucket: Any) -> None:
    store.put(io.BytesIO(DATA), max_bytes=10_000_000)
    bucket("files").update_one({"filename": KEY}, {"$set": {"length": 5}})
    store.put(io.BytesIO(DATA), max_bytes=10_000_000)
    with store.open(KEY) as stream:
        assert stream.read() == DATA
    assert bucket("files").count_documents({"filename": {"$regex": "^damaged/"}}) == 1


def test_a_lost_chunk_is_told_and_never_read_over(store: GridFSStore, bucket: Any) -> None:
    store.put(io.BytesIO(DATA), max_bytes=10_000_000)
    bucket("chunks").delete_one({"n": 3})
    with store.open(KEY) as stream, pytest.raises(EvidenceError) as refused:
        stream.read()
    assert refused.value.code == "evidence.not_found"


def test_a_child_process_opens_connections_of_its_own(store: GridFSStore) -> None:
    key = store.put(io.BytesIO(b"before the fork"), max_bytes=100).key
    before = store._database().client
    child = os.fork()
    if child == 0:
        os._exit(0 if store.size(key) == 15 and store._database().client is not before else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store._database().client is before


def test_a_database_that_is_away_is_unavailable_not_missing(opened: Callable[[str], Store]) -> None:
    dead = opened("gridfs://127.0.0.1:9/songda?serverSelectionTimeoutMS=50")
    for ask in (lambda: dead.exists(KEY), lambda: dead.put(io.BytesIO(b"x"), max_bytes=9)):
        with pytest.raises(EvidenceError) as refused:
            ask()
        assert refused.value.code == "evidence.store_unavailable"


@pytest.mark.parametrize("url", ["gridfs://", "gridfs://host", "gridfs:///db", "gridfs://host/?bucket=x"])
def test_an_address_without_a_database_is_refused_at_start(url: str) -> None:
    with pytest.raises(EvidenceError) as refused:
        store_from_url(url)
    assert refused.value.code == "evidence.bad_store_url"


def test_a_place_is_named_without_what_is_secret() -> None:
    assert place_of("gridfs://court:secret@a,b/songda?replicaSet=rs0&bucket=x") == "gridfs://a,b/songda?bucket=x"
    assert place_of("s3://bucket?endpoint=https://s3&lock=compliance&days=9") == "s3://bucket?endpoint=https%3A%2F%2Fs3"
    assert place_of("file:///srv/evidence/") == "file:///srv/evidence"
