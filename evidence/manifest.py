"""The manifest of one item: what was received, when and from whom, in one canonical form that is fixed at receipt.

Canonical JSON: keys sorted, no spaces, UTF-8, times in UTC with milliseconds. Its SHA-256 is what the court's log
holds, so these bytes are kept and exported as they are; nobody ever writes them anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from evidence.errors import EvidenceError

SCHEMA = "songda-evidence/1"
MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    """`size` in bytes, `sha256` of the original in hex; `fix` {lng, lat, datum, accuracy_m, provider, at} or None.

    `envelope_sha256`: of the payload signed at the shutter, None when the item came without one.
    """

    court: str
    evidence_id: str
    visit_id: str
    task_id: str
    server_id: str
    client_id: str
    kind: str
    sha256: str
    size: int
    media_type: str
    captured_at: datetime
    received_at: datetime
    fix: Mapping[str, Any] | None
    envelope_sha256: str | None
    source: str

    def encoded(self) -> bytes:
        """The canonical bytes. Raises ValueError for a naive time or a number JSON does not know."""
        said = {"schema": SCHEMA, **asdict(self)}
        return json.dumps(
            _plain(said), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
        ).encode()


def sha256_of(encoded: bytes) -> str:
    """What the log holds of a manifest: hex SHA-256 of its canonical bytes."""
    return hashlib.sha256(encoded).hexdigest()


def read(encoded: bytes) -> dict[str, Any]:
    """The values of a manifest. Raises ``manifest.unreadable`` for what is none, or is not in canonical form."""
    try:
        if len(encoded) > MAX_BYTES:
            raise ValueError("too long")
        found = json.loads(encoded)
        again = json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
        if not isinstance(found, dict) or found.get("schema") != SCHEMA or again != encoded:
            raise ValueError("not canonical")
    except (ValueError, RecursionError, UnicodeError) as error:
        raise EvidenceError("manifest.unreadable", "证据清单无法读取或不是规范格式") from error
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a naive time")
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
