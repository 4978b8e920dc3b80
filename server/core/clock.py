"""Time: aware, UTC in storage, shown in Asia/Shanghai; days of law are dates in Asia/Shanghai."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

COURT_ZONE = ZoneInfo("Asia/Shanghai")


def utc_now() -> datetime:
    """The present, cut to milliseconds because that is what MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def court_day(moment: datetime) -> date:
    """The day of law a moment falls on."""
    return moment.astimezone(COURT_ZONE).date()


def at_second(day: date, second: float) -> datetime:
    """The moment `second` seconds after midnight (Asia/Shanghai) of `day`, in UTC."""
    midnight = datetime.combine(day, time.min, tzinfo=COURT_ZONE)
    return (midnight + timedelta(seconds=second)).astimezone(UTC)


def second_of_day(moment: datetime) -> float:
    """Seconds since midnight in Asia/Shanghai."""
    local = moment.astimezone(COURT_ZONE)
    return local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6


def show(moment: datetime) -> str:
    """`2026-11-24 09:12` in Asia/Shanghai."""
    return moment.astimezone(COURT_ZONE).strftime("%Y-%m-%d %H:%M")
