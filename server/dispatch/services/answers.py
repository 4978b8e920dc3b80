"""What a plan says, as documents people can read: routes, reasons, totals, and who gets what new against the day."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from routing import Plan, Reason
from routing.explain import reason_text_zh
from server.dispatch import planning
from server.dispatch.services import daysheet

Raw = dict[str, Any]

# A start that shifts by less is no news to anybody.
TOLD_FROM_S = 300
NO_POINT_ZH = "送达地址没有坐标，请先核实地址"


def answer(found: Plan, entries: Sequence[Mapping[str, Any]], visits: Sequence[Mapping[str, Any]]) -> Raw:
    """`routes`, `unplanned` and `totals` as DayPlan keeps them."""
    names = daysheet.names_of(entries)
    unplanned = {planning.real_id(left.visit_id): reasons(left.reasons, names) for left in found.unplanned}
    for visit in visits:
        if visit["state"] in planning.MOVABLE and planning.lng_lat(visit.get("point")) is None:
            unplanned[visit["_id"]] = [{"code": "visit.no_point", "params": {}, "text": NO_POINT_ZH}]
    routes = planning.stored_routes(found)
    planned = {stop["visit_id"] for route in routes for stop in route["stops"]}
    return {
        "routes": routes,
        "unplanned": [{"visit_id": visit_id, "reasons": why} for visit_id, why in unplanned.items()],
        "totals": {
            "planned": len(planned),
            "unplanned": len(unplanned),
            "distance_m": found.distance_m,
            "travel_s": found.travel_s,
            "servers_used": sum(1 for route in routes if route["stops"]),
        },
    }


def last_progress(found: Plan) -> Raw:
    planned = len({planning.real_id(stop.visit_id) for route in found.routes for stop in route.stops})
    return {
        "elapsed_s": round(found.elapsed_s, 1),
        "objective": found.objective,
        "planned": planned,
        "unplanned": len(found.unplanned),
        "distance_m": found.distance_m,
    }


def reasons(given: tuple[Reason, ...], names: Mapping[str, str]) -> list[Raw]:
    told = [dataclasses.replace(reason, params=named(reason.params, names)) for reason in given]
    return [{"code": reason.code, "params": reason.params, "text": reason_text_zh(reason)} for reason in told]


def named(params: Mapping[str, Any], names: Mapping[str, str]) -> Raw:
    """People read names: ids of servers (and visits, if given) in a reason's facts become names."""

    def name(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [name(one) for one in value]
        return names.get(value, value) if isinstance(value, str) else value

    return {key: name(value) for key, value in params.items()}


@dataclasses.dataclass(frozen=True, slots=True)
class _Held:
    """Who has a visit and when it begins (0: nobody said)."""

    server_id: str | None = None
    second_id: str | None = None
    start_s: int = 0


def changes(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], answered: Mapping[str, Any],
    names: Mapping[str, str],
) -> list[Raw]:  # fmt: skip
    """What the answer asks of whom against the day `before`: [{visit_id, what, from_server, …, text}], moves first.

    `after` are the day's visits as the happening leaves them: what is missing there is withdrawn. Visits under way
    and visits whose start moves by less than five minutes are not listed.
    """
    planned, left = _planned(answered), _left(answered)
    still = {visit["_id"] for visit in after}
    found = []
    for visit in before:
        if visit["state"] not in planning.MOVABLE:
            continue
        old = _Held(visit.get("server_id"), visit.get("second_server_id"), planning.told_s(visit)[0])
        line = _change(visit, old, planned.get(visit["_id"], _Held()), visit["_id"] in still, names)
        if line is not None:
            reason = left.get(visit["_id"])
            if line["what"] == "dropped" and reason:
                line["text"] += f"：{reason}"
            found.append(line)
    order = {"withdrawn": 0, "dropped": 1, "assigned": 2, "reassigned": 3, "second": 4, "retimed": 5}
    return sorted(found, key=lambda line: (order[line["what"]], line["to_start_s"] or line["from_start_s"] or 0))


def _planned(answered: Mapping[str, Any]) -> dict[str, _Held]:
    found: dict[str, _Held] = {}
    for route in answered["routes"]:
        for stop in route["stops"]:
            held = found.get(stop["visit_id"], _Held())
            who = {"second_id" if stop["role"] == "second" else "server_id": route["server_id"]}
            found[stop["visit_id"]] = dataclasses.replace(held, start_s=stop["start_s"], **who)
    return found


def _left(answered: Mapping[str, Any]) -> dict[str, str]:
    return {one["visit_id"]: "；".join(why["text"] for why in one["reasons"]) for one in answered["unplanned"]}


def _change(visit: Mapping[str, Any], old: _Held, new: _Held, still: bool, names: Mapping[str, str]) -> Raw | None:
    what = "withdrawn" if not still else _what(old, new)
    if what is None:
        return None
    return {
        "visit_id": visit["_id"],
        "what": what,
        "from_server": old.server_id,
        "to_server": new.server_id,
        "from_second": old.second_id,
        "to_second": new.second_id,
        "from_start_s": old.start_s or None,
        "to_start_s": new.start_s or None,
        "text": _text(what, visit["recipient_name"], old, new, names),
    }


def _what(old: _Held, new: _Held) -> str | None:
    if old.server_id != new.server_id:
        if new.server_id is None:
            return "dropped"
        return "reassigned" if old.server_id else "assigned"
    if old.second_id != new.second_id:
        return "second"
    return "retimed" if old.start_s and new.start_s and abs(old.start_s - new.start_s) >= TOLD_FROM_S else None


def _text(what: str, whom: str, old: _Held, new: _Held, names: Mapping[str, str]) -> str:
    before, after = names.get(old.server_id or "", "他人"), names.get(new.server_id or "", "他人")
    at = _clock(new.start_s)
    with_second = f"，{names.get(new.second_id, '他人')}同往" if new.second_id else ""
    sentences = {
        "withdrawn": f"{whom}：取消上门" + (f"，{before}不再前往" if old.server_id else ""),
        "dropped": f"{whom}：{before}不再前往，今日无法安排",
        "assigned": f"{whom}：由{after}上门{with_second}，预计 {at}",
        "reassigned": f"{whom}：由{before}改为{after}上门{with_second}，{_from_to(old, new)}",
        "second": f"{whom}：{after}上门，" + (with_second.lstrip("，") or "不再需要第二人") + f"，预计 {at}",
        "retimed": f"{whom}：{after}上门时间 {_from_to(old, new)}",
    }
    return sentences[what]


def _from_to(old: _Held, new: _Held) -> str:
    if not old.start_s:
        return f"预计 {_clock(new.start_s)}"
    minutes = round((new.start_s - old.start_s) / 60)
    shift = "" if minutes == 0 else f"（{'晚' if minutes > 0 else '早'} {abs(minutes)} 分钟）"
    return f"{_clock(old.start_s)} → {_clock(new.start_s)}{shift}"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
