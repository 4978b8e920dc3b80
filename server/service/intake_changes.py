"""What an edited row changes in its task, as values to write and as words for the timeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from server.cases.importers import PlacedRow
from server.core.clock import show

CHANNEL_NAMES = {
    "direct": "直接送达",
    "electronic": "电子送达",
    "telephone": "电话送达",
    "postal": "邮寄送达",
    "pickup": "领取送达",
    "notice": "公告送达",
    "entrusted": "委托送达",
    "forwarded": "转交送达",
}
# Field of the task or recipient → its name in a list. Those without a name change silently with another field.
_TASK_LABELS = {
    "case_kind": "案件类型",
    "cause": "案由",
    "procedure": "适用程序",
    "judge_id": "",
    "judge_name": "承办法官",
    "division_id": "",
    "clerk_id": "",
    "clerk_name": "书记员",
    "channel": "指定送达方式",
    "due_on": "要求完成日期",
    "hearing_at": "开庭时间",
    "windows": "可上门时段",
    "remarks": "备注",
}
_RECIPIENT_LABELS = {
    "name": "受送达人",
    "kind": "受送达人类型",
    "standing": "诉讼地位",
    "id_mask": "",
    "phone_mask": "",
    "address": "送达地址",
    "address_basis": "地址依据",
    "point": "坐标",
    "contact_point_id": "",
    "party_id": "",
}
# What a row may not know and must not take away; an account only as long as the name beside it stays.
_KEPT_WHEN_UNKNOWN = {
    "judge_id": "judge_name",
    "division_id": "judge_name",
    "clerk_id": "clerk_name",
    "point": "",
    "id_mask": "",
    "phone_mask": "",
}


def task_values(one: PlacedRow) -> dict[str, Any]:
    """The row as fields of the task."""
    row = one.row
    return {
        "case_kind": row.case_kind,
        "cause": row.cause,
        "procedure": row.procedure,
        "judge_id": one.judge_id,
        "judge_name": row.judge_name,
        "division_id": one.division_id,
        "clerk_id": one.clerk_id,
        "clerk_name": row.clerk_name,
        "channel": row.channel,
        "due_on": row.due_on.isoformat(),
        "hearing_at": row.hearing_at,
        "windows": [list(window) for window in row.windows],
        "remarks": list(row.remarks),
    }


def recipient_values(one: PlacedRow) -> dict[str, Any]:
    """The row as fields of the task's one recipient."""
    row = one.row
    return {
        "party_id": one.party_id,
        "contact_point_id": one.contact_point_id,
        "name": row.name,
        "kind": row.party_kind,
        "standing": row.standing,
        "id_mask": one.id_mask,
        "phone_mask": one.phone_mask,
        "address": one.address,
        "address_basis": row.address_basis,
        "point": one.point,
    }


@dataclass(slots=True)
class Change:
    """Differences between a row and its task: `values` by path, `texts` old → new in Chinese."""

    TASK_FIELDS: ClassVar[tuple[str, ...]] = tuple(_TASK_LABELS)

    values: dict[str, Any] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    recipient_id: str | None = None

    @property
    def any(self) -> bool:
        return bool(self.values)

    def operators(self) -> tuple[dict[str, Any], dict[str, str]]:
        """(values for $set, paths for $unset)."""
        given = {path: value for path, value in self.values.items() if value not in (None, "")}
        return given, {path: "" for path in self.values if path not in given}


def changes_of(one: PlacedRow, task: dict[str, Any]) -> Change:
    """What the row says otherwise than the task does."""
    change = Change()
    _compare(change, "", task, task_values(one), _TASK_LABELS)
    _compare_documents(change, one, task)
    index = next((i for i, held in enumerate(task["recipients"]) if held["party_id"] == one.party_id), None)
    if index is None:
        return change
    recipient = task["recipients"][index]
    before = len(change.values)
    _compare(change, f"recipients.{index}.", recipient, recipient_values(one), _RECIPIENT_LABELS)
    if len(change.values) > before:
        change.recipient_id = recipient["id"]
    if f"recipients.{index}.address" in change.values and recipient.get("lock"):
        change.texts.append("该受送达人已有进行中的送达，已派出的上门单仍为原地址，请送达管理员核对")
    return change


def _compare(change: Change, prefix: str, held: dict[str, Any], wanted: dict[str, Any], labels: dict[str, str]) -> None:
    for name, value in wanted.items():
        old = held.get(name)
        if _same(name, old, value) or (not value and _stays(name, held, wanted)):
            continue
        change.values[prefix + name] = value
        if label := labels[name]:
            change.texts.append(f"{label}：{_words(name, old)} → {_words(name, value)}")


def _same(name: str, old: Any, new: Any) -> bool:
    if name == "address":
        # A value sealed again reads otherwise and is the same.
        return bool(old) and old["index"] == new["index"]
    return (old or None) == (new or None)


def _stays(name: str, held: dict[str, Any], wanted: dict[str, Any]) -> bool:
    if name not in _KEPT_WHEN_UNKNOWN:
        return False
    beside = _KEPT_WHEN_UNKNOWN[name]
    return not beside or held.get(beside) == wanted.get(beside)


def _compare_documents(change: Change, one: PlacedRow, task: dict[str, Any]) -> None:
    """The names are the same (they are part of the key); copies and order may not be."""
    wanted = [{"name": name, "copies": copies} for name, copies in one.row.documents]
    held = [{"name": entry["name"], "copies": entry.get("copies", 1)} for entry in task["documents"]]
    if wanted == held:
        return
    change.values["documents"] = wanted
    old, new = ("、".join(f"{entry['name']}{entry['copies']}份" for entry in entries) for entries in (held, wanted))
    change.texts.append(f"送达文书：{old} → {new}")


def _words(name: str, value: Any) -> str:
    if not value:
        return "无"
    if name == "channel":
        return CHANNEL_NAMES.get(value, str(value))
    if name == "windows":
        return "、".join(f"{_clock(start)}-{_clock(end)}" for start, end in value)
    if name == "remarks":
        return "、".join(value)
    if name == "address":
        return str(value["mask"])
    if name == "point":
        return f"{value['lng']},{value['lat']}（{value['datum']}）"
    if isinstance(value, datetime):
        return show(value)
    return str(value)


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}"
