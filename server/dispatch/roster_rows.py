"""One row of a roster file: 13 cells in, a `RosterRow` or the reasons why not out. No database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.cases.rules import fields
from server.cases.rules.cells import Cells
from server.cases.rules.columns import Column
from server.cases.rules.fields import FieldProblem, Point
from server.cases.rules.problems import Checked
from server.dispatch import rules

MOST_STOPS = 200

COLUMNS = (
    Column("工号", required=True, max_length=32),
    Column("姓名", required=True, max_length=50),
    Column("出发点经度", required=True, strict=False),
    Column("出发点纬度", required=True, strict=False),
    Column("坐标系", required=True),
    Column("上班", required=True),
    Column("下班", required=True),
    Column("午休开始"),
    Column("午休结束"),
    Column("交通方式", required=True),
    Column("最多件数", required=True),
    Column("技能", max_length=200),
    Column("今日状态"),
)

MODES = {
    "汽车": "car",
    "轿车": "car",
    "公车": "car",
    "电动车": "ebike",
    "电动自行车": "ebike",
    "摩托车": "ebike",
    "自行车": "bike",
    "公共交通": "transit",
    "公交": "transit",
    "地铁": "transit",
    "步行": "walk",
}
STATUSES = {
    "在岗": "on_duty",
    "上班": "on_duty",
    "不在岗": "off",
    "休息": "off",
    "请假": "off",
    "休假": "off",
    "病假": "off",
    "培训": "off",
    "出差": "off",
}
SKILLS = (rules.SKILL_ENFORCEMENT, rules.SKILL_RECORDER, rules.SKILL_PAIR)


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One process server's day as the file gives it; seconds from midnight, Asia/Shanghai."""

    staff_no: str
    name: str
    start: Point
    shift_start_s: int
    shift_end_s: int
    break_start_s: int | None
    break_end_s: int | None
    mode: str
    max_stops: int
    skills: tuple[str, ...]
    status: str

    @property
    def username(self) -> str:
        return self.staff_no.lower()

    def as_entry(self, server_id: str) -> dict[str, Any]:
        """A raw RosterEntry."""
        entry = {
            "server_id": server_id,
            "staff_no": self.staff_no,
            "name": self.name,
            "start": self.start.as_document(),
            "shift_start_s": self.shift_start_s,
            "shift_end_s": self.shift_end_s,
            "break_start_s": self.break_start_s,
            "break_end_s": self.break_end_s,
            "mode": self.mode,
            "max_stops": self.max_stops,
            "skills": list(self.skills),
            "status": self.status,
        }
        return {key: value for key, value in entry.items() if value is not None}


def check_row(number: int, texts: Mapping[str, str]) -> Checked[RosterRow]:
    """Reads row `number`. Never raises for what a cell holds: everything wrong is a problem."""
    cells = Cells(number, texts, COLUMNS)
    staff_no = cells.take("工号", _staff_no)
    start = _start(cells)
    begin, end = cells.take("上班", fields.second_of_day), cells.take("下班", _end_of_day)
    rest = _break(cells, begin, end)
    mode = cells.take("交通方式", _mode)
    most = cells.take("最多件数", _most)
    status = cells.take("今日状态", _status) or "on_duty"
    if begin is not None and end is not None and begin >= end:
        cells.refuse("下班", "import.bad_shift", "下班时间应晚于上班时间")
    skills = fields.split(cells.text("技能"))
    for unknown in (skill for skill in skills if skill not in SKILLS):
        cells.warn("技能", "import.unknown_skill", f"技能“{unknown[:20]}”不在常用范围内，按原样保留")
    if not (cells.usable and staff_no and start and mode) or begin is None or end is None or most is None:
        return Checked(None, tuple(cells.problems))
    row = RosterRow(
        staff_no=staff_no,
        name=cells.text("姓名"),
        start=start,
        shift_start_s=begin,
        shift_end_s=end,
        break_start_s=rest[0],
        break_end_s=rest[1],
        mode=mode,
        max_stops=most,
        skills=skills,
        status=status,
    )
    return Checked(row, tuple(cells.problems), row.username)


def _staff_no(text: str) -> str:
    if not (text.isascii() and text.replace("-", "").replace("_", "").isalnum()):
        raise FieldProblem("import.bad_staff_no", "工号只能由字母、数字和连字符组成")
    return text.upper()


def _start(cells: Cells) -> Point | None:
    try:
        return fields.point(cells.text("出发点经度"), cells.text("出发点纬度"), cells.text("坐标系"))
    except FieldProblem as problem:
        column = "坐标系" if problem.code == "import.unknown_datum" else "出发点经度"
        cells.refuse(column, problem.code, problem.reason)
        return None


def _end_of_day(text: str) -> int:
    return fields.second_of_day(text, midnight_after=True)


def _break(cells: Cells, begin: int | None, end: int | None) -> tuple[int | None, int | None]:
    first, last = cells.take("午休开始", fields.second_of_day), cells.take("午休结束", fields.second_of_day)
    if (first is None) != (last is None):
        cells.refuse("午休结束", "import.bad_break", "午休的开始和结束应同时填写")
        return None, None
    if first is None or last is None:
        return None, None
    if first >= last or (begin is not None and first < begin) or (end is not None and last > end):
        cells.refuse("午休结束", "import.bad_break", "午休应在上下班时间之内，且结束晚于开始")
        return None, None
    return first, last


def _mode(text: str) -> str:
    return fields.one_of(text, MODES, code="import.unknown_mode", what="交通方式")


def _status(text: str) -> str:
    return fields.one_of(text, STATUSES, code="import.unknown_status", what="今日状态")


def _most(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or not 0 < int(text) <= MOST_STOPS:
        raise FieldProblem("import.bad_max_stops", f"最多件数应为 1 到 {MOST_STOPS} 的整数")
    return int(text)
