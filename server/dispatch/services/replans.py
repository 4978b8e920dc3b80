"""Answers to what comes up during a day: a first one at once, a better one from the run, nothing moves before a yes.

An answer is a DayPlan with a `happening`. The first answer is made in the caller's process in milliseconds; a worker
then improves it. Publishing it writes the fact itself (somebody is off, a window is new) and the moves in one change
of the day, or nothing when the day has moved on since (`plan.outdated`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pymongo.client_session import ClientSession

from routing import MaxSeconds, Problem, Progress, Stop, Window
from routing.replan import (
    Event,
    NeedsSecond,
    NewWindow,
    Replanned,
    ServerAbsent,
    ServerLate,
    UrgentVisit,
    VisitCancelled,
    replan,
)
from server.core.clock import court_day, second_of_day, utc_now
from server.dispatch import happenings, planning
from server.dispatch.happenings import Happening
from server.dispatch.models import DaySheet, Roster, Visit
from server.dispatch.services import answers, daysheet, plans, roster, routes, travel_times, withdraw
from server.dispatch.services.routes import Day
from server.service.actor import Actor

Raw = dict[str, Any]


_WHO = ("from_server", "to_server", "from_second", "to_second")
# The first answer only: what still holds stays, what is open is put in where it fits best.
_AT_ONCE = MaxSeconds(0.0)


@dataclass(frozen=True, slots=True)
class _Desk:
    """A day opened for a happening: its roster and visits as they stand and as they would be."""

    day: date
    happening: Happening
    entries: Sequence[Raw]
    roster_version: int
    before: Sequence[Raw]
    after: Sequence[Raw]
    sheet: Raw
    now_s: int
    court: str
    ask_roads: bool  # the first answer never waits for the network

    def answered(self, stop: Stop, seed: int, on_improve: Callable[[Progress], None] | None = None) -> Replanned:
        problem, events = self._asked()
        servers = [server.id for server in problem.servers]
        standing = planning.as_planned(self._plannable(self.before), servers, self.sheet)
        return replan(problem, standing, events, now_s=self.now_s, stop=stop, seed=seed, on_improve=on_improve)

    def _asked(self) -> tuple[Problem, list[Event]]:
        """The day before it happened, and what happened, in the planner's words."""
        happening, given = self.happening, self._plannable(self.before)
        if happening.kind == "recused":
            given = happenings.visits_after(happening, given)
        events = self._events()
        if happening.kind == "urgent":
            given = [visit for visit in given if visit["_id"] != happening.visit_id]
        problem = planning.problem_of(day=self.day, entries=self.entries, visits=given, republish=True)
        return travel_times.on_roads(problem, court=self.court, ask=self.ask_roads)[0], events

    def _plannable(self, visits: Sequence[Raw]) -> list[Raw]:
        """Without what an absent server is on the way to: it stays theirs until somebody has spoken to them."""
        if self.happening.kind != "absent":
            return list(visits)
        return [
            visit
            for visit in visits
            if visit["state"] not in planning.UNDER_WAY
            or self.happening.server_id not in (visit.get("server_id"), visit.get("second_server_id"))
        ]

    def _events(self) -> list[Event]:
        happening = self.happening
        visit_id, server_id = happening.visit_id or "", happening.server_id or ""
        windows = tuple(Window(first, last) for first, last in happening.windows)
        witness = tuple(Window(first, last) for first, last in happening.witness_windows)
        match happening.kind:
            case "urgent":
                return self._urgent()
            case "withdrawn":
                return [VisitCancelled(visit_id)]
            case "second":
                return [NeedsSecond(visit_id)]
            case "window":
                return [NewWindow(visit_id, windows or None, witness or None)]
            case "absent":
                return [ServerAbsent(server_id)]
            case "late":
                return [ServerLate(server_id, happening.from_s or 0)]
            case _:
                return []

    def _urgent(self) -> list[Event]:
        document = next(visit for visit in self.after if visit["_id"] == self.happening.visit_id)
        asked = planning.asked_visit(document, self.day)
        return [] if asked is None else [UrgentVisit(asked)]

    def told(self, found: Replanned) -> Raw:
        """The answer in the shape DayPlan keeps."""
        answered = answers.answer(found.plan, self.entries, self.after)
        changes = answers.changes(self.before, self.after, answered, daysheet.names_of(self.entries))
        return {
            **answered,
            "changes": changes,
            "price": self._price(answered, changes),
            "progress": {**answers.last_progress(found.plan), "elapsed_s": round(found.elapsed_s, 3)},
            "basis": {
                visit["_id"]: [visit.get("server_id"), visit.get("second_server_id")]
                for visit in self.before
                if visit["state"] in planning.MOVABLE
            },
            "roster_version": self.roster_version,
        }

    def _price(self, answered: Raw, changes: Sequence[Raw]) -> Raw:
        """Extra travel over the routes of everybody a change names, and how many changes there are of each kind."""
        day = Day(self.day, self.entries, self.before, court=self.court)
        touched = {line[who] for line in changes for who in _WHO if line[who]} & day.on_duty()
        before = routes.time_orders(day.problem(touched), {server: day.order(server) for server in sorted(touched)})
        after = [route for route in answered["routes"] if route["server_id"] in touched]
        counted = Counter(line["what"] for line in changes)
        return {
            "minutes": round((sum(route["travel_s"] for route in after) - before.travel_s) / 60, 1),
            "km": round((sum(route["distance_m"] for route in after) - before.distance_m) / 1000, 2),
            "moved": counted["reassigned"] + counted["second"],
            "retimed": counted["retimed"],
            "dropped": counted["dropped"],
        }


def _open(court: str, day: str, happening: Happening, now: datetime, *, ask_roads: bool = False) -> _Desk:
    on_roster = roster.get_roster(court=court, day=day)
    before = daysheet.day_visits(court, day)
    sheet = DaySheet._get_collection().find_one({"_id": daysheet.sheet_id(court, day)}, {"routes": 1}) or {}
    happenings.check(happening, on_roster["entries"], before)
    return _Desk(
        day=date.fromisoformat(day),
        happening=happening,
        entries=on_roster["entries"],
        roster_version=int(on_roster["version"]),
        before=before,
        after=happenings.visits_after(happening, before),
        sheet=dict(sheet.get("routes") or {}),
        now_s=int(second_of_day(now)) if court_day(now).isoformat() == day else 0,
        court=court,
        ask_roads=ask_roads,
    )


def propose(
    *, court: str, day: str, happening: Happening, seconds: float, seed: int, actor: Actor, now: datetime
) -> Raw:
    """The first answer, stored as a queued plan whose improvement takes `seconds`; hand its id to the queue.

    Raises `replan.incomplete`, `visit.withdrawn`, `visit.under_way`, `roster.not_on_duty`, `plan.nobody_on_duty`.
    """
    daysheet.parse_day(day)
    desk = _open(court, day, happening, now)
    found = desk.answered(_AT_ONCE, seed)
    plan = plans.queued_plan(court=court, day=day, seconds=seconds, seed=seed, actor=actor, now=now)
    text = happenings.text_zh(
        happening,
        {visit["_id"]: visit["recipient_name"] for visit in desk.before},
        daysheet.names_of(desk.entries),
    )
    told = {"happening": {**happening.as_document(), "text": text}, "revision": 1, **desk.told(found)}
    return plans.insert_numbered({**plan, **told})


def improve(plan: Mapping[str, Any], stop: Stop, on_improve: Callable[[Progress], None]) -> Raw:
    """A better answer to the plan's happening for the day as it is now; what a run writes at its end."""
    desk = _open(plan["court"], plan["date"], Happening.of(plan["happening"]), utc_now(), ask_roads=True)
    told = desk.told(desk.answered(stop, plan["seed"], on_improve))
    same = told["routes"] == plan["routes"] and told["unplanned"] == plan["unplanned"]
    return {**told, "revision": plan["revision"] + (0 if same else 1)}


def take_effect(
    court: str, day: str, happening: Happening, version: int, actor: Actor, now: datetime, session: ClientSession
) -> bool:
    """Writes the fact itself inside a day change: roster or visit as the happening leaves them.

    False when it is no longer so: the roster or the visit was changed since the answer was made.
    """
    if happening.kind in happenings.ABOUT_SERVER:
        return _roster_changed(court, day, happening, version, now, session)
    visits = daysheet.day_visits(court, day, session, _id=happening.visit_id)
    if not visits or visits[0]["state"] not in planning.MOVABLE:
        return False
    if happening.kind == "withdrawn":
        withdraw.write_withdrawal(court, day, visits[0], happening.reason or "", actor, now, session)
        return True
    change = happenings.change_of_visit(happening, visits[0])
    Visit._get_collection().update_one(
        {"_id": happening.visit_id, "court": court},
        {"$set": {**change, "updated_at": now}, "$inc": {"version": 1}},
        session=session,
    )
    return True


def _roster_changed(
    court: str, day: str, happening: Happening, version: int, now: datetime, session: ClientSession
) -> bool:
    entries = daysheet.day_entries(court, day, session)
    stored = Roster._get_collection().update_one(
        {"court": court, "date": day, "version": version},
        {
            "$set": {"entries": happenings.entries_after(happening, entries), "updated_at": now},
            "$inc": {"version": 1},
        },
        session=session,
    )
    return bool(stored.modified_count)
