"""The days the benchmark plans, and how it keeps and shows what it found."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.routing import chart, court
from bench.routing.days import SERVERS, Kind, made_up_day, real_days
from bench.routing.results import CourtRun, Results, VrptwRun, judged
from routing import Weights
from routing.assemble import make_plan
from routing.instance import compile_problem


@pytest.mark.parametrize("kind", ["plain", "full"])
def test_a_seed_always_makes_the_same_day_and_another_seed_another(kind: Kind) -> None:
    one, again, other = (made_up_day(100, kind, seed).problem for seed in (7, 7, 8))
    assert (one.visits, one.servers, one.weights) == (again.visits, again.servers, again.weights)
    assert one.visits != other.visits
    assert one.servers != other.servers


def test_a_plain_day_holds_only_what_every_engine_can_say() -> None:
    for day in (made_up_day(100, "plain", 3), *real_days("plain")):
        problem = day.problem
        assert problem.weights == Weights(fairness=0, split_building=0)
        for visit in problem.visits:
            assert (visit.crew, visit.witness_windows, visit.building) == (1, (), None)
            assert len(visit.windows) <= 1
            assert visit.drop_penalty is not None
        assert all(len(server.breaks) == 1 and server.end is not None for server in problem.servers)


def test_a_full_day_holds_everything_a_court_needs_and_every_visit_can_be_made_by_somebody() -> None:
    problem = made_up_day(400, "full", 1).problem
    assert len(problem.visits) == 400
    assert len(problem.servers) > SERVERS[400]
    crews = sum(visit.crew == 2 for visit in problem.visits)
    assert 16 <= crews <= 48
    assert any(len(visit.windows) > 1 for visit in problem.visits)
    assert any(visit.witness_windows for visit in problem.visits)
    assert any(visit.drop_penalty is None for visit in problem.visits)
    instance = compile_problem(problem)
    assert all(instance.allowed[visit] for visit in range(instance.n))
    buildings = [visit.building for visit in problem.visits]
    assert len(set(buildings)) < len(buildings)


def test_a_mandatory_visit_left_out_is_counted_and_priced_apart() -> None:
    day = made_up_day(400, "full", 1)
    instance = compile_problem(day.problem)
    empty = make_plan(instance, [[] for _ in instance.servers], engine="none", seed=0, elapsed_s=0.0)
    value, missed, broken = judged(day.problem, empty)
    penalties = [visit.drop_penalty for visit in day.problem.visits]
    assert missed == penalties.count(None) > 0
    assert value == 100_000 * missed + sum(penalty for penalty in penalties if penalty is not None)
    assert not broken
    assert judged(day.problem, replace(empty, objective=1))[2]


def _run(engine: str, seconds: float, seed: int, objective: int) -> CourtRun:
    return CourtRun("100 visits, plain", seed, engine, seconds, seconds, objective, 97, 100, 0, 40_000)


def test_results_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    kept = Results(court=[_run("Songda", 1.0, 1, 50_000)], machine=["before: quiet"])
    kept.vrptw.append(VrptwRun("RC208", 100, 1, "PyVRP", 10.0, 10.0, 776.1, 776.1, ("late",)))
    kept.write(tmp_path / "found.json")
    found = Results()
    found.read(tmp_path / "found.json")
    assert found == kept
    assert len(found.broken) == 1


def test_the_chart_has_a_line_for_every_engine_and_the_table_says_who_is_lower() -> None:
    runs = [
        _run(engine, seconds, seed, base - round(1000 * seconds) + seed)
        for engine, base in (("Songda", 60_000), ("VROOM", 80_000), ("OR-Tools", 120_000))
        for seconds in (1.0, 2.0, 5.0)
        for seed in (1, 2)
    ]
    drawn = chart.svg(chart.panels(runs), "Mean objective")
    assert drawn.count('stroke-width="2.0"') == 3
    assert drawn.count("<circle") == 9
    assert court.compared([r for r in runs if r.engine == "Songda"], [r for r in runs if r.engine == "VROOM"])[1:] == (
        6,
        6,
    )
    assert "25 % (2/2)" in court.table(runs)
