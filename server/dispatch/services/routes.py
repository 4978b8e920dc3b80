"""Routes as they stand: orders of visits per server, renumbered and timed anew after every change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from routing import Problem, Violation, retime
from routing.explain import violation_text_zh
from routing.instance import compile_problem
from routing.objective import objective
from routing.plan import Retimed, Route
from routing.timeline import time_all
from server.core.clock import at_second
from server.dispatch import planning
from server.dispatch.models import DaySheet, Visit
from server.dispatch.services import travel_times
from server.dispatch.services.daysheet import sheet_id

Raw = dict[str, Any]
Order = list[tuple[Raw, str]]  # (visit, "lead" or "second")
_ROUNDS = 8  # how often two routes may make each other later before the crew is called not together
_HELD = ("ended", *planning.UNDER_WAY)


@dataclass(slots=True)
class Timed:
    """Routes with times, by server; `broken` lists every promise they break: {visit_id, server_id, code, text}."""

    orders: dict[str, Order]
    routes: dict[str, Retimed] = field(default_factory=dict)
    broken: list[dict[str, str]] = field(default_factory=list)

    @property
    def travel_s(self) -> int:
        return sum(one.route.travel_s for one in self.routes.values())

    @property
    def distance_m(self) -> int:
        return sum(one.route.distance_m for one in self.routes.values())


@dataclass(frozen=True, slots=True)
class Day:
    """A day's raw visits and roster, read once. `not_before_s`: nobody sets out before that second of the day."""

    date: date
    entries: Sequence[Raw]
    visits: Sequence[Raw]
    not_before_s: int = 0
    court: str = ""  # whose travel times count; the embedded ones without

    def order(self, server_id: str) -> Order:
        return [(dict(visit), role) for visit, role in planning.route_of(self.visits, server_id)]

    def on_duty(self) -> set[str]:
        return {entry["server_id"] for entry in self.entries if entry["status"] == "on_duty"}

    def problem(self, servers: Iterable[str], more: Iterable[str] = ()) -> Problem:
        """The part of the day these servers have, with `more` visits nobody has yet: what timing their routes needs."""
        wanted, extra = set(servers), set(more)
        visits = [
            visit
            for visit in self.visits
            if visit.get("server_id") in wanted or visit.get("second_server_id") in wanted or visit["_id"] in extra
        ]
        entries = [entry for entry in self.entries if entry["server_id"] in wanted]
        problem = planning.problem_of(
            day=self.date, entries=entries, visits=visits, republish=False, not_before_s=self.not_before_s
        )
        return travel_times.on_roads(problem, court=self.court)[0] if self.court else problem


def with_partners(day: Day, servers: Iterable[str | None]) -> list[str]:
    """The servers, and everybody who meets one of them for a visit of two, directly or through others."""
    found = {server for server in servers if server} & day.on_duty()
    pairs = [
        (visit["server_id"], visit["second_server_id"])
        for visit in day.visits
        if visit.get("server_id") and visit.get("second_server_id") and visit["state"] in planning.MOVABLE
    ]
    grown = True
    while grown:
        grown = False
        for one, other in pairs:
            if (one in found) != (other in found) and {one, other} <= day.on_duty():
                found |= {one, other}
                grown = True
    return sorted(found)


def put(order: Order, visit: Raw, role: str, position: int | None) -> Order:
    """The order with the visit at a 1-based position, never before what has ended or is under way; None: at the end."""
    rest = [item for item in order if item[0]["_id"] != visit["_id"]]
    held = sum(1 for item in rest if item[0]["state"] in _HELD)
    at = len(rest) if position is None else min(max(position - 1, held), len(rest))
    return [*rest[:at], (visit, role), *rest[at:]]


def time_orders(problem: Problem, orders: dict[str, Order]) -> Timed:
    """Times of all the orders with crews meeting. What cannot hold is said in `broken`, never refused."""
    known = {visit.id for visit in problem.visits}
    timed = Timed(orders)
    meet: dict[str, int] = {}
    for _ in range(_ROUNDS):
        timed.routes = {server: _retimed(problem, server, order, known, meet) for server, order in orders.items()}
        later = _meetings(timed.routes)
        if all(meet.get(visit_id) == start for visit_id, start in later.items()):
            break
        meet = later
    timed.broken = [_broken(violation) for server in timed.routes.values() for violation in server.violations]
    timed.broken += _not_timed(orders, known)
    return timed


def objective_of(problem: Problem, orders: Mapping[str, Order]) -> int | None:
    """The planner's objective of these orders, in seconds; None when they do not hold."""
    instance = compile_problem(problem)
    nodes: list[list[int]] = [[] for _ in instance.servers]
    for server_id, order in orders.items():
        for visit, role in order:
            stop = instance.visit_index.get(planning.stop_id(visit, role))
            if stop is not None:
                joins = role == "second" and visit["state"] in planning.MOVABLE
                nodes[instance.server_index[server_id]].append(stop + instance.n if joins else stop)
    times = time_all(instance, nodes)
    return None if times is None else objective(instance, nodes, times)


def _retimed(problem: Problem, server_id: str, order: Order, known: set[str], meet: Mapping[str, int]) -> Retimed:
    ids, second_in = [], set()
    for visit, role in order:
        stop = planning.stop_id(visit, role)
        if stop in known:
            ids.append(stop)
            if role == "second" and visit["state"] in planning.MOVABLE:
                second_in.add(stop)
    mine = {visit_id: start for visit_id, start in meet.items() if visit_id in ids}
    return retime(problem, server_id, ids, meet=mine, second_in=second_in)


def _meetings(routes: Mapping[str, Retimed]) -> dict[str, int]:
    """Visits that two routes hold, and the later of the two starts."""
    starts: dict[str, list[int]] = {}
    for one in routes.values():
        for stop in one.route.stops:
            starts.setdefault(stop.visit_id, []).append(stop.start_s)
    return {visit_id: max(both) for visit_id, both in starts.items() if len(both) > 1}


def _broken(violation: Violation) -> dict[str, str]:
    return {
        "visit_id": planning.real_id(violation.visit_id),
        "server_id": violation.server_id,
        "code": violation.code,
        "text": violation_text_zh(violation),
    }


def _not_timed(orders: Mapping[str, Order], known: set[str]) -> list[dict[str, str]]:
    found = []
    for server_id, order in orders.items():
        for visit, role in order:
            movable = visit["state"] in planning.MOVABLE
            if movable and visit["_id"] not in known:
                text = "送达地址没有坐标，无法计算时间"
                found.append(_told(visit, server_id, "visit.no_point", text))
            if movable and role == "lead" and visit.get("crew") == 2 and not visit.get("second_server_id"):
                text = "须两人同往，尚未指定第二人"
                found.append(_told(visit, server_id, "crew.second_missing", text))
    return found


def _told(visit: Raw, server_id: str, code: str, text: str) -> dict[str, str]:
    return {"visit_id": visit["_id"], "server_id": server_id, "code": code, "text": text}


def store(court: str, day: date, timed: Timed, session: ClientSession) -> None:
    """Writes numbers and times of the orders to their visits and the day sheet."""
    writes = []
    for server_id, order in timed.orders.items():
        stops = {planning.real_id(stop.visit_id): stop for stop in timed.routes[server_id].route.stops}
        for number, (visit, role) in enumerate(order, start=1):
            change = _numbered(day, number, role, stops.get(visit["_id"]), visit)
            if change:
                holder = "server_id" if role == "lead" else "second_server_id"
                writes.append(UpdateOne({"_id": visit["_id"], "court": court, holder: server_id}, {"$set": change}))
    if writes:
        Visit._get_collection().bulk_write(writes, ordered=False, session=session)
    summaries = {
        f"routes.{server_id}": _summary(one, timed.orders[server_id]) for server_id, one in timed.routes.items()
    }
    if summaries:
        DaySheet._get_collection().update_one(
            {"_id": sheet_id(court, day.isoformat())}, {"$set": summaries}, session=session
        )


def clear_others(court: str, day: Day, session: ClientSession) -> None:
    """Empties the route of everybody who is not on duty (any more) in the day sheet; legs already done stay told."""
    off = sorted({entry["server_id"] for entry in day.entries} - day.on_duty())
    gone = {f"routes.{server}": _summary(Retimed(Route(server, ())), day.order(server)) for server in off}
    if gone:
        DaySheet._get_collection().update_one(
            {"_id": sheet_id(court, day.date.isoformat())}, {"$set": gone}, session=session
        )


def _numbered(day: date, number: int, role: str, stop: Any, visit: Raw) -> Raw:
    """What changes of the visit: its number in this route and, for the one who leads, the times."""
    wanted: Raw = {"position" if role == "lead" else "second_position": number}
    if role == "lead" and stop is not None and visit["state"] in planning.MOVABLE:
        wanted["planned_arrive_at"] = at_second(day, stop.start_s)
        wanted["planned_leave_at"] = at_second(day, stop.leave_s)
        wanted["travel_m"] = stop.travel_m
    return {key: value for key, value in wanted.items() if visit.get(key) != value}


def _summary(timed: Retimed, order: Order) -> Raw:
    """The route that is still ahead, and `planned_m`: the whole day's planned way, legs already done included."""
    route = timed.route
    done_m = sum(visit.get("travel_m") or 0 for visit, role in order if role == "lead" and visit["state"] == "ended")
    return {
        "distance_m": route.distance_m,
        "planned_m": route.distance_m + done_m,
        "travel_s": route.travel_s,
        "depart_s": route.depart_s,
        "back_s": route.back_s,
        "breaks": [list(pause) for pause in route.breaks],
        "stops": len(route.stops),
    }
