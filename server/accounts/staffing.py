"""Counting staff: times of employment and the turnover of a period (K22), as pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Turnover:
    """Staff movement of a period (K22). `rate` is left ÷ average headcount, None when nobody was there."""

    at_start: int
    joined: int
    left: int
    at_end: int
    rate: float | None


def employments(person: Mapping[str, Any], registered_on: str) -> list[tuple[str, str | None]]:
    """(first day, last day or None) of each time the person worked here, oldest first, as ISO dates.

    Somebody registered without a first day counts from the day of registration (of an earlier time: from its end).
    """
    found: list[tuple[str, str | None]] = [
        (one.get("joined_on") or one["left_on"], one["left_on"]) for one in person.get("earlier") or ()
    ]
    left_on = person.get("left_on")
    first = person.get("joined_on") or registered_on
    return [*found, (min(first, left_on) if left_on else first, left_on)]


def turnover(times: Iterable[tuple[str, str | None]], first: str, last: str) -> Turnover:
    """Counts employments over the days `first` to `last` (both included).

    At the start are those who worked the day before and on; the last day of work is still a day of work, so somebody
    who leaves on `first` was there at the start. Leaving and returning counts as one leaving and one joining.
    Always at_start + joined - left = at_end.
    """
    at_start = joined = left = 0
    for begin, end in times:
        if begin < first and (end is None or end >= first):
            at_start += 1
        joined += first <= begin <= last
        left += end is not None and first <= end <= last
    at_end = at_start + joined - left
    average = (at_start + at_end) / 2
    return Turnover(at_start, joined, left, at_end, round(left / average, 4) if average else None)
