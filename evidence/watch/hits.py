"""What a check answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS: dict[str, str] = {
    "two_places": "同一时刻出现在两处",
    "speed": "两次上门之间移动速度不可能",
    "witness_two_places": "见证人同一时刻出现在两处",
    "same_photo": "同一份材料用于不同上门",
    "near_photo": "近似照片用于不同上门",
    "same_signature": "不同受送达人的签名图形相同",
    "witness_often": "同一见证人出现过多",
    "outcome_cluster": "未送达结果异常集中",
    "one_point": "多个结果在同一地点登记",
    "burst": "多个结果在几分钟内登记",
    "sample": "随机抽查",
}
# Rates move slowly: the same finding is not made again every day of its window.
LASTING = frozenset({"witness_often", "outcome_cluster"})


@dataclass(frozen=True, slots=True)
class Hit:
    """A finding. `key` names kind and subjects: the same records give the same key. `score` 0 … 1: how unusual.

    `figures`: plain values behind the sentence. `size` counts what was found, to tell a grown finding from an old one.
    """

    kind: str
    key: str
    score: float
    text_zh: str
    server_ids: tuple[str, ...]
    visit_ids: tuple[str, ...]
    evidence_ids: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    size: int = 1


def key_of(kind: str, *subjects: str) -> str:
    """The same for the same subjects, in whatever order they were found."""
    return ":".join((kind, *sorted(subjects)))
