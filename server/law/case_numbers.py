"""案号: grammar, normal form and validation.

Sources: 最高人民法院《关于人民法院案件案号的若干规定》(2015, amended 2018), art. 3 (parts), 4-5 (court codes),
7 (type codes), 9-10 (numbers). Type codes are a table (`data/case-types.csv`): an unknown one is a warning, never a
refusal. What courts write outside the grammar (民诉前调, 之一, two numbers, 字第 of before 2016) is accepted as legacy.
"""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass
from pathlib import Path

from server.law import courts

FIRST_YEAR = 1949
LAST_YEAR = 2100
MAX_CHARACTERS = 60

_TYPES = Path(__file__).parent / "data" / "case-types.csv"
_COURT = courts.PATTERN
_SUFFIX = r"(?P<suffix>之[一二三四五六七八九十百]+)?"
_MODERN = re.compile(
    rf"（(?P<year>\d{{4}})）(?P<court>{_COURT})(?P<special>知(?=民|刑|行))?"
    rf"(?P<type>[\u4e00-\u9fa5]{{1,4}}?)(?P<number>\d{{1,8}})(?P<more>(?:、\d{{1,8}})*)号{_SUFFIX}",
    re.ASCII,
)
# （2014）长民二（商）初字第2459号: before 2016 a court's own short name stood where its code stands now.
_LEGACY = re.compile(
    rf"（(?P<year>\d{{4}})）(?P<head>[\u4e00-\u9fa5（）0-9]{{2,16}}?)字第(?P<number>\d{{1,8}})(?P<more>(?:、\d{{1,8}})*)号{_SUFFIX}",
    re.ASCII,
)
_COURT_AT_START = re.compile(_COURT, re.ASCII)
_OPENING = str.maketrans(dict.fromkeys("(〔[【［〈", "（") | dict.fromkeys(")〕]】］〉", "）"))
_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_SPACE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
# 4 characters, used by every court for mediation before filing, though art. 7 allows three.
_PRE_FILING = "民诉前调"
# Reviews of death sentences are numbered with eight random digits (art. 9-10).
_REVIEW = "刑核"
_LONGEST_TYPE = 3


class CaseNumberError(ValueError):
    """The text is no case number; `reason` says why, in Chinese."""

    code = "case_number.malformed"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CaseNumber:
    """A case number taken apart. `text` is the normal form; `warnings` are Chinese and never make it invalid.

    `court` is None for a number of before 2016 whose court is a short name; `legacy` is true outside the grammar.
    """

    text: str
    year: int
    court: str | None
    special: str
    type: str
    number: int
    further_numbers: tuple[int, ...] = ()
    suffix: str = ""
    legacy: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def case_class(self) -> str | None:
        """The class of case its type belongs to (民事, 执行 …); None when the type is not in the table."""
        return case_types().get(self.type)

    @property
    def court_code(self) -> courts.CourtCode | None:
        """The court taken apart (level, kind, name where known); None for the short name of an old number."""
        return courts.court_of(self.court) if self.court else None


@functools.cache
def case_types() -> dict[str, str]:
    """Type code → class of case."""
    with _TYPES.open(encoding="utf-8", newline="") as lines:
        return {row["code"]: row["class"] for row in csv.DictReader(lines)}


def normalise(text: str) -> str:
    """Full-width brackets, half-width digits, no spaces: `(2026) 京0102民初１０号` → `（2026）京0102民初10号`."""
    return _SPACE.sub("", text).translate(_OPENING).translate(_DIGITS)


def parse(text: str) -> CaseNumber:
    """The parts of a case number. Raises CaseNumberError with a Chinese reason."""
    normal = normalise(text)
    if not normal:
        raise CaseNumberError("案号为空")
    if len(normal) > MAX_CHARACTERS:
        raise CaseNumberError("案号过长")
    legacy = _LEGACY.fullmatch(normal)
    if legacy:
        return _of_legacy(normal, legacy)
    modern = _MODERN.fullmatch(normal)
    if modern:
        return _of_modern(normal, modern)
    raise CaseNumberError(_why_not(normal))


def _of_modern(text: str, match: re.Match[str]) -> CaseNumber:
    type_code = match["type"]
    further = _further(match["more"])
    warnings = _unusual(match)
    if type_code == _PRE_FILING:
        legacy = True
    else:
        legacy = bool(further or match["suffix"])
        if legacy:
            warnings.append("案号带有规定以外的成分（并列编号或“之一”），按原样保留")
    return CaseNumber(
        text=text,
        year=_year(match["year"]),
        court=match["court"],
        special=match["special"] or "",
        type=type_code,
        number=int(match["number"]),
        further_numbers=further,
        suffix=match["suffix"] or "",
        legacy=legacy,
        warnings=tuple(warnings),
    )


def _unusual(match: re.Match[str]) -> list[str]:
    """What the rules do not foresee in a number that can still be read."""
    type_code, number = match["type"], match["number"]
    found = []
    if type_code not in case_types():
        found.append(f"类型代字“{type_code}”不在代字表中，请核对")
        if len(type_code) > _LONGEST_TYPE:
            found.append(f"类型代字“{type_code}”超过三个字，请核对")
    court = courts.court_of(match["court"])
    if court and court.warning:
        found.append(court.warning)
    if number.startswith("0"):
        found.append("案件编号以0开头，请核对")
    if type_code == _REVIEW and len(number) != 8:
        found.append("刑事复核案件编号应为八位数字，请核对")
    return found


def _of_legacy(text: str, match: re.Match[str]) -> CaseNumber:
    head = match["head"]
    court = _COURT_AT_START.match(head)
    # A province's character alone may begin any old short name, so only a code with digits counts as a court code.
    code = court[0] if court and court[0][-1].isdigit() else None
    return CaseNumber(
        text=text,
        year=_year(match["year"]),
        court=code,
        special="",
        type=head.removeprefix(code or ""),
        number=int(match["number"]),
        further_numbers=_further(match["more"]),
        suffix=match["suffix"] or "",
        legacy=True,
        warnings=("案号为旧式写法（字第…号），按原样保留",),
    )


def _further(more: str) -> tuple[int, ...]:
    return tuple(int(one) for one in more.split("、") if one)


def _year(text: str) -> int:
    year = int(text)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CaseNumberError(f"案号年度 {year} 不合理")
    return year


def _why_not(text: str) -> str:
    """The first thing that is wrong, in the order a reader would look."""
    start = re.match(r"（[0-9]{4}）", text)
    if not start:
        return "案号应以（四位年度）开头，例如（2026）京0102民初10265号"
    if not re.search(rf"号{_SUFFIX}$", text):
        return "案号应以“号”结尾"
    court = _COURT_AT_START.match(text[start.end() :])
    if not court:
        return "案号中的法院代字无法识别"
    rest = text[start.end() + court.end() :]
    if not re.match(r"[\u4e00-\u9fa5]", rest):
        return "案号缺少类型代字，或法院代字位数不对（高院无数字，中院两位，基层法院四位）"
    if not re.search(r"[0-9]", rest):
        return "案号缺少案件编号"
    return "案号格式不正确，例如（2026）京0102民初10265号"
