"""What every store promises; run on all of them."""

import hashlib
import io
import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evidence import samples
from evidence.errors import EvidenceError
from evidence.media import inspect
from evidence.stores import Remover, Store, Sweeper, key_of, take_over

MEGABYTE = 1024 * 1024
CHUNK = 255 * 1024  # of GridFS


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
    data = random.Random(7).randbytes(9 * MEGABYTE + 5)
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


@pytest.mark.parametrize("size", [1, CHUNK, CHUNK + 1])
def test_every_size_comes_back(store: Store, size: int) -> None:
    """Around the border of a chunk."""
    data = random.Random(size).randbytes(size)
    key = put(store, data, expected=sha(data))
    assert store.size(key) == size
    with store.open(key) as stream:
        assert sha(stream.read()) == sha(data)
        assert stream.seek(max(0, size - 2)) == max(0, size - 2)
        assert stream.read(10) == data[-2:]
        assert stream.read(10) == b""


def test_ranges_read_in_any_order_are_the_bytes(store: Store) -> None:
    data = random.Random(12).randbytes(5 * CHUNK + 77)
    rng = random.Random(13)
    with store.open(put(store, data)) as stream:
        for _ in range(12):
            begin, length = rng.randrange(len(data)), rng.randrange(1, 2 * CHUNK)
            stream.seek(begin)
            assert sha(stream.read(length)) == sha(data[begin : begin + length])


def test_a_finished_file_is_taken_over_and_gone(store: Store, tmp_path: Path) -> None:
    data = random.Random(14).randbytes(CHUNK + 9)
    path = tmp_path / "finished"
    path.write_bytes(data)
    stored = take_over(store, path, expected_sha256=sha(data), size=len(data))
    assert (stored.key, stored.sha256, stored.size) == (key_of(sha(data)), sha(data), len(data))
    assert not path.exists()
    with store.open(stored.key) as stream:
        assert stream.read() == data
    # The answer was lost: asked again, it is the same; and a second file of the same bytes goes the same way.
    assert take_over(store, path, expected_sha256=sha(data), size=len(data)) == stored
    path.write_bytes(data)
    assert take_over(store, path, expected_sha256=sha(data), size=len(data)) == stored
    assert not path.exists()


def test_a_finished_file_that_is_not_the_announced_one_stays_and_is_not_kept(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "finished"
    path.write_bytes(b"altered")
    with pytest.raises(EvidenceError) as refused:
        take_over(store, path, expected_sha256=sha(b"as sent"), size=7)
    assert refused.value.code == "evidence.hash_mismatch"
    assert path.read_bytes() == b"altered"
    assert not store.exists(key_of(sha(b"altered")))
    with pytest.raises(FileNotFoundError):
        take_over(store, tmp_path / "never", expected_sha256=sha(b"as sent"), size=7)


def test_what_is_removed_is_gone_and_may_come_again(store: Store, request: pytest.FixtureRequest) -> None:
    key = put(store, b"removed one day")
    assert isinstance(store, Remover)
    if "lock" in request.node.callspec.id:
        with pytest.raises(EvidenceError) as refused:
            store.remove(key)
        assert refused.value.code == "evidence.locked"
        assert store.exists(key)
        return
    assert store.remove(key) is True
    assert not store.exists(key)
    assert store.remove(key) is False
    assert put(store, b"removed one day") == key
    assert store.exists(key)


def test_a_sweep_leaves_objects_and_fresh_work_alone(store: Store) -> None:
    key = put(store, b"kept")
    assert isinstance(store, Sweeper)
    assert store.sweep_incoming(older_than_seconds=3600) == 0
    assert store.sweep_incoming(older_than_seconds=-3600) == 0
    assert store.exists(key)


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
