"""Moving visits between servers inside a day change: one shape for assigning, batches, claims, releases and undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise

from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from routing import Problem
from server.core import events
from server.dispatch import errors, planning
from server.dispatch.models import Visit
from server.dispatch.services import daysheet, routes
from server.dispatch.services.routes import Day, Order, Raw, Timed
from server.service.actor import Actor

ASSIGNMENT = (
    "server_id",
    "second_server_id",
    "position",
    "second_position",
    "planned_arrive_at",
    "planned_leave_at",
    "plan_id",
    "travel_m",
)


@dataclass(frozen=True, slots=True)
class Move:
    """Where one visit goes. `server_id` None takes it off everybody. `position` None: where it costs least."""

    visit: Raw
    server_id: str | None
    second_server_id: str | None
    what: str
    position: int | None = None
    reason: str | None = None
    state: str | None = None  # given back by an undo; otherwise follows from the move


def read_day(court: str, day: str, session: ClientSession | None = None) -> Day:
    return Day(
        date=date.fromisoformat(day),
        entries=daysheet.day_entries(court, day, session),
        visits=daysheet.day_visits(court, day, session),
        court=court,
    )


def find_visit(court: str, visit_id: str, **fields: int) -> Raw:
    """Raises `visit.not_found`."""
    found = Visit._get_collection().find_one({"_id": visit_id, "court": court}, fields or None)
    if found is None:
        raise errors.visit_not_found()
    return dict(found)


def movable_in(day: Day, visit_id: str, version: int | None) -> Raw:
    """The visit, if it may still be moved. Raises `visit.withdrawn`, `visit.changed` or `visit.under_way`."""
    visit = next((dict(one) for one in day.visits if one["_id"] == visit_id), None)
    if visit is None:
        raise errors.visit_withdrawn()
    if visit["state"] not in planning.MOVABLE:
        raise errors.visit_under_way(visit["state"])
    if version is not None and visit["version"] != version:
        raise errors.visit_changed(visit["version"])
    return visit


def apply(court: str, day: Day, moves: Sequence[Move], *, actor: Actor, now: datetime, session: ClientSession) -> Timed:
    """Writes the moves, renumbers and times every route they touch. Runs inside `daysheet.change_day`."""
    Visit._get_collection().bulk_write(
        [update_of(court, day, move, actor=actor, now=now) for move in moves], ordered=False, session=session
    )
    after = after_moves(day, moves)
    orders = _orders(day, after, moves)
    timed = routes.time_orders(after.problem(orders), orders)
    routes.store(court, day.date, timed, session)
    return timed


def timed_around(day: Day, wanted: Sequence[Move]) -> tuple[Timed, Timed]:
    """The touched routes as they are and as the moves would leave them; nothing is written."""
    after = after_moves(day, wanted)
    orders = _orders(day, after, wanted)
    before = {server: day.order(server) for server in orders}
    return routes.time_orders(day.problem(orders), before), routes.time_orders(after.problem(orders), orders)


def objective_rise(day: Day, wanted: Sequence[Move], before: Timed, after: Timed) -> int | None:
    """By how much the moves worsen the planner's objective, in seconds; None when a route holds neither way."""
    moved = [move.visit["_id"] for move in wanted]
    was = routes.objective_of(day.problem(before.orders, moved), before.orders)
    becomes = routes.objective_of(after_moves(day, wanted).problem(after.orders, moved), after.orders)
    return None if was is None or becomes is None else becomes - was


def days_of(court: str, visit_ids: Sequence[str]) -> set[str]:
    """The days these visits of the court are meant for."""
    found = Visit._get_collection().find({"_id": {"$in": list(visit_ids)}, "court": court}, {"date": 1})
    return {visit["date"] for visit in found}


def retime_day(court: str, day: str) -> None:
    """Times every route of the day anew, for example after a shift was changed."""

    def work(session: ClientSession) -> None:
        found = read_day(court, day, session)
        orders = {server: found.order(server) for server in sorted(found.on_duty())}
        routes.store(court, found.date, routes.time_orders(found.problem(orders), orders), session)

    daysheet.change_day(court, day, work)


def relay(visit_ids: Sequence[str]) -> None:
    """Hands on the news the moves left on their visits; call it after the change is committed."""
    for visit_id in visit_ids:
        events.relay(Visit, visit_id)


def state_after(move: Move) -> str:
    """Open without a server; a visit that stays with its server keeps its state; else assigned."""
    if move.state is not None:
        return move.state
    if move.server_id is None:
        return "open"
    same = move.server_id == move.visit.get("server_id")
    return str(move.visit["state"]) if same and move.visit["state"] != "open" else "assigned"


def update_of(
    court: str,
    day: Day,
    move: Move,
    *,
    actor: Actor,
    now: datetime,
    tell: bool = True,
    plan_id: str | None = None,
) -> UpdateOne:
    """The write that makes the move true, if the visit is still as it was read; `tell` puts news into its outbox."""
    visit, state = move.visit, state_after(move)
    given = {"server_id": move.server_id, "second_server_id": move.second_server_id}
    wanted = {key: value for key, value in given.items() if value is not None}
    if plan_id and move.server_id:
        wanted["plan_id"] = plan_id
    gone = {key for key, value in given.items() if value is None}
    if move.server_id is None:
        gone |= set(ASSIGNMENT)
    if move.second_server_id != visit.get("second_server_id"):
        gone.add("second_position")
    line = daysheet.change(
        now=now,
        by=actor.id,
        by_name=actor.name,
        what=move.what,
        from_server=visit.get("server_id"),
        to_server=move.server_id,
        reason=move.reason,
    )
    change: Raw = {
        "$set": {**wanted, "state": state, "updated_at": now},
        "$push": {"changes": line},
        "$inc": {"version": 1},
    }
    if gone:
        change["$unset"] = dict.fromkeys(sorted(gone), "")
    if tell:
        change["$push"]["outbox"] = _news(court, day, move, state, now)
    return UpdateOne(
        {"_id": visit["_id"], "court": court, "version": visit["version"], "state": visit["state"]}, change
    )


def _news(court: str, day: Day, move: Move, state: str, now: datetime) -> Raw:
    return events.event(
        "visit.assigned" if move.server_id else "visit.unassigned",
        court=court,
        now=now,
        visit_id=move.visit["_id"],
        server_id=move.server_id,
        from_server_id=move.visit.get("server_id"),
        state=state,
        date=day.date.isoformat(),
    )


def after_moves(day: Day, moves: Sequence[Move]) -> Day:
    """The day's visits as the moves leave them; what is moved has no number yet."""
    moved = {move.visit["_id"]: move for move in moves}
    visits = []
    for visit in day.visits:
        move = moved.get(visit["_id"])
        if move is None:
            visits.append(visit)
            continue
        changed = {key: value for key, value in visit.items() if key not in ASSIGNMENT}
        changed.update(state=state_after(move), server_id=move.server_id, second_server_id=move.second_server_id)
        if move.second_server_id == visit.get("second_server_id"):
            changed["second_position"] = visit.get("second_position")
        visits.append(changed)
    return replace(day, visits=visits)


def _orders(before: Day, after: Day, moves: Sequence[Move]) -> dict[str, Order]:
    touched = {
        server
        for move in moves
        for server in (
            move.server_id, move.second_server_id, move.visit.get("server_id"), move.visit.get("second_server_id")
        )
    }  # fmt: skip
    servers = set(routes.with_partners(after, touched)) | set(routes.with_partners(before, touched))
    orders = {server: after.order(server) for server in sorted(servers)}
    problem = after.problem(servers)
    visits = {visit["_id"]: dict(visit) for visit in after.visits}
    for move in moves:
        visit = visits[move.visit["_id"]]
        if move.server_id in orders:
            orders[move.server_id] = place(problem, move.server_id, orders, visit, "lead", move.position, len(moves))
        second = move.second_server_id
        if second in orders and second != move.visit.get("second_server_id"):
            orders[second] = place(problem, second, orders, visit, "second", None, len(moves))
    return orders


def place(
    problem: Problem,
    server_id: str,
    orders: dict[str, Order],
    visit: Raw,
    role: str,
    position: int | None,
    many: int = 1,
) -> Order:
    """The server's order with the visit in it: at the position, or in the gap that breaks and costs least."""
    order = orders[server_id]
    if position is not None:
        return routes.put(order, visit, role, position)
    rest = [item for item in order if item[0]["_id"] != visit["_id"]]
    trials = [routes.put(rest, visit, role, gap) for gap in range(1, len(rest) + 2)]
    if many > 1:
        # The clock in every gap for every visit of a batch would take seconds: whose window is over before the
        # other's begins goes first, and among those gaps the way decides.
        return min(trials, key=lambda trial: (_out_of_turn(trial, visit), _way(trial)))
    return min(trials, key=lambda trial: _cost(routes.time_orders(problem, {server_id: trial})))


def _cost(timed: Timed) -> tuple[int, int, int]:
    return len(timed.broken), timed.travel_s, sum(one.route.back_s for one in timed.routes.values())


def _out_of_turn(order: Order, visit: Raw) -> int:
    """How many visits stand on the wrong side of this one, going by windows that do not overlap."""
    earliest, latest = _hours(visit)
    wrong, passed = 0, False
    for other, _ in order:
        if other["_id"] == visit["_id"]:
            passed = True
            continue
        opens, closes = _hours(other)
        wrong += closes <= earliest if passed else opens >= latest
    return wrong


def _hours(visit: Raw) -> tuple[int, int]:
    """When a visit can be met at the earliest and the latest, in seconds of the day."""
    windows = visit.get("windows") or [[0, 86_400]]
    return min(start for start, _ in windows), max(end for _, end in windows)


def _way(order: Order) -> float:
    """Length of the order in squared degrees' root, longitudes shortened as at 40° north: good enough to compare."""
    points = [point for visit, _ in order if (point := planning.lng_lat(visit.get("point")))]
    return sum((((a[0] - b[0]) * 0.77) ** 2 + (a[1] - b[1]) ** 2) ** 0.5 for a, b in pairwise(points))
