"""`routing check`: files read from nothing, solutions of standard instances, and what the command answers."""

import ast
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from routing import Plan, Problem, check
from routing.check import UnreadableError, check_vrptw, check_vrptw_routes
from routing.check.cli import main
from routing.check.files import read_plan, read_problem
from routing.files import plan_to_json, problem_to_json
from routing.travel import HasLngLat, HaversineTravel, IntMatrix

from .oracle import optimum
from .small_days import KINDS, small_day

ROUTING = Path(__file__).parents[3] / "routing"
SOLVERS = {"construct", "timeline", "slots", "kernel", "solve", "engines", "vrptw", "pool", "objective", "insertion"}
SOLVERS |= {"assemble", "warm", "retiming", "replan", "capacity", "explain", "files"}


SEED = 0


def imported(file: Path) -> set[str]:
    """Modules of routing a file imports, as dotted names below `routing`."""
    package = ("routing", *file.relative_to(ROUTING).parts[:-1])
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            names.add(".".join((*base, *filter(None, [node.module]))))
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name.removeprefix("routing.") for name in names if name.startswith("routing")}


def file_of(module: str) -> Path:
    path = ROUTING.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def test_the_judge_shares_no_code_with_any_solver() -> None:
    todo, seen = [f"check.{file.stem}" for file in (ROUTING / "check").glob("*.py") if file.stem != "__init__"], set()
    assert len(todo) > 5
    while todo:
        module = todo.pop()
        if module not in seen:
            seen.add(module)
            todo += imported(file_of(module))
    assert {module.split(".")[0] for module in seen} & SOLVERS == set()


class Listed:
    """A source of travel times that is not the embedded one, so that files must hold its matrices; one-way streets."""

    def matrix(self, points: list[HasLngLat], mode: str, hour: int) -> tuple[IntMatrix, IntMatrix]:
        seconds, metres = HaversineTravel().matrix(points, mode, hour)
        return np.asarray(np.triu(seconds) * 2 + np.tril(seconds) + hour, dtype=np.int32), metres


@pytest.fixture(params=["embedded", "matrices"])
def made(request: pytest.FixtureRequest) -> tuple[Problem, Plan, Plan | None]:
    kinds = [kind for kind in KINDS if kind not in ("witness", "recusal", "max visits", "short shift", "late")]
    day, published = small_day(SEED, 6, 3, kinds)
    if request.param == "matrices":
        day = replace(day, travel=Listed())  # type: ignore[arg-type]  # a list is a sequence
    plan = optimum(day, published).plan
    assert plan is not None
    assert sum(len(route.stops) for route in plan.routes) > 3
    return day, plan, published


@pytest.fixture
def files(made: tuple[Problem, Plan, Plan | None], tmp_path: Path) -> list[str]:
    contents = [problem_to_json(made[0]), plan_to_json(made[1])]
    contents += [plan_to_json(made[2])] if made[2] is not None else []
    paths = [tmp_path / f"{n}.json" for n in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return [str(path) for path in paths]


def test_files_say_what_was_written(made: tuple[Problem, Plan, Plan | None], files: list[str]) -> None:
    day, plan, published = made
    read = read_problem(Path(files[0]))
    assert (read.visits, read.servers, read.weights) == (day.visits, day.servers, day.weights)
    assert read_plan(Path(files[1])).routes == plan.routes
    assert check(read, read_plan(Path(files[1])), published) == []


def test_the_command_confirms_a_plan_that_holds(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*files[:2], "--published", files[2]]) == 0
    assert capsys.readouterr().out.startswith("成立")
    assert main([*files[:2], "--published", files[2], "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["holds"]
    assert sum(answer["parts"].values()) == answer["objective"]


def test_the_command_names_what_is_wrong(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    content = json.loads(Path(files[1]).read_text(encoding="utf-8"))
    route = next(route for route in content["routes"] if route["stops"])
    route["stops"][0]["leave_s"] += 1
    content["objective"] += 1
    Path(files[1]).write_text(json.dumps(content), encoding="utf-8")
    assert main([*files[:2], "--published", files[2]]) == 1
    told = capsys.readouterr().out
    assert "上门时间前后矛盾（service.times）" in told
    assert "objective.wrong" in told
    assert main([*files[:2], "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert not answer["holds"]
    assert all(one["text"] for one in answer["violations"])


def spoil(content: dict[str, Any], *path: str | int, value: Any) -> None:
    for step in path[:-1]:
        content = content[step]  # type: ignore[index]  # a path into JSON
    content[path[-1]] = value  # type: ignore[index]  # a path into JSON


@pytest.mark.parametrize(
    ("number", "path", "value"),
    [
        (0, ("servers", 0, "shift"), [1, 2, 3]),
        (0, ("servers", 0, "max_kmm"), 5),
        (0, ("visits", 0, "service_s"), -5),
        (0, ("visits", 0, "point"), [200, 1]),
        (0, ("visits", 0, "point"), None),
        (0, ("weights", "speed"), 5),
        (0, ("version",), 2),
        (0, ("travel",), {"kind": "guessed"}),
        (0, ("travel",), {"kind": "matrices", "points": [], "matrices": []}),
        (1, ("routes", 0, "stops"), {"a": 1}),
        (1, ("routes", 0, "back_s"), 1.5),
        (1, ("objective",), "cheap"),
        (1, ("kind",), "problem"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(
    files: list[str], capsys: pytest.CaptureFixture[str], number: int, path: tuple[str | int, ...], value: Any
) -> None:
    content = json.loads(Path(files[number]).read_text(encoding="utf-8"))
    spoil(content, *path, value=value)
    Path(files[number]).write_text(json.dumps(content), encoding="utf-8")
    assert main(files[:2]) == 2
    assert any("\u4e00" <= letter <= "\u9fff" for letter in capsys.readouterr().err)


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00", '{"a": NaN}', "[" * 100_000])
def test_nonsense_is_not_a_plan(files: list[str], text: str) -> None:
    Path(files[1]).write_text(text, encoding="utf-8")
    assert main(files[:2]) == 2


def test_a_file_that_is_not_there_is_said_so(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([files[0], "/nowhere/plan.json"]) == 2
    assert main(["/nowhere/day.json", files[1]]) == 2
    assert "无法读取" in capsys.readouterr().err


TASK = """TINY

VEHICLE
NUMBER     CAPACITY
  2         10

CUSTOMER
CUST NO.   XCOORD.   YCOORD.   DEMAND    READY TIME   DUE DATE   SERVICE TIME

    0      0          0          0          0        100          0
    1      3          4          5          0         50         10
    2      1          1          5         30         40         10
    3      -2         0          6          0         99         10
"""
# 5.0 + 3.6 + 1.4 for 1, 2; 2 and 2 for 3.
GOOD = {"routes": [[1, 2], [3]], "distance": 14.0, "vehicles": 2}


@pytest.fixture
def task(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.txt"
    path.write_text(TASK, encoding="utf-8")
    return path


def test_a_solution_that_holds_is_confirmed(task: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solution = tmp_path / "solution.json"
    solution.write_text(json.dumps(GOOD), encoding="utf-8")
    assert check_vrptw(task, solution) == []
    assert main([str(task), str(solution)]) == 0
    text = tmp_path / "tiny.sol"
    text.write_text("Route #1: 1 2\nRoute #2: 3\nCost 14.0\n", encoding="utf-8")
    assert check_vrptw(task, text) == []
    assert check_vrptw_routes(task, [[1, 2], [], [3]], 14.0) == []
    assert "成立" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("vrptw.customer_lost", {"routes": [[1, 2]]}),
        ("vrptw.customer_twice", {"routes": [[1, 2, 1], [3]]}),
        ("vrptw.customer_unknown", {"routes": [[1, 2], [3, 4]]}),
        ("vrptw.customer_unknown", {"routes": [[1, 2], [3, 0]]}),
        ("vrptw.capacity", {"routes": [[1, 3], [2]]}),
        ("vrptw.fleet", {"routes": [[1], [2], [3]]}),
        ("vrptw.vehicles", {"vehicles": 1}),
        ("vrptw.distance", {"distance": 13.9}),
        ("vrptw.distance_missing", {"distance": None}),
    ],
)
def test_a_wrong_solution_is_found(
    task: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], code: str, changes: dict[str, Any]
) -> None:
    solution = tmp_path / "solution.json"
    solution.write_text(json.dumps({**GOOD, **changes}), encoding="utf-8")
    assert code in {violation.code for violation in check_vrptw(task, solution)}
    assert main([str(task), str(solution)]) == 1
    assert code in capsys.readouterr().out


def test_closed_doors_and_depots_are_found(tmp_path: Path) -> None:
    late = tmp_path / "late.txt"
    late.write_text(TASK.replace("30         40", "30         39").replace("3      -2", "3      90"), encoding="utf-8")
    found = check_vrptw_routes(late, [[3], [1, 2]], None)
    assert "vrptw.depot_late" in {violation.code for violation in found}
    assert check_vrptw_routes(late, [[2, 1], [3]], None)[0].code == "vrptw.depot_late"
    closed = tmp_path / "closed.txt"
    closed.write_text(TASK.replace("30         40", "10         18"), encoding="utf-8")
    assert "vrptw.late" in {violation.code for violation in check_vrptw_routes(closed, [[1, 2], [3]], 14.0)}


@pytest.mark.parametrize(
    "spoilt", [lambda _: "", lambda text: text.replace("    2      1", "    7      1"), lambda text: text[:90]]
)
def test_an_instance_that_cannot_be_read_is_said_so(task: Path, spoilt: Callable[[str], str]) -> None:
    task.write_text(spoilt(TASK), encoding="utf-8")
    with pytest.raises(UnreadableError):
        check_vrptw_routes(task, [[1, 2], [3]], 14.0)


@pytest.mark.parametrize(
    "text", ["", "{}", '{"routes": [[1.5]], "distance": 1}', '{"routes": 3}', "Route #1: a b\nCost 1"]
)
def test_a_solution_that_cannot_be_read_is_said_so(task: Path, tmp_path: Path, text: str) -> None:
    solution = tmp_path / "solution"
    solution.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableError):
        check_vrptw(task, solution)
