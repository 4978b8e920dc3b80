"""Files as they come: what is read, what is refused whole, and with which code."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
import zipfile
from datetime import date, datetime, time
from typing import Any

import pytest
from openpyxl import Workbook

from server.cases.errors import FileRefused
from server.cases.reading import MAX_BYTES, MAX_ROWS, check_file, open_table
from server.cases.rules.columns import CASE_COLUMNS
from server.cases.rules.problems import Problem
from tests.factories.case_lists import DATA, HEADER, csv_of, good_row, xlsx_of

SHEET = "xl/worksheets/sheet1.xml"


def read(content: bytes, filename: str = "cases.xlsx") -> tuple[list[tuple[int, dict[str, str]]], tuple[Problem, ...]]:
    with open_table(io.BytesIO(content), filename=filename, columns=CASE_COLUMNS) as table:
        rows = list(table.rows())
        assert len(rows) == table.row_count
        return rows, table.problems


def refusal(content: bytes, filename: str = "cases.xlsx") -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read(content, filename)
    return caught.value


def changed(content: bytes, member: str, change: Any) -> bytes:
    """The xlsx with one member of its zip changed (None takes it out)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = change(old.read(name)) if name == member else old.read(name)
            if data is not None:
                new.writestr(name, data)
    return out.getvalue()


def with_cells(cells: str) -> bytes:
    """A sheet whose second row is raw XML."""
    header = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in HEADER)
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
        f'<sheetData><row r="1">{header}</row>{cells}</sheetData></worksheet>'
    )
    return changed(xlsx_of([good_row()]), SHEET, lambda _: sheet.encode())


def test_the_list_of_a_court_day_is_read_whole() -> None:
    rows, problems = read((DATA / "day-2026-11-24" / "cases.xlsx").read_bytes())

    assert len(rows) == 160
    assert problems == ()
    assert rows[0][0] == 2
    assert rows[0][1]["案号"] == "（2026）京0102民初10265号"
    assert "开庭时间" not in rows[0][1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_a_csv_reads_the_same_in_every_encoding_offices_use(encoding: str) -> None:
    rows = [good_row(1), good_row(2, 备注="门禁，需联系物业")]

    read_rows, problems = read(csv_of(rows, encoding=encoding), "cases.csv")

    assert [row for _, row in read_rows] == rows
    assert problems == ()


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_the_separator_of_a_csv_is_found_out(separator: str) -> None:
    lines = [HEADER, [good_row()[name] for name in HEADER]]
    content = "\r\n".join(separator.join(line) for line in lines).encode()

    assert read(content, "cases.csv")[0] == [(2, good_row())]


def test_an_xlsx_named_csv_is_still_read_by_what_it_is() -> None:
    assert read(xlsx_of([good_row()]), "cases.csv")[0] == [(2, good_row())]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n\r\n", b",,,\r\n,,,\r\n"])
def test_a_file_with_nothing_in_it_is_refused(content: bytes) -> None:
    assert refusal(content, "cases.csv").code == "import.empty_file"


@pytest.mark.parametrize("content", [xlsx_of([]), csv_of([]), csv_of([{}, {}])])
def test_a_file_with_a_header_alone_is_refused(content: bytes) -> None:
    assert refusal(content, "cases.csv").code == "import.empty_file"


def test_a_file_over_the_limit_is_refused_before_it_is_parsed() -> None:
    found = refusal(xlsx_of([good_row()]) + bytes(30 * 1024 * 1024 - 1))

    assert (found.code, found.status) == ("import.file_too_large", 413)
    assert f"{MAX_BYTES // 1024 // 1024} MB" in found.title


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    zeros = b"0" * (400 * 1024 * 1024)
    content = changed(xlsx_of([good_row()]), SHEET, lambda _: zeros)
    assert len(content) < 1024 * 1024

    tracemalloc.start()
    found = refusal(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (found.code, found.status) == ("import.zip_bomb", 422)
    assert peak < 5 * 1024 * 1024


def test_a_smaller_bomb_is_known_by_its_ratio() -> None:
    content = changed(xlsx_of([good_row()]), SHEET, lambda data: data + b" " * (60 * 1024 * 1024))
    assert refusal(content).code == "import.zip_bomb"


def test_a_zip_of_very_many_members_is_refused() -> None:
    out = io.BytesIO(xlsx_of([good_row()]))
    with zipfile.ZipFile(out, "a") as archive:
        for number in range(1_100):
            archive.writestr(f"xl/{number}.xml", b"")
    assert refusal(out.getvalue()).code == "import.zip_bomb"


def test_a_member_that_lies_about_its_size_is_not_unpacked_beyond_it() -> None:
    content = bytearray(changed(xlsx_of([good_row()]), SHEET, lambda data: data + b" " * (20 * 1024 * 1024)))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = -1
        while (at := content.find(signature, at + 1)) >= 0:
            (size,) = struct.unpack_from("<I", content, at + offset)
            if size > 10 * 1024 * 1024:
                struct.pack_into("<I", content, at + offset, 500)

    assert refusal(bytes(content)).code == "import.not_a_table"


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "cases.pdf"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "cases.csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "cases.xls"),
        (b"just some words", "cases.xlsx"),
        (b"<html><table></table></html>", "cases.xls"),
        (b"PK\x03\x04 and then nothing of a zip", "cases.xlsx"),
        (bytes(100), "cases.csv"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "photo.jpg"),
    ],
)
def test_what_is_no_table_is_refused_as_such(content: bytes, filename: str) -> None:
    assert refusal(content, filename).code == "import.not_a_table"


def test_bytes_of_no_encoding_are_refused() -> None:
    assert refusal("案号,案件类型\r\n".encode() + b"\xff\x80,\x81\x20\r\n", "a.csv").code == "import.encoding_unknown"


@pytest.mark.parametrize("member", ["[Content_Types].xml", "xl/workbook.xml", SHEET, "_rels/.rels"])
def test_a_zip_without_the_parts_of_a_workbook_is_no_table(member: str) -> None:
    assert refusal(changed(xlsx_of([good_row()]), member, lambda _: None)).code == "import.not_a_table"


def test_an_xlsx_with_a_dtd_is_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    for member in (SHEET, "xl/workbook.xml"):
        content = changed(xlsx_of([good_row()]), member, lambda data: bomb + data.split(b"?>", 1)[-1])
        assert refusal(content).code == "import.not_a_table"


def test_dimensions_a_sheet_claims_are_not_believed() -> None:
    row = "".join(f'<c t="inlineStr"><is><t>{good_row()[name]}</t></is></c>' for name in HEADER)
    content = with_cells(f'<row r="1048576">{row}<c r="XFD1048576" t="inlineStr"><is><t>远</t></is></c></row>')

    rows, _ = read(content)

    assert rows == [(1048576, good_row())]


def test_missing_columns_are_named() -> None:
    header = [name for name in HEADER if name not in ("证件号码", "送达文书")]

    found = refusal(xlsx_of([good_row()], header))

    assert found.code == "import.columns_missing"
    assert found.extra["columns"] == ["证件号码", "送达文书"]
    assert "证件号码、送达文书" in found.title


def test_the_roster_given_as_a_case_list_is_refused_by_its_columns() -> None:
    content = (DATA / "day-2026-11-24" / "servers.csv").read_bytes()
    assert refusal(content, "servers.csv").code == "import.columns_missing"


def test_a_column_that_stands_twice_is_refused() -> None:
    found = refusal(csv_of([good_row()], [*HEADER, "案号"]), "a.csv")
    assert (found.code, found.extra["columns"]) == ("import.columns_repeated", ["案号"])


def test_a_column_nobody_knows_is_a_warning_and_its_cells_are_left_out() -> None:
    rows, problems = read(xlsx_of([good_row() | {"内部编号": "7"}], [*HEADER, "内部编号"]))

    assert rows == [(2, good_row())]
    assert [(one.row, one.column, one.code, one.warning) for one in problems] == [
        (1, "内部编号", "import.unknown_column", True)
    ]


def test_columns_may_stand_in_any_order_under_a_title_with_notes() -> None:
    header = [*reversed(HEADER)]
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["2026年11月送达任务"])
    sheet.append([f" *{name}（必填） " for name in header])
    sheet.append([good_row()[name] for name in header])
    out = io.BytesIO()
    book.save(out)
    content = out.getvalue()

    assert read(content)[0] == [(3, good_row())]


def test_blank_rows_are_skipped_and_numbers_stay_those_of_the_spreadsheet() -> None:
    rows, _ = read(xlsx_of([good_row(1), {}, {}, good_row(2)]))
    assert [number for number, _ in rows] == [2, 5]


def test_a_header_far_below_the_top_is_not_looked_for_forever() -> None:
    assert refusal(b"\r\n" * 2_000_000 + csv_of([good_row()]), "a.csv").code == "import.empty_file"


def test_too_many_rows_are_refused() -> None:
    content = csv_of([{"案号": "x"}] * (MAX_ROWS + 1))
    found = refusal(content, "a.csv")
    assert (found.code, found.extra["max_rows"]) == ("import.too_many_rows", MAX_ROWS)


def test_an_unclosed_quote_refuses_the_csv_instead_of_swallowing_rows() -> None:
    content = csv_of([good_row(1), good_row(2)]).decode().replace("张某1", '"张某1').encode()
    found = refusal(content, "a.csv")
    assert found.code == "import.not_a_table"
    assert "引号" in found.title


def test_a_cell_that_no_header_stands_above_is_handed_over() -> None:
    content = csv_of([good_row()]).rstrip() + ",多出来的\r\n".encode()
    assert read(content, "a.csv")[0][0][1][""] == "多出来的"


def test_formulas_come_out_as_their_text() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(HEADER))
    sheet.append([good_row()[name] for name in HEADER])
    sheet["I2"] = "=cmd()"
    sheet["X2"] = '=HYPERLINK("http://example.invalid")'
    out = io.BytesIO()
    book.save(out)

    row = read(out.getvalue())[0][0][1]

    assert (row["受送达人"], row["备注"]) == ("=cmd()", '=HYPERLINK("http://example.invalid")')


def test_dates_times_and_numbers_come_out_as_a_person_sees_them() -> None:
    row = good_row() | {
        "要求完成日期": date(2026, 11, 26),
        "开庭时间": datetime(2026, 12, 8, 9, 30),  # noqa: DTZ001  # a cell has no zone
        "可上门时段": time(9, 0),
        "手机号码": 19900000001,
        "经度": 116.363917,
        "纬度": 39.9,
        "证件号码": 110102199510025909,
        "备注": True,
    }

    found = read(xlsx_of([row]))[0][0][1]

    assert found["要求完成日期"] == "2026-11-26"
    assert found["开庭时间"] == "2026-12-08 09:30:00"
    assert found["可上门时段"] == "09:00"
    assert (found["手机号码"], found["经度"], found["纬度"]) == ("19900000001", "116.363917", "39.9")
    assert found["证件号码"] == "1.10102199510026E+17"
    assert found["备注"] == "是"


def test_shared_and_rich_strings_are_read_without_their_reading_aids() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(HEADER))
    sheet.append([good_row()[name] for name in HEADER])
    out = io.BytesIO()
    book.save(out)
    rich = "<si><r><t>张</t></r><r><t>某1</t></r><rPh><t>zhang</t></rPh></si>".encode()
    content = changed(
        out.getvalue(), "xl/sharedStrings.xml", lambda data: data.replace("<si><t>张某1</t></si>".encode(), rich)
    )

    assert read(content)[0] == [(2, good_row())]


def test_a_hidden_first_sheet_is_passed_over() -> None:
    book = Workbook()
    first = book.active
    assert first is not None
    first.append(["内部"])
    first.sheet_state = "hidden"
    second = book.create_sheet("送达任务")
    second.append(list(HEADER))
    second.append([good_row()[name] for name in HEADER])
    out = io.BytesIO()
    book.save(out)

    assert read(out.getvalue())[0] == [(2, good_row())]


def test_control_and_direction_characters_do_not_come_through() -> None:
    rows, _ = read(csv_of([good_row(受送达人="\u202e张\u200b某\x07  甲 ")]), "a.csv")
    assert rows[0][1]["受送达人"] == "张某 甲"


def test_checking_a_file_reads_no_further_than_its_header() -> None:
    stream = io.BytesIO(xlsx_of([]))
    check_file(stream, filename="a.xlsx", columns=CASE_COLUMNS)
    assert stream.tell() == 0


def test_damaged_files_are_refused_or_read_and_nothing_else_happens() -> None:
    good = (DATA / "day-2026-11-24" / "cases.xlsx").read_bytes()
    chance = random.Random(20261124)
    outcomes = set()
    for _ in range(150):
        damaged = bytearray(good)
        for _ in range(chance.choice([1, 3, 30])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        content = bytes(damaged[: chance.choice([len(damaged), chance.randrange(1, len(damaged))])])
        try:
            outcomes.add(len(read(content)[0]))
        except FileRefused as found:
            outcomes.add(found.code)
    assert "import.not_a_table" in outcomes


def test_damaged_sheets_are_refused_or_read_and_nothing_else_happens() -> None:
    chance = random.Random(7)
    good = xlsx_of([good_row(1), good_row(2)])
    for _ in range(100):

        def damage(data: bytes) -> bytes:
            text = bytearray(data)
            for _ in range(chance.choice([1, 5])):
                at = chance.randrange(len(text))
                text[at : at + chance.randrange(3)] = bytes(chance.choice(b"<>/=\"'&;0123456789rst") for _ in range(2))
            return bytes(text)

        member = chance.choice([SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"])
        try:
            read(changed(good, member, damage))
        except FileRefused:
            continue
