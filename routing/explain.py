"""Why a visit is not planned: facts computed against the plan itself, then put into Chinese sentences.

Every server who might come is sorted into the first hurdle that stops them, from what no plan could change (skill,
window, shift) to what this plan decided (full, no gap, not worth it). A visit's reasons are these groups.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .construct import Builder
from .instance import Instance, Order
from .plan import Reason, Violation
from .problem import Visit
from .slots import ENDLESS, WindowTable, fits, route_state

# Hurdles in the order they are told; the first that no plan could change comes first.
_ORDER = (
    "window.unreachable",
    "shift.too_short",
    "server.max_visits",
    "route.no_gap",
    "crew.no_common_time",
    "value.too_low",
    "search.stopped",
)


def explain(instance: Instance, orders: Sequence[Order]) -> dict[str, tuple[Reason, ...]]:
    """Reasons by visit id for every visit the (feasible) orders leave out."""
    builder = Builder(instance, orders)
    left = [visit for visit in range(instance.n) if not builder.planned[visit]]
    facts = _Facts(builder, left)
    return {instance.visits[visit].id: _reasons(facts, visit) for visit in left}


def reasons_for(builder: Builder, visit: int) -> tuple[Reason, ...]:
    """Every binding reason why the visit is not in the builder's routes."""
    return _reasons(_Facts(builder, [visit]), visit)


def _reasons(facts: "_Facts", visit: int) -> tuple[Reason, ...]:
    instance = facts.builder.instance
    ruled_out = _ruled_out(instance, instance.visits[visit])
    if ruled_out is not None:
        return (ruled_out,)
    if instance.visits[visit].crew == 2:
        return _crew_reasons(facts, visit)
    return _grouped(facts, visit, instance.allowed[visit])


class _Facts:
    """For visits × servers: would it fit if the server did nothing else, the same with no window, and in the plan."""

    def __init__(self, builder: Builder, visits: list[int]) -> None:
        self.builder = builder
        self.row = {visit: row for row, visit in enumerate(visits)}
        instance = builder.instance
        nodes = np.array(visits, dtype=np.int64)
        servers = range(len(instance.servers))
        shape = (len(visits), len(instance.servers))
        self.alone, self.any_time = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
        self.price = np.full(shape, np.inf)
        opened = WindowTable(np.zeros((instance.n, 1)), np.full((instance.n, 1), ENDLESS))
        for server in servers if visits else ():
            idle = route_state(instance, server, [], {})
            self.alone[:, server] = fits(instance, builder.table, idle, nodes).extra[:, 0] < ENDLESS
            self.any_time[:, server] = fits(instance, opened, idle, nodes).extra[:, 0] < ENDLESS
            extra = builder.fits(server, nodes).extra.min(axis=1)
            price = instance.problem.weights.travel_s * extra + builder.extra_price(nodes, server)
            self.price[:, server] = np.where(extra < ENDLESS, price, np.inf)

    def hurdle(self, visit: int, server: int) -> tuple[str, float]:
        """The first thing that keeps the server from the visit, and the price (objective seconds) if it would fit."""
        row = self.row[visit]
        if not self.alone[row, server]:
            return ("window.unreachable" if self.any_time[row, server] else "shift.too_short"), 0.0
        if not self.builder.room(server):
            return "server.max_visits", 0.0
        price = float(self.price[row, server])
        return ("value.too_low", price) if np.isfinite(price) else ("route.no_gap", 0.0)

    def hurdles(self, visit: int, servers: frozenset[int]) -> dict[str, list[tuple[int, float]]]:
        """Servers by hurdle."""
        groups: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for server in sorted(servers):
            code, price = self.hurdle(visit, server)
            groups[code].append((server, price))
        return groups


def _ruled_out(instance: Instance, visit: Visit) -> Reason | None:
    """What rules the visit out whatever the day looks like: nobody there, lock, skill, crew."""
    servers = instance.servers
    if not servers:
        return Reason("server.none")
    if visit.locked_server is not None and visit.locked_server not in instance.server_index:
        return Reason("lock.absent", {"server": visit.locked_server})
    skilled = [server for server in servers if visit.skills <= server.skills]
    if not skilled:
        return Reason("skill.none", {"skills": sorted(visit.skills)})
    if visit.locked_server is not None and all(server.id != visit.locked_server for server in skilled):
        locked = servers[instance.server_index[visit.locked_server]]
        missing = sorted(visit.skills - locked.skills)
        return Reason("lock.skill", {"server": visit.locked_server, "skills": missing})
    if not instance.allowed[instance.visit_index[visit.id]]:
        return Reason("crew.too_few", {"able": sum(server.crew_ok for server in servers)})
    return None


def _grouped(facts: _Facts, visit: int, servers: frozenset[int]) -> tuple[Reason, ...]:
    """Reasons from grouping the servers by hurdle."""
    builder, groups = facts.builder, facts.hurdles(visit, servers)
    reasons = []
    for code in _ORDER:
        if code not in groups:
            continue
        params = _params(builder, visit, code, groups[code], len(servers))
        fits = code == "value.too_low" and min(price for _, price in groups[code]) < builder.instance.penalty[visit]
        reasons.append(Reason("search.stopped" if fits else code, params))
    return tuple(reasons)


def _params(builder: Builder, visit: int, code: str, group: list[tuple[int, float]], eligible: int) -> dict[str, Any]:
    instance = builder.instance
    params: dict[str, Any] = {
        "servers": [instance.servers[server].id for server, _ in group],
        "count": len(group),
        "eligible": eligible,
    }
    if code == "window.unreachable":
        params["windows"] = [list(window) for window in instance.windows[visit]]
    if code == "value.too_low":
        server, price = min(group, key=lambda item: item[1])
        params["server"] = instance.servers[server].id
        params["costs_minutes"] = round(price / 60)
        params["worth_minutes"] = round(instance.penalty[visit] / 60)
    return params


def _crew_reasons(facts: _Facts, visit: int) -> tuple[Reason, ...]:
    """A crew fails for its leader, for its second, or because no two can be there at one time."""
    builder, instance = facts.builder, facts.builder.instance
    lead = facts.hurdles(visit, instance.allowed[visit])
    second = facts.hurdles(visit, instance.allowed[visit + instance.n])
    leaders = {server for server, _ in lead.get("value.too_low", ())}
    seconds = {server for server, _ in second.get("value.too_low", ())}
    if not leaders:
        return _grouped(facts, visit, instance.allowed[visit])
    if len(leaders | seconds) < 2:
        others = instance.allowed[visit + instance.n] - leaders
        free = sorted(instance.servers[server].id for server in leaders)
        return (Reason("crew.second_missing", {"free": free}), *_grouped(facts, visit, others))
    price = builder.crew_price(visit)
    if price is None:
        return (Reason("crew.no_common_time", {"able": len(leaders | seconds)}),)
    worth = instance.penalty[visit]
    code = "value.too_low" if price >= worth else "search.stopped"
    params = {"costs_minutes": round(price / 60), "worth_minutes": round(worth / 60)}
    return (Reason(code, {**params, "count": len(leaders), "eligible": len(instance.allowed[visit])}),)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


def _spans(windows: Sequence[Sequence[int]]) -> str:
    return "、".join(f"{_clock(first)}–{_clock(last)}" for first, last in windows)


def _who(params: dict[str, Any]) -> str:
    count, eligible = params.get("count", 0), params.get("eligible", 0)
    return "所有符合条件的送达员" if count == eligible else f"{eligible} 名符合条件的送达员中有 {count} 名"


_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
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
    "window.unreachable": lambda p: f"{_who(p)}在班次内即使直接前往，也赶不上可上门时段 {_spans(p['windows'])}",
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
    sentence = _SENTENCES.get(reason.code)
    return sentence(reason.params) if sentence is not None else f"原因代码：{reason.code}"


def _minutes(seconds: int) -> str:
    return f"{max(1, round(seconds / 60))} 分钟"


VIOLATIONS_ZH: dict[str, Callable[[dict[str, Any]], str]] = {
    "window.missed": lambda p: f"与可上门时段相差 {_minutes(p['by_s'])}",
    "server.forbidden": lambda _: "该送达员应当回避此任务",
    "window.late": lambda p: f"比可上门时段晚 {_minutes(p['late_s'])}",
    "shift.late": lambda p: f"超出班次 {_minutes(p['late_s'])}",
    "shift.early": lambda p: f"早于班次 {_minutes(p['early_s'])}",
    "break.late": lambda p: f"午休推迟 {_minutes(p['late_s'])}",
    "break.window": lambda _: "休息不在规定时段内",
    "break.count": lambda _: "休息次数不符",
    "break.during_service": lambda _: "休息与上门时间重叠",
    "break.overlap": lambda _: "两次休息重叠",
    "server.max_visits": lambda p: f"超过最多件数（{p['max']} 件，现 {p['planned']} 件）",
    "skill.missing": lambda p: f"缺少技能：{'、'.join(p['skills'])}",
    "lock.broken": lambda p: f"该任务已指定由 {p['locked']} 送达",
    "pinned.not_first": lambda _: "进行中的任务必须排在最前",
    "crew.size": lambda p: f"需要 {p['needed']} 人，已安排 {p['planned']} 人",
    "crew.not_allowed": lambda _: "该送达员不参加两人同往的任务",
    "crew.same_server": lambda _: "两人同往的任务安排给了同一人",
    "crew.not_together": lambda _: "两名送达员未能同时到达",
    "crew.roles": lambda _: "两人同往须一名主办、一名协办",
    "travel.wrong": lambda _: "路程数据与当前地图不符",
    "travel.too_fast": lambda _: "路上时间不够",
    "travel.too_fast_home": lambda _: "返回时间不够",
    "service.times": lambda _: "上门时间前后矛盾",
    "visit.unknown": lambda _: "任务不在今日计划范围内",
    "visit.lost": lambda _: "任务既未安排也未列为未安排",
    "visit.planned_and_left_out": lambda _: "任务同时列为已安排和未安排",
    "server.unknown": lambda _: "送达员不在今日计划范围内",
    "server.twice": lambda _: "同一送达员有两条路线",
    "totals.travel": lambda _: "路程时间合计不符",
    "totals.distance": lambda _: "里程合计不符",
}


def violation_text_zh(violation: Violation) -> str:
    """One Chinese phrase for a broken rule; an unknown code yields the code itself."""
    phrase = VIOLATIONS_ZH.get(violation.code)
    return phrase(violation.params) if phrase is not None else f"问题代码：{violation.code}"
