"""One field at a time: each function reads a cell's text and answers the value or raises `FieldProblem`.

They serve every kind of list, the roster of process servers too.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from routing.datum import in_china, to_wgs84
from server.cases.rules import vocabulary
from server.core.clock import at_second

DAY_S = 24 * 3600
YEARS = (2000, 2100)
MAX_COPIES = 200

_SEPARATORS = re.compile(r"[；;\n\r]+")
_DOCUMENT_SEPARATORS = re.compile(r"[；;、，,\n\r]+")
_REMARK_SEPARATORS = re.compile(r"[；;、\n\r]+")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_TIME = re.compile(r"(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2}))?分?秒?", re.ASCII)
_WINDOW = re.compile(r"(\S+?)\s*(?:-|–|—|~|～|至|到)+\s*(\S+)")
_COPIES = re.compile(r"(.+?)\s*(?:[（(]?\s*[×xX*]?\s*(\d{1,4})\s*份\s*[）)]?|[×*]\s*(\d{1,4}))", re.ASCII)
_TRAILING_NOTE = re.compile(r"[（(](?:副本|复印件|原件)?[）)]$")
_NUMBER = re.compile(r"[+-]?\d{1,4}(?:\.\d{1,15})?", re.ASCII)
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:\.\d+)?[eE]\+?\d+", re.ASCII)
_CELL_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA)")


class FieldProblem(Exception):
    """A cell that cannot be used: a dotted code and a Chinese reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Point:
    """A point as the list gave it, and the same place in WGS-84 (lng, lat), degrees rounded to 0.01 m."""

    lng: float
    lat: float
    datum: str
    wgs84: tuple[float, float]

    def as_document(self) -> dict[str, object]:
        """As `server.core.fields.DatumPoint` is stored."""
        return {
            "lng": self.lng,
            "lat": self.lat,
            "datum": self.datum,
            "wgs84": {"type": "Point", "coordinates": [*self.wgs84]},
        }


def looks_like_formula(text: str) -> bool:
    """A spreadsheet would run it: begins with = + - or @ (after blanks)."""
    return text.lstrip()[:1] in ("=", "+", "-", "@")


def check_cell(text: str, *, max_length: int, strict: bool) -> None:
    """What no cell (cleaned, not blank) may hold: = at its start and, where `strict`, + - @ too."""
    start = text[0]
    if start == "=" or (strict and start in "+-@"):
        raise FieldProblem("import.formula", "单元格内容像公式（以 = + - @ 开头），未作导入，请改为普通文字")
    if start == "#" and _CELL_ERROR.fullmatch(text):
        raise FieldProblem("import.cell_error", "单元格是表格软件的错误值")
    if len(text) > max_length:
        raise FieldProblem("import.too_long", f"内容过长，最多{max_length}个字")


def not_damaged(text: str) -> str:
    """Refuses what a spreadsheet made of a long number: 1.10102E+17 has lost its last digits for good."""
    if "E" in text.upper() and _SCIENTIFIC.fullmatch(text):
        raise FieldProblem(
            "import.number_damaged", "号码被表格软件改成了科学计数法，末几位已丢失；请把该列设为文本后重新导出"
        )
    return text


def one_of(text: str, known: Mapping[str, str], *, code: str, what: str) -> str:
    """The normal word for a word of a closed list."""
    found = known.get("".join(text.split()))
    if found is None:
        raise FieldProblem(code, f"{what}不在可用范围内，可用：{'、'.join(dict.fromkeys(known))}")
    return found


@functools.lru_cache(maxsize=4096)
def day(text: str) -> date:
    """2026-11-24, 2026/11/24, 2026年11月24日, with or without a time behind it."""
    match = _DATE.match(text)
    if not match or (text[match.end() :].strip() and not _TIME.fullmatch(text[match.end() :].strip(" T"))):
        raise FieldProblem("import.bad_date", "日期格式不正确，应为 2026-11-24")
    year, month, number = (int(part) for part in match.groups())
    if not YEARS[0] <= year <= YEARS[1]:
        raise FieldProblem("import.bad_date", f"日期年份 {year} 不合理")
    try:
        return date(year, month, number)
    except ValueError:
        raise FieldProblem("import.bad_date", "该日期不存在") from None


@functools.lru_cache(maxsize=4096)
def moment(text: str) -> datetime:
    """2026-12-08 09:30 in Asia/Shanghai, answered in UTC."""
    match = _DATE.match(text)
    clock = text[match.end() :].strip(" T") if match else ""
    if not match or not clock:
        raise FieldProblem("import.bad_time", "时间格式不正确，应为 2026-12-08 09:30")
    return at_second(day(match[0]), second_of_day(clock))


@functools.lru_cache(maxsize=4096)
def second_of_day(text: str, *, midnight_after: bool = False) -> int:
    """Seconds from midnight for 08:30; 24:00 only with `midnight_after`."""
    match = _TIME.fullmatch(text.strip())
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (99, 0, 0)
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > DAY_S or (total == DAY_S and not midnight_after):
        raise FieldProblem("import.bad_time", "时间格式不正确，应为 08:30")
    return total


@functools.lru_cache(maxsize=4096)
def windows(text: str) -> tuple[tuple[int, int], ...]:
    """`09:00-12:00；14:00-17:00` → ((32400, 43200), (50400, 61200)), sorted; touching ones become one."""
    found = []
    for part in re.split(r"[；;，,、\n\r]+", text):
        if not part.strip():
            continue
        match = _WINDOW.fullmatch(part.strip())
        if not match:
            raise FieldProblem("import.bad_window", "可上门时段格式不正确，应为 09:00-12:00，多段用；隔开")
        try:
            start, end = second_of_day(match[1]), second_of_day(match[2], midnight_after=True)
        except FieldProblem:
            raise FieldProblem("import.bad_window", "可上门时段中的时间不正确，应为 09:00-12:00") from None
        if start >= end:
            raise FieldProblem("import.bad_window", "可上门时段的开始时间应早于结束时间")
        found.append((start, end))
    return _merged(sorted(found))


def _merged(sorted_windows: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted_windows:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def point(lng_text: str, lat_text: str, datum_text: str) -> Point | None:
    """The point of three cells, None when all coordinates are blank."""
    if not lng_text and not lat_text:
        return None
    if not lng_text or not lat_text:
        raise FieldProblem("import.bad_point", "经度和纬度应同时填写")
    if not datum_text:
        raise FieldProblem("import.unknown_datum", "填写了经纬度但没有坐标系，应为 GCJ-02、WGS-84、BD-09 或 CGCS2000")
    datum = vocabulary.DATUMS.get(re.sub(r"[\s_\-－]", "", datum_text).upper())
    if datum is None:
        raise FieldProblem("import.unknown_datum", "坐标系不认识，应为 GCJ-02、WGS-84、BD-09 或 CGCS2000")
    lng, lat = degrees(lng_text), degrees(lat_text)
    if not in_china(lng, lat):
        swapped = "，经度和纬度可能写反了" if in_china(lat, lng) else ""
        raise FieldProblem("import.outside_china", f"坐标不在中国境内{swapped}")
    east, north = to_wgs84(lng, lat, datum)
    return Point(lng, lat, datum, (round(east, 7), round(north, 7)))


def degrees(text: str) -> float:
    """Decimal degrees."""
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not -180 <= value <= 180:
        raise FieldProblem("import.bad_point", "经纬度应为十进制度数，例如 116.363917")
    return value


@functools.lru_cache(maxsize=4096)
def documents(text: str) -> tuple[tuple[str, int], ...]:
    """`起诉状副本2份；应诉通知书` → (("起诉状副本", 2), ("应诉通知书", 1)); a document named twice adds its copies."""
    copies: dict[str, int] = {}
    unknown = []
    for part in _DOCUMENT_SEPARATORS.split(text):
        name, count = _document(part.strip())
        if not name:
            continue
        if name not in vocabulary.document_types():
            unknown.append(name)
        copies[name] = copies.get(name, 0) + count
    if unknown:
        names = "、".join(_short(name) for name in unknown[:3])
        raise FieldProblem("import.unknown_document", f"文书名称不在文书目录中：{names}")
    if not copies:
        raise FieldProblem("import.required", "送达文书为空")
    if max(copies.values()) > MAX_COPIES:
        raise FieldProblem("import.bad_copies", f"文书份数不合理，最多{MAX_COPIES}份")
    return tuple(copies.items())


def _document(text: str) -> tuple[str, int]:
    name = "".join(text.strip("《》 ").split())
    if name in vocabulary.document_types():
        return name, 1
    match = _COPIES.fullmatch(text)
    count = int(match[2] or match[3]) if match else 1
    name = "".join((match[1] if match else text).strip("《》 ").split())
    if name not in vocabulary.document_types():
        # 起诉状（副本） is 起诉状副本
        bare = _TRAILING_NOTE.sub("", name)
        name = next((one for one in (f"{bare}副本", bare) if one in vocabulary.document_types()), name)
    return name, max(count, 1)


def remarks(text: str) -> tuple[str, ...]:
    """Remarks in their order, each once. A comma belongs to a remark (门禁，需联系物业)."""
    return tuple(dict.fromkeys(part.strip() for part in _REMARK_SEPARATORS.split(text) if part.strip()))


def split(text: str) -> tuple[str, ...]:
    """Words of a cell separated by ；or ;."""
    return tuple(dict.fromkeys(part.strip() for part in _SEPARATORS.split(text) if part.strip()))


def _short(text: str) -> str:
    return text if len(text) <= 20 else text[:20] + "…"
