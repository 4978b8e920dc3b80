"""The verdict on how an item was captured. Never raises for what a phone sent: it says what is wrong."""

from __future__ import annotations

from datetime import datetime

from server.field.models import EvidenceItem


def judge_item(*, court: str, evidence_id: str, now: datetime) -> None:
    """Judges an item anew and keeps the verdict beside it. May run twice."""
    EvidenceItem._get_collection().update_one(
        {"_id": evidence_id, "court": court, "envelope": {"$exists": False}, "capture": {"$exists": False}},
        {"$set": {"capture": {"verdict": "unsealed", "reasons": [{"code": "envelope.missing"}], "judged_at": now}}},
    )
