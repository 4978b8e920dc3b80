"""What every store promises. Stores import this module and nothing of each other.

* Keys are content addresses, ``sha256/ab/cdef…``: the same bytes have the same key in every store, so a put
  may be repeated without harm, and moving between stores can be checked by hash.
* ``put`` returns only when the bytes are durable and complete; until then ``exists`` says no.
* There is no way to change an object, and none to remove one: retention is not a store's decision.
"""

import re
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from evidence.errors import EvidenceError
from evidence.hashing import Reader

_KEY = re.compile(r"sha256/[0-9a-f]{2}/[0-9a-f]{62}")


@dataclass(frozen=True, slots=True)
class Stored:
    """Where the bytes lie, their SHA-256 in hex, and their size in bytes."""

    key: str
    sha256: str
    size: int


class Store(Protocol):
    """Content-addressed, write-once bytes."""

    def put(
        self,
        stream: Reader,
        *,
        max_bytes: int,
        expected_sha256: str | None = None,
        content_type: str = "application/octet-stream",
    ) -> Stored:
        """Store a stream to its end; storing the same bytes again changes nothing.

        Raises ``evidence.too_large``, ``evidence.bad_hash``, ``evidence.hash_mismatch``; nothing is kept
        then.
        """
        ...

    def open(self, key: str) -> BinaryIO:
        """A seekable stream over the bytes. Raises ``evidence.bad_key``, ``evidence.not_found``."""
        ...

    def size(self, key: str) -> int:
        """Size in bytes. Raises ``evidence.bad_key``, ``evidence.not_found``."""
        ...

    def exists(self, key: str) -> bool:
        """Whether a complete object lies under the key. Raises ``evidence.bad_key``."""
        ...


def key_of(sha256: str) -> str:
    """The content address of a hash of 64 lower-case hex digits."""
    return f"sha256/{sha256[:2]}/{sha256[2:]}"


def checked_key(key: str) -> str:
    """The key itself if it is one; keeps ``../`` and strangers out of paths. Raises ``evidence.bad_key``."""
    if not _KEY.fullmatch(key):
        raise EvidenceError("evidence.bad_key", "证据存储编号不正确")
    return key


def sha256_of_key(key: str) -> str:
    """The hash a key was made from. Raises ``evidence.bad_key``."""
    return checked_key(key).removeprefix("sha256/").replace("/", "")


def not_found(key: str) -> EvidenceError:
    """The error for a key under which nothing lies."""
    return EvidenceError("evidence.not_found", "证据文件不存在", key=key)
