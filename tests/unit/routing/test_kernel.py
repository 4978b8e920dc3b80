"""The compiled search: it prices what `objective` prices, plans what `check` allows, loses nothing, obeys its masks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Break, Problem, Server, Visit, Weights, Window
from routing.assemble import make_plan
from routing.check import check
from routing.instance import Instance, Order, compile_problem
from routing.kernel import SMALL_DAY, KernelSearch, Tune, construct
from routing.objective import objective
from routing.timeline import time_all

from .days import DAY, HOUR, LUNCH, near, problem, random_day, server, visit

TEA = Break(Window(15 * HOUR, 16 * HOUR), 15 * 60)
LATE_LUNCH = Break(Window(11 * HOUR, 14 * HOUR), 45 * 60)
MORNING, AFTERNOON = Window(9 * HOUR, 11 * HOUR), Window(14 * HOUR, 16 * HOUR)


def odd_visit(rng: np.random.Generator, number: int, servers: int) -> Visit:
    """A visit with a bit of everything."""
    crew = 2 if rng.random() < 0.25 else 1
    locked = f"s{int(rng.integers(servers))}" if rng.random() < 0.2 else None
    position = str(rng.choice(["first", "last"])) if locked and number < servers and crew == 1 else None
    windows: list[tuple[Window, ...]] = [(), (MORNING,), (AFTERNOON,), (MORNING, AFTERNOON)]
    return visit(
        f"v{number}",
        float(rng.normal(0, 4000)),
        float(rng.normal(0, 4000)),
        service_s=int(rng.integers(3, 40)) * 60,
        windows=windows[int(rng.choice(4, p=[0.5, 0.2, 0.15, 0.15]))],
        witness_windows=(Window(10 * HOUR, 15 * HOUR),) if rng.random() < 0.1 else (),
        drop_penalty=None if rng.random() < 0.05 else int(rng.choice([900, 3600, 14400])),
        skills=frozenset({"执行"}) if rng.random() < 0.15 else frozenset(),
        crew=crew,
        building=f"b{number // 3}" if rng.random() < 0.5 else None,
        locked_server=locked,
        position=position,
        forbidden_servers=frozenset({"s1"}) if locked is None and rng.random() < 0.1 else frozenset(),
        area=str(rng.choice(["north", "south"])) if rng.random() < 0.5 else None,
    )


def odd_server(rng: np.random.Generator, number: int) -> Server:
    """A server with some of everything."""
    breaks = [(), (LUNCH,), (LATE_LUNCH,), (LATE_LUNCH, TEA)]
    return server(
        f"s{number}",
        end=None if rng.random() < 0.3 else near(0, 0),
        start=near(float(rng.normal(0, 2000)), 0),
        shift=DAY if rng.random() < 0.7 else Window(10 * HOUR, 14 * HOUR),
        breaks=breaks[int(rng.integers(4))],
        mode=str(rng.choice(["car", "ebike", "transit"])),
        skills=frozenset({"执行"}) if rng.random() < 0.6 else frozenset(),
        max_visits=None if rng.random() < 0.6 else int(rng.integers(1, 8)),
        crew_ok=bool(rng.random() < 0.9),
        overtime_s=int(rng.choice([0, 1800, 7200])),
        max_km=None if rng.random() < 0.7 else float(rng.integers(5, 40)),
        areas=frozenset({"north"}) if rng.random() < 0.5 else frozenset(),
        fixed_cost=int(rng.choice([0, 1200])),
        not_with=frozenset({"s0"}) if number == 2 else frozenset(),
    )


def odd_day(seed: int, visits: int, servers: int) -> tuple[Problem, list[tuple[str, list[str]]]]:
    """A day with every kind of rule and price, and a published plan it is measured against."""
    rng = np.random.default_rng(seed)
    made, fixed = [], set()
    for number in range(visits):
        one = odd_visit(rng, number, servers)
        if (one.locked_server, one.position) in fixed:
            one = visit(f"v{number}", float(rng.normal(0, 3000)))
        if one.position is not None:
            fixed.add((one.locked_server, one.position))
        made.append(one)
    weights = Weights(
        travel_s=int(rng.integers(1, 3)),
        overtime_s=int(rng.integers(0, 5)),
        disruption=int(rng.choice([0, 300])),
        reorder=int(rng.choice([0, 200])),
        value=int(rng.integers(1, 3)),
    )
    ids = [one.id for one in made]
    rng.shuffle(ids)
    published = [(f"s{k}", list(ids[k::servers])) for k in range(servers)]
    return problem(made, [odd_server(rng, k) for k in range(servers)], weights=weights), published


def true_value(instance: Instance, orders: list[Order]) -> int:
    times = time_all(instance, orders)
    assert times is not None
    return objective(instance, orders, times)


def assert_sound(instance: Instance, kernel: KernelSearch) -> None:
    """Both the current and the best orders hold, cost what the kernel says, and account for every visit."""
    for orders, value in ((kernel.orders(), kernel.value), (kernel.best_orders(), kernel.best_value)):
        assert true_value(instance, orders) == value
        plan = make_plan(instance, orders, engine="kernel", seed=0, elapsed_s=0.0)
        assert check(instance.problem, plan) == []
        known = {stop.visit_id for route in plan.routes for stop in route.stops}
        assert len(known) + len(plan.unplanned) == instance.n


def empty(instance: Instance) -> list[Order]:
    return [[] for _ in instance.servers]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    visits=st.integers(1, 30),
    servers=st.integers(1, 5),
    tune=st.sampled_from([SMALL_DAY, Tune()]),
)
def test_value_is_the_objective_and_every_plan_holds(seed: int, visits: int, servers: int, tune: Tune) -> None:
    day, published = odd_day(seed, visits, servers)
    instance = compile_problem(day, published)
    kernel = KernelSearch(instance, empty(instance), seed, tune)
    kernel.build()
    assert_sound(instance, kernel)
    built = kernel.best_value
    for warmth in (2000.0, 50.0):
        kernel.run(150, warmth, warmth)
        assert_sound(instance, kernel)
    assert kernel.best_value <= built


@pytest.mark.parametrize("seed", range(4))
def test_under_way_visits_stay_where_they_are(seed: int) -> None:
    day = random_day(seed, 30, 3)
    pinned = [
        visit("p0", 500, locked_server="s0", pinned=True),
        visit("p1", 900, locked_server="s1", pinned=True, crew=2),
    ]
    instance = compile_problem(problem([*pinned, *day.visits], list(day.servers)))
    kernel = KernelSearch(instance, empty(instance), seed)
    kernel.build()
    kernel.run(400, 500.0, 10.0)
    assert_sound(instance, kernel)
    assert kernel.best_orders()[0][0] == 0
    assert kernel.best_orders()[1][0] == 1


def test_a_route_of_one_visit_under_way_does_not_stay_out_of_the_search() -> None:
    """A ruin that finds only the visit under way takes nothing out; the next ones must find the other."""
    begun = visit("begun", 100, locked_server="s0", pinned=True)
    others = [visit(f"v{n}", 3000, service_s=HOUR, drop_penalty=4000 + 10 * n) for n in range(12)]
    instance = compile_problem(problem([begun, *others], [server("s0", max_visits=2)]))
    kernel = KernelSearch(instance, [[0, 1]], 0)
    kernel.run(600, 200.0, 1.0)
    assert kernel.best_orders() == [[0, 12]]
    assert_sound(instance, kernel)


def test_the_same_seed_gives_the_same_routes() -> None:
    instance = compile_problem(random_day(3, 60, 4))
    found = []
    for seed in (5, 5, 6):
        kernel = KernelSearch(instance, construct(instance, empty(instance)), seed)
        kernel.run(300, 300.0, 10.0)
        kernel.run(300, 10.0, 1.0)
        found.append(kernel.best_orders())
    assert found[0] == found[1]
    assert found[0] != found[2]


@pytest.mark.parametrize("seed", range(4))
def test_a_masked_run_leaves_the_rest_alone_and_halves_fit_together(seed: int) -> None:
    instance = compile_problem(random_day(seed, 70, 6))
    start = construct(instance, empty(instance))
    parts = ({0, 1, 2}, {3, 4, 5})
    joined = [list(order) for order in start]
    for part in parts:
        kernel = KernelSearch(instance, start, seed)
        inside = {instance.visit_of(node) for own in part for node in start[own]}
        for _ in range(3):
            kernel.run(150, 400.0, 20.0, servers=part, visits=inside)
        after = kernel.orders()
        for other in set(range(6)) - part:
            assert after[other] == start[other]
        assert {instance.visit_of(node) for own in part for node in after[own]} <= inside
        for own in part:
            joined[own] = after[own]
    assert joined != start
    assert time_all(instance, joined) is not None


def test_never_below_the_warm_start() -> None:
    instance = compile_problem(random_day(8, 60, 4))
    start = construct(instance, empty(instance))
    kernel = KernelSearch(instance, start, 1)
    kernel.run(50, 1e6, 1e6)
    assert kernel.best_value <= true_value(instance, start)


def test_orders_that_do_not_hold_are_refused() -> None:
    instance = compile_problem(problem([visit(f"v{n}", service_s=4 * HOUR) for n in range(3)]))
    with pytest.raises(ValueError, match="not feasible"):
        KernelSearch(instance, [[0, 1, 2]], 0)


def test_a_mandatory_visit_pushes_out_an_optional_one() -> None:
    visits = [visit(f"v{n}", 1000, service_s=110 * 60, drop_penalty=9000) for n in range(3)]
    visits.append(visit("must", 1000, service_s=110 * 60, drop_penalty=None))
    instance = compile_problem(problem(visits))
    kernel = KernelSearch(instance, [[0, 1, 2]], 0)
    kernel.run(200, 10.0, 1.0)
    assert 3 in kernel.best_orders()[0]
    assert_sound(instance, kernel)
