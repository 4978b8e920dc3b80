"""Uploads in an S3 bucket: for more than one machine.

``ID/info.json`` is what was stated at creation; the bytes are pieces ``ID/000000004194304`` named by the offset they
begin at, written once with If-None-Match: of two writers at one offset the bucket takes one, so no byte can be doubled
or mixed, whatever became of the locks. The offset is where the unbroken chain of pieces from 0 ends.
"""

from __future__ import annotations

import bisect
import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import IO, TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

from botocore.exceptions import BotoCoreError, ClientError

from evidence.uploads import errors
from evidence.uploads.protocol import Info, Source, checked_id

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# boto3 makes its clients at run time; their types would be one more package to pin.
S3Client = Any
T = TypeVar("T")

PIECE_BYTES = 4 * 1024 * 1024
_READ_AHEAD_BYTES = 1024 * 1024
_ABSENT = {"404", "NoSuchKey", "NotFound"}
_TAKEN = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}


@dataclass(frozen=True, slots=True)
class Piece:
    """One object: where its bytes begin in the upload, and how many they are."""

    offset: int
    size: int
    key: str


class S3Uploads:
    """See :class:`evidence.uploads.protocol.UploadStore`. Memory: one piece."""

    def __init__(self, client: S3Client, *, bucket: str, prefix: str = "uploads") -> None:
        self._client, self._bucket = client, bucket
        self._prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""

    def create(self, info: Info) -> None:
        stated = {"length": info.length, "metadata": info.metadata, "partial": info.partial, "parts": info.parts}
        name = self._name(info.upload_id, "info.json")
        _asked(lambda: self._client.put_object(Bucket=self._bucket, Key=name, Body=json.dumps(stated).encode()))

    def info(self, upload_id: str) -> Info:
        name = self._name(upload_id, "info.json")
        answer = _asked(lambda: self._client.get_object(Bucket=self._bucket, Key=name)["Body"].read())
        stated = json.loads(answer)
        stated["parts"] = tuple(stated["parts"])
        return Info(upload_id=upload_id, **stated)

    def offset(self, upload_id: str) -> int:
        self.info(upload_id)
        return _end(self._pieces(upload_id))

    def append(self, upload_id: str, *, offset: int, source: Source) -> int:
        stored = _end(self._pieces(upload_id))
        if stored != offset:
            raise errors.wrong_offset(stored)
        if not source.seal:
            return self._publish(upload_id, offset, _filled(source))
        # Published pieces stay: bytes with a checksum wait outside the bucket until it is known to be right.
        with tempfile.SpooledTemporaryFile(max_size=PIECE_BYTES) as spool:
            for piece in iter(_filled(source), b""):
                spool.write(piece)
            if not source.sound():
                raise errors.wrong_checksum()
            spool.seek(0)
            return self._publish(upload_id, offset, lambda: cast("IO[bytes]", spool).read(PIECE_BYTES))

    def open(self, upload_id: str) -> BinaryIO:
        self.info(upload_id)
        return cast("BinaryIO", io.BufferedReader(_Chain(self, self._pieces(upload_id)), _READ_AHEAD_BYTES))

    def remove(self, upload_id: str) -> None:
        names = [piece.key for piece in self._pieces(upload_id, all_of_them=True)]
        # The statement first: without it the upload is gone, whatever becomes of this process.
        for name in (self._name(upload_id, "info.json"), *names):
            _asked(lambda key=name: self._client.delete_object(Bucket=self._bucket, Key=key))  # type: ignore[misc]  # bound now

    def concat(self, info: Info, parts: Sequence[Info]) -> None:
        base = 0
        for part in parts:
            pieces = self._pieces(part.upload_id)
            if _end(pieces) != part.length:
                raise errors.part_unfinished()
            for piece in pieces:
                self._copy(piece, self._name(info.upload_id, _number(base + piece.offset)))
            base += part.length
        self.create(info)

    def sweep(self, *, older_than_s: float) -> int:
        """Pieces without a statement: of a removal or a joining whose process died, or of a writer that came late."""
        before = datetime.now(UTC) - timedelta(seconds=older_than_s)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        removed = 0
        # Names come in order and all of one upload together: one upload at a time is enough to remember.
        for _, group in groupby(_asked_each(pages), key=lambda one: one["Key"].rpartition("/")[0]):
            found = list(group)
            if any(one["Key"].endswith("/info.json") or one["LastModified"] > before for one in found):
                continue
            for one in found:
                _asked(lambda key=one["Key"]: self._client.delete_object(Bucket=self._bucket, Key=key))  # type: ignore[misc]  # bound now
                removed += 1
        return removed

    def read_range(self, key: str, first: int, last: int) -> bytes:
        """Bytes ``first`` to ``last`` of one piece, both inclusive (RFC 9110 §14.1.2)."""
        wanted = {"Bucket": self._bucket, "Key": key, "Range": f"bytes={first}-{last}"}
        return cast("bytes", _asked(lambda: self._client.get_object(**wanted)["Body"].read()))

    def _name(self, upload_id: str, name: str) -> str:
        return f"{self._prefix}{checked_id(upload_id)}/{name}"

    def _copy(self, piece: Piece, name: str) -> None:
        source = {"Bucket": self._bucket, "Key": piece.key}
        _asked(lambda: self._client.copy_object(Bucket=self._bucket, Key=name, CopySource=source))

    def _pieces(self, upload_id: str, *, all_of_them: bool = False) -> list[Piece]:
        """The unbroken chain from 0, in order; with `all_of_them` whatever lies there."""
        prefix, found = self._name(upload_id, ""), []
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for page in _asked(lambda: list(pages)):
            for one in page.get("Contents", ()):
                number = one["Key"].removeprefix(prefix)
                if number.isdigit():
                    found.append(Piece(int(number), int(one["Size"]), one["Key"]))
        return found if all_of_them else _chain(found)

    def _publish(self, upload_id: str, offset: int, next_piece: Callable[[], bytes | bytearray]) -> int:
        while piece := next_piece():
            if not self._put(self._name(upload_id, _number(offset)), piece):
                raise errors.wrong_offset(_end(self._pieces(upload_id)))
            offset += len(piece)
        return offset

    def _put(self, name: str, piece: bytes | bytearray) -> bool:
        """False when another writer's bytes lie there. The same bytes are as good as ours: a repeated try of boto3."""
        digest = hashlib.sha256(piece).hexdigest()
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=name, Body=piece, IfNoneMatch="*", Metadata={"sha256": digest}
            )
        except ClientError as error:
            if _code(error) not in _TAKEN:
                raise _unavailable(error) from error
            held = _asked(lambda: self._client.head_object(Bucket=self._bucket, Key=name))
            return bool(held.get("Metadata", {}).get("sha256") == digest)
        except BotoCoreError as error:
            raise _unavailable(error) from error
        return True


class _Chain(io.RawIOBase):
    """Seekable reading over pieces by HTTP ranges."""

    def __init__(self, store: S3Uploads, pieces: Sequence[Piece]) -> None:
        self._store, self._pieces, self._size, self._at = store, pieces, _end(pieces), 0
        self._starts = [piece.offset for piece in pieces]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        if self._at >= self._size or not len(view):
            return 0
        piece = self._pieces[bisect.bisect_right(self._starts, self._at) - 1]
        first = self._at - piece.offset
        data = self._store.read_range(piece.key, first, min(first + len(view), piece.size) - 1)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


def _number(offset: int) -> str:
    return f"{offset:015d}"


def _chain(found: Sequence[Piece]) -> list[Piece]:
    chain: list[Piece] = []
    for piece in sorted(found, key=lambda one: one.offset):
        if piece.offset != _end(chain):
            break
        chain.append(piece)
    return chain


def _end(chain: Sequence[Piece]) -> int:
    return chain[-1].offset + chain[-1].size if chain else 0


def _filled(source: Source) -> Callable[[], bytes | bytearray]:
    """Whole pieces, however small the drops they come in; the last one is what there is."""

    def next_piece() -> bytearray:
        buffer, filled = bytearray(PIECE_BYTES), 0
        with memoryview(buffer) as view:
            while filled < PIECE_BYTES and (count := source.readinto(view[filled:])):
                filled += count
        del buffer[filled:]  # no copy: one piece is all that an upload keeps in memory
        return buffer

    return next_piece


def _asked(call: Callable[[], T]) -> T:
    """A call of the bucket; what is not there is ``upload.not_found``, anything else is the store being away."""
    try:
        return call()
    except ClientError as error:
        if _code(error) in _ABSENT:
            raise errors.not_found() from None
        raise _unavailable(error) from error
    except BotoCoreError as error:
        raise _unavailable(error) from error


def _asked_each(pages: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Everything listed, page by page."""
    rest = iter(pages)
    while (page := _asked(lambda: next(rest, None))) is not None:
        yield from page.get("Contents", ())


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _unavailable(error: Exception) -> errors.UploadError:
    return errors.unavailable(_code(error) if isinstance(error, ClientError) else type(error).__name__)
