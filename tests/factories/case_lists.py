"""Lists as case systems export them: valid, invented rows, as xlsx and csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from server.cases.rules.columns import CASE_COLUMNS
from server.law.identity import credit_check_character, resident_check_character

COURT = "京0102"
DATA = Path(__file__).parents[1] / "data"
HEADER = tuple(column.name for column in CASE_COLUMNS)


def resident_id(number: int) -> str:
    """A valid, invented identity number."""
    first = f"110102199001{number % 28 + 1:02d}{number % 1000:03d}"
    return first + resident_check_character(first)


def credit_code(number: int) -> str:
    """A valid, invented credit code."""
    first = f"91110102MA{number % 10_000_000:07d}"
    return first + credit_check_character(first)


def good_row(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A row with nothing wrong; `changes` by column name."""
    row: dict[str, Any] = {
        "案号": f"（2026）京0102民初{10000 + number}号",
        "案件类型": "民事",
        "案由": "民间借贷纠纷",
        "适用程序": "简易程序",
        "承办法官": "法官01",
        "法官电话": "010-83900001",
        "书记员": "书记员01",
        "书记员电话": "010-83910001",
        "受送达人": f"张某{number}",
        "受送达人类型": "自然人",
        "诉讼地位": "被告",
        "证件号码": resident_id(number),
        "手机号码": f"199{number:08d}",
        "送达地址": f"北京市西城区某某胡同{number}号",
        "经度": "116.363917",
        "纬度": "39.958535",
        "坐标系": "GCJ-02",
        "地址依据": "送达地址确认书",
        "送达文书": "起诉状副本；应诉通知书",
        "指定送达方式": "直接送达",
        "开庭时间": "2026-12-08 09:30",
        "要求完成日期": "2026-11-26",
        "可上门时段": "09:00-12:00",
        "备注": "家中有犬",
    }
    return row | changes


def xlsx_of(rows: Sequence[Mapping[str, Any]], header: Sequence[str] = HEADER) -> bytes:
    """The rows as an xlsx."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("送达任务")
    sheet.append(list(header))
    for row in rows:
        sheet.append([row.get(name) for name in header])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv_of(rows: Sequence[Mapping[str, Any]], header: Sequence[str] = HEADER, *, encoding: str = "utf-8") -> bytes:
    """The rows as a csv."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([row.get(name) or "" for name in header] for row in rows)
    return out.getvalue().encode(encoding)
