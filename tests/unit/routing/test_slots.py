"""The O(1) insertion check and the exact timeline are two programs: they must agree on every gap."""

import numpy as np
import pytest

from routing import Break, Window
from routing.construct import Builder, fill
from routing.instance import Order, compile_problem
from routing.slots import ENDLESS, fits, route_state, window_table
from routing.timeline import time_route

from .days import HOUR, problem, random_day, server, visit

TWO_BREAKS = (
    Break(Window(11 * HOUR, 13 * HOUR), 45 * 60),
    Break(Window(14 * HOUR, 16 * HOUR), 20 * 60),
)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("breaks", [(), None, TWO_BREAKS])
def test_a_gap_is_open_exactly_if_the_route_holds_with_the_visit_in_it(seed: int, breaks: object) -> None:
    day = random_day(seed, 40, 1, crews=False)
    if breaks is not None:
        day = problem(list(day.visits), [server(breaks=breaks, skills=frozenset({"执行"}))])
    instance = compile_problem(day)
    builder = Builder(instance, [[]])
    fill(builder, np.random.default_rng(seed))
    order = builder.orders[0]
    assert len(order) > 5
    state = route_state(instance, 0, order, {})
    outside = np.array([v for v in range(instance.n) if v not in order])
    found = fits(instance, window_table(instance), state, outside)
    seen = set()
    for row, candidate in enumerate(outside):
        for gap in range(len(order) + 1):
            trial: Order = [*order[:gap], int(candidate), *order[gap:]]
            times = time_route(instance, 0, trial)
            fit = bool(found.extra[row, gap] < ENDLESS)
            assert fit == (times is not None), (candidate, gap)
            seen.add(fit)
    assert False in seen


def test_a_route_waits_out_lunch_between_doors_never_at_one() -> None:
    day = problem([visit(f"v{n}", 2000, 500 * n, service_s=40 * 60) for n in range(8)])
    instance = compile_problem(day)
    times = time_route(instance, 0, list(range(8)))
    assert times is not None
    for start in times.starts:
        assert start + 40 * 60 <= 12 * HOUR or start >= 13 * HOUR


def test_travel_may_be_interrupted_by_lunch() -> None:
    # Leaves the first door shortly before noon, is on the road when lunch begins, loses only the hour.
    first = visit("a", 1000, 0, windows=(Window(11 * HOUR + 45 * 60, 11 * HOUR + 45 * 60),))
    second = visit("b", 9000, 0)
    instance = compile_problem(problem([first, second]))
    times = time_route(instance, 0, [0, 1])
    assert times is not None
    ride_s = int(instance.seconds[0][instance.point_of[0], instance.point_of[1]])
    assert times.starts[1] == 11 * HOUR + 55 * 60 + ride_s + HOUR
