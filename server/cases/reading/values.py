"""A number of a sheet as the text a person sees there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

# Spreadsheets keep 15 significant digits: a longer whole number has lost its end.
_WHOLE_DIGITS = 15
_MAX_SERIAL = 2_958_466  # 9999-12-31
_LEAP_BUG_DAY = 60  # day 60 of the 1900 system is 29 February 1900, which never was


@dataclass(frozen=True, slots=True)
class Numbers:
    """`date_styles`: indexes of cell styles that show dates. `since_1904`: the workbook counts days from 1904."""

    date_styles: frozenset[int]
    since_1904: bool

    def text(self, raw: str, style: str) -> str:
        """`46350` → `46350` or, in a date style, `2026-11-24`; longer than 15 digits → scientific notation."""
        if style and style.isdigit() and int(style) in self.date_styles:
            return self._date(raw)
        if raw.isdigit() and raw.isascii() and len(raw) <= _WHOLE_DIGITS:
            return raw.lstrip("0") or "0"
        try:
            value = float(raw)
        except ValueError:
            return raw
        if not math.isfinite(value):
            return raw
        if value.is_integer():
            return f"{int(value)}" if abs(value) < 10**_WHOLE_DIGITS else f"{value:.14E}"
        return f"{value:.10f}".rstrip("0") if 1e-4 < abs(value) < 10**_WHOLE_DIGITS else f"{value!r}"

    def _date(self, raw: str) -> str:
        try:
            serial = float(raw)
        except ValueError:
            return raw
        if not 0 <= serial < _MAX_SERIAL:
            return raw
        if serial < 1:
            return _clock(serial)
        base = datetime(1904, 1, 1) if self.since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001  # a day of the sheet
        if not self.since_1904 and serial < _LEAP_BUG_DAY:
            serial += 1
        moment = base + timedelta(seconds=round(serial * 86400))
        shown = "%Y-%m-%d" if moment.hour == moment.minute == moment.second == 0 else "%Y-%m-%d %H:%M:%S"
        return moment.strftime(shown)


def _clock(serial: float) -> str:
    minutes, seconds = divmod(round(serial * 86400), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
