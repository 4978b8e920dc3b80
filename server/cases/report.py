"""The report of an import as a workbook: a summary, and every problem with its row, column and reason."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from server.cases.models import ImportRun
from server.cases.rules.fields import looks_like_formula
from server.core.clock import show

STATES = {"queued": "等待中", "running": "导入中", "done": "已完成", "failed": "未导入"}
KINDS = {"cases": "送达任务", "servers": "外出送达员名单"}
_WIDTHS = (8, 10, 18, 44, 28, 28)


def report_xlsx(run: ImportRun) -> bytes:
    """The report as xlsx. Values a spreadsheet would run are written as text with an apostrophe before them."""
    book = Workbook(write_only=True)
    _summary(book.create_sheet("导入结果"), run)
    _problems(book.create_sheet("问题清单"), run)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _summary(sheet: Any, run: ImportRun) -> None:
    counts = run.counts or {}
    lines: list[tuple[str, object]] = [
        ("文件", run.filename),
        ("类型", KINDS.get(run.kind, run.kind)),
        ("法院", run.court),
        ("状态", STATES.get(run.state, run.state)),
        ("提交时间", show(run.created_at)),
        ("完成时间", show(run.finished_at) if run.finished_at else ""),
        ("提交人", run.created_by_name or ""),
        ("文件指纹（SHA-256）", run.sha256),
        ("数据行", counts.get("rows", 0)),
        ("新增", counts.get("created", 0)),
        ("更新", counts.get("updated", 0)),
        ("无变化", counts.get("unchanged", 0)),
        ("有问题未导入", counts.get("bad", 0)),
        ("提醒", counts.get("warnings", 0)),
    ]
    if run.failure:
        lines.append(("未导入原因", f"{run.failure.get('title', '')}（{run.failure.get('code', '')}）"))
    if len(run.problems) < (run.problems_total or 0):
        lines.append(("说明", "问题过多：较后的行每行只列出第一个问题"))
    sheet.column_dimensions["A"].width = 22
    sheet.column_dimensions["B"].width = 70
    for label, value in lines:
        _append(sheet, [label, value], bold_first=True)


def _problems(sheet: Any, run: ImportRun) -> None:
    for letter, width in zip("ABCDEF", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    _append(sheet, ["行号", "程度", "列", "原因", "原值（个人信息已遮盖）", "代码"], bold=True)
    for problem in sorted(run.problems, key=lambda one: (one["row"], one.get("level") != "error")):
        level = "提醒" if problem.get("level") == "warning" else "未导入"
        line = [problem["row"], level, problem["column"], problem["reason"], problem["value"], problem["code"]]
        _append(sheet, line)


def _append(sheet: Any, values: Sequence[object], *, bold: bool = False, bold_first: bool = False) -> None:
    cells = []
    for index, value in enumerate(values):
        cell = WriteOnlyCell(sheet, value=_harmless(value))
        if isinstance(value, str):
            cell.data_type = "s"
            cell.alignment = Alignment(vertical="top", wrap_text=True)
        if bold or (bold_first and index == 0):
            cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and looks_like_formula(value) else value
