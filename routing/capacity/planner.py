"""The plan of one simulated day: exact insertion, no search, so that a month takes seconds."""

import numpy as np

from routing.assemble import make_route
from routing.construct import PLAIN, Builder, fill
from routing.instance import compile_problem
from routing.plan import Route
from routing.problem import Problem
from routing.timeline import time_all


def plan_day(problem: Problem) -> tuple[Route, ...]:
    """Routes that hold, one per server. Deterministic."""
    instance = compile_problem(problem)
    builder = Builder(instance, [[] for _ in instance.servers])
    fill(builder, np.random.default_rng(0), PLAIN)
    times = time_all(instance, builder.orders)
    if times is None:
        raise RuntimeError("insertion built orders that do not hold")
    return tuple(make_route(instance, server, order, times[server]) for server, order in enumerate(builder.orders))
