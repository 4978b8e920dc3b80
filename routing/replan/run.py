"""`replan`: what happened goes into the published day at once, then the day around it gets better.

The first answer keeps what still holds and inserts what is open, exactly, in milliseconds; the final one comes from
`solve`, started from the first, with the published plan as what every change is priced against. Never cold.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from routing.assemble import make_plan, orders_of
from routing.construct import Builder, fill
from routing.eject import Room, make_room
from routing.explain import explain_left
from routing.instance import MANDATORY_PENALTY, Instance, Order, compile_problem
from routing.objective import objective, planned_visits
from routing.plan import Plan, Progress, Unplanned
from routing.problem import Problem
from routing.solve import published as routes_led
from routing.solve import solve
from routing.stop import AnyOf, MaxSeconds, Stop, seconds_limit
from routing.timeline import retime_changed

from .changes import Changes, change_text_zh, compare, server_text_zh, totals_text_zh
from .day import changed_problem
from .events import Event, ServerAbsent, ServerLate, UrgentVisit
from .standing import standing_orders
from .underway import let_finish

# The final answer comes within a second of the question, reasons and comparison included.
WITHIN: Stop = MaxSeconds(0.8)


@dataclass(frozen=True, slots=True)
class Replanned:
    """The new plan and everything it changes. `problem` is the changed day: `check(problem, plan)` finds nothing.

    `first_s` and `elapsed_s` are seconds from the question to the first answer and to this one. `value_before` is the
    objective of what still stood of the published plan, `value_after` that of this plan (both with the prices of
    changing it), so their difference is what replanning gained.
    """

    problem: Problem
    plan: Plan
    changes: Changes
    value_before: int
    value_after: int
    first_s: float
    elapsed_s: float

    def sentences_zh(self, names: dict[str, str] | None = None) -> list[str]:
        """The changes in Chinese: totals first, then servers, then visits; `names` replaces ids."""
        told = [totals_text_zh(self.changes)]
        told += [server_text_zh(one, names) for one in self.changes.servers]
        return told + [change_text_zh(one, names) for one in self.changes.visits]


def apply(problem: Problem, published: Plan, events: Sequence[Event], now_s: int) -> tuple[Problem, Plan]:
    """The changed problem, and the plan made of all that can stay where it was published (nothing inserted).

    `problem` is the published day without the visits already made, those under way pinned, each server starting where
    it is. Raises ProblemError for events that name what is not there.
    """
    changed, instance, orders = _compiled(changed_problem(problem, published, events, now_s), published)
    orders, times = standing_orders(instance, orders)
    return changed, make_plan(instance, orders, engine="standing", seed=published.seed, elapsed_s=0.0, times=times)


def replan(
    problem: Problem,
    published: Plan,
    events: Event | Sequence[Event],
    *,
    now_s: int,
    stop: Stop = WITHIN,
    seed: int = 0,
    on_improve: Callable[[Progress], None] | None = None,
    on_first: Callable[[Replanned], None] | None = None,
) -> Replanned:
    """The published day after the events; see `apply` for what `problem` is and raises.

    `published` may carry times (then shifts are told against them) or only orders (then against what these orders
    would have taken). Changing server or order of a published visit costs `weights.disruption` and `.reorder`, at
    least DISRUPTION_S and REORDER_S. `on_first` gets the first answer, `on_improve` the progress of the search.
    The answer is never worse than the first one, and `stop` counts from the question.
    """
    began = time.monotonic()
    happened = [events] if isinstance(events, Event) else list(events)
    published = _with_times(problem, published)
    desk = _Desk(problem, published, changed_problem(problem, published, happened, now_s), began)
    desk.first(_concerned(happened))
    first = desk.answer(seed)
    if on_first is not None:
        on_first(first)
    left_s = seconds_limit(stop) - desk.elapsed()
    if left_s <= 0.05:
        return first
    final = solve(
        desk.changed,
        AnyOf(stop, MaxSeconds(left_s)) if left_s < float("inf") else stop,
        seed,
        warm_start=first.plan,
        against=published,
        on_improve=on_improve,
    )
    best = final if final.objective < first.plan.objective else first.plan
    return desk.told(best, first.first_s)


def _compiled(changed: Problem, published: Plan) -> tuple[Problem, Instance, list[Order]]:
    """The changed day compiled, with leave for what is under way, and the published orders in it."""
    instance = compile_problem(changed, routes_led(published))
    orders = orders_of(instance, published)
    eased = let_finish(changed, orders, instance)
    if eased is None:
        return changed, instance, orders
    return eased, compile_problem(eased, routes_led(published)), orders


def _concerned(events: Sequence[Event]) -> list[str]:
    """The visits the events are about: they are placed with care, others as they fit."""
    return [
        event.visit.id if isinstance(event, UrgentVisit) else event.visit_id
        for event in events
        if not isinstance(event, ServerAbsent | ServerLate)
    ]


def _with_times(problem: Problem, plan: Plan) -> Plan:
    """The plan itself, or one with the times its orders have in its problem, if it carries none."""
    if any(stop.leave_s for route in plan.routes for stop in route.stops):
        return plan
    instance = compile_problem(problem)
    orders, times = standing_orders(instance, orders_of(instance, plan))
    return make_plan(instance, orders, engine=plan.engine, seed=plan.seed, elapsed_s=plan.elapsed_s, times=times)


class _Desk:
    """The changed day on the desk: what stands, and what is done about the rest."""

    def __init__(self, problem: Problem, published: Plan, changed: Problem, began: float) -> None:
        self.problem, self.published = problem, published
        self.began = began
        self.changed, self.instance, orders = _compiled(changed, published)
        self.orders, self.times = standing_orders(self.instance, orders)
        self.value_before = objective(self.instance, self.orders, self.times)
        self.displaced: dict[str, str] = {}
        self.builder: Builder | None = None

    def first(self, concerned: Sequence[str]) -> None:
        """Inserts what is open: mandatory visits and those concerned first (others make room for them), then the rest
        of what fell out."""
        rng = np.random.default_rng(0)
        index = self.instance.visit_index
        were = {index[key] for route in self.published.routes for key in route.visit_ids if key in index}
        planned = planned_visits(self.instance, self.orders)
        open_now = [visit for visit in range(self.instance.n) if visit not in planned]
        about = {index[key] for key in concerned if key in index}
        must = [v for v in open_now if self.instance.penalty[v] >= MANDATORY_PENALTY or v in about]
        fallen = [v for v in open_now if v in were and v not in must]
        if not must and not fallen:
            return
        builder = Builder(self.instance, self.orders)
        if must:
            fill(builder, rng, only=must)
        for visit in sorted(must, key=lambda one: -self.instance.penalty[one]):
            if not builder.planned[visit]:
                builder = self._make_room(builder, visit, rng)
        if fallen:
            fill(builder, rng, only=fallen)
        changed = {k for k, order in enumerate(builder.orders) if order != self.orders[k]}
        times = retime_changed(self.instance, builder.orders, self.times, changed)
        if times is None:
            raise ValueError("what was inserted does not hold")
        self.orders, self.times, self.builder = builder.orders, times, builder

    def _make_room(self, builder: Builder, visit: int, rng: np.random.Generator) -> Builder:
        room = make_room(builder, visit)
        if room is None:
            return builder
        after = self._with_room(builder, visit, room)
        fill(after, rng, only=list(room.displaced))
        for one in room.displaced:
            self.displaced[self.instance.visits[one].id] = self.instance.visits[visit].id
        return after

    def _with_room(self, builder: Builder, visit: int, room: Room) -> Builder:
        """A builder over the orders with the visit in; a visit of one server changes one route of the old one."""
        if self.instance.visits[visit].crew == 2:
            return Builder(self.instance, room.orders)
        builder.take_out(room.displaced)
        server = next(k for k, order in enumerate(room.orders) if visit in order)
        builder.put(visit, server, room.orders[server].index(visit))
        return builder

    def answer(self, seed: int) -> Replanned:
        """The first answer, with reasons for whatever was planned or new and is not planned now."""
        plan = make_plan(
            self.instance, self.orders, engine="insertion", seed=seed, elapsed_s=self.elapsed(), times=self.times
        )
        return self.told(replace(plan, unplanned=self._reasons(plan)), None)

    def elapsed(self) -> float:
        return time.monotonic() - self.began

    def _reasons(self, plan: Plan) -> tuple[Unplanned, ...]:
        known = {item.visit_id: item.reasons for item in self.published.unplanned}
        fresh = {item.visit_id for item in plan.unplanned if not known.get(item.visit_id)}
        builder = self.builder or (Builder(self.instance, self.orders) if fresh else None)
        made = explain_left(builder, fresh) if builder is not None and fresh else {}
        return tuple(replace(item, reasons=made.get(item.visit_id) or known[item.visit_id]) for item in plan.unplanned)

    def told(self, plan: Plan, first_s: float | None) -> Replanned:
        """The plan with what it changes; no `first_s`: it is the first answer itself."""
        changes = compare(self.problem, self.published, self.changed, plan, self.displaced)
        elapsed = self.elapsed()
        before, after = self.value_before, plan.objective
        return Replanned(self.changed, plan, changes, before, after, elapsed if first_s is None else first_s, elapsed)
