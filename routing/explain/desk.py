"""A plan laid out for questions: compiled once, its exact times, its value, and a builder over it."""

from collections.abc import Sequence
from dataclasses import dataclass

from routing.assemble import make_plan, orders_of
from routing.construct import Builder
from routing.instance import Instance, Order, compile_problem
from routing.objective import objective
from routing.plan import Plan
from routing.problem import Problem, ProblemError
from routing.timeline import RouteTimes, retime_changed, time_all


@dataclass(slots=True)
class Desk:
    """See the module. Raises ProblemError when opened on a plan that does not hold."""

    problem: Problem
    plan: Plan
    instance: Instance
    orders: list[Order]
    times: list[RouteTimes]
    builder: Builder
    value: int

    @classmethod
    def open(cls, problem: Problem, plan: Plan, published: Sequence[tuple[str, Sequence[str]]] = ()) -> "Desk":
        """Lay the plan out; `published` as in `compile_problem`."""
        instance = compile_problem(problem, published)
        orders = orders_of(instance, plan)
        times = time_all(instance, orders)
        if times is None:
            raise ProblemError("plan.broken", "当前计划本身不可行，请先重新规划")
        return cls(
            problem, plan, instance, orders, times, Builder(instance, orders), objective(instance, orders, times)
        )

    def visit(self, visit_id: str) -> int:
        """Index of a visit. Raises ProblemError if there is none of this id."""
        if visit_id not in self.instance.visit_index:
            raise ProblemError("visit.unknown", "任务不在今日计划范围内", visit_id)
        return self.instance.visit_index[visit_id]

    def without(self, visit: int) -> list[Order]:
        """The orders without the visit."""
        return [[node for node in order if self.instance.visit_of(node) != visit] for order in self.orders]

    def timed(self, orders: Sequence[Order]) -> tuple[list[RouteTimes], int] | None:
        """Exact times and objective of other orders; None if they do not hold."""
        changed = {k for k, order in enumerate(orders) if order != self.orders[k]}
        times = retime_changed(self.instance, orders, self.times, changed)
        return None if times is None else (times, objective(self.instance, orders, times))


def laid_out(problem: Problem, orders: Sequence[Order], engine: str) -> Plan | None:
    """A plan of these orders (nodes of the problem) if they hold exactly."""
    instance = compile_problem(problem)
    times = time_all(instance, orders)
    if times is None:
        return None
    return make_plan(instance, orders, engine=engine, seed=0, elapsed_s=0.0, times=times)
