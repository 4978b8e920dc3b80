"""Broken rules in the words of a court: one Chinese phrase per code."""

from collections.abc import Callable
from typing import Any

from routing.plan import Violation


def _minutes(seconds: int) -> str:
    return f"{max(1, round(seconds / 60))} 分钟"


VIOLATIONS_ZH: dict[str, Callable[[dict[str, Any]], str]] = {
    "window.missed": lambda p: f"与可上门时段相差 {_minutes(p['by_s'])}",
    "witness.missed": lambda p: f"与见证人可到场时段相差 {_minutes(p['by_s'])}",
    "server.forbidden": lambda _: "该送达员应当回避此任务",
    "window.late": lambda p: f"比可上门时段晚 {_minutes(p['late_s'])}",
    "shift.late": lambda p: f"超出班次 {_minutes(p['late_s'])}",
    "shift.early": lambda p: f"早于班次或可出发时间 {_minutes(p['early_s'])}",
    "break.late": lambda p: f"午休推迟 {_minutes(p['late_s'])}",
    "break.window": lambda _: "休息不在规定时段内",
    "break.count": lambda _: "休息次数不符",
    "break.during_service": lambda _: "休息与上门时间重叠",
    "break.overlap": lambda _: "两次休息重叠",
    "server.max_visits": lambda p: f"超过最多件数（{p['max']} 件，现 {p['planned']} 件）",
    "server.max_km": lambda p: f"超过最远里程（{p['max_km']} 公里，现 {p['km']} 公里）",
    "skill.missing": lambda p: f"缺少技能：{'、'.join(p['skills'])}",
    "lock.broken": lambda p: f"该任务已指定由 {p['locked']} 送达",
    "pinned.not_first": lambda _: "进行中的任务必须排在最前",
    "position.not_first": lambda _: "该任务已固定为第一站",
    "position.not_last": lambda _: "该任务已固定为最后一站",
    "crew.size": lambda p: f"需要 {p['needed']} 人，已安排 {p['planned']} 人",
    "crew.not_allowed": lambda _: "该送达员不参加两人同往的任务",
    "crew.same_server": lambda _: "两人同往的任务安排给了同一人",
    "crew.apart": lambda p: f"{'、'.join(p['servers'])} 不得搭档同往",
    "crew.not_together": lambda _: "两名送达员未能同时到达",
    "crew.roles": lambda _: "两人同往须一名主办、一名协办，单人任务须由主办送达",
    "travel.wrong": lambda _: "路程数据与当前地图不符",
    "travel.too_fast": lambda _: "路上时间不够",
    "travel.too_fast_home": lambda _: "返回时间不够",
    "service.times": lambda _: "上门时间前后矛盾",
    "visit.unknown": lambda _: "任务不在今日计划范围内",
    "visit.lost": lambda _: "任务既未安排也未列为未安排",
    "visit.listed_twice": lambda _: "任务重复列为未安排",
    "visit.planned_and_left_out": lambda _: "任务同时列为已安排和未安排",
    "server.unknown": lambda _: "送达员不在今日计划范围内",
    "server.twice": lambda _: "同一送达员有两条路线",
    "totals.travel": lambda _: "路程时间合计不符",
    "totals.distance": lambda _: "里程合计不符",
    "totals.route": lambda _: "本条路线的路程合计与各站不符",
    "plan.not_whole": lambda _: "时间、路程或目标值不是整数",
    "objective.wrong": lambda p: f"目标值应为 {p['right']}，计划所报为 {p['stated']}",
    "vrptw.customer_lost": lambda _: "客户未被访问",
    "vrptw.customer_twice": lambda p: f"客户被访问 {p['times']} 次",
    "vrptw.customer_unknown": lambda _: "实例中没有该客户",
    "vrptw.capacity": lambda p: f"第 {p['route']} 条路线载重 {p['load']}，超过容量 {p['capacity']}",
    "vrptw.late": lambda p: f"第 {p['route']} 条路线晚到 {p['late']}",
    "vrptw.depot_late": lambda p: f"第 {p['route']} 条路线返回晚 {p['late']}",
    "vrptw.fleet": lambda p: f"使用 {p['used']} 辆车，超过车队的 {p['fleet']} 辆",
    "vrptw.vehicles": lambda p: f"实际使用 {p['used']} 辆车，所报为 {p['stated']} 辆",
    "vrptw.distance": lambda p: f"总距离应为 {p['right']}，所报为 {p['stated']}",
    "vrptw.distance_missing": lambda p: f"未报总距离（应为 {p['right']}）",
}


def violation_text_zh(violation: Violation) -> str:
    """One Chinese phrase for a broken rule; an unknown code yields the code itself."""
    phrase = VIOLATIONS_ZH.get(violation.code)
    return phrase(violation.params) if phrase is not None else f"问题代码：{violation.code}"
