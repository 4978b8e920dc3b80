"""Assigning by hand: one visit, a batch that can be undone, and what a move would cost before it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from server.core.errors import DomainError
from server.core.ids import new_id
from server.dispatch import errors, planning
from server.dispatch.models import MoveBatch
from server.dispatch.services import moves
from server.dispatch.services.daysheet import change_day, entry_of
from server.dispatch.services.moves import Move
from server.dispatch.services.routes import Day, Raw, Timed
from server.service.actor import Actor

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Moved:
    """`late` lists the promises the touched routes break now: {visit_id, server_id, code, text}."""

    visit_id: str
    late: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Batch:
    """`refused` lists what could not be moved: {visit_id, code, text}."""

    batch_id: str
    moved: int
    refused: list[dict[str, str]]
    late: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class MovePrice:
    """Extra minutes and kilometres over all touched routes, and what the move would newly break.

    `shifted` lists other visits that would begin at another time: {visit_id, minutes} (later is positive).
    `objective_minutes` is what the day's objective would rise by (falls: negative), None while a route does not hold.
    """

    minutes: float
    km: float
    broken: list[dict[str, str]]
    shifted: list[dict[str, Any]]
    objective_minutes: int | None


def assign_visit(
    *,
    court: str,
    visit_id: str,
    server_id: str,
    position: int | None,
    version: int | None,
    actor: Actor,
    now: datetime,
    second_server_id: str | None = None,
) -> Moved:
    """Gives the visit to a server, or another place in the route of the one who has it.

    A crew keeps its second; dragged onto the second, the two change roles. Raises `visit.not_found`, `visit.changed`,
    `visit.under_way`, `visit.withdrawn`, `roster.not_on_duty`, `visit.same_second_server`.
    """
    day_text = moves.find_visit(court, visit_id, date=1)["date"]

    def work(session: ClientSession) -> Timed:
        day = moves.read_day(court, day_text, session)
        visit = moves.movable_in(day, visit_id, version)
        move = _assigned(day, visit, server_id, second_server_id, position)
        return moves.apply(court, day, [move], actor=actor, now=now, session=session)

    timed = change_day(court, day_text, work)
    moves.relay([visit_id])
    return Moved(visit_id, timed.broken)


def _assigned(day: Day, visit: Raw, server_id: str, second: str | None, position: int | None) -> Move:
    entry_of(list(day.entries), server_id)
    if second is not None:
        entry_of(list(day.entries), second)
        if second == server_id:
            raise errors.same_second_server()
    what = "reassigned" if visit.get("server_id") else "assigned"
    return Move(visit, server_id, _second_for(day, visit, server_id, second), what, position)


def _second_for(day: Day, visit: Raw, server_id: str, asked: str | None) -> str | None:
    if visit.get("crew") != 2:
        return None
    if asked is not None:
        return asked
    second: str | None = visit.get("second_server_id")
    if second == server_id:
        second = visit.get("server_id")
    return second if second in day.on_duty() else None


def unassign_visit(
    *, court: str, visit_id: str, version: int | None, reason: str | None, actor: Actor, now: datetime
) -> Moved:
    """Takes the visit off everybody. Raises as `assign_visit`, and `visit.not_assigned`."""
    day_text = moves.find_visit(court, visit_id, date=1)["date"]

    def work(session: ClientSession) -> Timed:
        day = moves.read_day(court, day_text, session)
        visit = moves.movable_in(day, visit_id, version)
        if not visit.get("server_id"):
            raise errors.visit_not_assigned()
        move = Move(visit, None, None, "unassigned", reason=reason)
        return moves.apply(court, day, [move], actor=actor, now=now, session=session)

    timed = change_day(court, day_text, work)
    moves.relay([visit_id])
    return Moved(visit_id, timed.broken)


def price_move(*, court: str, visit_id: str, server_id: str, position: int | None) -> MovePrice:
    """What giving the visit to the server would cost, without doing it. Raises as `assign_visit`."""
    found = moves.find_visit(court, visit_id, date=1)
    day = moves.read_day(court, found["date"])
    visit = moves.movable_in(day, visit_id, None)
    move = _assigned(day, visit, server_id, None, position)
    before, after = moves.timed_around(day, [move])
    known = {(one["visit_id"], one["server_id"], one["code"]) for one in before.broken}
    rise = moves.objective_rise(day, [move], before, after)
    return MovePrice(
        minutes=round((after.travel_s - before.travel_s) / 60, 1),
        km=round((after.distance_m - before.distance_m) / 1000, 2),
        broken=[one for one in after.broken if (one["visit_id"], one["server_id"], one["code"]) not in known],
        shifted=_shifted(visit_id, before, after),
        objective_minutes=None if rise is None else round(rise / 60),
    )


def _shifted(moved: str, before: Timed, after: Timed) -> list[dict[str, Any]]:
    was, becomes = _starts(before), _starts(after)
    shifts = {
        visit_id: round((becomes[visit_id] - start) / 60)
        for visit_id, start in was.items()
        if visit_id in becomes and visit_id != moved
    }
    return [{"visit_id": visit_id, "minutes": minutes} for visit_id, minutes in shifts.items() if minutes]


def _starts(timed: Timed) -> dict[str, int]:
    stops = [stop for one in timed.routes.values() for stop in one.route.stops]
    return {planning.real_id(stop.visit_id): stop.start_s for stop in stops}


def assign_batch(*, court: str, visit_ids: Sequence[str], server_id: str, actor: Actor, now: datetime) -> Batch:
    """Gives many visits of one day to one server, each where its way costs least; what cannot move is refused by name.

    Raises `visit.not_found` when none of the ids is this court's, `visit.other_day` when they are of several days.
    """
    ids = list(dict.fromkeys(visit_ids))
    day_text = _one_day(court, ids)
    batch_id = new_id()

    def work(session: ClientSession) -> tuple[list[Move], list[dict[str, str]], Timed]:
        day = moves.read_day(court, day_text, session)
        wanted, refused = _sorted_out(day, ids, server_id)
        timed = Timed({})
        if wanted:
            timed = moves.apply(court, day, wanted, actor=actor, now=now, session=session)
        batch = {
            "_id": batch_id,
            "court": court,
            "date": day_text,
            "at": now,
            "by": actor.id,
            "to_server": server_id,
            "moves": [_remembered(move) for move in wanted],
        }
        MoveBatch._get_collection().insert_one(batch, session=session)
        return wanted, refused, timed

    wanted, refused, timed = change_day(court, day_text, work)
    moves.relay([move.visit["_id"] for move in wanted])
    return Batch(batch_id, len(wanted), refused, timed.broken)


def _one_day(court: str, ids: Sequence[str]) -> str:
    days = moves.days_of(court, ids)
    if not days:
        raise errors.visit_not_found()
    if len(days) > 1:
        raise errors.visits_of_several_days(sorted(days))
    return days.pop()


def _sorted_out(day: Day, ids: Sequence[str], server_id: str) -> tuple[list[Move], list[dict[str, str]]]:
    entry_of(list(day.entries), server_id)
    wanted, refused = [], []
    for visit_id in ids:
        try:
            visit = moves.movable_in(day, visit_id, None)
        except DomainError as error:
            refused.append({"visit_id": visit_id, "code": error.code, "text": error.title})
            continue
        if visit.get("server_id") != server_id:
            wanted.append(_assigned(day, visit, server_id, None, None))
    return wanted, refused


def _remembered(move: Move) -> dict[str, Any]:
    visit = move.visit
    return {
        "visit_id": visit["_id"],
        "from_server": visit.get("server_id"),
        "from_second": visit.get("second_server_id"),
        "from_state": visit["state"],
        "from_position": visit.get("position"),
        "version": visit["version"] + 1,
    }


def undo_batch(*, court: str, batch_id: str, actor: Actor, now: datetime) -> Batch:
    """Gives every visit of the batch back to whom it belonged, as far as nobody touched it since.

    Raises `move_batch.not_found`, `move_batch.undone`.
    """
    found = MoveBatch._get_collection().find_one({"_id": batch_id, "court": court}, {"date": 1})
    if found is None:
        raise errors.batch_not_found()

    def work(session: ClientSession) -> tuple[list[Move], list[dict[str, str]], Timed]:
        batch = MoveBatch._get_collection().find_one_and_update(
            {"_id": batch_id, "court": court, "undone_at": None}, {"$set": {"undone_at": now}}, session=session
        )
        if batch is None:
            raise errors.batch_undone()
        day = moves.read_day(court, found["date"], session)
        wanted, refused = _given_back(day, batch["moves"])
        timed = Timed({})
        if wanted:
            timed = moves.apply(court, day, wanted, actor=actor, now=now, session=session)
        return wanted, refused, timed

    wanted, refused, timed = change_day(court, found["date"], work)
    moves.relay([move.visit["_id"] for move in wanted])
    return Batch(batch_id, len(wanted), refused, timed.broken)


def _given_back(day: Day, remembered: Sequence[dict[str, Any]]) -> tuple[list[Move], list[dict[str, str]]]:
    wanted, refused = [], []
    # In order of the old numbers, so that each finds its old place again.
    for one in sorted(remembered, key=lambda entry: entry.get("from_position") or 0):
        try:
            visit = moves.movable_in(day, one["visit_id"], one["version"])
            if one["from_server"]:
                entry_of(list(day.entries), one["from_server"])
        except DomainError as error:
            refused.append({"visit_id": one["visit_id"], "code": error.code, "text": error.title})
            continue
        second = one["from_second"] if one["from_second"] in day.on_duty() else None
        back = Move(visit, one["from_server"], second, "undone", one["from_position"])
        wanted.append(replace(back, state=one["from_state"]))
    return wanted, refused
