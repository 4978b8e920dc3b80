"""Uploads in a directory: of this machine, or shared by several over a mount that honours fsync, rename and flock.

Per upload, under two letters of its id: ``ID.json`` what was stated at creation, written once; ``ID.bytes`` the bytes
so far, their number is the offset; ``ID.seal`` only while bytes with a checksum are coming. There is no running state
beside the length of the file, so nothing can be half-written: a kill leaves fewer bytes, never wrong ones.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from evidence.uploads import errors
from evidence.uploads.messages import new_hash
from evidence.uploads.protocol import Info, Source, checked_id

PIECE_BYTES = 1024 * 1024
# What may be unwritten at once: one long request must not fill the page cache and then wait for all of it.
SYNC_EVERY_BYTES = 64 * 1024 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FileUploads:
    """See :class:`evidence.uploads.protocol.UploadStore`. `wait_s`: how long to wait for another writer's flock."""

    def __init__(self, root: str | Path, *, wait_s: float = 5.0) -> None:
        self.root = Path(root)
        self._wait_s = wait_s

    def create(self, info: Info) -> None:
        place = self._place(info.upload_id, ".bytes")
        self._make_directory(place.parent)
        os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640))
        self._write_info(info)

    def info(self, upload_id: str) -> Info:
        try:
            stated = json.loads(self._place(upload_id, ".json").read_bytes())
        except FileNotFoundError:
            raise errors.not_found() from None
        stated["parts"] = tuple(stated["parts"])
        return Info(upload_id=upload_id, **stated)

    def offset(self, upload_id: str) -> int:
        with self._held(upload_id) as handle:
            size = self._settled(handle, upload_id)
            # What a killed writer left may be in memory only; what is told must be on the disk.
            os.fdatasync(handle)
            return size

    def append(self, upload_id: str, *, offset: int, source: Source) -> int:
        with self._held(upload_id) as handle:
            size = self._settled(handle, upload_id)
            if size != offset:
                raise errors.wrong_offset(size)
            if source.seal:
                self._write_seal(upload_id, offset, source.seal)
            try:
                end = _pour(handle, offset, source)
            except OSError as error:
                if error.errno not in _FULL:
                    raise
                self._settled(handle, upload_id)
                os.fdatasync(handle)
                raise errors.no_space() from error
            sound = source.sound()
            if not sound:
                os.ftruncate(handle, offset)
            os.fdatasync(handle)
            if source.seal:
                self._drop_seal(upload_id)
            if not sound:
                raise errors.wrong_checksum()
            return end

    def open(self, upload_id: str) -> BinaryIO:
        try:
            return self.path(upload_id).open("rb")
        except FileNotFoundError:
            raise errors.not_found() from None

    def remove(self, upload_id: str) -> None:
        with suppress(errors.UploadError), self._held(upload_id):
            self._unlink(upload_id)
            return
        self._unlink(upload_id)

    def concat(self, info: Info, parts: Sequence[Info]) -> None:
        target = self._place(info.upload_id, ".bytes")
        self._make_directory(target.parent)
        handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640)
        try:
            for part in parts:
                with self.open(part.upload_id) as source:
                    _copy(source.fileno(), handle, part.length)
            os.fdatasync(handle)
        finally:
            os.close(handle)
        self._write_info(info)

    def sweep(self, *, older_than_s: float) -> int:
        """Bytes and seals without a statement, and statements that were never finished being written."""
        before, removed = time.time() - older_than_s, 0
        for path in self.root.glob("??/*"):
            if path.suffix == ".json" or path.with_suffix(".json").exists():
                continue
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
        return removed

    def path(self, upload_id: str) -> Path:
        """Where the bytes lie: a store of evidence on the same file system may take the file itself."""
        return self._place(upload_id, ".bytes")

    def _place(self, upload_id: str, suffix: str) -> Path:
        return self.root / checked_id(upload_id)[-2:] / f"{upload_id}{suffix}"

    @contextmanager
    def _held(self, upload_id: str) -> Iterator[int]:
        """The bytes, open for one writer among all processes: whatever locks others keep may have been lost."""
        try:
            handle = os.open(self.path(upload_id), os.O_RDWR)
        except FileNotFoundError:
            raise errors.not_found() from None
        try:
            self._flock(handle)
            if os.fstat(handle).st_nlink == 0:  # removed while this one waited
                raise errors.not_found()
            yield handle
        finally:
            os.close(handle)

    def _flock(self, handle: int) -> None:
        until = time.monotonic() + self._wait_s
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > until:
                    raise errors.locked() from None
                time.sleep(0.02)

    def _write_info(self, info: Info) -> None:
        """Makes the upload exist: whole, or not at all."""
        stated = {"length": info.length, "metadata": info.metadata, "partial": info.partial, "parts": info.parts}
        place = self._place(info.upload_id, ".json")
        fresh = place.with_name(f"{uuid.uuid4().hex}.new")
        _write_durably(fresh, json.dumps(stated).encode())
        fresh.rename(place)
        _sync_directory(place.parent)

    def _write_seal(self, upload_id: str, offset: int, seal: str) -> None:
        place = self._place(upload_id, ".seal")
        _write_durably(place, f"{offset} {seal}\n".encode())
        _sync_directory(place.parent)

    def _drop_seal(self, upload_id: str) -> None:
        """For good: one that came back after a power cut would judge bytes that came later."""
        place = self._place(upload_id, ".seal")
        place.unlink(missing_ok=True)
        _sync_directory(place.parent)

    def _settled(self, handle: int, upload_id: str) -> int:
        """The length of what counts. A seal left behind by a killed writer is looked at once more: bytes after its
        offset count only when they have its checksum."""
        size = os.fstat(handle).st_size
        try:
            left = self._place(upload_id, ".seal").read_text()
        except FileNotFoundError:
            return size
        # Its line is on the disk before the first of its bytes: without its end, there are none.
        if left.endswith("\n"):
            offset, algorithm, digest = left.split()
            if size > int(offset) and not _has(handle, int(offset), size, algorithm, digest):
                size = int(offset)
                os.ftruncate(handle, size)
                os.fdatasync(handle)
        self._drop_seal(upload_id)
        return size

    def _unlink(self, upload_id: str) -> None:
        for suffix in (".json", ".bytes", ".seal"):
            self._place(upload_id, suffix).unlink(missing_ok=True)

    def _make_directory(self, path: Path) -> None:
        """Make a directory that survives a power cut: each new name is fsync'd into its parent."""
        missing = []
        while not path.is_dir():
            missing.append(path)
            path = path.parent
        for directory in reversed(missing):
            directory.mkdir(mode=0o750, exist_ok=True)
            _sync_directory(directory.parent)


def _pour(handle: int, offset: int, source: Source) -> int:
    buffer = memoryview(bytearray(PIECE_BYTES))
    unsynced, begun = 0, offset
    while count := source.readinto(buffer):
        written = 0
        while written < count:
            written += os.pwrite(handle, buffer[written:count], offset + written)
        offset += count
        unsynced += count
        if offset - begun >= PIECE_BYTES:
            # The disk begins to write while more arrives, so that the fdatasync in the end has little left to wait for.
            os.posix_fadvise(handle, begun, offset - begun, os.POSIX_FADV_DONTNEED)
            begun = offset
        if unsynced >= SYNC_EVERY_BYTES:
            os.fdatasync(handle)
            unsynced = 0
    return offset


def _has(handle: int, first: int, end: int, algorithm: str, digest: str) -> bool:
    """Whether the bytes of the file from `first` to before `end` have the digest."""
    running = new_hash(algorithm)
    while first < end and (piece := os.pread(handle, min(PIECE_BYTES, end - first), first)):
        running.update(memoryview(piece))
        first += len(piece)
    return running.hexdigest() == digest


def _copy(source: int, target: int, length: int) -> None:
    """Inside the kernel: memory stays flat."""
    left = length
    while left:
        copied = os.sendfile(target, source, None, min(left, SYNC_EVERY_BYTES))
        if not copied:
            raise errors.part_unfinished()
        left -= copied


def _write_durably(path: Path, text: bytes) -> None:
    handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o640)
    try:
        os.write(handle, text)
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
