"""`python -m routing`: files in, answers out, complaints in Chinese, and a status a script can trust."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from routing.cli import main
from routing.cli.solving import guessed_format
from routing.files import problem_to_json

from .days import random_day

SOLOMON = """TINY

VEHICLE
NUMBER     CAPACITY
  3         20

CUSTOMER
CUST NO.  XCOORD.  YCOORD.  DEMAND  READY TIME  DUE DATE  SERVICE TIME
    0      40       50          0          0       400          0
    1      45       68         10          0       200         10
    2      45       70         10          0       200         10
    3      20       30         10          0       200         10
    4      20       35         10          0       200         10
"""


@pytest.fixture
def day(tmp_path: Path) -> Path:
    path = tmp_path / "day.json"
    path.write_text(json.dumps(problem_to_json(random_day(3, 25, 3)), ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.txt"
    path.write_text(SOLOMON, encoding="utf-8")
    return path


def run(*arguments: object) -> int:
    return main([str(one) for one in arguments])


def test_a_day_is_solved_and_its_plan_checked(day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("solve", day, "--seconds", 0.3, "--seed", 4, "--processes", 1, "--json", "--trace") == 0
    told = capsys.readouterr()
    plan: dict[str, Any] = json.loads(told.out)
    curve = [json.loads(line) for line in told.err.splitlines()]
    assert curve[-1]["objective"] == plan["objective"]
    assert [point["objective"] for point in curve] == sorted((p["objective"] for p in curve), reverse=True)
    answer = tmp_path / "plan.json"
    answer.write_text(told.out, encoding="utf-8")
    assert run("check", day, answer) == 0
    assert "成立" in capsys.readouterr().out
    plan["routes"][0]["stops"][0]["start_s"] -= 3600
    answer.write_text(json.dumps(plan), encoding="utf-8")
    assert run("check", day, answer) == 1


def test_a_plan_can_be_gone_on_from(day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("solve", day, "--seconds", 0.4, "--processes", 0, "--json") == 0
    first = capsys.readouterr().out
    answer = tmp_path / "plan.json"
    answer.write_text(first, encoding="utf-8")
    assert run("solve", day, "--seconds", 0, "--processes", 0, "--warm-start", answer, "--json") == 0
    assert json.loads(capsys.readouterr().out)["objective"] <= json.loads(first)["objective"]


def test_a_day_is_told_to_people_in_chinese(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("solve", day, "--seconds", 0, "--processes", 0) == 0
    text = capsys.readouterr().out
    assert text.startswith("安排 ")
    assert "出发" in text


def test_a_standard_instance_is_answered_as_agreed(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guessed_format(tiny) == "solomon"
    assert run("solve", tiny, "--seconds", 0.2, "--processes", 1, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"distance", "routes", "vehicles", "seconds", "engine"}
    assert sorted(node for route in told["routes"] for node in route) == [1, 2, 3, 4]
    assert told["vehicles"] == len(told["routes"]) == 2


def test_what_cannot_be_meant_is_refused_with_the_field(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads(day.read_text(encoding="utf-8"))
    content["visits"][3]["service_s"] = -1
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(content), encoding="utf-8")
    for arguments, words in (
        ((broken,), "visits[3]：上门时长应在"),
        ((tmp_path / "none.json",), "无法读取文件"),
        ((day, "--format", "solomon"), ""),
    ):
        assert run("solve", *arguments, "--seconds", 0) == 2
        told = capsys.readouterr()
        assert words in told.err
        assert told.err
        assert not told.out


@pytest.mark.parametrize("arguments", [["--seconds", "-1"], ["--seconds", "nan"], ["--seed", "-1"], ["--format", "x"]])
def test_options_without_sense_are_refused(day: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as told:
        run("solve", day, *arguments)
    assert told.value.code == 2


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run([sys.executable, "-m", "routing"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "用法" in done.stderr
