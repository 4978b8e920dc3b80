from __future__ import annotations

import pytest

from server.dispatch.roster_rows import check_row

GOOD = {
    "工号": "wc001",
    "姓名": "外出送达员01",
    "出发点经度": "116.3743",
    "出发点纬度": "39.9297",
    "坐标系": "GCJ-02",
    "上班": "08:30",
    "下班": "17:30",
    "午休开始": "12:00",
    "午休结束": "13:00",
    "交通方式": "电动车",
    "最多件数": "28",
    "技能": "执法记录仪;行政执行",
    "今日状态": "在岗",
}


def codes(**changes: str) -> list[tuple[str, str]]:
    checked = check_row(2, {**GOOD, **changes})
    return [(problem.column, problem.code) for problem in checked.problems]


def test_a_good_row_becomes_a_working_day() -> None:
    row = check_row(2, GOOD).row
    assert row is not None
    assert (row.staff_no, row.username, row.mode, row.max_stops) == ("WC001", "wc001", "ebike", 28)
    assert (row.shift_start_s, row.shift_end_s, row.break_start_s, row.break_end_s) == (30600, 63000, 43200, 46800)
    assert row.skills == ("执法记录仪", "行政执行")
    entry = row.as_entry("p1")
    assert entry["start"]["datum"] == "GCJ-02"
    lng, lat = entry["start"]["wgs84"]["coordinates"]
    assert (lng, lat) == (pytest.approx(116.36806, abs=1e-3), pytest.approx(39.9283, abs=1e-3))


def test_somebody_without_a_break_or_a_status_is_on_duty_all_day() -> None:
    row = check_row(2, {key: text for key, text in GOOD.items() if key not in ("午休开始", "午休结束", "今日状态")}).row
    assert row is not None
    assert row.status == "on_duty"
    assert "break_start_s" not in row.as_entry("p1")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"工号": ""}, ("工号", "import.required")),
        ({"工号": "工号一"}, ("工号", "import.bad_staff_no")),
        ({"姓名": "=cmd()"}, ("姓名", "import.formula")),
        ({"出发点经度": "39.9297", "出发点纬度": "116.3743"}, ("出发点经度", "import.outside_china")),
        ({"出发点经度": "2.35", "出发点纬度": "48.85"}, ("出发点经度", "import.outside_china")),
        ({"坐标系": "火星2号"}, ("坐标系", "import.unknown_datum")),
        ({"上班": "8点半"}, ("上班", "import.bad_time")),
        ({"下班": "08:00"}, ("下班", "import.bad_shift")),
        ({"午休结束": ""}, ("午休结束", "import.bad_break")),
        ({"午休开始": "07:00"}, ("午休结束", "import.bad_break")),
        ({"午休开始": "13:00", "午休结束": "12:00"}, ("午休结束", "import.bad_break")),
        ({"交通方式": "飞毯"}, ("交通方式", "import.unknown_mode")),
        ({"最多件数": "0"}, ("最多件数", "import.bad_max_stops")),
        ({"最多件数": "2.5"}, ("最多件数", "import.bad_max_stops")),
        ({"最多件数": "²"}, ("最多件数", "import.bad_max_stops")),
        ({"今日状态": "失踪"}, ("今日状态", "import.unknown_status")),
    ],
)
def test_a_bad_cell_keeps_the_row_out_and_is_named(changes: dict[str, str], problem: tuple[str, str]) -> None:
    assert problem in codes(**changes)
    assert check_row(2, {**GOOD, **changes}).row is None


def test_an_unknown_skill_is_kept_with_a_warning() -> None:
    checked = check_row(2, {**GOOD, "技能": "手语"})
    assert checked.row is not None
    assert checked.row.skills == ("手语",)
    assert [problem.warning for problem in checked.problems] == [True]


def test_everything_wrong_with_a_row_is_told_at_once() -> None:
    assert len(codes(上班="x", 交通方式="y", 最多件数="z")) == 3
