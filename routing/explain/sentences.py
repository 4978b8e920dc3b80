"""Reasons put into Chinese sentences, in the register of a court."""

from collections.abc import Callable
from typing import Any

from routing.plan import Reason
from routing.words import spans


def _who(params: dict[str, Any]) -> str:
    count, eligible = params.get("count", 0), params.get("eligible", 0)
    return "所有符合条件的送达员" if count == eligible else f"{eligible} 名符合条件的送达员中有 {count} 名"


REASONS_ZH: dict[str, Callable[[dict[str, Any]], str]] = {
    "server.none": lambda _: "今日没有可派出的送达员",
    "lock.absent": lambda p: f"指定的送达员 {p['server']} 今日不在岗",
    "lock.skill": lambda p: f"指定的送达员 {p['server']} 不具备所需技能：{'、'.join(p['skills'])}",
    "lock.other": lambda p: f"该任务已指定由 {p['locked']} 送达",
    "server.forbidden": lambda _: "该送达员应当回避此任务",
    "skill.none": lambda p: f"今日没有送达员具备所需技能：{'、'.join(p['skills'])}",
    "skill.missing": lambda p: f"送达员不具备所需技能：{'、'.join(p['skills'])}",
    "crew.too_few": lambda p: f"须两人同往，但今日可同行的送达员只有 {p['able']} 名",
    "crew.second_missing": lambda p: f"须两人同往，只有 {'、'.join(p['free'])} 能到，找不到第二人",
    "crew.no_common_time": lambda _: "须两人同往，但没有两名送达员能在同一时间到达",
    "crew.not_allowed": lambda _: "该送达员不参加两人同往的任务",
    "window.unreachable": lambda p: f"{_who(p)}在班次内即使直接前往，也赶不上可上门时段 {spans(p['windows'])}",
    "shift.too_short": lambda p: f"{_who(p)}即使全天只送这一件，班次时间也不够",
    "server.max_visits": lambda p: f"{_who(p)}已达当日最多件数",
    "route.no_gap": lambda p: f"{_who(p)}的路线中已没有能插入的时间",
    "value.too_low": lambda p: (
        f"安排这一件要多花约 {p['costs_minutes']} 分钟，超过其当日价值（{p['worth_minutes']} 分钟）"
    ),
    "search.stopped": lambda _: "计算提前结束，尚有空位未及安排，可继续规划",
    "visit.unknown": lambda _: "任务不在今日计划范围内",
    "server.unknown": lambda _: "送达员不在今日计划范围内",
    "plan.broken": lambda _: "当前计划本身不可行，请先重新规划",
    "removed.by_hand": lambda _: "由送达管理员手动移出",
    "position.invalid": lambda _: "插入位置无效",
    "position.infeasible": lambda _: "放在这个位置会违反时间约束",
}


def reason_text_zh(reason: Reason) -> str:
    """One Chinese sentence for a reason; an unknown code yields the code itself in brackets."""
    sentence = REASONS_ZH.get(reason.code)
    return sentence(reason.params) if sentence is not None else f"原因代码：{reason.code}"
