"""The words on a marked copy: when, where, for which case, which file, by which court. Addresses only masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.core.clock import COURT_ZONE
from server.law.outcomes import EVIDENCE_KINDS


def lines(item: Mapping[str, Any], visit: Mapping[str, Any] | None, court: Mapping[str, Any] | None) -> tuple[str, ...]:
    """One line each; what is not known has none."""
    taken = item["captured_at"].astimezone(COURT_ZONE).strftime("%Y-%m-%d %H:%M:%S")
    said = [f"{EVIDENCE_KINDS.get(item['kind'], '证据材料')}  拍摄时间 {taken}", _place(item, visit)]
    if visit:
        said.append(f"案号 {visit['case_number']}")
    said.append(f"SHA-256 {item['sha256'][:16]}")
    if court:
        said.append(f"{court['name']}  展示副本，以原件为准")
    return tuple(one for one in said if one)


def _place(item: Mapping[str, Any], visit: Mapping[str, Any] | None) -> str:
    words = []
    if visit and (visit.get("address") or {}).get("mask"):
        words.append(visit["address"]["mask"])
    fix = item.get("fix")
    if fix:
        point = fix["point"]
        words.append(
            f"东经 {point['lng']:.5f}°、北纬 {point['lat']:.5f}°（{point['datum']}，误差 {fix['accuracy_m']:.0f} 米）"
        )
    return f"地点 {'  '.join(words)}" if words else "地点 无定位"
