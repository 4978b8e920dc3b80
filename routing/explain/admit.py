"""The cheapest change that would let an unplanned visit in, each verified on the changed problem.

One rule gives way at a time: the visit's windows, a server's shift, maximum, longest distance or skills, a lock, the
number of people at hand, the visit's value; or other visits make room. Nobody else is moved. Recusal never gives way.
For every rule the smallest amount is found in closed form over all gaps of all servers, then the changed problem is
compiled and the day timed anew: what is answered has been done once.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from routing.eject import make_room
from routing.instance import MANDATORY_PENALTY
from routing.plan import Plan
from routing.problem import Problem

from .candidates import PAIN_S, Candidate
from .crews import crew_candidates
from .desk import Desk, laid_out
from .singles import single_candidates


@dataclass(frozen=True, slots=True)
class Admission:
    """One change that lets a visit in. `code` and `params` say which, `server_id` who then leads it and `start_s` when.

    Codes: free (it fits as it is), value, window, overtime, max_visits, max_km, skill, lock, crew, displace.
    `gain_s` is what the day's objective gains by it (negative: loses), all prices paid. `problem` and `plan` are the
    changed problem and the plan with the visit, which `check` finds no fault with.
    """

    code: str
    visit_id: str
    server_id: str
    start_s: int
    gain_s: int
    pain_s: int
    problem: Problem
    plan: Plan
    params: dict[str, Any] = field(default_factory=dict)


def admissions(
    problem: Problem, plan: Plan, visit_id: str, *, most: int = 3, budget_s: float = 0.1
) -> tuple[Admission, ...]:
    """The cheapest changes, best first, each of another kind, that would let an unplanned visit into the plan.

    At most `most`, and none begun after `budget_s`; empty if no single change helps (or the visit is planned). Raises
    ProblemError for an unknown visit or a plan that does not hold.
    """
    return _admissions(Desk.open(problem, plan), visit_id, most, time.monotonic() + budget_s)


def all_admissions(
    problem: Problem, plan: Plan, visit_ids: Sequence[str] | None = None, *, most: int = 1, budget_s: float = 1.0
) -> dict[str, tuple[Admission, ...]]:
    """`admissions` of several visits (None: all unplanned), as many as the budget allows, each with a fair share."""
    desk = Desk.open(problem, plan)
    wanted = [item.visit_id for item in plan.unplanned] if visit_ids is None else list(visit_ids)
    until, found = time.monotonic() + budget_s, {}
    for number, visit_id in enumerate(wanted):
        now = time.monotonic()
        if now >= until:
            break
        found[visit_id] = _admissions(desk, visit_id, most, now + (until - now) / (len(wanted) - number))
    return found


def _admissions(desk: Desk, visit_id: str, most: int, until: float) -> tuple[Admission, ...]:
    visit = desk.visit(visit_id)
    if desk.builder.planned[visit] or desk.instance.visits[visit].pinned:
        return ()
    found: list[Admission] = []
    crew = desk.instance.visits[visit].crew == 2
    cheapest: dict[str, Candidate] = {}
    for one in crew_candidates(desk, visit) if crew else single_candidates(desk, visit):
        # Of one kind the smallest amount counts, then the cheapest place.
        if one.code not in cheapest or _size(one) < _size(cheapest[one.code]):
            cheapest[one.code] = one
    if "free" in cheapest:
        cheapest.pop("value", None)
    for one in sorted(cheapest.values(), key=lambda item: item.cost):
        if len(found) == most or (found and time.monotonic() > until):
            break
        verified = _verified(desk, visit, one)
        found += [] if verified is None else [verified]
    if len(found) < most and time.monotonic() < until:
        found += _displacing(desk, visit)
    return tuple(sorted(found, key=lambda item: item.pain_s - item.gain_s))


def _size(one: Candidate) -> tuple[float, float]:
    return float(one.params.get("minutes", one.params.get("metres", 0))), one.cost


def _verified(desk: Desk, visit: int, one: Candidate) -> Admission | None:
    changed = one.change(desk.problem)
    plan = laid_out(changed, one.orders, "admission")
    wanted = desk.instance.visits[visit].id
    return None if plan is None else _admission(desk, wanted, one.code, one.params, one.pain_s, changed, plan)


def _admission(
    desk: Desk, visit_id: str, code: str, params: dict[str, Any], pain_s: int, problem: Problem, plan: Plan
) -> Admission | None:
    places = [(route.server_id, stop) for route in plan.routes for stop in route.stops if stop.visit_id == visit_id]
    if not places:
        return None
    server_id, stop = min(places, key=lambda place: place[1].role)
    gain = desk.value - plan.objective
    return Admission(code, visit_id, server_id, stop.start_s, gain, pain_s, problem, plan, params)


def _displacing(desk: Desk, visit: int) -> list[Admission]:
    """The visit in the place of the cheapest others, at whatever net value."""
    room = make_room(desk.builder, visit, most=1, worth=MANDATORY_PENALTY)
    room = make_room(desk.builder, visit, most=2, worth=MANDATORY_PENALTY) if room is None else room
    if room is None:
        return []
    plan = laid_out(desk.problem, room.orders, "admission")
    gone = [desk.instance.visits[one].id for one in room.displaced]
    wanted = desk.instance.visits[visit].id
    if plan is None:
        return []
    made = _admission(desk, wanted, "displace", {"visits": gone}, PAIN_S["displace"], desk.problem, plan)
    return [] if made is None else [made]
