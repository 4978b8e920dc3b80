"""How long each class of files stays here, with the reason; a court's installation may set longer or other times.

Originals and papers are timed from the court's receipt of the archive package they are in: without it they stay for
ever. After it the archive holds them under its own rules, and what is here is a working stock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from server.custody.holdings import BATCHES, BUNDLES, COPIES, EVIDENCE, LABELS, PACKAGES, PAPERS, REFUSED


@dataclass(frozen=True, slots=True)
class Timer:
    """`days` after the receipt (or after the file came, where none is needed); never fewer than `least`."""

    days: int
    least: int
    receipted: bool
    reason: str


DEFAULTS: Mapping[str, Timer] = {
    EVIDENCE: Timer(1095, 730, True, "申请执行的期间为二年（民事诉讼法第二百五十条），另留一年备查"),
    PAPERS: Timer(1095, 730, True, "与所附证据同期保存"),
    PACKAGES: Timer(365, 1, True, "档案室签收后已另有保存，留一年供核对"),
    REFUSED: Timer(
        1095, 184, False, "可能是弄虚作假的凭据，不入卷宗，与证据同期保存；日志至少保存六个月（网络安全法）"
    ),
    COPIES: Timer(365, 1, False, "可由原件重新生成；个人信息保存以必要的最短时间为限（个人信息保护法第十九条）"),
    BUNDLES: Timer(365, 1, False, "由原件重新导出即可，留一年供核对"),
    BATCHES: Timer(180, 1, False, "由单份文书合并而成，可重新生成"),
}


class TimersRefused(ValueError):
    """A setting names no class, or a time too short."""


def from_setting(text: str) -> dict[str, Timer]:
    """`evidence=1825,copies=90` over the defaults, in days. Raises TimersRefused."""
    found = dict(DEFAULTS)
    for part in filter(None, (one.strip() for one in text.split(","))):
        group, _, given = (one.strip() for one in part.partition("="))
        if group not in DEFAULTS:
            raise TimersRefused(f"SONGDA_RETENTION: no class {group!r}: {', '.join(DEFAULTS)}")
        if not (given.isascii() and given.isdigit()) or not DEFAULTS[group].least <= int(given) <= 36500:
            raise TimersRefused(f"SONGDA_RETENTION: {group} must be {DEFAULTS[group].least} to 36500 days")
        old = DEFAULTS[group]
        found[group] = Timer(int(given), old.least, old.receipted, old.reason)
    return found


def life(timer: Timer) -> timedelta:
    return timedelta(days=timer.days)


__all__ = ["DEFAULTS", "LABELS", "Timer", "TimersRefused", "from_setting", "life"]
