"""What every store promises; run on all of them."""

import hashlib
import io
import os
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from evidence import samples
from evidence.errors import EvidenceError
from evidence.media import inspect
from evidence.stores import Store, key_of

MEGABYTE = 1024 * 1024


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def put(store: Store, data: bytes, *, max_bytes: int = 64 * MEGABYTE, expected: str | None = None) -> str:
    return store.put(io.BytesIO(data), max_bytes=max_bytes, expected_sha256=expected).key


def test_what_was_put_comes_back_byte_for_byte(store: Store) -> None:
    data = samples.photo(1, width_px=320, height_px=240)
    stored = store.put(io.BytesIO(data), max_bytes=MEGABYTE, expected_sha256=sha(data), content_type="image/jpeg")
    assert (stored.key, stored.sha256, stored.size) == (key_of(sha(data)), sha(data), len(data))
    assert store.exists(stored.key)
    assert store.size(stored.key) == len(data)
    with store.open(stored.key) as stream:
        assert stream.read() == data


def test_an_object_of_many_parts_comes_back_too(store: Store) -> None:
    data = random.Random(7).randbytes(19 * MEGABYTE + 5)
    key = put(store, data)
    with store.open(key) as stream:
        digest = hashlib.sha256()
        while chunk := stream.read(333_333):
            digest.update(chunk)
    assert digest.hexdigest() == sha(data)
    assert key == key_of(sha(data))


def test_a_stored_object_can_be_read_from_any_place(store: Store) -> None:
    data = random.Random(8).randbytes(3 * MEGABYTE)
    with store.open(put(store, data)) as stream:
        for offset in (2_999_999, 0, 1_500_000, 3 * MEGABYTE):
            stream.seek(offset)
            assert stream.read(100) == data[offset : offset + 100]
        assert stream.seek(-10, os.SEEK_END) == 3 * MEGABYTE - 10
        assert stream.read() == data[-10:]


def test_a_stored_photo_is_inspected_where_it_lies(store: Store) -> None:
    key = put(store, samples.photo(2, width_px=320, height_px=240))
    with store.open(key) as stream:
        assert inspect(stream, kind="photo").width == 320


def test_putting_twice_keeps_one_and_answers_the_same(store: Store) -> None:
    assert put(store, b"twice") == put(store, b"twice")


def test_the_same_bytes_from_many_hands_at_once_are_one_object(store: Store) -> None:
    data = random.Random(9).randbytes(200_000)
    with ThreadPoolExecutor(6) as pool:
        keys = set(pool.map(lambda _: put(store, data), range(12)))
    assert keys == {key_of(sha(data))}
    with store.open(keys.pop()) as stream:
        assert stream.read() == data


def test_bytes_that_are_not_the_announced_ones_are_not_kept(store: Store) -> None:
    with pytest.raises(EvidenceError) as refused:
        put(store, b"altered on the way", expected=sha(b"as captured"))
    assert refused.value.code == "evidence.hash_mismatch"
    assert refused.value.extra["actual"] == sha(b"altered on the way")
    assert not store.exists(key_of(sha(b"altered on the way")))
    assert not store.exists(key_of(sha(b"as captured")))


def test_an_announced_hash_that_is_none_is_refused(store: Store) -> None:
    with pytest.raises(EvidenceError) as refused:
        put(store, b"x", expected="not a hash")
    assert refused.value.code == "evidence.bad_hash"


def test_an_announced_hash_in_capitals_is_accepted(store: Store) -> None:
    assert put(store, b"capitals", expected=sha(b"capitals").upper()) == key_of(sha(b"capitals"))


def test_too_much_is_refused_and_not_kept(store: Store) -> None:
    data = b"z" * 1001
    with pytest.raises(EvidenceError) as refused:
        put(store, data, max_bytes=1000)
    assert refused.value.code == "evidence.too_large"
    assert not store.exists(key_of(sha(data)))
    assert not store.exists(key_of(sha(data[:1000])))


def test_a_connection_lost_on_the_way_leaves_nothing(store: Store) -> None:
    class Lost(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= 300_000:
                raise ConnectionResetError
            return super().read(size)

    data = random.Random(10).randbytes(600_000)
    with pytest.raises(ConnectionResetError):
        store.put(Lost(data), max_bytes=MEGABYTE)
    for received in (262_144, 300_000, 524_288, 600_000):
        assert not store.exists(key_of(sha(data[:received])))


def test_what_is_not_there_is_said_to_be_missing(store: Store) -> None:
    key = key_of(sha(b"never put"))
    assert not store.exists(key)
    for ask in (store.open, store.size):
        with pytest.raises(EvidenceError) as refused:
            ask(key)
        assert refused.value.code == "evidence.not_found"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "../../etc/passwd",
        "sha256/ab/../../x",
        "sha256/ab/" + "c" * 61,
        "sha256/AB/" + "c" * 62,
        "/sha256/ab/" + "c" * 62,
        "sha256/ab/" + "c" * 62 + "\n",
    ],
)
def test_a_key_that_is_no_key_never_reaches_the_disk(store: Store, key: str) -> None:
    for ask in (store.open, store.size, store.exists):
        with pytest.raises(EvidenceError) as refused:
            ask(key)
        assert refused.value.code == "evidence.bad_key"


def test_empty_bytes_are_stored_as_such(store: Store) -> None:
    key = put(store, b"")
    assert store.size(key) == 0
    with store.open(key) as stream:
        assert stream.read() == b""
