"""A row as a document of the log: its plain values, its canonical form, its hash and its MAC.

The canonical form is the JSON of the stored document without `hash`, `key` and `mac`: keys sorted, UTF-8, no spaces,
`_id` called `id`, the time as whole milliseconds of UTC, `prev` in hexadecimal. Stored values are JSON values (and
that one time, and bytes), so the form is the same before and after MongoDB, and no two documents share one.
"""

from __future__ import annotations

import hmac
import json
import math
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from bson.codec_options import CodecOptions, DatetimeConversion
from bson.datetime_ms import DatetimeMS

from evidence.log import leaf_hash
from server.core import crypto
from server.core.audit.rows import Row

FIRST_PREV = bytes(32)
MAX_BYTES = 512 * 1024
# Times as they are stored, also those that no datetime can hold.
CODEC: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=False, datetime_conversion=DatetimeConversion.DATETIME_MS)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_INT64 = 2**63
_SEALS = ("hash", "key", "mac")
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
_ROW_FIELDS = tuple(one.name for one in fields(Row))
_LARGE = ("before", "after", "detail")


class Malformed(ValueError):
    """Not a document this program has written."""


class Key:
    """The secret that MACs a court's entries, and the name it goes by."""

    def __init__(self, key_id: str, secret: bytes) -> None:
        self.id = key_id
        self._keyed = hmac.new(secret, digestmod=sha256)

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA-256 (RFC 2104)."""
        found = self._keyed.copy()  # the key is hashed once, not for every message
        found.update(message)
        return found.digest()

    def mac_of(self, value: Mapping[str, Any]) -> bytes:
        """Over the canonical JSON of plain values."""
        return self.mac(_ENCODER.encode(value).encode())


def key_of(court: str) -> Key:
    """The key of a court's log. Raises VaultError when the vault does not give it."""
    secret = crypto.vault().secret("audit", court=court)
    return Key(sha256(b"songda audit key\0" + secret).hexdigest()[:8], secret)


def document(row: Row, entry_id: str) -> dict[str, Any]:
    """The row ready to be chained. Raises ValueError when its time is naive. What is too large is cut, not refused."""
    found: dict[str, Any] = {"_id": entry_id, "court": row.court, "at": stored_time(row.at)}
    for name in _ROW_FIELDS:
        value = getattr(row, name)
        if name not in found and value not in ("", (), [], {}):
            found[name] = plain(value)
    size = len(_ENCODER.encode({key: value for key, value in found.items() if key != "at"}).encode())
    if size > MAX_BYTES:
        for name in _LARGE:
            found.pop(name, None)
        found["subjects"] = found.get("subjects", [])[:2000]
        found["detail"] = {"cut_bytes": size}
    return found


def stored_time(at: datetime) -> DatetimeMS:
    """As MongoDB keeps it: whole milliseconds. Raises ValueError when it is naive."""
    if at.tzinfo is None:
        raise ValueError("the time of a row must be aware")
    return DatetimeMS((at - _EPOCH) // _MILLISECOND)


def row_of(found: Mapping[str, Any]) -> Row:
    """The row a document holds; `at` may be a datetime or as `CODEC` reads it."""
    values = {name: found[name] for name in _ROW_FIELDS if name in found}
    at = values["at"]
    values["at"] = _EPOCH + int(at) * _MILLISECOND if isinstance(at, DatetimeMS) else at
    for name in ("roles", "subjects"):
        values[name] = tuple(values.get(name, ()))
    return Row(**values)


def link(entry: dict[str, Any], seq: int, prev: bytes, key: Key) -> bytes:
    """Puts the document at its place in the chain; returns its hash."""
    for name in _SEALS:
        entry.pop(name, None)
    entry["seq"] = seq
    entry["prev"] = prev
    found = leaf_hash(canonical(entry))
    entry["hash"] = found
    entry["key"] = key.id
    entry["mac"] = key.mac(found)
    return found


def canonical(entry: Mapping[str, Any]) -> bytes:
    """See above. Raises Malformed for a document that this program cannot have written."""
    body = dict(entry)
    try:
        for name in _SEALS:
            body.pop(name, None)
        at, prev = body["at"], body["prev"]
        if type(at) is not DatetimeMS or type(prev) is not bytes or "id" in body:
            raise Malformed("not an entry")
        body["id"] = body.pop("_id")
        body["at"] = int(at)
        body["prev"] = prev.hex()
        return _ENCODER.encode(body).encode()
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed("not an entry") from error


def plain(value: Any) -> Any:
    """The value as JSON knows it and MongoDB keeps it without loss."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int):
        return int(value) if -_INT64 <= value < _INT64 else str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {_name(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return f"<{type(value).__name__}>"


def text(value: str) -> str:
    """A plain string without what UTF-8 cannot write."""
    return str(value).encode("utf-8", "backslashreplace").decode()


def encoded(value: Mapping[str, Any]) -> bytes:
    """Canonical JSON of plain values."""
    return _ENCODER.encode(value).encode()


def _name(key: object) -> str:
    """MongoDB gives names with a dollar a meaning of its own, and allows no NUL."""
    found = text(str(key)).replace("\0", "")
    return f"＄{found[1:]}" if found.startswith("$") else found
