"""Rescue exports as a phone writes them, and spoilt in every way."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

from evidence.capture import Sent
from server.core.ids import new_id
from tests.factories import visits as make

MADE_AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC).isoformat()


def item(data: bytes, *, envelope: Sent | None = None, **changes: Any) -> dict[str, Any]:
    """One announcement of the index, with a position at the door."""
    said = {
        "visit_id": "",
        "client_id": new_id(),
        "kind": "photo_door",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "captured_at": make.now_text(minutes=5),
        "fix": make.fix(),
        "envelope": _plain(envelope) if envelope else None,
    }
    return said | changes


def _plain(sent: Sent) -> dict[str, str]:
    return {
        "payload": base64.b64encode(sent.payload).decode(),
        "signature": base64.b64encode(sent.signature).decode(),
        "device_id": sent.device_id,
    }


def index(given: list[Any], /, **changes: Any) -> dict[str, Any]:
    said = {
        "schema": "songda-rescue/1",
        "court": make.COURT,
        "staff_no": "WC001",
        "made_at": MADE_AT,
        "items": given,
    }
    return said | changes


def packed(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these entries, in this order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def export(given: list[tuple[dict[str, Any], bytes]], /, **changes: Any) -> bytes:
    """A whole export: each item with its bytes; `changes` go into the index."""
    files = {f"files/{said['client_id']}": data for said, data in given}
    return packed({"rescue.json": json.dumps(index([said for said, _ in given], **changes)).encode(), **files})
