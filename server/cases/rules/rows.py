"""One row of a court's task list: 24 cells in, a `CaseRow` or the reasons why not out."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import date, datetime

from server.cases.rules import vocabulary
from server.cases.rules.cells import Cells
from server.cases.rules.columns import CASE_COLUMNS
from server.cases.rules.fields import (
    FieldProblem,
    Point,
    day,
    documents,
    moment,
    not_damaged,
    one_of,
    point,
    remarks,
    windows,
)
from server.cases.rules.problems import Checked
from server.core.clock import court_day
from server.law import case_numbers, identity

MIN_ADDRESS = 5


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One recipient of one service task as the case system exports it.

    `id_kind` is a kind of `server.law.identity`; `channel` a code of the service feature; windows are seconds of the
    day; `hearing_at` is UTC; `due_on` a day in Asia/Shanghai.
    """

    case_number: str
    case_kind: str
    cause: str
    procedure: str
    judge_name: str
    judge_phone: str
    clerk_name: str
    clerk_phone: str
    name: str
    party_kind: str
    standing: str
    id_number: str
    id_kind: str
    phone: str
    address: str
    point: Point | None
    address_basis: str
    documents: tuple[tuple[str, int], ...]
    channel: str
    hearing_at: datetime | None
    due_on: date
    windows: tuple[tuple[int, int], ...]
    remarks: tuple[str, ...]

    @property
    def who(self) -> str:
        """What tells this recipient from the others of the case: the number, or the name when there is none."""
        return self.id_number or f"name:{self.party_kind}:{self.name}"

    @property
    def document_names(self) -> tuple[str, ...]:
        return tuple(sorted(name for name, _ in self.documents))

    @property
    def key(self) -> tuple[str, str, tuple[str, ...]]:
        """Which service this is: case, recipient, documents. Other documents are another service."""
        return self.case_number, self.who, self.document_names

    def canonical(self) -> str:
        """The whole row as one text that is equal exactly when the rows are."""
        plain = {field.name: getattr(self, field.name) for field in dataclass_fields(self)}
        plain["point"] = self.point.as_document() if self.point else None
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, default=str)


def check_case_row(number: int, texts: Mapping[str, str], *, court: str, today: date) -> Checked[CaseRow]:
    """Reads row `number`. Never raises for what a cell holds: everything wrong is a problem."""
    cells = Cells(number, texts, CASE_COLUMNS)
    case_number = _case_number(cells, court, today)
    case_kind = cells.take("案件类型", _case_kind)
    procedure = cells.take("适用程序", _procedure)
    party_kind = cells.take("受送达人类型", _party_kind)
    id_number, id_kind = _id_number(cells, party_kind, today)
    phone = cells.take("手机号码", _phone)
    judge_phone, clerk_phone = cells.take("法官电话", _office_phone), cells.take("书记员电话", _office_phone)
    address = cells.take("送达地址", _address)
    place = _point(cells)
    basis = cells.take("地址依据", _basis)
    papers = cells.take("送达文书", documents)
    channel = cells.take("指定送达方式", _channel)
    hearing_at = cells.take("开庭时间", moment)
    due_on = cells.take("要求完成日期", day)
    met_in = cells.take("可上门时段", windows)
    _look_twice(cells, hearing_at, due_on, today)
    # The values a row cannot be without; `usable` implies them, the checker of types needs to be told.
    if not (
        cells.usable
        and case_number
        and case_kind
        and party_kind
        and address
        and basis
        and papers
        and channel
        and due_on
    ):
        return Checked(None, tuple(cells.problems))
    row = CaseRow(
        case_number=case_number,
        case_kind=case_kind,
        cause=cells.text("案由"),
        procedure=procedure or "",
        judge_name=cells.text("承办法官"),
        judge_phone=judge_phone or "",
        clerk_name=cells.text("书记员"),
        clerk_phone=clerk_phone or "",
        name=cells.text("受送达人"),
        party_kind=party_kind,
        standing=cells.text("诉讼地位"),
        id_number=id_number,
        id_kind=id_kind,
        phone=phone or "",
        address=address,
        point=place,
        address_basis=basis,
        documents=papers,
        channel=channel,
        hearing_at=hearing_at,
        due_on=due_on,
        windows=met_in or (),
        remarks=remarks(cells.text("备注")),
    )
    return Checked(row, tuple(cells.problems), _digest(row.key))


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _case_number(cells: Cells, court: str, today: date) -> str | None:
    text = cells.text("案号")
    if not text:
        return None
    try:
        number = case_numbers.parse(text)
    except case_numbers.CaseNumberError as error:
        cells.refuse("案号", "import.bad_case_number", error.reason)
        return None
    if number.court is not None and number.court != court:
        cells.refuse("案号", "import.other_court", f"案号属于法院代字“{number.court}”，不是本院（{court}）的案件")
        return None
    if number.year > today.year:
        cells.refuse("案号", "import.bad_case_number", f"案号年度 {number.year} 晚于今年")
        return None
    for warning in number.warnings:
        cells.warn("案号", "import.case_number_unusual", warning)
    return number.text


def _case_kind(text: str) -> str:
    if text not in vocabulary.CASE_KINDS:
        raise FieldProblem("import.unknown_case_kind", f"案件类型不认识，可用：{'、'.join(vocabulary.CASE_KINDS)}")
    return text


def _procedure(text: str) -> str:
    return one_of(text, vocabulary.PROCEDURES, code="import.unknown_procedure", what="适用程序")


def _party_kind(text: str) -> str:
    return one_of(text, vocabulary.PARTY_KINDS, code="import.unknown_party_kind", what="受送达人类型")


def _basis(text: str) -> str:
    return one_of(text, vocabulary.ADDRESS_BASES, code="import.unknown_basis", what="地址依据")


def _channel(text: str) -> str:
    found = vocabulary.CHANNELS.get(text)
    if found is None:
        names = "、".join(vocabulary.CHANNELS)
        raise FieldProblem("import.unknown_channel", f"指定送达方式不认识，可用：{names}")
    return found


def _id_number(cells: Cells, party_kind: str | None, today: date) -> tuple[str, str]:
    """(number, kind of number); ("", "") when the list does not have it, which the law does not forbid."""

    def read(text: str) -> identity.Checked:
        not_damaged(text)
        if party_kind in (None, "自然人"):
            checked = identity.check_person_number(text, today=today)
        else:
            checked = identity.check_credit_code(text)
        if checked.reason and party_kind:
            raise FieldProblem("import.bad_id_number", checked.reason)
        return checked

    checked = cells.take("证件号码", read)
    if checked is None:
        return "", ""
    if checked.kind == "resident_15":
        cells.warn("证件号码", "import.old_id_number", "15位旧身份证号码，请核对")
    return checked.value, checked.kind


def _phone(text: str) -> str:
    checked = identity.check_phone(not_damaged(text))
    if checked.reason:
        raise FieldProblem("import.bad_phone", checked.reason)
    return checked.value


# Only the court's own lines repeat, and only they may stay in a process's memory.
_office_phone = functools.lru_cache(maxsize=1024)(_phone)


def _address(text: str) -> str:
    if len(text) < MIN_ADDRESS:
        raise FieldProblem("import.bad_address", "送达地址过短，无法上门")
    return text


def _point(cells: Cells) -> Point | None:
    lng, lat, datum = (cells.text(column) for column in ("经度", "纬度", "坐标系"))
    try:
        found = point(lng, lat, datum)
    except FieldProblem as problem:
        column = "坐标系" if problem.code == "import.unknown_datum" else _the_bad_one(lng)
        cells.refuse(column, problem.code, problem.reason)
        return None
    if found is None and cells.text("送达地址"):
        cells.warn("经度", "import.no_point", "没有经纬度，规划路线前需先确定位置")
    return found


def _the_bad_one(lng: str) -> str:
    """Which of the two coordinates to point at."""
    try:
        return "纬度" if 72 <= float(lng or "nan") <= 138 else "经度"
    except ValueError:
        return "经度"


def _look_twice(cells: Cells, hearing_at: datetime | None, due_on: date | None, today: date) -> None:
    if cells.text("诉讼地位") and cells.text("诉讼地位") not in vocabulary.STANDINGS:
        cells.warn("诉讼地位", "import.unknown_standing", "诉讼地位不在常用范围内，按原样保留")
    if due_on and due_on < today:
        cells.warn("要求完成日期", "import.due_in_past", "要求完成日期已过")
    if hearing_at and due_on and court_day(hearing_at) < due_on:
        cells.warn("开庭时间", "import.hearing_before_due", "开庭日期早于要求完成日期，请核对")
