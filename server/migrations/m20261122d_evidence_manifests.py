"""Evidence held before manifests: each gets one from what was recorded at receipt, and waits for log and analysis.

The court's log then says when the manifest was made: it vouches for the bytes from that day on, not from the receipt.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymongo import UpdateOne

from evidence.manifest import Manifest, sha256_of

_BATCH = 500
_SAME = (
    *("court", "visit_id", "task_id", "server_id", "client_id", "kind", "sha256", "size", "media_type"),
    *("captured_at", "received_at"),
)


def migrate(db: Any) -> str:
    """Answers how many items it changed. Safe to repeat."""
    changed = 0
    batch: list[UpdateOne] = []
    for update in _updates(db):
        batch.append(update)
        if len(batch) == _BATCH:
            changed += db.evidence_items.bulk_write(batch, ordered=False).modified_count
            batch = []
    if batch:
        changed += db.evidence_items.bulk_write(batch, ordered=False).modified_count
    return f"evidence_items {changed}"


def _updates(db: Any) -> Iterator[UpdateOne]:
    for found in db.evidence_items.find({"manifest": {"$exists": False}}):
        encoded = _manifest(found).encoded()
        yield UpdateOne(
            {"_id": found["_id"], "manifest": {"$exists": False}},
            {
                "$set": {
                    "source": "phone",
                    "manifest": encoded,
                    "manifest_sha256": sha256_of(encoded),
                    "log": {"state": "waiting"},
                    "analysis": {"state": "waiting", "queued_at": found["received_at"]},
                    "capture": {"verdict": "unsealed", "reasons": [{"code": "envelope.missing"}]},
                    "version": 1,
                }
            },
        )


def _manifest(found: dict[str, Any]) -> Manifest:
    fix = found.get("fix")
    place = None
    if fix:
        place = {name: fix["point"][name] for name in ("lng", "lat", "datum")}
        place |= {name: fix[name] for name in ("accuracy_m", "provider", "at")}
    return Manifest(
        evidence_id=found["_id"],
        fix=place,
        envelope_sha256=None,
        source="phone",
        **{name: found[name] for name in _SAME},
    )
