"""What people may type into the `fields` of an attempt's record, beside what the law asks for at a door."""

from __future__ import annotations

from collections.abc import Mapping

from server.law.calls import LABELS
from server.law.outcomes import FIELDS

E_ADDRESSES: Mapping[str, str] = {
    "sms": "短信",
    "email": "电子邮件",
    "wechat": "微信",
    "platform": "诉讼服务平台",
}
RECORD_FIELDS: Mapping[str, str] = {
    **FIELDS,
    "waybill": "邮件号码",
    "call_result": "通话结果",
    "numbers": "主叫、被叫号码",
    "kind": "电子送达的途径",
    "address": "接收的号码、账号",
    "sender": "发送的号码、账号",
    "url": "发布地址",
}
# Fields that are words of a closed list.
CHOICES: Mapping[str, frozenset[str]] = {"call_result": frozenset(LABELS), "kind": frozenset(E_ADDRESSES)}


def fault(name: str, value: object) -> str:
    """Why this field may not be kept, in Chinese; empty when it may."""
    if name not in RECORD_FIELDS:
        return "没有这个填写项"
    if not isinstance(value, str):
        return "应为文字"
    if value and name in CHOICES and value not in CHOICES[name]:
        return "没有这个选项"
    return ""
