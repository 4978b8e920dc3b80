"""What may be shown of a personal value, and the one spelling under which it is searched."""

from __future__ import annotations

import re
import unicodedata

DESTROYED = "已销毁"
_ROAD = re.compile(
    r".{2,}?(?:大街|大道|胡同|公路|街道|路|街|巷|弄|里弄|道|庄|村|屯|镇|乡)"
    r"(?:[东南西北中]?(?:[一二三四五六七八九十]+|[甲乙丙丁])?[条段巷])?"
)
# A digit or one of these begins what tells one door from the next.
_DOOR = re.compile(r"[0-9０-９A-Za-z#＃]|[甲乙丙丁][0-9０-９]|[一二三四五六七八九十百]+(?:号|栋|幢|座|单元|室|层|组)")
_SHOWN_WHEN_UNREADABLE = 6


def mask_id_number(text: str) -> str:
    """First 3 and last 4 characters, the rest starred."""
    return text if len(text) <= 7 else f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}"


def mask_phone(text: str) -> str:
    """`138****1234`; landlines keep the area code and the last two digits."""
    if re.fullmatch(r"\d{11}", text):
        return f"{text[:3]}****{text[-4:]}"
    return f"{text[:4]}{'*' * max(len(text) - 6, 1)}{text[-2:]}" if len(text) > 6 else "****"


def mask_address(text: str) -> str:
    """Cut to the street: `北京市西城区人定湖北巷7号楼3单元401号` → `北京市西城区人定湖北巷**`.

    Without a number that marks a door, cut behind the last road or village; without either, the first characters.
    """
    plain = "".join(text.split())
    door = _DOOR.search(plain, 2)
    head = plain[: door.start()] if door else plain
    roads = list(_ROAD.finditer(head))
    if roads:
        return f"{head[: roads[-1].end()]}**"
    if door and door.start() >= 3:
        return f"{head}**"
    return f"{plain[:_SHOWN_WHEN_UNREADABLE]}**" if len(plain) > _SHOWN_WHEN_UNREADABLE else "**"


def normal_id_number(text: str) -> str:
    """The spelling that is indexed: half-width, no spaces, X in upper case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def normal_phone(text: str) -> str:
    """The spelling that is indexed: digits only, without +86; a landline keeps the 0 of its area code."""
    plain = re.sub(r"[\s()\-‐-―−]", "", unicodedata.normalize("NFKC", text))
    digits, foreign = re.subn(r"^(?:\+|00)86", "", plain)
    if not foreign and re.fullmatch(r"861[3-9]\d{9}", digits):
        digits = digits[2:]
    if foreign and not re.fullmatch(r"1[3-9]\d{9}", digits) and not digits.startswith(("0", "4", "8")):
        digits = f"0{digits}"
    return digits


def normal_address(text: str) -> str:
    """The spelling that is indexed: half-width, no spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())
