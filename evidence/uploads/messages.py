"""Requests and answers as plain values, and the headers of tus 1.0.0 read strictly.

https://tus.io/protocols/resumable-upload (core, creation, checksum, concatenation).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from evidence.uploads import errors
from evidence.uploads.protocol import checked_id

VERSION = "1.0.0"
BYTES_TYPE = "application/offset+octet-stream"
ALGORITHMS = ("sha1", "sha256", "crc32")
MAX_METADATA_CHARS = 4096
MAX_PARTS = 64
_NUMBER = re.compile(r"[0-9]{1,15}")
_KEY = re.compile(r"[!-+\--~]{1,64}")  # printable ASCII without space and comma


class Body(Protocol):
    """The body of a request as the server of HTTP gives it."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Some bytes, or 0 at the end or when the connection broke. Raises TimeoutError when nothing came for a while
        (about a second) and OSError when the connection broke."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `headers` have lower-case names; `prefix` is the address of the collection, without a last slash."""

    method: str
    prefix: str
    upload_id: str | None
    headers: Mapping[str, str]
    body: Body
    content_length: int | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. `problem` (title, status, code, …; RFC 9457) is the body of a refusal, else there is none."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    problem: dict[str, Any] | None = None


class Hash(Protocol):
    def update(self, data: memoryview, /) -> None: ...

    def hexdigest(self) -> str: ...


class Crc32:
    """CRC-32 (ISO 3309, as in zip) with the interface of hashlib; four bytes, most significant first."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: memoryview, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:08x}"


def new_hash(algorithm: str) -> Hash:
    """A running hash of one of ALGORITHMS."""
    # SHA-1 because the protocol demands it (checksum extension); it finds broken transfers, it proves nothing.
    return Crc32() if algorithm == "crc32" else hashlib.new(algorithm, usedforsecurity=False)


def number(headers: Mapping[str, str], name: str) -> int:
    """A whole number ≥ 0. Raises ``upload.bad_header``."""
    given = headers.get(name.lower(), "")
    if not _NUMBER.fullmatch(given):
        raise errors.bad_header(name)
    return int(given)


def metadata_of(header: str) -> dict[str, str]:
    """Key → text. Raises ``upload.bad_metadata``."""
    if len(header) > MAX_METADATA_CHARS:
        raise errors.bad_metadata()
    found: dict[str, str] = {}
    for pair in header.split(",") if header.strip() else ():
        key, _, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise errors.bad_metadata()
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except ValueError as error:  # binascii.Error and UnicodeDecodeError are both
            raise errors.bad_metadata() from error
    return found


def metadata_header(values: Mapping[str, str]) -> str:
    """What `metadata_of` reads."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def checksum_of(header: str) -> str:
    """``algorithm hex`` of an Upload-Checksum. Raises ``upload.bad_header``, ``upload.bad_algorithm``."""
    algorithm, _, value = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise errors.bad_algorithm(",".join(ALGORITHMS))
    try:
        digest = base64.b64decode(value, validate=True).hex()
    except binascii.Error as error:
        raise errors.bad_header("Upload-Checksum") from error
    if len(digest) != len(new_hash(algorithm).hexdigest()):
        raise errors.bad_header("Upload-Checksum")
    return f"{algorithm} {digest}"


def parts_of(header: str) -> tuple[str, ...]:
    """The ids behind the addresses of ``final;/uploads/a /uploads/b``. Raises ``upload.bad_header``."""
    addresses = header.removeprefix("final;").split()
    if not header.startswith("final;") or not 1 <= len(addresses) <= MAX_PARTS:
        raise errors.bad_header("Upload-Concat")
    try:
        return tuple(checked_id(urlsplit(one).path.rpartition("/")[2]) for one in addresses)
    except (errors.UploadError, ValueError) as error:  # a bracket that is no IPv6 address is a ValueError
        raise errors.not_a_part() from error


def expires(at: datetime) -> str:
    """An Upload-Expires (RFC 9110 §5.6.7)."""
    return format_datetime(at.astimezone(UTC), usegmt=True)
