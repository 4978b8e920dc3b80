"""SHA-256 (FIPS 180-4) of a stream, counted and bounded while it flows, so memory stays flat."""

import hashlib
import re
from dataclasses import dataclass
from typing import Protocol

from evidence.errors import EvidenceError

CHUNK_BYTES = 256 * 1024
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Reader(Protocol):
    """Anything with ``read(n)``: a file, a socket wrapper, a request body."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes; empty bytes mean the end."""
        ...


@dataclass(frozen=True, slots=True)
class Digest:
    """Lower-case hex SHA-256 and the length in bytes."""

    sha256: str
    size: int


class HashingReader:
    """Passes a stream on while hashing and counting it.

    ``read`` raises ``evidence.too_large`` as soon as one byte more than ``max_bytes`` has arrived.
    """

    def __init__(self, stream: Reader, *, max_bytes: int) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self._size = 0
        self._max_bytes = max_bytes

    def read(self, size: int = CHUNK_BYTES, /) -> bytes:
        """Read the next bytes of the stream."""
        chunk = self._stream.read(size if size > 0 else CHUNK_BYTES)
        self._size += len(chunk)
        if self._size > self._max_bytes:
            raise too_large(self._max_bytes)
        self._hash.update(chunk)
        return chunk

    def digest(self) -> Digest:
        """Digest of everything read so far."""
        return Digest(self._hash.hexdigest(), self._size)


def sha256_of(stream: Reader, *, max_bytes: int) -> Digest:
    """Hash a stream to its end. Raises ``evidence.too_large`` past ``max_bytes``."""
    reader = HashingReader(stream, max_bytes=max_bytes)
    while reader.read(CHUNK_BYTES):
        pass
    return reader.digest()


def normal_sha256(value: str) -> str:
    """The hash as 64 lower-case hex digits. Raises ``evidence.bad_hash``."""
    lowered = value.strip().lower()
    if not _SHA256.fullmatch(lowered):
        raise EvidenceError("evidence.bad_hash", "哈希值格式不正确，应为 64 位十六进制 SHA-256")
    return lowered


def check_sha256(digest: Digest, expected: str | None) -> None:
    """Refuse bytes that are not the ones announced. Raises ``evidence.hash_mismatch``."""
    if expected is not None and digest.sha256 != expected:
        raise EvidenceError(
            "evidence.hash_mismatch",
            "文件内容与所报哈希值不一致，请重新上传",
            expected=expected,
            actual=digest.sha256,
        )


def too_large(max_bytes: int) -> EvidenceError:
    """The error for anything over a size limit."""
    return EvidenceError("evidence.too_large", f"文件过大，上限为 {_readable(max_bytes)}", max_bytes=max_bytes)


def _readable(size: int) -> str:
    return f"{size / 1024 / 1024:g} MB" if size >= 1024 * 1024 else f"{size} 字节"
