"""Plans without a search: regret insertion alone, for tests that need some plan and not a good one."""

from dataclasses import replace

import numpy as np

from routing import Plan, Problem
from routing.assemble import make_plan, orders_of
from routing.construct import Builder, fill
from routing.explain import explain
from routing.instance import Instance, Order, compile_problem
from routing.objective import objective
from routing.timeline import time_all


def greedy_plan(day: Problem) -> Plan:
    """A feasible plan with reasons for what it leaves out."""
    instance = compile_problem(day)
    builder = Builder(instance, [[] for _ in instance.servers])
    fill(builder, np.random.default_rng(0))
    reasons = explain(instance, builder.orders)
    return make_plan(instance, builder.orders, engine="greedy", seed=0, elapsed_s=0.0, reasons=reasons)


def value(day: Problem, plan: Plan) -> int:
    """The objective of a plan's orders, from scratch."""
    instance = compile_problem(day)
    orders = orders_of(instance, plan)
    times = time_all(instance, orders)
    assert times is not None
    return objective(instance, orders, times)


def places(instance: Instance, orders: list[Order], visit: int) -> list[list[Order]]:
    """Every way of putting a visit of one server into the orders that holds: brute force."""
    found = []
    for k in sorted(instance.allowed[visit]):
        most = instance.servers[k].max_visits
        if most is not None and len(orders[k]) >= most:
            continue
        for gap in range(len(orders[k]) + 1):
            trial = [list(order) for order in orders]
            trial[k].insert(gap, visit)
            if time_all(instance, trial) is not None:
                found.append(trial)
    return found


def with_visit(day: Problem, visit_id: str, **fields: object) -> Problem:
    """The day with one visit changed."""
    return replace(
        day,
        visits=tuple(
            replace(one, **fields) if one.id == visit_id else one  # type: ignore[arg-type]  # a test's keyword bag
            for one in day.visits
        ),
    )


def with_server(day: Problem, server_id: str, **fields: object) -> Problem:
    """The day with one server changed."""
    return replace(
        day,
        servers=tuple(
            replace(one, **fields) if one.id == server_id else one  # type: ignore[arg-type]  # a test's keyword bag
            for one in day.servers
        ),
    )
