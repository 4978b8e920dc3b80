"""What is alerted of, and what may become of an alert."""

from __future__ import annotations

KINDS = {
    "unmask": "短时间内查看大量个人信息",
    "download": "短时间内下载大量文书或证据",
    "search": "短时间内反复按号码查找当事人",
    "refused": "短时间内多次越权访问被拒",
}
STATES = ("open", "settled")
