"""Numbers that identify people and organisations, and telephone numbers: form and check characters only.

Resident identity number: GB 11643-1999 (check character ISO 7064 MOD 11-2); 15-digit numbers of before 1999 are read
as legacy. Unified social credit code: GB 32100-2015 (weights 3^i mod 31). Nothing here says that a number was issued.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_CREDIT_VALUES = {character: value for value, character in enumerate(_CREDIT_ALPHABET)}
# First two digits of an area code (GB/T 2260): mainland, Taiwan 71/83, Hong Kong 81, Macao 82, foreigners' card 9x.
_AREAS = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
        "91",
    ]
)
_FULL_WIDTH = {ord("　"): None} | {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_OTHER_DOCUMENTS = (
    ("hk_macao_permit", re.compile(r"[HMC]\d{8}(?:\d{2})?", re.ASCII)),
    ("taiwan_permit", re.compile(r"\d{8}", re.ASCII)),
    ("passport", re.compile(r"(?=.*\d)[A-Z]{1,2}[A-Z0-9]?\d{5,8}", re.ASCII)),
)
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"(0(?:10|2\d|[3-9]\d{2}))-?([2-9]\d{6,7})(?:-(\d{1,6}))?")
_SERVICE_LINE = re.compile(r"[48]00-?\d{3}-?\d{4}|(?:12|95|96)\d{3,4}")


@dataclass(frozen=True, slots=True)
class Checked:
    """`value` is the normal form. `reason` is None when the number is well formed, else Chinese.

    `kind`: resident, resident_15, credit_code, hk_macao_permit, taiwan_permit, passport, mobile, landline,
    service_line, or "" when it is none of them.
    """

    value: str
    kind: str
    reason: str | None = None

    @property
    def ok(self) -> bool:
        return self.reason is None


def normalise(text: str) -> str:
    """Half-width, upper case, no spaces and nothing invisible."""
    return _INVISIBLE.sub("", text.translate(_FULL_WIDTH)).upper()


def check_resident_id(text: str, *, today: date | None = None) -> Checked:
    """18 digits with their check character, or 15 of the old kind. With `today`, a birth date after it is refused."""
    value = normalise(text)
    if re.fullmatch(r"\d{15}", value, re.ASCII):
        return Checked(value, "resident_15", _area_reason(value) or _birth_reason("19" + value[6:12], today))
    if not re.fullmatch(r"\d{17}[\dX]", value, re.ASCII):
        return Checked(value, "", f"身份证号码应为18位（末位可为X），现为{len(value)}位或含有其他字符")
    reason = _area_reason(value) or _birth_reason(value[6:14], today)
    if reason is None and resident_check_character(value[:17]) != value[17]:
        reason = "身份证号码校验位不符，请核对"
    return Checked(value, "resident", reason)


def resident_check_character(first_17: str) -> str:
    """The 18th character for 17 digits (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, _RESIDENT_WEIGHTS, strict=True))
    return _RESIDENT_CHECKS[total % 11]


def _area_reason(value: str) -> str | None:
    return None if value[:2] in _AREAS else "身份证号码的地区码不存在"


def _birth_reason(digits: str, today: date | None) -> str | None:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return "身份证号码中的出生日期不存在"
    if born.year < 1880 or (today is not None and born > today):
        return "身份证号码中的出生日期不合理"
    return None


def check_credit_code(text: str) -> Checked:
    """统一社会信用代码, 18 characters."""
    value = normalise(text)
    if len(value) != 18:
        return Checked(value, "", f"统一社会信用代码应为18位，现为{len(value)}位")
    if any(character not in _CREDIT_VALUES for character in value):
        return Checked(value, "", "统一社会信用代码含有不允许的字符（不用 I、O、S、V、Z）")
    if not re.fullmatch(r"[1-9ANY][1-9A-Z]\d{6}.{10}", value, re.ASCII):
        return Checked(value, "", "统一社会信用代码的登记管理部门或行政区划部分不正确")
    reason = None if credit_check_character(value[:17]) == value[17] else "统一社会信用代码校验位不符，请核对"
    return Checked(value, "credit_code", reason)


def credit_check_character(first_17: str) -> str:
    """The 18th character for 17 characters of the alphabet of GB 32100."""
    total = sum(_CREDIT_VALUES[one] * weight for one, weight in zip(first_17, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT_ALPHABET[-total % 31]


def check_person_number(text: str, *, today: date | None = None) -> Checked:
    """The number of a natural person: resident identity, permit of Hong Kong, Macao or Taiwan, passport.

    A trader (个体工商户) is a natural person in law and may be named by the credit code of the business (92…).
    """
    value = normalise(text)
    if re.fullmatch(r"92\w{16}", value, re.ASCII) and check_credit_code(value).ok:
        return Checked(value, "credit_code")
    resident = check_resident_id(value, today=today)
    if resident.ok or len(value) in (15, 17, 18, 19):
        return resident
    for kind, shape in _OTHER_DOCUMENTS:
        if shape.fullmatch(value):
            return Checked(value, kind)
    return resident


def check_phone(text: str) -> Checked:
    """A mainland mobile number (11 digits), a landline with area code, or a service line (400, 95xxx)."""
    value = re.sub(r"[()（）.–—]", "-", normalise(text)).strip("-")
    value = re.sub(r"-{2,}", "-", re.sub(r"^(?:\+|00)86-?", "", value))
    compact = value.replace("-", "")
    if re.fullmatch(r"86(1[3-9]\d{9})", compact, re.ASCII):
        compact = compact[2:]
    if _MOBILE.fullmatch(compact) and compact.isascii():
        return Checked(compact, "mobile")
    landline = _LANDLINE.fullmatch(value)
    if landline and value.isascii():
        return Checked("-".join(part for part in landline.groups() if part), "landline")
    if _SERVICE_LINE.fullmatch(value) and value.isascii():
        return Checked(compact, "service_line")
    if compact.startswith("1") and compact.isdigit():
        return Checked(value, "", f"手机号码应为11位，现为{len(compact)}位")
    return Checked(value, "", "电话号码格式不正确，应为11位手机号码或带区号的固定电话")
