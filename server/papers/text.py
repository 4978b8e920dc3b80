"""How the court writes dates, sizes and positions."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from server.papers.data import Position

COURT_ZONE = ZoneInfo("Asia/Shanghai")


def moment(at: datetime | None) -> str:
    """`2026年11月24日 09:12` in Asia/Shanghai; empty for None.

    Raises: ValueError for a naive time, whose day would be a guess.
    """
    if at is None:
        return ""
    local = _local(at)
    return f"{day(local.date())} {local:%H:%M}"


def second(at: datetime | None) -> str:
    """`2026年11月24日 09:12:05` in Asia/Shanghai, for what was captured by a machine."""
    if at is None:
        return ""
    local = _local(at)
    return f"{day(local.date())} {local:%H:%M:%S}"


def day(value: date | None) -> str:
    """`2026年11月24日`; empty for None. Takes days of law, not moments."""
    return f"{value.year}年{value.month}月{value.day}日" if value else ""


def span(start: str, end: str) -> str:
    """`2026年11月24日 09:00 至 11:30` of two moments as printed; the day is not repeated."""
    if not (start and end):
        return start or end
    same_day = start.split(" ", maxsplit=1)[0] == end.split(" ", maxsplit=1)[0]
    return f"{start} 至 {end.split(' ')[1] if same_day else end}"


def day_of(at: datetime) -> str:
    """The day in Asia/Shanghai on which the moment falls."""
    return day(_local(at).date())


def _local(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("papers print aware times only")
    return at.astimezone(COURT_ZONE)


def size(size_bytes: int) -> str:
    """`482 KB`, `3.1 MB`; powers of 1024."""
    if size_bytes < 1024:
        return f"{size_bytes} B"
    if size_bytes < 1024 * 1024:
        return f"{size_bytes / 1024:.0f} KB"
    return f"{size_bytes / 1024 / 1024:.1f} MB"


def metres(value: float | None) -> str:
    """`18 米`, `1.2 公里`; empty for None."""
    if value is None:
        return ""
    return f"{value:.0f} 米" if value < 1000 else f"{value / 1000:.1f} 公里"


def coordinates(position: Position | None) -> str:
    """`116.36421, 39.91288`: five decimals are about a metre."""
    return f"{position.longitude:.5f}, {position.latitude:.5f}" if position else ""


def placed(position: Position | None) -> str:
    """Coordinates with datum and accuracy, or that there was no fix."""
    if position is None:
        return "定位不可用"
    accuracy = f"，精度 {metres(position.accuracy_m)}" if position.accuracy_m is not None else ""
    return f"{coordinates(position)}（{position.datum}{accuracy}）"
