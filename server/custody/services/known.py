"""Everything that is known about one item: how it was captured, what it holds, where it was, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evidence.analysis import words
from server.accounts.models import Person
from server.field import errors
from server.field.models import EvidenceItem
from server.field.services import guard
from server.field.services.evidence import WARNINGS
from server.law.outcomes import EVIDENCE_KINDS

_PLAIN = (
    *("visit_id", "task_id", "server_id", "client_id", "kind", "sha256", "size", "media_type"),
    *("captured_at", "received_at"),
)
ANALYSIS_LABELS = {
    "waiting": "等待分析",
    "running": "正在分析",
    "done": "已分析",
    "broken": "文件无法解读",
    "failed": "未能分析",
}


def known(*, court: str, evidence_id: str) -> dict[str, Any]:
    """Plain values; `fix` is as stored, `copies` are names with size and pixels. Raises `evidence.not_found`."""
    item = EvidenceItem._get_collection().find_one({"_id": evidence_id, "court": court}, {"manifest": 0})
    if item is None:
        raise errors.evidence_not_found()
    visit = guard.visits().find_one({"_id": item["visit_id"], "court": court}) if item["visit_id"] else None
    person = Person._get_collection().find_one({"_id": item["server_id"]}, {"name": 1})
    facts = item.get("facts") or {}
    return {
        "id": item["_id"],
        **{name: item[name] for name in _PLAIN},
        "label": EVIDENCE_KINDS.get(item["kind"], item["kind"]),
        "source": item.get("source") or "phone",
        "server_name": person["name"] if person else None,
        "case_number": visit["case_number"] if visit else None,
        "recipient_name": visit["recipient_name"] if visit else None,
        "date": visit["date"] if visit else None,
        "fix": item.get("fix"),
        "sealed": bool(item.get("envelope")),
        "manifest_sha256": item.get("manifest_sha256"),
        "warnings": [{"code": code, "text": WARNINGS.get(code, code)} for code in facts.get("warnings") or ()],
        "capture": item.get("capture") or None,
        "analysis": analysis(item.get("analysis") or {}),
        "place": item.get("place") or None,
        "log": item.get("log") or None,
        "late": item.get("late") or None,
        "copies": _copies(item.get("analysis") or {}),
    }


def analysis(stored: Mapping[str, Any]) -> dict[str, Any]:
    """What analysis found, with words; `state` waiting where it has not begun."""
    state = stored.get("state") or "waiting"
    return {
        "state": state,
        "label": ANALYSIS_LABELS[state],
        "media": dict(stored.get("media") or {}),
        "quality": dict(stored.get("quality") or {}),
        "concerns": [{"code": code, "text": words(code)} for code in stored.get("concerns") or ()],
        "phash": (stored.get("hashes") or {}).get("phash"),
        "problem": stored.get("problem"),
        "done_at": stored.get("done_at"),
    }


def _copies(stored: Mapping[str, Any]) -> list[dict[str, Any]]:
    shown = ("media_type", "size", "sha256", "width", "height")
    return [{"name": name, **{key: one[key] for key in shown}} for name, one in (stored.get("copies") or {}).items()]
