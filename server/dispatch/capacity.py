"""Between documents and the capacity library: assumptions and staffings as a board writes them, rows as it reads them.

Also what a court's last weeks say of its load: visits as stored become `routing.capacity.Seen`. Pure.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from routing import Break, Point, ProblemError, Window
from routing.capacity import (
    LUNCH,
    OFFICE,
    Area,
    Assumptions,
    Group,
    Kind,
    Row,
    Seen,
    Spread,
    Staffing,
    Target,
    learn,
)
from server.core.clock import court_day, second_of_day
from server.dispatch import rules
from server.dispatch.planning import lng_lat
from server.law.outcomes import OUTCOMES

Document = Mapping[str, Any]
Raw = dict[str, Any]

MODES_ZH = {"car": "汽车", "ebike": "电动车", "bike": "自行车", "transit": "公共交通", "walk": "步行"}
_SPREADS = (
    "visits_per_day",
    "served_per_day",
    "backlog",
    "backlog_growth",
    "served_in_promise",
    "served_before_hearing",
    "first_visit_success",
    "km_per_day",
    "overtime_h",
    "utilisation",
)


def assumptions_of(raw: Document) -> Assumptions:
    """Raises ProblemError for what no load can be."""
    return Assumptions(
        areas=tuple(
            Area(one["name"], Point(one["lng"], one["lat"]), one["radius_m"], one["per_day"]) for one in raw["areas"]
        ),
        kinds=tuple(_kind(one) for one in raw["kinds"]),
        depot=Point(raw["depot"]["lng"], raw["depot"]["lat"]),
        weekdays=tuple(raw["weekdays"]),
        due_days=_pair(raw["due_days"]),
        hearing_share=raw["hearing_share"],
        hearing_days=_pair(raw["hearing_days"]),
        urgent_share=raw["urgent_share"],
        return_days=raw["return_days"],
        tries=raw["tries"],
        backlog=raw["backlog"],
        promise_days=raw["promise_days"],
    )


def _pair(values: Sequence[int]) -> tuple[int, int]:
    first, last = values
    return int(first), int(last)


def _kind(raw: Document) -> Kind:
    return Kind(
        name=raw["name"],
        share=raw["share"],
        minutes=raw["minutes"],
        success=tuple(raw["success"]),
        again=raw["again"],
        windows=tuple(Window(first, last) for first, last in raw["windows"]),
        crew_share=raw["crew_share"],
    )


def assumptions_document(assumed: Assumptions) -> Raw:
    return {
        "areas": [
            {
                "name": area.name,
                "lng": area.centre.lng,
                "lat": area.centre.lat,
                "radius_m": area.radius_m,
                "per_day": area.per_day,
            }
            for area in assumed.areas
        ],
        "kinds": [
            {
                "name": kind.name,
                "share": round(kind.share, 3),
                "minutes": kind.minutes,
                "success": list(kind.success),
                "again": kind.again,
                "windows": [[window.start_s, window.end_s] for window in kind.windows],
                "crew_share": kind.crew_share,
            }
            for kind in assumed.kinds
        ],
        "depot": {"lng": assumed.depot.lng, "lat": assumed.depot.lat},
        "weekdays": list(assumed.weekdays),
        "due_days": list(assumed.due_days),
        "hearing_share": round(assumed.hearing_share, 3),
        "hearing_days": list(assumed.hearing_days),
        "urgent_share": assumed.urgent_share,
        "return_days": assumed.return_days,
        "tries": assumed.tries,
        "backlog": assumed.backlog,
        "promise_days": assumed.promise_days,
    }


def staffing_of(raw: Document) -> Staffing:
    """Raises ProblemError."""
    return Staffing(raw["name"], tuple(_group(one) for one in raw["groups"]))


def _group(raw: Document) -> Group:
    pause = raw.get("break")
    breaks = (Break(Window(pause[0], pause[1]), pause[1] - pause[0]),) if pause else ()
    return Group(
        name=raw["name"],
        count=raw["count"],
        mode=raw["mode"],
        shift=Window(raw["shift"][0], raw["shift"][1]),
        breaks=breaks,
        max_visits=raw["max_visits"],
        max_km=raw.get("max_km"),
        overtime_s=raw["overtime_minutes"] * 60,
        cost=raw["cost"],
    )


def staffing_document(staffing: Staffing) -> Raw:
    return {"name": staffing.name, "groups": [_group_document(group) for group in staffing.groups]}


def _group_document(group: Group) -> Raw:
    pause = group.breaks[0].window if group.breaks else None
    return {
        "name": group.name,
        "count": group.count,
        "mode": group.mode,
        "shift": [group.shift.start_s, group.shift.end_s],
        "break": [pause.start_s, pause.end_s] if pause else None,
        "max_visits": group.max_visits,
        "max_km": group.max_km,
        "overtime_minutes": group.overtime_s // 60,
        "cost": group.cost,
    }


def target_of(raw: Document) -> Target:
    return Target(**{name: raw.get(name) for name in Target.__slots__})


def target_document(target: Target) -> Raw:
    return {name: getattr(target, name) for name in Target.__slots__}


def row_document(row: Row) -> Raw:
    spreads = {name: _spread(getattr(row, name)) for name in _SPREADS}
    return {
        "name": row.staffing.name,
        "servers": row.servers,
        "cost": row.cost,
        "meets": row.meets,
        "open_by_day": list(row.open_by_day),
        **spreads,
    }


def _spread(spread: Spread) -> list[float]:
    return [round(value, 3) for value in (spread.least, spread.median, spread.most)]


# --- what the last weeks say ---

SEEN_FIELDS = (
    "task_id",
    "recipient_id",
    "recipient_kind",
    "point",
    "minutes",
    "crew",
    "windows",
    "due_on",
    "hearing_at",
    "created_at",
    "outcome.code",
    "outcome.happened_at",
)


def seen_of(visits: Iterable[Document]) -> list[Seen]:
    """One per recipient of a task: the first visit says what came in when, the ended ones what came of it."""
    groups: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for visit in visits:
        if lng_lat(visit.get("point")) is not None:
            groups[visit["task_id"], visit["recipient_id"]].append(visit)
    return [_seen(sorted(group, key=lambda visit: visit["created_at"])) for group in groups.values()]


def _seen(visits: Sequence[Document]) -> Seen:
    first = visits[0]
    came = court_day(first["created_at"])
    lng, lat = lng_lat(first["point"]) or (0.0, 0.0)
    hearing = first.get("hearing_at")
    return Seen(
        kind="单位" if first["recipient_kind"] in rules.ORGANISATIONS else "自然人",
        point=Point(lng, lat),
        minutes=float(first["minutes"]),
        came_on=came.toordinal(),
        weekday=came.weekday(),
        crew=first.get("crew") or 1,
        windows=tuple(Window(start, end) for start, end in first.get("windows") or ()),
        due_days=working_days(came, date.fromisoformat(first["due_on"])),
        hearing_days=working_days(came, court_day(hearing)) if hearing else None,
        tried=tuple(tried for visit in visits if (tried := _tried(visit)) is not None),
    )


def _tried(visit: Document) -> tuple[int, bool] | None:
    outcome = visit.get("outcome") or {}
    rule = OUTCOMES.get(outcome.get("code", ""))
    return (int(second_of_day(outcome["happened_at"])), rule.serves) if rule is not None else None


def working_days(first: date, last: date) -> int:
    """Mondays to Fridays after `first` up to `last`; 0 when it is over. Public holidays are not looked at."""
    days = max(0, (last - first).days)
    whole, rest = divmod(days, 7)
    return whole * 5 + sum((first + timedelta(days=number)).weekday() < 5 for number in range(1, rest + 1))


def base(depot: tuple[float, float], backlog: int) -> Assumptions:
    """What is assumed of a court nobody has seen yet: 40 visits a day within 6 km."""
    evening = tuple(0.7 if 18 <= hour < 21 else 0.5 if 8 <= hour < 12 else 0.55 for hour in range(24))
    return Assumptions(
        areas=(Area("辖区", Point(*depot), 6000, 40),),
        kinds=(
            Kind("自然人", 0.75, 9.0, evening, again=0.8),
            Kind("单位", 0.25, 6.0, (0.85,) * 24, windows=tuple(Window(*span) for span in rules.OFFICE_HOURS)),
        ),
        depot=Point(*depot),
        backlog=min(backlog, 20_000),
    )


def learnt(visits: Sequence[Document], otherwise: Assumptions, today: date) -> Assumptions:
    """`otherwise` with what the visits of the last weeks tell; unchanged when they tell nothing."""
    seen = seen_of(visits)
    if not seen:
        return otherwise
    first = date.fromordinal(min(one.came_on for one in seen))
    try:
        return learn(seen, otherwise, working_days=max(1, working_days(first - timedelta(days=1), today)))
    except ProblemError:
        return otherwise


def staffings_around(entries: Sequence[Document]) -> list[Staffing]:
    """The roster as it is, by means of travel, and with one or two people less and more."""
    working = [entry for entry in entries if entry["status"] == "on_duty"]
    groups = _groups(working) or (Group("外勤", 6),)
    total = sum(group.count for group in groups)
    steps = [step for step in (-2, -1, 0, 1, 2) if groups[0].count + step >= 1]
    return [
        Staffing(
            f"{total + step} 人" + ("（现有）" if step == 0 and working else ""),
            (replace(groups[0], count=groups[0].count + step), *groups[1:]),
        )
        for step in steps
    ]


def _groups(entries: Sequence[Document]) -> tuple[Group, ...]:
    """Largest first."""
    by_mode = Counter(entry["mode"] for entry in entries)
    return tuple(
        _typical(mode, [entry for entry in entries if entry["mode"] == mode])
        for mode, _ in sorted(by_mode.items(), key=lambda item: (-item[1], item[0]))
    )


def _typical(mode: Any, entries: Sequence[Document]) -> Group:
    def middle(name: str, otherwise: int) -> int:
        known = [entry[name] for entry in entries if entry.get(name) is not None]
        return int(statistics.median_low(known)) if known else otherwise

    shift = Window(middle("shift_start_s", OFFICE.start_s), middle("shift_end_s", OFFICE.end_s))
    rest = Window(middle("break_start_s", LUNCH.window.start_s), middle("break_end_s", LUNCH.window.end_s))
    return Group(
        name=MODES_ZH.get(mode, mode),
        count=len(entries),
        mode=mode,
        shift=shift,
        breaks=(Break(rest, rest.end_s - rest.start_s),),
        max_visits=middle("max_stops", 28),
    )
