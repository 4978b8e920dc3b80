import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import EvidenceError
from evidence.hashing import normal_sha256, sha256_of


class Drip:
    """A stream that gives one to three bytes at a time, as a slow phone does."""

    def __init__(self, data: bytes) -> None:
        self._stream = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(min(3, size))


@given(st.binary(max_size=4096))
def test_a_stream_in_drips_hashes_like_the_whole(data: bytes) -> None:
    digest = sha256_of(Drip(data), max_bytes=4096)
    assert (digest.sha256, digest.size) == (hashlib.sha256(data).hexdigest(), len(data))


def test_the_published_vector_of_fips_180_holds() -> None:
    digest = sha256_of(io.BytesIO(b"abc"), max_bytes=3)
    assert digest.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_one_byte_over_the_limit_is_refused_and_the_limit_itself_is_not() -> None:
    assert sha256_of(io.BytesIO(b"x" * 10), max_bytes=10).size == 10
    with pytest.raises(EvidenceError) as refused:
        sha256_of(io.BytesIO(b"x" * 11), max_bytes=10)
    assert refused.value.code == "evidence.too_large"
    assert refused.value.extra == {"max_bytes": 10}


def test_an_endless_stream_is_cut_at_the_limit() -> None:
    class Endless:
        given = 0

        def read(self, size: int = -1, /) -> bytes:
            self.given += size
            return b"\x00" * size

    endless = Endless()
    with pytest.raises(EvidenceError):
        sha256_of(endless, max_bytes=1_000_000)
    assert endless.given < 2_000_000


@pytest.mark.parametrize("bad", ["", "abc", "g" * 64, "a" * 63, "a" * 65, "../" + "a" * 61])
def test_what_is_not_a_sha256_is_refused(bad: str) -> None:
    with pytest.raises(EvidenceError) as refused:
        normal_sha256(bad)
    assert refused.value.code == "evidence.bad_hash"


def test_a_hash_in_capitals_is_the_same_hash() -> None:
    assert normal_sha256(" " + "AB" * 32 + "\n") == "ab" * 32
