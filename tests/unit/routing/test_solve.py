"""`solve` always answers with a plan that holds, keeps every rule, stops when told, and repeats itself by seed."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from routing import (
    AnyOf,
    Iterations,
    MaxSeconds,
    Plan,
    Point,
    Problem,
    ProblemError,
    Progress,
    Stop,
    Weights,
    Window,
    check,
    solve,
)
from routing.engines.base import Task
from routing.engines.cut import Cutter, joined
from routing.engines.ortools import OrToolsEngine
from routing.engines.pair import Pair
from routing.engines.searcher import Searcher
from routing.instance import compile_problem
from routing.kernel import construct, warm_up
from routing.objective import objective
from routing.pool import WorkerError, Workers, close_shared, shared
from routing.timeline import time_all

from .days import HOUR, near, problem, random_day, server, visit

QUICK = Iterations(100)


@pytest.fixture(scope="module")
def workers() -> Iterator[None]:
    """Warm workers of this process, which has the search at hand as well."""
    warm_up()
    with shared(2) as made:
        assert made is not None
        assert made.wait_ready(60)
    yield
    close_shared()


def solved(day: Problem, stop: Stop = QUICK, **options: object) -> Plan:
    """Solve in this process, and hold the answer against the judge."""
    plan = solve(day, stop, **{"processes": 0, **options})  # type: ignore[arg-type]  # a test's keyword bag
    assert check(day, plan, options.get("warm_start")) == []  # type: ignore[arg-type]  # the same
    return plan


def left_out(plan: Plan) -> set[str]:
    return {item.visit_id for item in plan.unplanned}


@pytest.mark.parametrize("seed", range(3))
def test_a_mixed_day_is_planned_without_a_broken_rule(seed: int) -> None:
    plan = solved(random_day(seed, 45, 4), seed=seed)
    assert sum(len(route.stops) for route in plan.routes) > 25


@pytest.mark.parametrize(
    ("visits", "servers"), [([], []), ([], [server()]), ([visit("a")], []), ([visit("a", drop_penalty=None)], [])]
)
def test_empty_days_are_plans_too(visits: list[object], servers: list[object]) -> None:
    plan = solved(problem(visits, servers))  # type: ignore[arg-type]  # lists of any kind for the parameters
    assert len(plan.unplanned) == len(visits)


def test_identical_points_are_no_trouble() -> None:
    plan = solved(problem([visit(f"v{n}", 0, 0) for n in range(10)]))
    assert not plan.unplanned
    assert plan.distance_m == 0


def test_a_visit_longer_than_the_shift_is_left_out_even_if_mandatory() -> None:
    plan = solved(problem([visit("long", service_s=10 * HOUR, drop_penalty=None), visit("a")]))
    assert left_out(plan) == {"long"}


def test_mandatory_comes_before_any_value() -> None:
    crowd = [visit(f"v{n}", 500, 100 * n, drop_penalty=50_000) for n in range(6)]
    far = visit("must", 30_000, 10_000, drop_penalty=None)
    plan = solved(problem([*crowd, far], [server(max_visits=3)]))
    assert "must" not in left_out(plan)


def test_the_dearer_visits_are_kept_when_not_all_fit() -> None:
    visits = [visit(f"v{n}", 800, 300 * n, drop_penalty=1000 * (n + 1)) for n in range(8)]
    plan = solved(problem(visits, [server(max_visits=4)]))
    assert left_out(plan) == {"v0", "v1", "v2", "v3"}


def test_skills_locks_and_recusals_decide_who_comes() -> None:
    visits = [
        visit("skilled", skills=frozenset({"执行"})),
        visit("locked", locked_server="s1"),
        visit("recused", forbidden_servers=frozenset({"s1"})),
    ]
    plan = solved(problem(visits, [server("s1"), server("s2", skills=frozenset({"执行"}))]))
    assert [plan.servers_of(name) for name in ("skilled", "locked", "recused")] == [("s2",), ("s1",), ("s2",)]


def test_one_of_several_windows_is_met_when_the_witness_is_there_too() -> None:
    windows = (Window(9 * HOUR, 11 * HOUR), Window(15 * HOUR, 15 * HOUR + 600))
    witness = (Window(12 * HOUR, 16 * HOUR),)
    plan = solved(problem([visit("a", 8000, windows=windows, witness_windows=witness)]))
    assert plan.routes[0].stops[0].start_s >= 15 * HOUR


def test_a_crew_of_two_meets_at_one_time() -> None:
    visits = [visit(f"c{n}", 2000, 2000 * n, crew=2) for n in range(3)] + [visit(f"v{n}", -3000 * n) for n in range(8)]
    plan = solved(problem(visits, [server("s1"), server("s2"), server("s3", crew_ok=False)]), Iterations(400))
    for n in range(3):
        assert set(plan.servers_of(f"c{n}")) == {"s1", "s2"}


def test_a_crew_is_both_or_none() -> None:
    plan = solved(problem([visit("c", crew=2)], [server("s1"), server("s2", crew_ok=False)]))
    assert left_out(plan) == {"c"}
    parted = [server("s1", not_with=frozenset({"s2"})), server("s2")]
    assert left_out(solved(problem([visit("c", crew=2)], parted))) == {"c"}


def test_overtime_is_used_only_where_it_pays() -> None:
    late = Window(17 * HOUR - 60, 17 * HOUR)
    visits = [visit("late", 3000, windows=(late,), service_s=1200)]
    without = solved(problem(visits))
    assert left_out(without) == {"late"}
    allowed = solved(problem(visits, [server(overtime_s=HOUR)], weights=Weights(overtime_s=1)))
    assert not allowed.unplanned
    dear = solved(problem(visits, [server(overtime_s=HOUR)], weights=Weights(overtime_s=50)))
    assert left_out(dear) == {"late"}


def test_fixed_places_and_what_is_under_way_are_kept() -> None:
    going = visit("going", 9000, locked_server="s1", pinned=True, windows=(Window(0, 60),))
    first = visit("first", -4000, locked_server="s1", position="first")
    last = visit("last", 100, locked_server="s1", position="last")
    others = [visit(f"v{n}", 500 * n, 300) for n in range(6)]
    plan = solved(problem([last, *others, first, going], [server("s1"), server("s2")]))
    assert plan.routes[0].visit_ids[:2] == ("going", "first")
    assert plan.routes[0].visit_ids[-1] == "last"


def test_a_pinned_crew_stays_first_with_both() -> None:
    going = visit("going", 9000, locked_server="s1", pinned=True, crew=2)
    others = [visit(f"v{n}", 500 * n, 300) for n in range(6)]
    plan = solved(problem([*others, going], [server("s1"), server("s2")]))
    assert [route.visit_ids[0] for route in plan.routes] == ["going", "going"]


def test_a_route_may_end_at_the_last_door_and_be_bounded_in_kilometres() -> None:
    plan = solved(problem([visit("a", 9_000)], [server(end=None)]))
    assert plan.routes[0].back_s == plan.routes[0].stops[-1].leave_s
    near_and_far = problem([visit("near", 1000), visit("far", 9_000)], [server(max_km=8.0)])
    assert left_out(solved(near_and_far)) == {"far"}


def test_one_building_is_one_servers_errand() -> None:
    # Two servers who live beside two clusters, and a building halfway with four doors.
    ends = {"s1": near(-6000, 0), "s2": near(6000, 0)}
    servers = [server(name, start=point, end=point) for name, point in ends.items()]
    doors = [visit(f"b{n}", 0, 30 * n, building="8号楼") for n in range(4)]
    others = [visit(f"w{n}", -5000, 400 * n) for n in range(4)] + [visit(f"e{n}", 5000, 400 * n) for n in range(4)]
    plan = solved(problem(doors + others, servers), Iterations(500))
    assert len({plan.servers_of(f"b{n}") for n in range(4)}) == 1


def test_the_plan_is_the_same_for_the_same_seed_and_iterations() -> None:
    day = random_day(11, 30, 3)
    one, two = (solved(day, Iterations(150), seed=5) for _ in range(2))
    assert one.routes == two.routes
    assert one.objective == two.objective


def test_a_tiny_day_is_over_long_before_its_budget() -> None:
    began = time.monotonic()
    plan = solved(random_day(5, 6, 2), MaxSeconds(60))
    assert time.monotonic() - began < 20
    assert plan.elapsed_s < 20


def test_solving_never_ends_worse_than_its_warm_start() -> None:
    day = random_day(4, 40, 4)
    good = solved(day, Iterations(600))
    for stop in (Iterations(1), MaxSeconds(0.0), MaxSeconds(0.1)):
        assert solved(day, stop, warm_start=good).objective <= good.objective


def test_a_warm_start_survives_absent_servers_and_cancelled_visits() -> None:
    day = random_day(4, 40, 4)
    good = solved(day)
    solved(Problem(day.visits[5:], day.servers[1:]), warm_start=good)


def test_disruption_keeps_published_visits_with_their_servers() -> None:
    day = random_day(8, 40, 4, crews=False)
    published = solved(day, Iterations(1))
    free = Problem(day.visits, day.servers, weights=Weights(disruption=0))
    priced = Problem(day.visits, day.servers, weights=Weights(disruption=20_000))

    def moved(plan: Plan) -> int:
        planned = [one.id for one in day.visits if published.servers_of(one.id) and plan.servers_of(one.id)]
        return sum(published.servers_of(name) != plan.servers_of(name) for name in planned)

    assert moved(solved(priced, Iterations(300), warm_start=published)) == 0
    assert moved(solved(free, Iterations(300), warm_start=published)) > 0


@pytest.mark.parametrize("seconds", [0.0, 0.4])
def test_the_budget_is_not_overrun(seconds: float) -> None:
    day = random_day(1, 120, 8)
    compile_problem(day)
    # Processor time: the promise is about this program, not about neighbours on the machine.
    began = time.process_time()
    plan = solve(day, MaxSeconds(seconds), processes=0)
    assert time.process_time() - began < seconds + 0.5
    assert check(day, plan) == []


def test_progress_tells_of_ever_better_plans() -> None:
    told: list[Progress] = []
    plan = solved(random_day(2, 40, 4), Iterations(400), on_improve=told.append)
    objectives = [progress.objective for progress in told]
    assert len(told) > 2
    assert objectives == sorted(objectives, reverse=True)
    assert plan.objective == objectives[-1]
    assert told[-1].planned + told[-1].unplanned == 40
    assert told[-1].distance_m == plan.distance_m


def test_the_far_side_of_the_world_is_unplanned_not_an_error() -> None:
    far = replace(visit("far"), point=Point(-70.0, -30.0))
    assert left_out(solved(problem([visit("a"), far]))) == {"far"}


class ButtonBrokenError(Exception):
    """What a caller's stop may raise."""


def test_an_error_of_the_callers_code_reaches_the_caller() -> None:
    def broken(_elapsed_s: float, best: int | None) -> bool:
        if best is not None:
            raise ButtonBrokenError
        return False

    def deaf(progress: Progress) -> None:
        if progress.planned:
            raise ButtonBrokenError

    day = random_day(1, 40, 4)
    with pytest.raises(ButtonBrokenError):
        solve(day, AnyOf(MaxSeconds(5), broken), processes=0)
    with pytest.raises(ButtonBrokenError):
        solve(day, MaxSeconds(5), on_improve=deaf, processes=0)


@pytest.mark.usefixtures("workers")
def test_two_processes_stop_within_a_fifth_of_a_second_and_serve_the_next_caller() -> None:
    day = random_day(2, 150, 8)
    pressed_at: list[float] = []

    def button(elapsed_s: float, _best: int | None) -> bool:
        if elapsed_s > 0.6 and not pressed_at:
            pressed_at.append(time.process_time())
        return bool(pressed_at)

    for _ in range(2):
        pressed_at.clear()
        plan = solved(day, AnyOf(MaxSeconds(30), button), processes=2)
        # This process's own time: waiting for workers costs none, which the next line bounds.
        assert time.process_time() - pressed_at[0] < 0.2
        assert plan.elapsed_s < 5


@pytest.mark.usefixtures("workers")
def test_a_worker_that_dies_does_not_take_the_plan_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object, **__: object) -> None:
        raise WorkerError("worker.lost")

    monkeypatch.setattr(Workers, "wait", lost)
    plan = solved(random_day(2, 60, 4), MaxSeconds(0.4), processes=2)
    assert plan.engine == "kernel"


@pytest.mark.usefixtures("workers")
def test_two_days_at_once_in_one_process_both_get_plans() -> None:
    plans: list[Plan] = []
    days = [random_day(seed, 40, 4) for seed in (1, 2)]
    threads = [
        threading.Thread(target=lambda day=day: plans.append(solved(day, MaxSeconds(0.4), processes=2)))  # type: ignore[misc]  # bound at once
        for day in days
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(plans) == 2


@pytest.mark.parametrize("seed", range(3))
def test_halves_of_a_day_improved_apart_fit_together(seed: int) -> None:
    instance = compile_problem(random_day(seed, 90, 9))
    orders = construct(instance, [[] for _ in instance.servers], seed)
    cutter = Cutter(instance, seed)
    searchers = [Searcher(instance, orders, number) for number in (0, 1)]
    for _ in range(3):
        parts = cutter.halves(orders)
        assert sorted(parts[0].servers + parts[1].servers) == list(range(9))
        assert not set(parts[0].visits) & set(parts[1].visits) - planned_by_crews(instance.n, orders)
        found = []
        for searcher, part in zip(searchers, parts, strict=True):
            searcher.load(orders)
            searcher.kernel.run(40, 300.0, 300.0, part.servers, part.visits)
            found.append(searcher.found())
        orders = joined(orders, parts, [one.orders for one in found])
        assert time_all(instance, orders) is not None


def planned_by_crews(n: int, orders: list[list[int]]) -> set[int]:
    """Visits whose two servers may sit in different halves."""
    return {node - n for order in orders for node in order if node >= n}


@pytest.mark.usefixtures("workers")
def test_both_processes_together_improve_a_cut_day_and_a_whole_one() -> None:
    for size, servers in ((130, 8), (40, 4)):
        instance = compile_problem(random_day(3, size, servers))
        orders = construct(instance, [[] for _ in instance.servers], 0)
        task = Task(instance, orders, 0, 1.0, None, lambda: False, lambda _: None)
        with shared(2) as lent:
            assert lent is not None
            pair = Pair(lent, task, Searcher(instance, orders, 0), orders)
            assert pair.cuts == (size > 120)
            if pair.cuts:
                (_, best), *_ = pair.halves(orders, 0.3, (20.0, 5.0))
            else:
                best = pair.whole(orders, 0.3, (20.0, 5.0), share=0.0).best
        before, after = (objective(instance, one, time_all(instance, one) or []) for one in (orders, best))
        assert after < before


def test_the_second_opinion_improves_a_day_and_breaks_no_rule() -> None:
    mixed = random_day(21, 24, 4)
    extras = [
        visit("first", 900, locked_server="s0", position="first"),
        visit("last", -900, locked_server="s1", position="last"),
        visit("strange", 2000, area="东区"),
        visit("never", windows=(Window(9 * HOUR, 10 * HOUR),), witness_windows=(Window(11 * HOUR, 12 * HOUR),)),
    ]
    servers = [
        replace(mixed.servers[0], not_with=frozenset({"s1"}), fixed_cost=500),
        replace(mixed.servers[1], max_km=30.0, areas=frozenset({"西区"})),
        *mixed.servers[2:],
    ]
    day = problem([*mixed.visits, *extras], servers, weights=Weights(disruption=100))
    instance = compile_problem(day)
    found: list[list[list[int]]] = []
    start = construct(instance, [[] for _ in instance.servers], 0)
    task = Task(instance, start, 1, 3.0, 12, lambda: False, lambda orders: found.append([list(o) for o in orders]))
    OrToolsEngine().improve(task)
    assert found
    for orders in found:
        assert time_all(instance, orders) is not None


def test_a_search_that_refuses_the_day_leaves_it_to_insertion(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(_: Searcher) -> list[list[int]]:
        raise ValueError("orders to improve are not feasible")

    monkeypatch.setattr(Searcher, "filled", refuses)
    plan = solved(random_day(2, 30, 4), MaxSeconds(5))
    assert plan.engine == "insertion"
    assert sum(len(route.stops) for route in plan.routes) > 15


def test_a_day_too_large_for_memory_is_refused_before_anything_is_worked_out() -> None:
    crowd = [visit(f"v{n}", 10 * n, 3 * n) for n in range(12_000)]
    with pytest.raises(ProblemError) as told:
        solve(problem(crowd), MaxSeconds(1))
    assert told.value.code == "problem.too_large"
