"""The columns of a list: what may stand in each and how a wrong value may be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DECORATION = re.compile(r"[\s*＊\u200b\ufeff]+|[（(](?:必填|选填|必需)[）)]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `masking` as in `problems.shown`. `strict` refuses + - @ at the beginning of a cell, not only =."""

    name: str
    required: bool = False
    masking: str = ""
    max_length: int = 100
    strict: bool = True


def header_name(text: str) -> str:
    """A header cell without blanks, stars and notes such as （必填）."""
    return _DECORATION.sub("", text)


CASE_COLUMNS = (
    Column("案号", required=True),
    Column("案件类型", required=True),
    Column("案由"),
    Column("适用程序"),
    Column("承办法官", required=True, max_length=50),
    Column("法官电话", strict=False),
    Column("书记员", max_length=50),
    Column("书记员电话", strict=False),
    Column("受送达人", required=True, masking="name", max_length=200),
    Column("受送达人类型", required=True),
    Column("诉讼地位", max_length=50),
    Column("证件号码", masking="id"),
    Column("手机号码", masking="phone", strict=False),
    Column("送达地址", required=True, masking="place", max_length=300),
    Column("经度", masking="number", strict=False),
    Column("纬度", masking="number", strict=False),
    Column("坐标系"),
    Column("地址依据", required=True),
    Column("送达文书", required=True, max_length=1000),
    Column("指定送达方式", required=True),
    Column("开庭时间"),
    Column("要求完成日期", required=True),
    Column("可上门时段", max_length=200),
    Column("备注", max_length=1000, strict=False),
)
