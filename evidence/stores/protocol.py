"""What every store promises. Stores import this module and nothing of each other.

* Keys are content addresses, ``sha256/ab/cdef…``: the same bytes have the same key in every store, so a put
  may be repeated without harm, and moving between stores can be checked by hash.
* ``put`` returns only when the bytes are durable and complete; until then ``exists`` says no.
* There is no way to change an object. Removing one is a power of its own (:class:`Remover`): whoever may store and
  read cannot remove, and when something may go is never a store's decision.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

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


@runtime_checkable
class Adopter(Protocol):
    """A store that can take over a finished file without copying it."""

    def adopt(self, path: Path, *, expected_sha256: str, size: int) -> Stored:
        """Make a file of the same file system an object; the path is gone afterwards. Safe to repeat after a crash.

        Raises ``evidence.bad_hash``, ``evidence.hash_mismatch`` (the file stays where it is), FileNotFoundError when
        neither the file nor the object is there.
        """
        ...


@runtime_checkable
class Remover(Protocol):
    """A store that can remove an object for good: only for what decides on retention."""

    def remove(self, key: str) -> bool:
        """Remove an object with every version of it; False when nothing lay there.

        Raises ``evidence.bad_key``, ``evidence.locked`` (nothing is removed then), ``evidence.store_unavailable``.
        """
        ...


@runtime_checkable
class Sweeper(Protocol):
    """A store in which killed writers leave something behind that is never visible as an object."""

    def sweep_incoming(self, *, older_than_seconds: float) -> int:
        """Remove what writers that died before then left; returns how many. Work under way is never touched."""
        ...


def take_over(
    store: Store,
    path: Path,
    *,
    expected_sha256: str,
    size: int,
    content_type: str = "application/octet-stream",
) -> Stored:
    """Make a finished file an object of any store, by renaming it where that can be done, and remove the file.

    Safe to repeat after a crash. Raises ``evidence.hash_mismatch`` (the file stays), FileNotFoundError when neither
    the file nor the object is there, and whatever ``put`` raises.
    """
    if isinstance(store, Adopter):
        return store.adopt(path, expected_sha256=expected_sha256, size=size)
    key = key_of(expected_sha256.strip().lower())
    if not path.exists() and store.exists(key) and store.size(key) == size:
        return Stored(key, sha256_of_key(key), size)
    with path.open("rb") as stream:
        stored = store.put(stream, max_bytes=size, expected_sha256=expected_sha256, content_type=content_type)
    with suppress(FileNotFoundError):
        path.unlink()
    return stored


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


def locked(key: str, *, until: str) -> EvidenceError:
    """The error for an object the storage itself holds until a date (ISO day, or empty when without end)."""
    return EvidenceError("evidence.locked", "证据文件受存储锁定保护，尚不能销毁", key=key, until=until)


def unavailable(reason: str) -> EvidenceError:
    """The error for a storage that does not answer, or not as it should; ``reason`` is for operators."""
    return EvidenceError("evidence.store_unavailable", "证据存储暂不可用，请稍后重试", reason=reason)
