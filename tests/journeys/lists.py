"""Small lists as a case system exports them: rows of the demo day under new case numbers, so that days do not mix."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import openpyxl

from tests.stack.processes import ROOT

DEMO = ROOT / "server" / "demo" / "data" / "day-2026-11-24"
_HEARING, _DUE, _WINDOW, _REMARK, _CHANNEL = "开庭时间", "要求完成日期", "可上门时段", "备注", "指定送达方式"


def cases(path: Path, *, day: str, first_serial: int, count: int) -> list[str]:
    """Writes `count` plain direct-service rows due on `day`; returns the recipients' names, in order."""
    book = openpyxl.load_workbook(DEMO / "cases.xlsx", read_only=True)
    rows = book.worksheets[0].iter_rows(values_only=True)
    header = [str(cell) for cell in next(rows)]
    chosen = [row for row in (dict(zip(header, cells, strict=True)) for cells in rows) if _is_plain(row)][:count]
    book.close()
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        for number, row in enumerate(chosen):
            row |= {
                "案号": f"（2026）京0102民初{first_serial + number}号",
                _DUE: day,
                _HEARING: None,
                "案件类型": "民事",
            }
            writer.writerow({key: "" if value is None else value for key, value in row.items()})
    return [str(row["受送达人"]) for row in chosen]


def servers(path: Path, *, count: int) -> None:
    """The first people of the demo roster."""
    lines = (DEMO / "servers.csv").read_text(encoding="utf-8-sig").splitlines()
    path.write_text("\n".join(lines[: count + 1]) + "\n", encoding="utf-8-sig")


def _is_plain(row: Mapping[str, object]) -> bool:
    wanted = row[_CHANNEL] == "直接送达" and row["案件类型"] == "民事" and row["受送达人类型"] == "自然人"
    return wanted and not row[_WINDOW] and not row[_REMARK]
