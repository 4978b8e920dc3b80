"""K22: who was there, who left, who came back."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from server.accounts.staffing import employments, turnover

FIRST, LAST = "2026-01-01", "2026-06-30"


def test_one_of_ten_leaves() -> None:
    stayed: list[tuple[str, str | None]] = [("2025-01-01", None)] * 9
    counted = turnover([*stayed, ("2025-01-01", "2026-03-31")], FIRST, LAST)
    assert (counted.at_start, counted.joined, counted.left, counted.at_end) == (10, 0, 1, 9)
    assert counted.rate == round(1 / 9.5, 4)


def test_who_leaves_and_returns_counts_as_one_leaving_and_one_joining() -> None:
    person = {
        "joined_on": "2026-04-01",
        "earlier": [{"joined_on": "2024-05-06", "left_on": "2026-02-28", "reason": "合同到期"}],
    }
    times = employments(person, "2024-05-01")
    assert times == [("2024-05-06", "2026-02-28"), ("2026-04-01", None)]
    counted = turnover(times, FIRST, LAST)
    assert (counted.at_start, counted.joined, counted.left, counted.at_end) == (1, 1, 1, 1)
    assert counted.rate == 1.0


def test_the_edges_of_the_period_belong_to_it() -> None:
    counted = turnover([("2025-01-01", FIRST), (LAST, None), (FIRST, LAST)], FIRST, LAST)
    assert (counted.at_start, counted.joined, counted.left, counted.at_end) == (1, 2, 2, 1)
    outside = turnover([("2025-01-01", "2025-12-31"), ("2026-07-01", None)], FIRST, LAST)
    assert (outside.at_start, outside.joined, outside.left, outside.at_end) == (0, 0, 0, 0)
    assert outside.rate is None


def test_somebody_registered_without_a_first_day_counts_from_then() -> None:
    assert employments({}, "2026-02-03") == [("2026-02-03", None)]
    assert employments({"left_on": "2026-01-01"}, "2026-02-03") == [("2026-01-01", "2026-01-01")]


days = st.dates(dt.date(2025, 6, 1), dt.date(2026, 12, 31))


@given(spans=st.lists(st.tuples(days, st.none() | st.integers(0, 400))), ends=st.tuples(days, days))
def test_the_books_always_balance(spans: list[tuple[dt.date, int | None]], ends: tuple[dt.date, dt.date]) -> None:
    first, last = (day.isoformat() for day in sorted(ends))
    times = [
        (begin.isoformat(), None if length is None else (begin + dt.timedelta(length)).isoformat())
        for begin, length in spans
    ]
    counted = turnover(times, first, last)
    there_after = sum(1 for begin, end in times if begin <= last and (end is None or end > last))
    assert counted.at_end == there_after
    assert counted.at_start + counted.joined - counted.left == counted.at_end
    assert 0 <= counted.left <= counted.at_start + counted.joined
