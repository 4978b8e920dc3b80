"""Times and amounts as people read them, in Chinese."""

from collections.abc import Sequence


def clock(seconds: int) -> str:
    """A second of the day as HH:MM."""
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


def spans(windows: Sequence[Sequence[int]]) -> str:
    """Spans of the day, e.g. 09:00–10:00、15:00–16:00."""
    return "、".join(f"{clock(first)}–{clock(last)}" for first, last in windows)


def minutes(seconds: float) -> str:
    """Whole minutes, rounded up (a minute less would not do), at least one."""
    return f"{max(1, -(-int(seconds) // 60))} 分钟"
