"""From the day's documents to a routing problem and back: the only place where dispatch and `routing` meet.

Documents are raw (as pymongo reads them). A server's day starts and ends at the starting point of the roster: papers
that could not be handed over go back to the court the same day. Whoever has ended visits today goes on from the last
door. A visit under way stays first in its server's route; the second of such a crew is held by a stop of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from routing import Break, Plan, PlannedStop, Point, Problem, Route, Server, Visit, Weights, Window
from server.core.clock import court_day, second_of_day
from server.dispatch import rules

Document = Mapping[str, Any]

UNDER_WAY = ("departed", "arrived")
MOVABLE = ("open", "assigned", "accepted")
ON_ROUTE = ("assigned", "accepted", "departed", "arrived", "ended")

# A visit that changes hands after publishing costs a phone call and some confusion: about ten minutes.
DISRUPTION_S = 600
# One that only comes in another turn with the same server: a look at the phone.
REORDER_S = 60
_SECOND = "#second"


def lng_lat(document: Document | None) -> tuple[float, float] | None:
    """WGS-84 of a raw DatumPoint; None when there is none."""
    wgs84 = (document or {}).get("wgs84")
    if not wgs84:
        return None
    lng, lat = wgs84["coordinates"] if isinstance(wgs84, Mapping) else wgs84
    return float(lng), float(lat)


def problem_of(
    *,
    day: date,
    entries: Sequence[Document],
    visits: Sequence[Document],
    republish: bool,
    not_before_s: int = 0,
) -> Problem:
    """The day as a routing problem. Visits that ended, were withdrawn or have no point are no part of it.

    `republish`: changes against the day as it stands have a price. `not_before_s`: nobody sets out before that.
    """
    servers = tuple(_server(day, entry, visits, not_before_s) for entry in entries if entry["status"] == "on_duty")
    areas = sorted({area for server in servers for area in server.areas})
    asked: list[Visit] = []
    for document in visits:
        asked.extend(_visits(document, day, areas))
    weights = Weights(disruption=DISRUPTION_S, reorder=REORDER_S) if republish else Weights()
    return Problem(visits=tuple(asked), servers=servers, weights=weights)


def _server(day: date, entry: Document, visits: Sequence[Document], not_before_s: int) -> Server:
    start, begin_s, ended = _so_far(day, entry, visits)
    point = Point(*start)
    depot = Point(*_must(lng_lat(entry["start"])))
    return Server(
        id=entry["server_id"],
        start=point,
        end=depot,
        shift=Window(min(begin_s, entry["shift_end_s"]), entry["shift_end_s"]),
        breaks=_breaks(entry),
        mode=entry["mode"],
        skills=frozenset(entry.get("skills") or ()),
        max_visits=max(0, entry["max_stops"] - ended),
        max_km=_km_left(entry, visits),
        areas=frozenset(entry.get("areas") or ()),
        ready_s=not_before_s or None,
    )


def _km_left(entry: Document, visits: Sequence[Document]) -> float | None:
    """What is left of the day's longest way after the doors already done."""
    if entry.get("max_km") is None:
        return None
    done_m = sum(
        visit.get("travel_m") or 0
        for visit in visits
        if visit["state"] == "ended" and visit.get("server_id") == entry["server_id"]
    )
    return max(0.0, float(entry["max_km"]) - done_m / 1000)


def _breaks(entry: Document) -> tuple[Break, ...]:
    found = []
    for name in ("break", "second_break"):
        first, last = entry.get(f"{name}_start_s"), entry.get(f"{name}_end_s")
        if first is not None and last is not None:
            found.append(Break(Window(first, last), last - first))
    return tuple(found)


def _so_far(day: date, entry: Document, visits: Sequence[Document]) -> tuple[tuple[float, float], int, int]:
    """Where and from when this server's remaining day begins, and how many visits it already made."""
    start, begin_s, ended, latest = _must(lng_lat(entry["start"])), int(entry["shift_start_s"]), 0, None
    for visit in visits:
        if visit["state"] != "ended" or entry["server_id"] not in (
            visit.get("server_id"),
            visit.get("second_server_id"),
        ):
            continue
        ended += 1
        happened: datetime | None = (visit.get("outcome") or {}).get("happened_at")
        place = lng_lat(visit.get("point"))
        if happened is None or place is None or court_day(happened) != day or (latest and happened <= latest):
            continue
        latest, start, begin_s = happened, place, max(int(entry["shift_start_s"]), int(second_of_day(happened)))
    return start, begin_s, ended


def _must(point: tuple[float, float] | None) -> tuple[float, float]:
    if point is None:
        raise ValueError("a roster entry without a starting point")
    return point


def _windows(spans: Iterable[Sequence[int]] | None) -> tuple[Window, ...]:
    return tuple(Window(first, last) for first, last in spans or ())


def _overdue(document: Document, day: date) -> int:
    due_on = document.get("due_on")
    return (day - date.fromisoformat(due_on)).days if due_on else 0


def _visits(document: Document, day: date, areas: Sequence[str]) -> Iterable[Visit]:
    point = lng_lat(document.get("point"))
    if point is None or document["state"] not in (*MOVABLE, *UNDER_WAY):
        return
    common: dict[str, Any] = {
        "point": Point(*point),
        "service_s": round(document["minutes"] * 60),
        "windows": _windows(document.get("windows")),
        "witness_windows": _windows(document.get("witness_windows")),
        "building": document.get("building"),
        "area": rules.area_of((document.get("address") or {}).get("mask") or "", areas),
        "label": document["case_number"],
    }
    if document["state"] in UNDER_WAY:
        common.update(drop_penalty=None, pinned=True)
        yield Visit(id=document["_id"], locked_server=document["server_id"], **common)
        if document.get("second_server_id"):
            yield Visit(id=document["_id"] + _SECOND, locked_server=document["second_server_id"], **common)
        return
    yield Visit(
        id=document["_id"],
        drop_penalty=rules.drop_penalty_s(document.get("priority") or 0, _overdue(document, day)),
        skills=frozenset(document.get("skills") or ()),
        crew=document.get("crew") or 1,
        forbidden_servers=frozenset(document.get("recused") or ()),
        **common,
    )


def asked_visit(document: Document, day: date) -> Visit | None:
    """One movable visit as the planner is asked for it; None when it has no place."""
    return next(iter(_visits(document, day, ())), None)


def real_id(visit_id: str) -> str:
    return visit_id.removesuffix(_SECOND)


def as_planned(visits: Sequence[Document], servers: Iterable[str], sheet: Mapping[str, Document] | None = None) -> Plan:
    """The routes as they stand now, as a plan to start from; totals are zero.

    Stops carry the times people were told (0: nobody said), routes the breaks of `sheet`, the day sheet's routes.
    """
    routes = []
    for server_id in servers:
        stops = [
            _standing(visit, role)
            for visit, role in route_of(visits, server_id)
            if visit["state"] in (*MOVABLE, *UNDER_WAY) and lng_lat(visit.get("point"))
        ]
        own = (sheet or {}).get(server_id) or {}
        breaks = tuple((int(first), int(last)) for first, last in own.get("breaks") or ())
        routes.append(Route(server_id, tuple(stops), breaks))
    return Plan(tuple(routes), (), 0, 0, 0, "standing", 0, 0.0)


def _standing(visit: Document, role: Any) -> PlannedStop:
    start_s, leave_s = told_s(visit)
    held = visit["state"] not in MOVABLE
    return PlannedStop(stop_id(visit, role), start_s, start_s, leave_s, 0, 0, "lead" if held else role)


def told_s(visit: Document) -> tuple[int, int]:
    """When the visit was last said to begin and end, in seconds of the day; 0 when nobody said."""
    times = (visit.get("planned_arrive_at"), visit.get("planned_leave_at"))
    begin, end = (0 if at is None else int(second_of_day(at)) for at in times)
    return begin, end


def stop_id(visit: Document, role: str) -> str:
    """The id under which the problem knows this server's part of the visit."""
    held = role == "second" and visit["state"] in UNDER_WAY
    return visit["_id"] + _SECOND if held else visit["_id"]


def route_of(visits: Sequence[Document], server_id: str) -> list[tuple[Document, Any]]:
    """(visit, role) of one server in order; what has no position yet comes last."""
    mine: list[tuple[int, str, Document, str]] = []
    for visit in visits:
        if visit["state"] not in ON_ROUTE:
            continue
        if visit.get("server_id") == server_id:
            mine.append((visit.get("position") or 10**6, visit["_id"], visit, "lead"))
        elif visit.get("second_server_id") == server_id:
            mine.append((visit.get("second_position") or 10**6, visit["_id"], visit, "second"))
    return [(visit, role) for _, _, visit, role in sorted(mine, key=lambda one: one[:2])]


def stored_routes(plan: Plan) -> list[dict[str, Any]]:
    """Routes in the shape DayPlan keeps."""
    return [
        {
            "server_id": route.server_id,
            "stops": [
                {
                    "visit_id": real_id(stop.visit_id),
                    "role": "second" if stop.visit_id.endswith(_SECOND) else stop.role,
                    "arrive_s": stop.arrive_s,
                    "start_s": stop.start_s,
                    "leave_s": stop.leave_s,
                    "travel_s": stop.travel_s,
                    "travel_m": stop.travel_m,
                }
                for stop in route.stops
            ],
            "breaks": [list(pause) for pause in route.breaks],
            "depart_s": route.depart_s,
            "back_s": route.back_s,
            "distance_m": route.distance_m,
            "travel_s": route.travel_s,
        }
        for route in plan.routes
    ]
