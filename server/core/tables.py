"""Tables for spreadsheets: a cell that somebody typed must never run as a formula there (CWE-1236)."""

from __future__ import annotations

from typing import Any

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_safe(value: Any) -> Any:
    """Text that a spreadsheet would run gets an apostrophe in front; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(_STARTS):
        return f"'{value}"
    return value
