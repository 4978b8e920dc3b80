"""Evidence in an S3 bucket: for more than one machine.

The key is the hash, which is known only when the last byte has arrived. So a stream is first spooled
(memory up to ``SPOOL_BYTES``, then a temporary file), hashed on the way, and sent under its final name
afterwards: nothing unverified is ever visible in the bucket, and an interrupted multipart upload never
becomes an object.
"""

import base64
import io
import tempfile
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from evidence.errors import EvidenceError
from evidence.hashing import CHUNK_BYTES, Digest, HashingReader, Reader, check_sha256, normal_sha256
from evidence.stores.protocol import Stored, checked_key, key_of, not_found

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# boto3 makes its clients at run time; their types would be one more package to pin.
S3Client = Any

SPOOL_BYTES = 8 * 1024 * 1024
PART_BYTES = 8 * 1024 * 1024
_READ_AHEAD_BYTES = 1024 * 1024
_ABSENT = {"404", "NoSuchKey", "NotFound"}
_TAKEN = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}
# One thread: uploads already run side by side in web threads, and a part is held in memory by each.
_TRANSFER = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, use_threads=False)


def s3_client(*, endpoint: str | None, region: str | None) -> S3Client:
    """A client with time limits and bounded retries; path-style addresses when the endpoint is our own."""
    config = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 3},
        s3={"addressing_style": "path" if endpoint else "auto"},
    )
    return boto3.client("s3", endpoint_url=endpoint, region_name=region or "us-east-1", config=config)


class S3Store:
    """Write-once objects of one bucket, under an optional prefix."""

    def __init__(self, client: S3Client, *, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
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
        return Stored(key, digest.sha256, digest.size)

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
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=self._prefix + checked_key(key))
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error
        return int(head["ContentLength"])

    def _send(self, spool: IO[bytes], key: str, digest: Digest, content_type: str, *, replace: bool) -> None:
        name = self._prefix + key
        # The bucket refuses a second writer; an object of a wrong length (damaged from outside) is replaced.
        condition: dict[str, Any] = {} if replace else {"IfNoneMatch": "*"}
        try:
            if digest.size <= PART_BYTES:
                # The bucket itself checks the hash of what arrived.
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=name,
                    Body=spool,
                    ContentType=content_type,
                    ChecksumSHA256=base64.b64encode(bytes.fromhex(digest.sha256)).decode(),
                    **condition,
                )
            else:
                self._client.upload_fileobj(
                    spool, self._bucket, name, ExtraArgs={"ContentType": content_type}, Config=_TRANSFER
                )
        except ClientError as error:
            if _code(error) not in _TAKEN or self._held_size(key) != digest.size:
                raise _unavailable(error) from error
        except (BotoCoreError, Boto3Error) as error:
            raise _unavailable(error) from error


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
    return EvidenceError("evidence.store_unavailable", "证据存储暂不可用，请稍后重试", reason=reason)
