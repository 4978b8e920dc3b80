"""A month of working days: what comes in, a plan every morning, what the doors answer, what is left in the evening.

Plans are first plans (insertion), not searched ones: what people could do better with more computing is not assumed.
Urgent visits are known in the morning but cannot begin before they came in, which is what replanning at noon makes of
them at best.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from routing.plan import Route
from routing.problem import Point, Problem, Server, Visit, Weights, Window

from .load import Load, Open
from .model import Assumptions, DayResult, Group, Month, Staffing
from .planner import plan_day

MOST_DAYS = 66
# Candidates are cut to this much more than people can make, dearest first: a backlog of thousands plans as fast.
_CHOICE = 1.25
_VISITS_AT_MOST = 45
_FAR_OFF = 7
_URGENT_S = 20 * 3600

Halt = Callable[[], bool]


class Cancelled(Exception):
    """The caller said stop; nothing is answered."""


@dataclass(slots=True)
class _Counts:
    """What is judged at the end."""

    promised: int = 0
    kept: int = 0
    heard: int = 0
    in_time: int = 0
    first: int = 0
    first_served: int = 0
    days: list[DayResult] = field(default_factory=list)


def simulate(
    assumptions: Assumptions,
    staffing: Staffing,
    days: int = 22,
    seed: int = 0,
    *,
    halt: Halt | None = None,
    on_day: Callable[[int], None] | None = None,
) -> Month:
    """A month of `days` working days. The same arguments give the same month; the load does not depend on `staffing`.

    `on_day` hears the number of days done, `halt` is asked before every day. Raises Cancelled, ValueError for a
    number of days that is none (1…66).
    """
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"a month has 1 to {MOST_DAYS} working days, not {days}")
    load, counts = Load(assumptions, days, seed), _Counts()
    servers = _servers(assumptions, staffing)
    waiting = load.waiting
    for day in range(days):
        if halt is not None and halt():
            raise Cancelled
        waiting += load.arriving[day]
        waiting = _one_day(assumptions, servers, waiting, day, days, counts, len(load.arriving[day]))
        if on_day is not None:
            on_day(day + 1)
    # What never was served and should have been by now is a promise broken.
    for one in waiting:
        _judge(counts, assumptions, one, None, days)
    return Month(
        staffing=staffing,
        seed=seed,
        days=tuple(counts.days),
        served_in_promise=_share(counts.kept, counts.promised),
        served_before_hearing=_share(counts.in_time, counts.heard),
        first_visit_success=_share(counts.first_served, counts.first),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _servers(assumptions: Assumptions, staffing: Staffing) -> tuple[Server, ...]:
    return tuple(
        _server(group, number, assumptions.depot) for group in staffing.groups for number in range(1, group.count + 1)
    )


def _server(group: Group, number: int, depot: Point) -> Server:
    return Server(
        id=f"{group.name}-{number}",
        start=depot,
        end=depot,
        shift=group.shift,
        breaks=group.breaks,
        mode=group.mode,
        skills=group.skills,
        max_visits=group.max_visits,
        max_km=group.max_km,
        overtime_s=group.overtime_s,
        crew_ok=group.crew_ok,
    )


def _one_day(
    assumptions: Assumptions, servers: tuple[Server, ...], waiting: list[Open], day: int, days: int, counts: _Counts,
    arrived: int,
) -> list[Open]:  # fmt: skip
    chosen = _chosen(waiting, servers, day)
    problem = Problem(tuple(_asked(one, day) for one in chosen), servers, weights=Weights(split_building=0))
    routes = plan_day(problem)
    done, given_back = set(), 0
    by_id = {str(one.number): one for one in chosen}
    starts = {stop.visit_id: stop.start_s for route in routes for stop in route.stops if stop.role == "lead"}
    for visit_id, start_s in starts.items():
        one = by_id[visit_id]
        first = one.tries == 0
        served = one.served_by(start_s)
        counts.first += first
        counts.first_served += first and served
        if served or one.tries >= assumptions.tries:
            done.add(one.number)
            given_back += not served
            _judge(counts, assumptions, one, day if served else None, days)
        one.not_before = day + max(1, assumptions.return_days)
    left = [one for one in waiting if one.number not in done]
    counts.days.append(_result(day, arrived, len(starts), len(done) - given_back, given_back, left, routes, servers))
    return left


def _result(
    day: int, arrived: int, visits: int, served: int, given_back: int, left: Sequence[Open], routes: Sequence[Route],
    servers: Sequence[Server],
) -> DayResult:  # fmt: skip
    shift_ends = {server.id: server.shift.end_s for server in servers}
    used = [route for route in routes if route.stops]
    return DayResult(
        day=day,
        arrived=arrived,
        visits=visits,
        served=served,
        given_back=given_back,
        open=len(left),
        overdue=sum(1 for one in left if one.due_on <= day),
        metres=sum(route.distance_m for route in used),
        worked_s=sum(route.travel_s + sum(stop.leave_s - stop.start_s for stop in route.stops) for route in used),
        overtime_s=sum(max(0, route.back_s - shift_ends[route.server_id]) for route in used),
        available_s=sum(_there_s(server) for server in servers),
    )


def _there_s(server: Server) -> int:
    return server.shift.end_s - server.shift.start_s - sum(pause.duration_s for pause in server.breaks_due)


def _chosen(waiting: Sequence[Open], servers: Sequence[Server], day: int) -> list[Open]:
    """What may be gone to today, dearest first, cut to somewhat more than can be made."""
    may = [one for one in waiting if one.not_before <= day]
    most = sum(_VISITS_AT_MOST if server.max_visits is None else server.max_visits for server in servers)
    may.sort(key=lambda one: (-_worth_s(one, day), one.came_on, one.number))
    return may[: int(most * _CHOICE) + 1]


def _asked(one: Open, day: int) -> Visit:
    windows = one.windows
    if one.urgent_from_s is not None and one.came_on == day:
        windows = _from(one.urgent_from_s, windows)
    return Visit(
        id=str(one.number),
        point=one.point,
        service_s=round(one.kind.minutes * 60),
        windows=windows,
        drop_penalty=_worth_s(one, day),
        skills=one.kind.skills,
        crew=one.crew,
    )


def _from(second: int, windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """The windows from that second of the day on; the last of them if they are all over."""
    if not windows:
        return (Window(second, 24 * 3600),)
    later = tuple(Window(max(second, one.start_s), one.end_s) for one in windows if one.end_s > second)
    return later or windows[-1:]


def _worth_s(one: Open, day: int) -> int:
    """What leaving it out today costs: more as the day it is due comes near, more again for every day past it."""
    if one.urgent_from_s is not None and one.tries == 0:
        return _URGENT_S
    left = one.due_on - day
    return 3600 * (2 + max(0, _FAR_OFF - max(0, left))) + 1800 * min(5, max(0, -left))


def _judge(counts: _Counts, assumptions: Assumptions, one: Open, served_on: int | None, days: int) -> None:
    """Counts a visit whose promise or hearing lies inside the month."""
    if one.came_on >= 0 and one.came_on + assumptions.promise_days < days:
        counts.promised += 1
        counts.kept += served_on is not None and served_on <= one.came_on + assumptions.promise_days
    if one.came_on >= 0 and one.hearing_on is not None and one.hearing_on < days:
        counts.heard += 1
        counts.in_time += served_on is not None and served_on < one.hearing_on
