"""Evidence in a directory of this machine (or a mounted share that honours fsync and rename).

Layout under the root: ``sha256/ab/cdef…`` finished objects (read-only), ``incoming/`` bytes on their way in,
``damaged/`` objects found with a wrong length and replaced. Bytes become visible by one rename inside one
file system, after fsync of the file, and the put answers after fsync of the directory: a kill or a power
cut at any moment leaves either no object or the whole one.
"""

import os
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from evidence.hashing import CHUNK_BYTES, Digest, HashingReader, Reader, check_sha256, normal_sha256, sha256_of
from evidence.stores.protocol import Stored, checked_key, key_of, not_found

_READ_ONLY = 0o440


class FileStore:
    """Write-once files under ``root``; made on first use."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self._incoming = self.root / "incoming"

    def put(
        self,
        stream: Reader,
        *,
        max_bytes: int,
        expected_sha256: str | None = None,
        content_type: str = "application/octet-stream",  # noqa: ARG002 - the protocol's; files have none
    ) -> Stored:
        """See :class:`evidence.stores.protocol.Store`."""
        expected = normal_sha256(expected_sha256) if expected_sha256 is not None else None
        self._make_directory(self._incoming)
        temporary = self._incoming / uuid.uuid4().hex
        try:
            digest = _write_durably(temporary, stream, max_bytes)
            check_sha256(digest, expected)
            self._publish(temporary, digest)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
        return Stored(key_of(digest.sha256), digest.sha256, digest.size)

    def adopt(self, path: Path, *, expected_sha256: str, size: int) -> Stored:
        """See :class:`evidence.stores.protocol.Adopter`. A file of another file system is copied."""
        expected = normal_sha256(expected_sha256)
        try:
            digest = _sync_and_hash(path, size)
        except FileNotFoundError:
            return self._adopted_before(expected, size)
        check_sha256(digest, expected)
        self._make_directory(self._incoming)
        if path.stat().st_dev != self._incoming.stat().st_dev:
            return self._copy_in(path, digest)
        self._publish(path, digest)
        path.unlink(missing_ok=True)  # still there only when the object was there already
        return Stored(key_of(digest.sha256), digest.sha256, digest.size)

    def remove(self, key: str) -> bool:
        """See :class:`evidence.stores.protocol.Remover`."""
        path = self._path(key)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        _sync_directory(path.parent)
        return True

    def open(self, key: str) -> BinaryIO:
        """See :class:`evidence.stores.protocol.Store`."""
        try:
            return self._path(key).open("rb")
        except FileNotFoundError:
            raise not_found(key) from None

    def size(self, key: str) -> int:
        """See :class:`evidence.stores.protocol.Store`."""
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError:
            raise not_found(key) from None

    def exists(self, key: str) -> bool:
        """See :class:`evidence.stores.protocol.Store`."""
        return self._path(key).is_file()

    def sweep_incoming(self, *, older_than_seconds: float) -> int:
        """Remove what killed writers left in ``incoming/``; returns how many files went."""
        before = time.time() - older_than_seconds
        removed = 0
        for path in self._incoming.glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, key: str) -> Path:
        return self.root / checked_key(key)

    def _adopted_before(self, sha256: str, size: int) -> Stored:
        """After a crash between taking a file over and telling so."""
        key = key_of(sha256)
        if not self.exists(key) or self.size(key) != size:
            raise FileNotFoundError(key)
        _sync_directory(self._path(key).parent)
        return Stored(key, sha256, size)

    def _copy_in(self, path: Path, digest: Digest) -> Stored:
        with path.open("rb") as stream:
            stored = self.put(stream, max_bytes=digest.size, expected_sha256=digest.sha256)
        path.unlink(missing_ok=True)
        return stored

    def _publish(self, temporary: Path, digest: Digest) -> None:
        target = self._path(key_of(digest.sha256))
        self._make_directory(target.parent)
        if not self._holds(target, digest.size):
            temporary.chmod(_READ_ONLY)
            temporary.rename(target)
        # Also when the object was there: its writer may not have come as far as this line yet.
        _sync_directory(target.parent)

    def _holds(self, target: Path, size: int) -> bool:
        try:
            held = target.stat().st_size
        except FileNotFoundError:
            return False
        if held == size:
            return True
        # Something outside damaged the object. The right bytes are in hand: keep the wrong ones aside, take
        # these.
        self._make_directory(self.root / "damaged")
        target.rename(self.root / "damaged" / f"{target.parent.name}{target.name}-{uuid.uuid4().hex}")
        return False

    def _make_directory(self, path: Path) -> None:
        """Make a directory that survives a power cut: each new name is fsync'd into its parent."""
        missing = []
        while not path.is_dir():
            missing.append(path)
            path = path.parent
        for directory in reversed(missing):
            directory.mkdir(mode=0o750, exist_ok=True)
            _sync_directory(directory.parent)


def _write_durably(path: Path, stream: Reader, max_bytes: int) -> Digest:
    reader = HashingReader(stream, max_bytes=max_bytes)
    with path.open("xb") as out:
        while chunk := reader.read(CHUNK_BYTES):
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return reader.digest()


def _sync_and_hash(path: Path, size: int) -> Digest:
    """One read of a finished file; its bytes are on the disk afterwards, whoever wrote them."""
    with path.open("rb") as stream:
        digest = sha256_of(stream, max_bytes=size)
        os.fsync(stream.fileno())
    return digest


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
