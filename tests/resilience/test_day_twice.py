"""`make day` against a whole running Songda: to the last paper, and a second time without doing anything again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from server.demo.services import DATA
from tests.stack.processes import ROOT
from tests.stack.whole import WholeStack

pytestmark = [pytest.mark.resilience, pytest.mark.timeout(900)]
LISTS = DATA / "day-2026-11-24"
DAY = "2026-12-01"
VISITS, SERVERS = 16, 4


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


def play(
    stack: WholeStack, files: tuple[Path, Path], *, url: str = "", drop: float = 0.2
) -> tuple[int, dict[str, Any], str]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tools.stack.flask", "day", "play", "--cases", str(files[0])),
            *("--servers", str(files[1]), "--date", DAY, "--base-url", url or stack.url, "--plan-seconds", "3"),
            *("--drop", str(drop)),
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
    code, first, told = play(stack, files)
    assert code == 0, told
    assert (first["errors"], first["missing"]) == (0, 0)
    assert first["evidence_sent"] == first["evidence_held"] == first["hashes_equal"]
    # A fifth of the phones' connections broke, and everything captured is here all the same: n of n.
    assert first["dropped"] > 0
    assert first["ledger_held"] == first["ledger_total"] >= first["evidence_sent"]
    assert f"材料 {first['ledger_held']}/{first['ledger_total']} 已全部送达" in told
    assert first["visits_planned"] == first["visits_done"] > VISITS // 2
    assert first["papers_made"] == 2 * first["visits_done"]
    assert first["km_tracked"] > 0
    assert first["duplicates_absorbed"] > 0
    assert "手机时间整体提前" in told
    code, second, told = play(stack, files)
    assert code == 0, told
    assert second["outcomes"] <= first["visits_planned"] - first["visits_done"] + 2
    assert second["visits_done"] >= first["visits_done"]
    assert "不再重做" in told
