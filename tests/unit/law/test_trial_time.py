"""R1.35, R1.36: days for statistics are not days of service."""

from __future__ import annotations

from datetime import date

import pytest

from server.law.refusals import LawRefused
from server.law.trial_time import closing_day, trial_days


def test_r1_35_the_closing_date_is_the_posting_or_publication_and_the_last_party_counts() -> None:
    found = closing_day(
        {
            "甲": ("mail", date(2026, 3, 2)),
            "乙": ("notice", date(2026, 3, 20)),
            "丙": ("left", date(2026, 3, 9)),
        }
    )
    assert found.closed_on == date(2026, 3, 20)
    assert "交邮日期" in found.working[0]
    for wrong in ({}, {"甲": ("parcel", date(2026, 3, 2))}):
        with pytest.raises(LawRefused):
            closing_day(wrong)


def test_r1_36_announcement_time_is_left_out_once() -> None:
    spans = [(date(2026, 3, 3), date(2026, 4, 1)), (date(2026, 3, 20), date(2026, 4, 5))]
    found = trial_days(date(2026, 3, 1), date(2026, 5, 1), spans)

    assert found.excluded_days == 34
    assert found.days == 61 - 34
    assert trial_days(date(2026, 3, 1), date(2026, 3, 11), []).days == 10
    with pytest.raises(LawRefused):
        trial_days(date(2026, 3, 2), date(2026, 3, 1), [])
