"""One row of a court's list: what goes in, in which form, and what is said about what does not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.cases.rules.columns import CASE_COLUMNS
from server.cases.rules.problems import Checked
from server.cases.rules.rows import CaseRow, check_case_row
from tests.factories.case_lists import COURT, HEADER, credit_code, good_row, resident_id

TODAY = date(2026, 11, 21)


def check(**changes: Any) -> Checked[CaseRow]:
    texts = {name: str(value) for name, value in good_row(1, **changes).items() if value not in (None, "")}
    return check_case_row(7, texts, court=COURT, today=TODAY)


def the_row(**changes: Any) -> CaseRow:
    checked = check(**changes)
    assert checked.row is not None, checked.problems
    return checked.row


def test_a_good_row_becomes_values_without_a_problem() -> None:
    checked = check()
    row = checked.row

    assert row is not None
    assert checked.problems == ()
    assert (row.case_number, row.channel, row.due_on) == ("（2026）京0102民初10001号", "direct", date(2026, 11, 26))
    assert row.hearing_at == datetime(2026, 12, 8, 1, 30, tzinfo=UTC)
    assert row.windows == ((9 * 3600, 12 * 3600),)
    assert row.documents == (("起诉状副本", 1), ("应诉通知书", 1))
    assert row.remarks == ("家中有犬",)
    assert row.point is not None
    assert (row.point.lng, row.point.lat, row.point.datum) == (116.363917, 39.958535, "GCJ-02")
    assert row.point.wgs84 == pytest.approx((116.3577, 39.9571), abs=2e-4)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("案号", "", "import.required"),
        ("案号", "2026京0102民初1号", "import.bad_case_number"),
        ("案号", "（2027）京0102民初1号", "import.bad_case_number"),
        ("案号", "（2026）京0105民初1号", "import.other_court"),
        ("案号", "=cmd()", "import.formula"),
        ("案号", "#REF!", "import.cell_error"),
        ("案件类型", "天文", "import.unknown_case_kind"),
        ("适用程序", "快速程序", "import.unknown_procedure"),
        ("承办法官", "", "import.required"),
        ("法官电话", "八三九", "import.bad_phone"),
        ("书记员电话", "123", "import.bad_phone"),
        ("受送达人", "", "import.required"),
        ("受送达人", '=HYPERLINK("http://x")', "import.formula"),
        ("受送达人", "@SUM(1)", "import.formula"),
        ("受送达人", "+张三", "import.formula"),
        ("受送达人", "-张三", "import.formula"),
        ("受送达人", "张" * 201, "import.too_long"),
        ("受送达人类型", "机器人", "import.unknown_party_kind"),
        ("证件号码", "110105194912310021", "import.bad_id_number"),
        ("证件号码", "1.10102E+17", "import.number_damaged"),
        ("证件号码", "1.10102199510026E+17", "import.number_damaged"),
        ("证件号码", credit_code(1), "import.bad_id_number"),
        ("手机号码", "1990761398", "import.bad_phone"),
        ("手机号码", "1.99E+10", "import.number_damaged"),
        ("手机号码", "=1+1", "import.formula"),
        ("送达地址", "", "import.required"),
        ("送达地址", "北京", "import.bad_address"),
        ("送达地址", "=A1&B1", "import.formula"),
        ("经度", "东经116度", "import.bad_point"),
        ("经度", "", "import.bad_point"),
        ("纬度", "", "import.bad_point"),
        ("纬度", "999", "import.bad_point"),
        ("纬度", "1e1", "import.bad_point"),
        ("经度", "-116.36", "import.outside_china"),
        ("经度", "2.35", "import.outside_china"),
        ("坐标系", "", "import.unknown_datum"),
        ("坐标系", "北京54", "import.unknown_datum"),
        ("地址依据", "", "import.required"),
        ("地址依据", "听说", "import.unknown_basis"),
        ("送达文书", "", "import.required"),
        ("送达文书", "起诉状副本；情书", "import.unknown_document"),
        ("送达文书", "；；", "import.required"),
        ("送达文书", "起诉状副本9999份", "import.bad_copies"),
        ("指定送达方式", "飞鸽传书", "import.unknown_channel"),
        ("开庭时间", "2026-12-08", "import.bad_time"),
        ("开庭时间", "2026-02-30 09:30", "import.bad_date"),
        ("开庭时间", "2026-12-08 25:00", "import.bad_time"),
        ("要求完成日期", "", "import.required"),
        ("要求完成日期", "2026-13-01", "import.bad_date"),
        ("要求完成日期", "明天", "import.bad_date"),
        ("要求完成日期", "1970-01-01", "import.bad_date"),
        ("可上门时段", "上午", "import.bad_window"),
        ("可上门时段", "12:00-09:00", "import.bad_window"),
        ("可上门时段", "09:00-25:00", "import.bad_window"),
        ("备注", "=cmd()", "import.formula"),
    ],
)
def test_a_bad_cell_keeps_its_row_out_and_names_itself(column: str, value: str, code: str) -> None:
    checked = check(**{column: value})

    assert checked.row is None
    errors = [problem for problem in checked.problems if not problem.warning]
    assert [(problem.row, problem.code) for problem in errors] == [(7, code)]
    assert errors[0].reason
    assert errors[0].column == column or (column in ("经度", "纬度") and errors[0].column in ("经度", "纬度"))


def test_every_bad_cell_of_a_row_is_reported_not_only_the_first() -> None:
    checked = check(案号="x", 手机号码="1", 坐标系="火星", 送达文书="情书")

    assert {problem.column for problem in checked.problems} == {"案号", "手机号码", "坐标系", "送达文书"}


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("案号", "（2026）京0102民甲1号", "import.case_number_unusual"),
        ("案号", "（2014）西民初字第2459号", "import.case_number_unusual"),
        ("诉讼地位", "围观者", "import.unknown_standing"),
        ("要求完成日期", "2026-11-01", "import.due_in_past"),
        ("开庭时间", "2026-11-25 09:30", "import.hearing_before_due"),
        ("证件号码", "110105491231002", "import.old_id_number"),
    ],
)
def test_what_is_only_odd_is_a_warning_and_the_row_goes_in(column: str, value: str, code: str) -> None:
    checked = check(**{column: value})

    assert checked.row is not None
    assert [(problem.code, problem.warning) for problem in checked.problems] == [(code, True)]


def test_a_row_without_coordinates_goes_in_with_a_warning() -> None:
    checked = check(经度="", 纬度="", 坐标系="")

    assert checked.row is not None
    assert checked.row.point is None
    assert [problem.code for problem in checked.problems] == ["import.no_point"]


def test_swapped_coordinates_are_recognised() -> None:
    problems = check(经度="39.958535", 纬度="116.363917").problems

    assert problems[0].code in ("import.bad_point", "import.outside_china")
    assert "写反" in problems[0].reason


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"案号": "(2026)京0102民初１号"}, "case_number", "（2026）京0102民初1号"),
        ({"适用程序": ""}, "procedure", ""),
        ({"适用程序": "小额诉讼"}, "procedure", "小额诉讼程序"),
        ({"受送达人类型": "法人", "证件号码": credit_code(3)}, "party_kind", "法人"),
        ({"证件号码": ""}, "id_number", ""),
        ({"证件号码": resident_id(4).lower()}, "id_number", resident_id(4)),
        ({"手机号码": "+86 199 0000 0001"}, "phone", "19900000001"),
        ({"指定送达方式": "邮寄送达"}, "channel", "postal"),
        (
            {"送达文书": "起诉状副本2份；应诉通知书、传票"},
            "documents",
            (("起诉状副本", 2), ("应诉通知书", 1), ("传票", 1)),
        ),
        ({"送达文书": "起诉状（副本）×3"}, "documents", (("起诉状副本", 3),)),
        ({"送达文书": "《民事判决书》"}, "documents", (("民事判决书", 1),)),
        ({"要求完成日期": "2026/11/6"}, "due_on", date(2026, 11, 6)),
        ({"要求完成日期": "2026年11月26日"}, "due_on", date(2026, 11, 26)),
        ({"要求完成日期": "2026-11-26 00:00:00"}, "due_on", date(2026, 11, 26)),
        ({"开庭时间": "2026-12-08 9:30:00"}, "hearing_at", datetime(2026, 12, 8, 1, 30, tzinfo=UTC)),
        ({"可上门时段": "09:00～12:00；14:00至17:30"}, "windows", ((32400, 43200), (50400, 63000))),
        ({"可上门时段": "09:00-12:00;11:00-13:00"}, "windows", ((32400, 46800),)),
        ({"可上门时段": "18:00-24:00"}, "windows", ((64800, 86400),)),
        ({"可上门时段": ""}, "windows", ()),
        ({"备注": "须两人同往；门禁，需联系物业"}, "remarks", ("须两人同往", "门禁，需联系物业")),
        ({"备注": "-家中有犬"}, "remarks", ("-家中有犬",)),
    ],
)
def test_the_ways_of_writing_a_value_come_to_one(changes: dict[str, str], field: str, value: object) -> None:
    assert getattr(the_row(**changes), field) == value


@pytest.mark.parametrize("datum", ["GCJ-02", "gcj02", "GCJ02", "火星坐标系"])
def test_the_names_of_a_datum_come_to_one(datum: str) -> None:
    point = the_row(坐标系=datum).point
    assert point is not None
    assert point.datum == "GCJ-02"


def test_a_wgs84_point_stays_where_it_is() -> None:
    point = the_row(坐标系="WGS84").point
    assert point is not None
    assert (point.datum, point.wgs84) == ("WGS-84", (116.363917, 39.958535))


def test_other_documents_are_another_service_and_their_order_is_not() -> None:
    one = check(送达文书="起诉状副本；应诉通知书").key

    assert check(送达文书="应诉通知书；起诉状副本").key == one
    assert check(送达文书="应诉通知书").key != one
    assert check(手机号码="19911112222").key == one


def test_personal_values_are_masked_in_problems() -> None:
    checked = check(
        受送达人="@李四光", 证件号码="110105194912310021", 手机号码="1990761398", 送达地址="=北京市西城区某胡同1号院"
    )
    values = {problem.column: problem.value for problem in checked.problems}

    assert values["受送达人"] == "@***"
    assert values["证件号码"] == "110***********0021"
    assert "0761" not in values["手机号码"]
    assert "胡同" not in values["送达地址"]


def test_a_number_in_the_wrong_column_is_masked_too() -> None:
    problems = check(案件类型="11010519491231002X").problems

    assert problems[0].value == "110***********002X"


def test_a_cell_beyond_the_header_keeps_the_row_out() -> None:
    texts = {name: str(value) for name, value in good_row().items()} | {"": "多出来的"}

    checked = check_case_row(3, texts, court=COURT, today=TODAY)

    assert checked.row is None
    assert [problem.code for problem in checked.problems] == ["import.too_many_cells"]


_ODD = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["=cmd()", "1E+400", "-", "+", "@", "2026-02-31", "99:99-88:88", "０", "#N/A", "（2026）京0102民初1号"]
    ),
    st.from_regex(r"[0-9X]{15,18}", fullmatch=True),
    st.floats().map(str),
    st.datetimes().map(str),
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(HEADER), _ODD, max_size=len(HEADER)), st.booleans())
def test_whatever_stands_in_the_cells_the_answer_is_a_row_or_problems(cells: dict[str, str], on_top: bool) -> None:
    texts = ({name: str(value) for name, value in good_row().items()} if on_top else {}) | cells

    checked = check_case_row(2, texts, court=COURT, today=TODAY)

    errors = [problem for problem in checked.problems if not problem.warning]
    assert (checked.row is None) == bool(errors)
    assert (checked.row is None) == (checked.key == "")
    for problem in checked.problems:
        assert problem.row == 2
        assert problem.column in HEADER
        assert problem.code.startswith("import.")
        assert problem.reason
    if checked.row:
        assert checked.row.canonical()


def test_the_columns_are_those_case_systems_export() -> None:
    assert len(CASE_COLUMNS) == 24
