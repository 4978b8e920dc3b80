"""法院代字: level, kind and, where the table knows it, name of a court by its code in case numbers.

案号规定 (2015) art. 4-5 and its 2018 amendment: a high court is its province alone, an intermediate court adds two
digits, a basic court four; some pairs of digits mean special courts. No code is derived from a table of areas: courts
keep theirs when the area's code changes (art. 13). The table of names is partial and only names, it never refuses.
"""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass
from pathlib import Path

PROVINCES = "京津冀晋内辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔云藏陕甘青宁新"
SUPREME = "最高法"
PATTERN = rf"(?:{SUPREME}|[军兵{PROVINCES}])(?:\d{{4}}|\d{{2}})?"

_TABLE = Path(__file__).parent / "data" / "courts.csv"
_CODE = re.compile(PATTERN, re.ASCII)
_LEVELS = {0: "高级", 2: "中级", 4: "基层"}
_SPECIAL: tuple[tuple[range, str], ...] = (
    (range(71, 72), "铁路运输"),
    (range(72, 73), "海事"),
    (range(73, 74), "知识产权"),
    (range(74, 75), "油田"),
    (range(75, 81), "林业"),
    (range(81, 86), "农垦"),
    (range(87, 96), "跨行政区划"),
    (range(96, 100), "普通"),  # the second intermediate court of an area
)


@dataclass(frozen=True, slots=True)
class CourtCode:
    """A court code taken apart. `name` is None when the partial table does not hold it."""

    code: str
    level: str
    kind: str
    name: str | None
    warning: str = ""


@functools.cache
def names() -> dict[str, str]:
    """Court code → name, as far as the table goes."""
    with _TABLE.open(encoding="utf-8", newline="") as lines:
        return {row["code"]: row["name"] for row in csv.DictReader(lines)}


@functools.lru_cache(maxsize=4096)
def court_of(code: str) -> CourtCode | None:
    """None when this cannot be a court code."""
    if not _CODE.fullmatch(code):
        return None
    digits = code.lstrip(f"{SUPREME}军兵{PROVINCES}")
    if code.startswith(SUPREME):
        warning = f"最高人民法院的代字不带数字：{code}" if digits else ""
        return CourtCode(code, "最高", "普通", names().get(code), warning)
    return CourtCode(code, _LEVELS[len(digits)], _kind(code, digits), names().get(code))


def _kind(code: str, digits: str) -> str:
    if code.startswith("军"):
        return "军事"
    pair = int(digits[:2] or 0)
    return next((kind for pairs, kind in _SPECIAL if pair in pairs), "普通")
