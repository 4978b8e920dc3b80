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
_SECOND = "#second"


def lng_lat(document: Document | None) -> tuple[float, float] | None:
    """WGS-84 of a raw DatumPoint; None when there is none."""
    wgs84 = (document or {}).get("wgs84")
    if not wgs84:
        return None
    lng, lat = wgs84["coordinates"] if isinstance(wgs84, Mapping) else wgs84
    return float(lng), float(lat)


def problem_of(*, day: date, entries: Sequence[Document], visits: Sequence[Document], republish: bool) -> Problem:
    """The day as a routing problem. Visits that ended, were withdrawn or have no point are no part of it."""
    servers = tuple(_server(day, entry, visits) for entry in entries if entry["status"] == "on_duty")
    asked: list[Visit] = []
    for document in visits:
        asked.extend(_visits(document))
    return Problem(visits=tuple(asked), servers=servers, weights=Weights(disruption=DISRUPTION_S if republish else 0))


def _server(day: date, entry: Document, visits: Sequence[Document]) -> Server:
    start, begin_s, ended = _so_far(day, entry, visits)
    point = Point(*start)
    depot = Point(*_must(lng_lat(entry["start"])))
    breaks: tuple[Break, ...] = ()
    if entry.get("break_start_s") is not None and entry.get("break_end_s") is not None:
        window = Window(entry["break_start_s"], entry["break_end_s"])
        breaks = (Break(window, window.end_s - window.start_s),)
    return Server(
        id=entry["server_id"],
        start=point,
        end=depot,
        shift=Window(min(begin_s, entry["shift_end_s"]), entry["shift_end_s"]),
        breaks=breaks,
        mode=entry["mode"],
        skills=frozenset(entry.get("skills") or ()),
        max_visits=max(0, entry["max_stops"] - ended),
    )


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


def _visits(document: Document) -> Iterable[Visit]:
    point = lng_lat(document.get("point"))
    if point is None or document["state"] not in (*MOVABLE, *UNDER_WAY):
        return
    common: dict[str, Any] = {
        "point": Point(*point),
        "service_s": round(document["minutes"] * 60),
        "windows": tuple(Window(first, last) for first, last in document.get("windows") or ()),
        "building": document.get("building"),
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
        drop_penalty=rules.drop_penalty_s(document.get("priority") or 0),
        skills=frozenset(document.get("skills") or ()),
        crew=document.get("crew") or 1,
        **common,
    )


def real_id(visit_id: str) -> str:
    return visit_id.removesuffix(_SECOND)


def as_planned(visits: Sequence[Document], servers: Iterable[str]) -> Plan:
    """The routes as they stand now, as a plan to start from. Only the order counts; times and totals are zero."""
    routes = []
    for server_id in servers:
        stops = [
            PlannedStop(stop_id(visit, role), 0, 0, 0, 0, 0, role if visit["state"] in MOVABLE else "lead")
            for visit, role in route_of(visits, server_id)
            if visit["state"] in (*MOVABLE, *UNDER_WAY) and lng_lat(visit.get("point"))
        ]
        routes.append(Route(server_id, tuple(stops)))
    return Plan(tuple(routes), (), 0, 0, 0, "standing", 0, 0.0)


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
