"""Evidence in an S3 bucket: for more than one machine.

The key is the hash, which is known only when the last byte has arrived. So a stream is first spooled
(memory up to ``SPOOL_BYTES``, then a temporary file), hashed on the way, and sent under its final name
afterwards: nothing unverified is ever visible in the bucket, and an interrupted multipart upload never
becomes an object.
"""

import base64
import hashlib
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from evidence.errors import EvidenceError
from evidence.hashing import CHUNK_BYTES, Digest, HashingReader, Reader, check_sha256, normal_sha256
from evidence.stores.protocol import Stored, checked_key, key_of, locked, not_found, unavailable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# boto3 makes its clients at run time; their types would be one more package to pin.
S3Client = Any

SPOOL_BYTES = 8 * 1024 * 1024
PART_BYTES = 8 * 1024 * 1024
_READ_AHEAD_BYTES = 1024 * 1024
_ABSENT = {"404", "NoSuchKey", "NotFound"}
_TAKEN = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}
_LOCK_MODES = ("COMPLIANCE", "GOVERNANCE")
_LOCK_SLACK = timedelta(days=1)


def s3_client(*, endpoint: str | None, region: str | None) -> S3Client:
    """A client with time limits and bounded retries; path-style addresses when the endpoint is our own."""
    config = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 3},
        s3={"addressing_style": "path" if endpoint else "auto"},
    )
    return boto3.client("s3", endpoint_url=endpoint, region_name=region or "us-east-1", config=config)


@dataclass(frozen=True, slots=True)
class Lock:
    """S3 Object Lock for everything stored: ``COMPLIANCE`` (nobody can shorten it) or ``GOVERNANCE``, for some days.

    The bucket must have been made with Object Lock, or every put fails with ``evidence.store_unavailable``.
    """

    mode: str
    days: int

    def until(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0) + timedelta(days=self.days)

    def headers(self) -> dict[str, Any]:
        return {"ObjectLockMode": self.mode, "ObjectLockRetainUntilDate": self.until()}

    @classmethod
    def of(cls, mode: str | None, days: str | None) -> "Lock | None":
        """From the URL's ``lock`` and ``days``. Raises ``evidence.bad_store_url``."""
        if mode is None and days is None:
            return None
        known = (mode or "").upper()
        if (
            known not in _LOCK_MODES
            or days is None
            or not (days.isascii() and days.isdigit() and 0 < int(days) <= 36500)
        ):
            raise EvidenceError(
                "evidence.bad_store_url", "存储锁定须写明 lock=compliance 或 governance，以及 days=天数"
            )
        return cls(known, int(days))


class S3Store:
    """Write-once objects of one bucket, under an optional prefix."""

    def __init__(self, client: S3Client, *, bucket: str, prefix: str = "", lock: Lock | None = None) -> None:
        self._client = client
        self._bucket = bucket
        self._lock = lock
        self._prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""

    def put(
        self,
        stream: Reader,
        *,
        max_bytes: int,
        expected_sha256: str | None = None,
        content_type: str = "application/octet-stream",
    ) -> Stored:
        """See :class:`evidence.stores.protocol.Store`. Raises ``evidence.store_unavailable`` too."""
        expected = normal_sha256(expected_sha256) if expected_sha256 is not None else None
        with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
            reader = HashingReader(stream, max_bytes=max_bytes)
            while chunk := reader.read(CHUNK_BYTES):
                spool.write(chunk)
            digest = reader.digest()
            check_sha256(digest, expected)
            key = key_of(digest.sha256)
            held = self._held_size(key)
            if held != digest.size:
                spool.seek(0)
                self._send(cast("IO[bytes]", spool), key, digest, content_type, replace=held is not None)
        self._ensure_locked(key)
        return Stored(key, digest.sha256, digest.size)

    def remove(self, key: str) -> bool:
        """See :class:`evidence.stores.protocol.Remover`. No lock is ever bypassed, not even GOVERNANCE."""
        name = self._prefix + checked_key(key)
        try:
            self._refuse_locked(key)
            versions = list(self._versions(name))
            for one in versions:
                self._client.delete_object(Bucket=self._bucket, Key=name, VersionId=one["VersionId"])
        except ClientError as error:
            if _code(error) == "AccessDenied":
                # An older version that is locked longer, or a user who may not.
                raise locked(key, until="") from error
            raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error
        return bool(versions)

    def sweep_incoming(self, *, older_than_seconds: float) -> int:
        """Aborts multipart uploads. See :class:`evidence.stores.protocol.Sweeper`."""
        before = datetime.now(UTC) - timedelta(seconds=older_than_seconds)
        aborted = 0
        try:
            pages = self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self._bucket, Prefix=self._prefix + "sha256/"
            )
            for page in pages:
                stale = [one for one in page.get("Uploads", ()) if one["Initiated"] < before]
                aborted += sum(self._abort(one["Key"], one["UploadId"]) for one in stale)
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from error
        return aborted

    def open(self, key: str) -> BinaryIO:
        """See :class:`evidence.stores.protocol.Store`. Reads ahead by 1 MB ranges; memory stays flat."""
        raw = _RangeReader(self, checked_key(key), self.size(key))
        return cast("BinaryIO", io.BufferedReader(raw, _READ_AHEAD_BYTES))

    def size(self, key: str) -> int:
        """See :class:`evidence.stores.protocol.Store`."""
        size = self._held_size(key)
        if size is None:
            raise not_found(key)
        return size

    def exists(self, key: str) -> bool:
        """See :class:`evidence.stores.protocol.Store`."""
        return self._held_size(key) is not None

    def read_range(self, key: str, first: int, last: int) -> bytes:
        """Bytes ``first`` to ``last``, both inclusive (RFC 9110 §14.1.2)."""
        try:
            answer = self._client.get_object(
                Bucket=self._bucket, Key=self._prefix + checked_key(key), Range=f"bytes={first}-{last}"
            )
            return cast("bytes", answer["Body"].read())
        except ClientError as error:
            if _code(error) in _ABSENT:
                raise not_found(key) from None
            raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error

    def _held_size(self, key: str) -> int | None:
        head = self._head(key)
        return None if head is None else int(head["ContentLength"])

    def _head(self, key: str) -> dict[str, Any] | None:
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=self._prefix + checked_key(key))
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error
        return cast("dict[str, Any]", head)

    def _refuse_locked(self, key: str) -> None:
        head = self._head(key) or {}
        until = head.get("ObjectLockRetainUntilDate")
        if head.get("ObjectLockLegalHoldStatus") == "ON":
            raise locked(key, until="")
        if until is not None and until > datetime.now(UTC):
            raise locked(key, until=until.date().isoformat())

    def _send(self, spool: IO[bytes], key: str, digest: Digest, content_type: str, *, replace: bool) -> None:
        # The bucket refuses a second writer; an object of a wrong length (damaged from outside) is replaced.
        condition: dict[str, Any] = {} if replace else {"IfNoneMatch": "*"}
        named = {"Bucket": self._bucket, "Key": self._prefix + key}
        meta = {"ContentType": content_type, **(self._lock.headers() if self._lock else {})}
        try:
            if digest.size <= PART_BYTES:
                # The bucket itself checks the hash of what arrived.
                checksum = _checksum(bytes.fromhex(digest.sha256))
                checked = {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": checksum}
                self._client.put_object(**named, Body=spool, **checked, **meta, **condition)
            else:
                self._send_parts(spool, named, meta, condition)
        except ClientError as error:
            if _code(error) not in _TAKEN or self._held_size(key) != digest.size:
                raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error

    def _send_parts(
        self, spool: IO[bytes], named: dict[str, str], meta: dict[str, Any], condition: dict[str, Any]
    ) -> None:
        """A multipart upload: no object before its completion, and none of it left when it fails.

        One part at a time: uploads already run side by side in web threads, and each holds one part in memory.
        """
        upload = self._client.create_multipart_upload(**named, ChecksumAlgorithm="SHA256", **meta)["UploadId"]
        try:
            parts: list[dict[str, Any]] = []
            while part := spool.read(PART_BYTES):
                number, checksum = len(parts) + 1, _checksum(hashlib.sha256(part).digest())
                sent = self._client.upload_part(
                    **named, UploadId=upload, PartNumber=number, Body=part, ChecksumSHA256=checksum
                )
                parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": checksum})
            self._client.complete_multipart_upload(
                **named, UploadId=upload, MultipartUpload={"Parts": parts}, **condition
            )
        except (ClientError, BotoCoreError):
            self._abort(named["Key"], upload)
            raise

    def _abort(self, name: str, upload: str) -> bool:
        """Parts cost money until somebody aborts them; what cannot be aborted now is found by the sweep."""
        try:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=name, UploadId=upload)
        except (ClientError, BotoCoreError):
            return False
        return True

    def _ensure_locked(self, key: str) -> None:
        """The lock asked for, also on an object that was there before: it only ever grows longer."""
        if self._lock is None:
            return
        head = self._head(key) or {}
        held, wanted = head.get("ObjectLockRetainUntilDate"), self._lock.until()
        if held is not None and held >= wanted - _LOCK_SLACK:
            return
        retention = {"Mode": self._lock.mode, "RetainUntilDate": wanted}
        try:
            self._client.put_object_retention(Bucket=self._bucket, Key=self._prefix + key, Retention=retention)
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from error

    def _versions(self, name: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=name)
        for page in pages:
            for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if one["Key"] == name:
                    yield one


class _RangeReader(io.RawIOBase):
    """Seekable reading by HTTP ranges."""

    def __init__(self, store: S3Store, key: str, size: int) -> None:
        self._store, self._key, self._size, self._at = store, key, size, 0

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

    def readall(self) -> bytes:
        """The rest in one request; the library's own would ask for 8 kB at a time."""
        data = self._store.read_range(self._key, self._at, self._size - 1) if self._at < self._size else b""
        self._at += len(data)
        return data

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        last = min(self._at + len(view), self._size) - 1
        if last < self._at:
            return 0
        data = self._store.read_range(self._key, self._at, last)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _unavailable(error: Exception) -> EvidenceError:
    reason = _code(error) if isinstance(error, ClientError) else type(error).__name__
    return unavailable(reason)


def _checksum(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
