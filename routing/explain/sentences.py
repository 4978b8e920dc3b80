"""Reasons put into Chinese sentences, in the register of a court."""

from collections.abc import Callable, Mapping
from typing import Any

from routing.plan import Reason
from routing.words import clock, minutes, spans

from .admit import Admission
from .why import Placement

Names = Mapping[str, str]


def _who(params: dict[str, Any]) -> str:
    count, eligible = params.get("count", 0), params.get("eligible", 0)
    return "所有符合条件的送达员" if count == eligible else f"{eligible} 名符合条件的送达员中有 {count} 名"


REASONS_ZH: dict[str, Callable[[dict[str, Any]], str]] = {
    "server.none": lambda _: "今日没有可派出的送达员",
    "lock.absent": lambda p: f"指定的送达员 {p['server']} 今日不在岗",
    "recusal.all": lambda _: "今日在岗的送达员均应当回避此任务",
    "recusal.skilled": lambda p: f"具备所需技能（{'、'.join(p['skills'])}）的送达员均应当回避此任务",
    "server.max_km": lambda p: f"{_who(p)}加上这一件即超过最远里程",
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
    "swap.same": lambda _: "须选择两名不同的送达员",
    "swap.infeasible": lambda _: "两人的路线互换后会违反约束",
    "time.shift": lambda p: f"班次 {clock(p['at_s'])} 开始后即前往",
    "time.ready": lambda p: f"送达员最早 {clock(p['at_s'])} 方能出发",
    "time.travel": lambda p: f"办结上一站 {p['visit']} 后直接前往，路上 {minutes(p['travel_s'])}",
    "time.break": lambda p: f"此前须休息（{spans([p['span']])}）",
    "time.window": lambda p: f"可上门时段 {clock(p['at_s'])} 开始，此前须等候",
    "time.witness": lambda p: f"见证人 {clock(p['at_s'])} 到场，此前须等候",
    "time.partner": lambda p: f"须与同行的 {p['server']} 会合，其 {clock(p['at_s'])} 到达",
    "time.published": lambda _: "上门时间沿用已公布的安排",
}

ADMISSIONS_ZH: dict[str, Callable[[dict[str, Any]], str]] = {
    "free": lambda _: "现有条件下即可安排",
    "value": lambda p: f"若其价值提高 {p['minutes']} 分钟（即列为更重要）",
    "window": lambda p: f"若{_wider(p)}（放宽 {p['minutes']} 分钟）",
    "overtime": lambda p: f"若 {p['server']} 在现有安排之外加班 {p['minutes']} 分钟",
    "max_visits": lambda p: f"若 {p['server']} 当日最多件数增加 {p['visits']} 件",
    "max_km": lambda p: f"若 {p['server']} 最远里程增加 {p['km']} 公里",
    "skill": lambda p: f"若 {p['server']} 具备技能：{'、'.join(p['skills'])}",
    "lock": lambda p: f"若不再限定由 {p['locked']} 送达",
    "crew": lambda p: f"若增派一名送达员与 {p['with']} 同往",
    "displace": lambda p: f"若让出 {'、'.join(p['visits'])}",
}


def _wider(params: dict[str, Any]) -> str:
    told = [f"可上门时段放宽至 {spans(params['windows'])}"] if params["windows"] else []
    told += [f"见证人到场时段放宽至 {spans(params['witness'])}"] if params["witness"] else []
    return "、".join(told)


def _called(params: dict[str, Any], names: Names | None) -> dict[str, Any]:
    """The parameters with ids replaced by what people call them."""

    def name(value: Any) -> Any:
        if isinstance(value, list):
            return [name(one) for one in value]
        return (names or {}).get(value, value) if isinstance(value, str) else value

    return {key: name(value) for key, value in params.items()}


def admission_text_zh(admission: Admission, names: Names | None = None) -> str:
    """One Chinese sentence for a change that would let a visit in; `names` replaces ids."""
    params = _called({**admission.params, "server": admission.server_id}, names)
    gain = round(admission.gain_s / 60)
    net = "，全日得失相抵" if not gain else f"，全日净{'得' if gain > 0 else '失'} {abs(gain)} 分钟"
    who = "" if admission.code in ("overtime", "max_visits", "max_km", "skill") else f"由 {params['server']} "
    return f"{ADMISSIONS_ZH[admission.code](params)}，可{who}于 {clock(admission.start_s)} 上门{net}"


def placement_text_zh(placement: Placement, names: Names | None = None) -> list[str]:
    """Chinese sentences for why a visit is where it is: cost, next best, time, slack; `names` replaces ids."""
    called = names or {}

    def name(key: str) -> str:
        return called.get(key, key)

    who = "、".join(name(key) for key in placement.servers)
    told = [f"由 {who} 于 {clock(placement.start_s)} 上门，{_cost(placement.cost_s)}"]
    if placement.alternatives:
        best = placement.alternatives[0]
        told.append(f"次优为 {name(best.server_id)}（{clock(best.start_s)} 上门），{_difference(best.extra_s)}")
    else:
        told.append("没有其他送达员能在不调整次序的情况下接手")
    told += [reason_text_zh(reason, names) for reason in placement.bound_by]
    later = placement.slack_s // 60
    told.append(f"最多还可推迟 {later} 分钟而不影响其他约定" if later else "一旦推迟即影响其他约定")
    return told


def _cost(seconds: int) -> str:
    if abs(seconds) < 60:
        return "基本不增加行程"
    return f"折合{'多花' if seconds > 0 else '节省'} {minutes(abs(seconds))}"


def _difference(seconds: int) -> str:
    if abs(seconds) < 60:
        return "相差不到 1 分钟"
    return f"折合{'多' if seconds > 0 else '少'}花 {minutes(abs(seconds))}"


def reason_text_zh(reason: Reason, names: Names | None = None) -> str:
    """One Chinese sentence for a reason; an unknown code yields the code itself. `names` replaces ids."""
    sentence = REASONS_ZH.get(reason.code)
    return sentence(_called(reason.params, names)) if sentence is not None else f"原因代码：{reason.code}"
