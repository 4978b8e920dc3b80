"""Days and plans go through their files unchanged; what cannot be meant is refused by field and code."""

import json
import math
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Break, HaversineTravel, Iterations, Point, Problem, Server, Visit, Weights, Window, check, solve
from routing.files import (
    FileError,
    ListedTravel,
    load_json,
    plan_from_json,
    plan_to_json,
    problem_from_json,
    problem_to_json,
)
from routing.files.reading import parse_json
from routing.instance import compile_problem

from .days import HOUR, problem, random_day, server, visit


def through_text(content: dict[str, Any]) -> Any:
    return parse_json(json.dumps(content, ensure_ascii=False, allow_nan=False))


def full_day() -> Problem:
    """Every field of the model with another value than its usual one."""
    everything = Visit(
        id="全",
        point=Point(116.3, 39.9),
        service_s=600,
        windows=(Window(9 * HOUR, 10 * HOUR),),
        drop_penalty=777,
        skills=frozenset({"执行", "调查"}),
        crew=2,
        building="8号楼",
        locked_server="s1",
        pinned=True,
        label="某路 1 号",
        witness_windows=(Window(9 * HOUR, 11 * HOUR),),
        forbidden_servers=frozenset({"s3"}),
        position="first",
        area="东区",
    )
    worker = Server(
        id="s1",
        start=Point(116.3, 39.8),
        end=Point(116.2, 39.8),
        shift=Window(9 * HOUR, 17 * HOUR),
        breaks=(Break(Window(12 * HOUR, 13 * HOUR), 1800),),
        mode="ebike",
        skills=frozenset({"执行", "调查"}),
        max_visits=9,
        crew_ok=False,
        overtime_s=900,
        max_km=55.5,
        areas=frozenset({"东区"}),
        fixed_cost=100,
        not_with=frozenset({"s2"}),
        ready_s=10 * HOUR,
    )
    for made in (everything, worker):
        assert all(getattr(made, one.name) != one.default for one in fields(made))
    weights = Weights(**{weight.name: 7 for weight in fields(Weights)})
    return Problem((everything,), (worker, replace(worker, id="s2", end=None)), weights=weights)


def same(one: Problem, two: Problem) -> bool:
    return (one.visits, one.servers, one.weights) == (two.visits, two.servers, two.weights)


def test_every_field_of_a_day_survives_its_file() -> None:
    assert same(problem_from_json(through_text(problem_to_json(full_day()))), full_day())


@given(st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_any_day_survives_its_file(seed: int) -> None:
    day = random_day(seed, 12, 3)
    assert same(problem_from_json(through_text(problem_to_json(day))), day)


def test_a_plan_survives_its_file_and_still_holds() -> None:
    day = random_day(3, 15, 3)
    plan = solve(day, Iterations(5))
    again = plan_from_json(through_text(plan_to_json(plan)))
    assert again == plan
    assert check(problem_from_json(through_text(problem_to_json(day))), again) == []


def test_settings_of_the_embedded_travel_times_are_kept() -> None:
    travel = HaversineTravel(detour={"car": 1.5}, speed_kmh={("car", 8): 11.0})
    day = Problem((visit("a", 4000),), (server(mode="car"),), travel=travel)
    again = problem_from_json(through_text(problem_to_json(day)))
    one, two = compile_problem(day), compile_problem(again)
    assert np.array_equal(one.seconds[0], two.seconds[0])


def test_travel_times_from_elsewhere_become_matrices() -> None:
    class Road:
        """Stands for a road engine: not the embedded default, and not symmetric."""

        def matrix(self, points: Any, mode: str, hour: int) -> Any:
            seconds = np.arange(len(points) ** 2, dtype=np.int32).reshape(len(points), -1) + hour + len(mode)
            return seconds, seconds * 10

    day = Problem((visit("a", 4000), visit("b", 0, 900)), (server(mode="car"), server("s2", mode="walk")), Road())
    again = problem_from_json(through_text(problem_to_json(day)))
    assert isinstance(again.travel, ListedTravel)
    one, two = compile_problem(day), compile_problem(again)
    for here, there in zip(one.seconds + one.metres, two.seconds + two.metres, strict=True):
        assert np.array_equal(here, there)


def test_clocks_may_be_written_as_people_do() -> None:
    content = problem_to_json(problem([visit("a")]))
    content["visits"][0]["windows"] = [["09:30", "10:15:20"]]
    assert problem_from_json(content).visits[0].windows == (Window(34_200, 36_920),)


BAD: list[tuple[str, Any, str, str]] = [
    ("visits.0.service_s", -5, "problem.out_of_range", "visits[0]"),
    ("visits.0.service_s", 5.5, "file.type", "visits[0].service_s"),
    ("visits.0.service_s", True, "file.type", "visits[0].service_s"),
    ("visits.0.service_s", None, "file.type", "visits[0].service_s"),
    ("visits.0.point", [116.0], "file.type", "visits[0].point"),
    ("visits.0.point", [200.0, 39.0], "problem.point_out_of_range", "visits[0].point"),
    ("visits.0.point", [10**400, 39.0], "file.not_finite", "visits[0].point[0]"),
    ("visits.0.servce", 1, "file.unknown_field", "visits[0].servce"),
    ("visits.0.windows", [["25:99", 5]], "file.type", "visits[0].windows[0][0]"),
    ("visits.0.windows", [[50, 5]], "problem.window_reversed", "visits[0].windows[0]"),
    ("visits.0.crew", 3, "problem.crew", "visits[0]"),
    ("visits", {}, "file.type", "visits"),
    ("visits.0", 5, "file.type", "visits[0]"),
    ("servers.0.mode", "飞", "problem.mode", "servers[0]"),
    ("servers.0.breaks", [{"window": [0, 60], "duration_s": 61}], "problem.break_too_long", "servers[0].breaks[0]"),
    ("servers.0.skills", "执行", "file.type", "servers[0].skills"),
    ("weights.travel_s", -1, "problem.out_of_range", "weights"),
    ("travel.kind", "云", "file.value", "travel.kind"),
    ("travel.detour", {"car": 0}, "file.value", "travel.detour.car"),
    ("travel.speed_kmh", [{"mode": "car", "hour": 24, "kmh": 3}], "file.value", "travel.speed_kmh[0].hour"),
    ("version", 2, "file.version", "version"),
    ("kind", "plan", "file.format", "format"),
]


@pytest.mark.parametrize(("path", "value", "code", "subject"), BAD)
def test_what_cannot_be_meant_is_refused_by_field_and_code(path: str, value: Any, code: str, subject: str) -> None:
    content = problem_to_json(problem([visit("a")]))
    *way, last = path.split(".")
    at: Any = content
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[int(last) if isinstance(at, list) else last] = value
    with pytest.raises(FileError) as told:
        problem_from_json(content)
    assert (told.value.code, told.value.subject) == (code, subject)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in told.value.text_zh)


def test_a_missing_field_is_named() -> None:
    content = problem_to_json(problem([visit("a")]))
    del content["servers"][0]["shift"]
    with pytest.raises(FileError) as told:
        problem_from_json(content)
    assert (told.value.code, told.value.subject) == ("file.field_missing", "servers[0].shift")


def test_matrices_must_be_square_whole_and_complete() -> None:
    listed = {"kind": "matrices", "points": [[1, 2], [3, 4]], "matrices": [{"mode": "car"}]}
    for seconds, code in (
        ([[0, 1]], "file.value"),
        ([[0, 1], [1]], "file.value"),
        ([[0, 1], [1.5, 0]], "file.type"),
        ([[0, 1], [-1, 0]], "file.value"),
    ):
        listed["matrices"] = [{"mode": "car", "seconds": seconds, "metres": [[0, 0], [0, 0]]}]
        with pytest.raises(FileError) as told:
            problem_from_json({**problem_to_json(problem([visit("a")])), "travel": listed})
        assert told.value.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a": NaN}', "file.not_finite"),
        ('{"a": -Infinity}', "file.not_finite"),
        ('{"a": 1e999}', "file.not_finite"),
        ('{"a": ' + "9" * 5000 + "}", "file.not_finite"),
        ('{"a": 1, "a": 2}', "file.field_twice"),
        ("[" * 100_000, "file.not_json"),
        ("{", "file.not_json"),
        ("", "file.not_json"),
    ],
)
def test_json_is_read_strictly(text: str, code: str) -> None:
    with pytest.raises(FileError) as told:
        parse_json(text)
    assert told.value.code == code


def test_files_that_cannot_be_read_are_told_so(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'{"a": "\xff"}')
    for name, code in (("none", "file.unreadable"), ("", "file.unreadable"), ("latin", "file.not_json")):
        with pytest.raises(FileError) as told:
            load_json(tmp_path / name)
        assert told.value.code == code


def test_nothing_in_a_file_that_json_may_hold_crashes_the_reader() -> None:
    values: list[Any] = [None, True, -1, 0.5, 10**30, math.pi, "", "x", [], [[]], {}, {"a": 1}]
    whole = problem_to_json(full_day())

    def places(at: Any) -> Any:
        for key in at if isinstance(at, dict) else range(len(at)) if isinstance(at, list) else ():
            yield at, key
            yield from places(at[key])

    for at, key in list(places(whole)):
        kept = at[key]
        for value in values:
            at[key] = value
            with suppress(FileError):
                problem_from_json(whole)
        at[key] = kept
