"""Reasons: a stable code, one Chinese sentence with its figures, and how much it weighs against the item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AGREES, DOUBT, UNKNOWN = "agrees", "doubt", "unknown"
# The weights of the reasons of one item are added up; from here on a person has to look.
DOUBT_FROM = 1.0
# Reasons that come of a measured distance from the address.
DISTANCES = frozenset({"place.within", "place.near", "place.far"})

# code → its meaning; weights stand where the reasons are found, and in docs/place-and-watch.md.
REASON_CODES: dict[str, str] = {
    "place.no_address": "地址没有坐标",
    "place.no_fix": "没有可用定位",
    "place.coarse_fix": "定位误差过大，不能说明地点",
    "place.stale_fix": "定位时间与拍摄时间相差较大",
    "place.mock": "系统标明为模拟定位",
    "place.mock_provider": "定位来源名称属于模拟定位",
    "place.accuracy_zero": "定位精度为 0",
    "place.frozen": "多次定位坐标完全相同",
    "place.exact": "定位与地址坐标重合",
    "place.jump": "相邻定位之间发生跳变",
    "place.beside_apart": "随附定位与封装定位不一致",
    "place.within": "在地址附近",
    "place.near": "略超出地址范围",
    "place.far": "远离地址",
    "place.clock_off": "手机时钟误差",
    "place.file_time": "文件自带时间与拍摄时间不一致",
    "place.file_apart": "文件自带位置与定位不一致",
    "place.file_agrees": "文件自带位置与定位一致",
    "place.no_track": "没有同时段轨迹",
    "place.track_agrees": "与轨迹一致",
    "place.track_apart": "与轨迹不一致",
    "place.track_speed": "与轨迹之间的移动速度不可能",
    "place.track_smooth": "轨迹过于平滑",
    "place.elsewhere_speed": "与同一人员其他记录之间的移动速度不可能",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """`weight` 0 tells without speaking against the item. `figures`: plain numbers behind the sentence."""

    code: str
    text_zh: str
    weight: float = 0.0
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`agrees`, `doubt` or `unknown`; heaviest reason first. `distance_m`: from the address, None when unknown."""

    verdict: str
    reasons: tuple[Reason, ...]
    distance_m: float | None

    @property
    def weight(self) -> float:
        """All that speaks against the item, added up."""
        return sum(one.weight for one in self.reasons)


def metres(value: float) -> str:
    """`35 米`, `2.4 公里`."""
    return f"{value:.0f} 米" if value < 1000 else f"{value / 1000:.1f} 公里"


def span(seconds: float) -> str:
    """`40 秒`, `12 分钟`, `3.5 小时`, `2 天`."""
    seconds = abs(seconds)
    if seconds < 90:
        return f"{seconds:.0f} 秒"
    if seconds < 5400:
        return f"{seconds / 60:.0f} 分钟"
    return f"{seconds / 3600:.1f} 小时" if seconds < 172_800 else f"{seconds / 86_400:.0f} 天"
