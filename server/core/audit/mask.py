"""What may stand in a row: personal and secret values masked, by the name of their field and by their look.

The second line of defence: whoever writes a row should hand over masks already. Depth, members and length are
bounded, so that no body can swell the log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from server.core.crypto import mask_address, mask_id_number, mask_phone

HIDDEN = "***"
MAX_DEPTH = 6
MAX_MEMBERS = 100
MAX_CHARACTERS = 2_000
MAX_NAME = 100

_SECRET = re.compile(
    r"passw|passphrase|pwd|secret|token|credential|authorization|cookie|csrf|totp|otp$|openid|unionid|signature|"
    r"private_?key|api_?key|master_?key|recovery|bind_code|verification_code|sms_code|challenge|assertion|face|"
    r"fingerprint|biometric|image_data|photo_data|salt|口令|密码|密钥|令牌|验证码|绑定码|签名",
    re.IGNORECASE,
)
_SAID_OF_A_SECRET = re.compile(r"_(at|on|count|days|until|policy|version|changed|required|set)$|^must_|^has_|^is_")
_ID_NUMBER = re.compile(
    r"id_?(number|no|num|card)|identity|passport|cert_?no|credit_?code|身份证|证件号|证号", re.IGNORECASE
)
_PHONE = re.compile(r"phone|mobile|(^|_)tel(ephone)?($|_)|fax|电话|手机", re.IGNORECASE)
_ADDRESS = re.compile(r"address|(^|_)addr($|_)|residence|domicile|地址|住址|住所", re.IGNORECASE)
_NOT_A_PLACE = re.compile(r"(ip|mac|remote)_?addr", re.IGNORECASE)
_MAIL = re.compile(r"e?mail|邮箱", re.IGNORECASE)

_ID_IN_TEXT = re.compile(r"(?<!\d)(?:\d{6}[\s-]?\d{8}[\s-]?\d{3}[\dXxＸｘ]|\d{15})(?!\d)")
_MOBILE_IN_TEXT = re.compile(r"(?<!\d)((?:\+?86|００８６|0086)?[\s-]?)([1１][3-9３-９]\d[\s-]?\d{4}[\s-]?\d{4})(?!\d)")
_MAIL_IN_TEXT = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
# Ids and hashes are shown whole: digits inside them mean nothing.
_OPAQUE = re.compile(r"[0-9a-f]{32,128}|[0-9a-hjkmnp-tv-z]{26}\??")
_LETTERS = re.compile(r"[a-z]")


def masked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The same members with plain JSON values, masked. Never raises because of what it is given."""
    return _mapping(given, MAX_DEPTH)


def masked_text(text: str) -> str:
    """Identity numbers, mobile numbers and e-mail addresses inside free text masked, and the text cut."""
    if _OPAQUE.fullmatch(text) and _LETTERS.search(text):
        return text
    found = text[: MAX_CHARACTERS + 50]  # a number that begins before the cut is seen whole
    found = _ID_IN_TEXT.sub(lambda match: mask_id_number(_packed(match[0])), found)
    found = _MOBILE_IN_TEXT.sub(lambda match: match[1] + mask_phone(_packed(match[2])), found)
    found = _MAIL_IN_TEXT.sub(lambda match: _mail(match[0]), found)
    return found if len(text) <= MAX_CHARACTERS else f"{found[:MAX_CHARACTERS]}…（共 {len(text)} 字）"


def _mapping(given: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for n, (key, value) in enumerate(given.items()):
        if n == MAX_MEMBERS:
            found["…"] = f"另有 {len(given) - MAX_MEMBERS} 项"
            break
        name = str(key)
        found[masked_text(name)[:MAX_NAME]] = _member(name, value, depth - 1)
    return found


def _member(name: str, value: Any, depth: int) -> Any:
    """A value under a telling name."""
    if value is None or isinstance(value, bool) or value in ("", [], {}):
        return _value(value, depth)
    if _SECRET.search(name) and not _SAID_OF_A_SECRET.search(name):
        return HIDDEN
    if isinstance(value, Mapping):
        return _value(value, depth)
    if isinstance(value, list | tuple | set | frozenset):
        return _listed([_member(name, one, depth - 1) for one in list(value)[:MAX_MEMBERS]], value, depth)
    return _by_name(name, value, depth)


def _by_name(name: str, value: Any, depth: int) -> Any:
    if not isinstance(value, str | int):
        return _value(value, depth)
    text = str(value)
    if _ID_NUMBER.search(name):
        return _starred(mask_id_number(_packed(text)), text)
    if _PHONE.search(name):
        return _starred(mask_phone(_packed(text)), text)
    if _MAIL.search(name) and "@" in text:
        return _mail(text[:MAX_CHARACTERS])
    if _ADDRESS.search(name) and not _NOT_A_PLACE.search(name):
        return text if "**" in text else mask_address(text[:MAX_CHARACTERS])
    return _value(value, depth)


def _starred(mask: str, text: str) -> str:
    """The mask; what is masked already or no number at all (an id of ours, a word) stays readable."""
    if "*" in text or not any(one.isdigit() for one in text):
        return masked_text(text)
    return text if _OPAQUE.fullmatch(text) and _LETTERS.search(text) else mask[:MAX_NAME]


def _value(value: Any, depth: int) -> Any:
    """Any value, its look alone deciding."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, int):
        text = masked_text(str(value))
        return text if "*" in text else value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return _mapping(value, depth) if depth > 0 else "…"
    if isinstance(value, list | tuple | set | frozenset):
        return _listed([_value(one, depth - 1) for one in list(value)[:MAX_MEMBERS]], value, depth)
    return f"<{type(value).__name__}>"


def _listed(found: list[Any], value: Any, depth: int) -> Any:
    if depth <= 0:
        return "…"
    return found if len(value) <= MAX_MEMBERS else [*found, f"另有 {len(value) - MAX_MEMBERS} 项"]


def _mail(text: str) -> str:
    local, _, domain = text.partition("@")
    return f"{local[:1]}***@{domain}"


def _packed(text: str) -> str:
    return re.sub(r"[\s-]", "", text)
