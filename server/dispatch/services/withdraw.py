"""Taking a visit off the day for good: nobody goes, and the recipient is free for another channel (T11)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from server.core import events
from server.core.events import Event
from server.dispatch import errors
from server.dispatch.models import Visit
from server.dispatch.planning import MOVABLE
from server.dispatch.services import moves, routes
from server.dispatch.services.daysheet import change, change_day
from server.dispatch.services.moves import Move
from server.service import services as service
from server.service.actor import SYSTEM, Actor


def withdraw_visit(
    *, court: str, visit_id: str, version: int | None, reason: str, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Withdraws the visit before anybody set out; its attempt is withdrawn and its recipient unlocked with it.

    Withdrawing again changes nothing. Raises `visit.not_found`, `visit.changed`, `visit.under_way`,
    `visit.reason_required`.
    """
    if not reason.strip():
        raise errors.reason_required()
    found = moves.find_visit(court, visit_id, date=1, state=1)
    if found["state"] != "withdrawn":
        change_day(court, found["date"], _Withdrawal(court, found["date"], visit_id, version, reason, actor, now))
    # The recipient is freed by whoever hears the news (`free_recipient`), at once or from the sweep.
    events.relay(Visit, visit_id)
    return moves.find_visit(court, visit_id)


class _Withdrawal:
    """The day change, as a callable that may be tried again."""

    def __init__(
        self, court: str, day: str, visit_id: str, version: int | None, reason: str, actor: Actor, now: datetime
    ) -> None:
        self.court, self.day, self.visit_id, self.version = court, day, visit_id, version
        self.reason, self.actor, self.now = reason, actor, now

    def __call__(self, session: ClientSession) -> None:
        day = moves.read_day(self.court, self.day, session)
        visit = moves.movable_in(day, self.visit_id, self.version)
        write_withdrawal(self.court, self.day, visit, self.reason, self.actor, self.now, session)
        gone = Move(visit, None, None, "withdrawn")
        after = moves.after_moves(day, [gone])
        servers = routes.with_partners(day, [visit.get("server_id"), visit.get("second_server_id")])
        orders = {server: after.order(server) for server in servers}
        routes.store(self.court, day.date, routes.time_orders(after.problem(orders), orders), session)


def write_withdrawal(
    court: str, day: str, visit: dict[str, Any], reason: str, actor: Actor, now: datetime, session: ClientSession
) -> None:
    """The visit is withdrawn, with the news of it, inside a day change; routes are the caller's."""
    news = events.event(
        "visit.withdrawn",
        court=court,
        now=now,
        visit_id=visit["_id"],
        attempt_id=visit["attempt_id"],
        server_id=visit.get("server_id"),
        state="withdrawn",
        date=day,
    )
    line = change(
        now=now,
        by=actor.id,
        by_name=actor.name,
        what="withdrawn",
        from_server=visit.get("server_id"),
        to_server=None,
        reason=reason,
    )
    Visit._get_collection().update_one(
        {"_id": visit["_id"], "court": court, "version": visit["version"], "state": visit["state"]},
        {
            "$set": {"state": "withdrawn", "updated_at": now},
            "$unset": dict.fromkeys(moves.ASSIGNMENT, ""),
            "$push": {"changes": line, "outbox": news},
            "$inc": {"version": 1},
        },
        session=session,
    )


def free_recipient(news: Event) -> None:
    """Subscriber of `visit.withdrawn`: ends the attempt and frees the recipient. May hear the same news twice."""
    visit = moves.find_visit(news.court, news.data["visit_id"], changes=1)
    last = next(one for one in reversed(visit["changes"]) if one["what"] == "withdrawn")
    service.withdraw_attempt(
        court=news.court,
        attempt_id=news.data["attempt_id"],
        actor=Actor(last["by"], last["by_name"]),
        reason=last["reason"],
        now=news.at,
    )


def take_back(court: str, attempt_id: str, reason: str, actor: Actor, now: datetime) -> None:
    """Registered with `server.service.doors`: the attempt's visit is withdrawn, unless somebody has set out.

    Raises `visit.under_way`.
    """
    visit = Visit._get_collection().find_one({"court": court, "attempt_id": attempt_id}, {"state": 1})
    if visit is None or visit["state"] == "withdrawn":
        return
    if visit["state"] not in MOVABLE:
        raise errors.visit_not_taken_back(visit["state"])
    withdraw_visit(court=court, visit_id=visit["_id"], version=None, reason=reason, actor=actor, now=now)


def on_attempt_withdrawn(news: Event) -> None:
    """Subscriber: a visit ordered while its attempt was being withdrawn goes with it. May hear the same news twice."""
    visit = Visit._get_collection().find_one({"court": news.court, "attempt_id": news.data["attempt_id"]}, {"state": 1})
    if visit is not None and visit["state"] in MOVABLE:
        withdraw_visit(
            court=news.court,
            visit_id=visit["_id"],
            version=None,
            reason="本次送达已取消",
            actor=SYSTEM,
            now=news.at,
        )
