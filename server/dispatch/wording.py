"""Chinese words for what happened to a visit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CHANGES = {
    "assigned": "分派",
    "reassigned": "改派",
    "claimed": "领取",
    "released": "退回",
    "published": "按规划分派",
    "undone": "撤销批量分派",
    "unassigned": "取消分派",
    "withdrawn": "取消上门",
    "carried_over": "顺延到新的一天",
}


def change_text(raw: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """One Chinese line: 改派：送达员01 → 送达员02（车辆故障）."""
    text = str(CHANGES.get(raw["what"], raw["what"]))
    before, after = server_name(raw.get("from_server"), names), server_name(raw.get("to_server"), names)
    if before and after and before != after:
        text += f"：{before} → {after}"
    elif after or before:
        text += f"：{after or before}"
    return f"{text}（{raw['reason']}）" if raw.get("reason") else text


def server_name(server_id: str | None, names: Mapping[str, str]) -> str | None:
    return names.get(server_id, server_id) if server_id else None
