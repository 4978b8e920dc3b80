"""`day play` against a whole running Songda: to the last paper, twice, and with its processes killed under it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from server.demo.services import DATA, PASSWORD
from server.drill.cli import is_loopback
from server.drill.play import Day, Setting
from tests.stack.processes import ROOT
from tests.stack.whole import WholeStack

pytestmark = [pytest.mark.resilience, pytest.mark.timeout(900)]
LISTS = DATA / "day-2026-11-24"
VISITS, SERVERS = 16, 4


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeStack]:
    whole = WholeStack(tmp_path_factory.mktemp("whole"))
    try:
        whole.start()
        yield whole
    finally:
        whole.stop()


def lists(folder: Path, number: int) -> tuple[Path, Path]:
    """A small list of cases of its own, and the first servers of the demo roster."""
    book = openpyxl.load_workbook(LISTS / "cases.xlsx")
    sheet = book.active
    assert sheet is not None
    sheet.delete_rows(VISITS + 2, sheet.max_row)
    for row in sheet.iter_rows(min_row=2, max_col=1):
        row[0].value = _other_case(row[0].value, number)
    cases = folder / f"cases-{number}.xlsx"
    book.save(cases)
    servers = folder / "servers.csv"
    lines = (LISTS / "servers.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    servers.write_text("".join(lines[: SERVERS + 1]), encoding="utf-8")
    return cases, servers


def _other_case(number: Any, by: int) -> str:
    """The same kind of case under a number no other list of these tests has."""
    head, _, tail = str(number).rpartition("1")
    return f"{head}{by}1{tail}"


def setting(stack: WholeStack, files: tuple[Path, Path], day: str) -> Setting:
    return Setting(
        *files,
        day=day,
        base_url=stack.url,
        wechat_url=stack.wechat_url,
        seed=3,
        password=PASSWORD,
        plan_seconds=3.0,
        phones=4,
    )


def check(result: dict[str, Any], errors: list[str]) -> None:
    """Nothing that was answered 2xx is missing, and everything planned came to its end."""
    assert errors == []
    assert result["missing"] == 0
    assert result["evidence_sent"] == result["evidence_held"] == result["hashes_equal"]
    assert result["visits_planned"] == result["visits_done"] > VISITS // 2
    assert result["papers_made"] == 2 * result["visits_done"]
    assert result["km_tracked"] > 0


def play_by_command(stack: WholeStack, files: tuple[Path, Path], day: str) -> tuple[int, dict[str, Any], str]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tools.stack.flask", "day", "play", "--cases", str(files[0])),
            *("--servers", str(files[1]), "--date", day, "--base-url", stack.url, "--plan-seconds", "3"),
        ],
        cwd=ROOT,
        env={**stack.supervisor.env, "VAR": str(stack.place.var)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    lines = done.stdout.strip().splitlines()
    return done.returncode, json.loads(lines[-1]) if lines else {}, done.stderr


def test_a_day_is_played_to_the_last_paper_and_a_second_time_without_redoing(stack: WholeStack, tmp_path: Path) -> None:
    files = lists(tmp_path, 61)
    code, first, told = play_by_command(stack, files, "2026-12-01")
    assert code == 0, told
    check(first, [])
    assert first["errors"] == 0
    assert first["duplicates_absorbed"] > 0
    assert "手机时间整体提前" in told
    code, second, told = play_by_command(stack, files, "2026-12-01")
    assert code == 0, told
    assert second["outcomes"] <= first["visits_planned"] - first["visits_done"] + 2
    assert second["visits_done"] >= first["visits_done"]
    assert "不再重做" in told


@pytest.mark.parametrize(
    ("service", "day", "number"),
    [
        ("web", "2026-12-02", 62),
        ("worker", "2026-12-03", 63),
        ("valkey", "2026-12-04", 64),
        ("mongod", "2026-12-07", 65),
    ],
)
def test_kill_9_in_the_middle_of_a_day_loses_nothing_that_was_answered(
    stack: WholeStack, tmp_path: Path, service: str, day: str, number: int
) -> None:
    play = Day(setting(stack, lists(tmp_path, number), day))
    results: list[dict[str, Any]] = []
    playing = threading.Thread(target=lambda: results.append(play.run()))
    playing.start()
    for wanted in (6, 24):
        while playing.is_alive() and play.ledger.counts["evidence_sent"] < wanted:
            time.sleep(0.02)
        assert playing.is_alive(), play.ledger.errors
        killed = stack.kill(service)
        stack.wait_until_back(service, killed)
    playing.join()
    check(results[0], play.ledger.errors)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:9001", True),
        ("http://localhost:9001", True),
        ("http://[::1]:9001", True),
        ("https://api.weixin.qq.com", False),
        ("http://127.0.0.1.example.com", False),
        ("not a url", False),
    ],
)
def test_only_an_emulator_on_this_machine_is_played_against(url: str, here: bool) -> None:
    assert is_loopback(url) is here
