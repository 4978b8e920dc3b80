"""The engines that compete in the benchmark answer with plans that hold, and in time."""

import time
from itertools import pairwise

import pytest

from bench.routing.days import Kind, made_up_day
from bench.routing.results import judged
from bench.routing.rivals import base, engines, pyvrp_routes, vroom_routes
from routing.instance import compile_problem

BUDGET_S = 0.6
RIVALS = (engines.PyVrpChain(workers=base.Inline), engines.Vroom(), engines.OrToolsAlone(workers=base.Inline))


@pytest.mark.parametrize("kind", ["plain", "full"])
@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.name)
def test_a_competitors_plan_of_twelve_visits_holds_and_serves_most(rival: base.Rival, kind: Kind) -> None:
    problem = made_up_day(12, kind, 5).problem
    began = time.monotonic()
    plan = rival.plan(problem, BUDGET_S, seed=1)
    assert time.monotonic() - began < 10 * BUDGET_S
    _, _, broken = judged(problem, plan)
    assert not broken
    assert len(plan.unplanned) <= 4


def test_pyvrp_and_vroom_send_nobody_where_they_may_not_go() -> None:
    instance = compile_problem(made_up_day(100, "full", 2).problem)
    for orders in (pyvrp_routes.routes(instance, 0.5, 1), vroom_routes.routes(instance, 0.5, threads=1)):
        made = [visit for order in orders for visit in order]
        assert len(made) == len(set(made)) > 50
        for server, order in enumerate(orders):
            assert all(server in instance.allowed[visit] for visit in order)


def test_vroom_looks_less_far_the_less_time_there_is() -> None:
    levels = [vroom_routes.level(visits_per_second) for visits_per_second in (1.0, 30.0, 1000.0)]
    assert all(first > then for first, then in pairwise(levels))
