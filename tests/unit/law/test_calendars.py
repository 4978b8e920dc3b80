"""Holidays are data per year, with a source, checked when read."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest

from server.law.calendars import FOLDER, WEEKEND, read_year, shipped
from server.law.refusals import LawRefused

GOOD = """# source: 国务院办公厅通知（示例）
date,kind,name
2027-01-01,off,元旦
2027-02-06,off,春节
2027-02-14,work,春节
2027-04-05,off,清明
2027-05-01,off,劳动节
2027-06-09,off,端午
2027-10-01,off,国庆节
"""


def test_every_day_of_the_seed_is_as_chinesecalendar_says() -> None:
    calendar = shipped()
    assert sorted(calendar.years) == list(range(2004, 2027))
    day = date(2004, 1, 1)
    while day <= date(2026, 12, 31):
        assert (calendar.rest(day) is None) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_every_shipped_year_names_its_source() -> None:
    for path in FOLDER.glob("*.csv"):
        year = read_year(path.read_text(encoding="utf-8"))
        assert path.stem == str(year.year)
        assert year.source


def test_r1_31_make_up_workdays_of_2026() -> None:
    worked = sorted(shipped().years[2026].work)
    assert date(2026, 10, 10) in worked
    assert len(worked) == 6
    assert len(shipped().years[2026].off) == 33


def test_a_year_can_be_added_and_ends_the_doubt() -> None:
    calendar = shipped().with_year(read_year(GOOD))
    assert calendar.knows(date(2027, 2, 6))
    assert calendar.rest(date(2027, 2, 6)) == "春节"
    assert calendar.rest(date(2027, 2, 14)) is None
    assert calendar.rest(date(2027, 2, 13)) == WEEKEND
    assert not shipped().knows(date(2027, 2, 6))


def test_an_unknown_year_knows_weekends_and_days_of_fixed_date_only() -> None:
    assert shipped().rest(date(2027, 1, 1)) == "元旦"
    assert shipped().rest(date(2027, 10, 7)) is None
    assert shipped().rest(date(2027, 1, 2)) == WEEKEND


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("# source: 国务院办公厅通知（示例）", "# 2027", "来源"),
        ("date,kind,name", "day,kind,name", "date,kind,name"),
        ("2027-02-06", "2027-02-30", "日期不存在"),
        ("2027-02-06,off", "2027-02-06,rest", "off 或 work"),
        ("2027-02-14,work", "2027-02-15,work", "周六、周日"),
        ("2027-02-14,work", "2027-02-06,work", "重复"),
        ("2027-02-14,work", "2026-02-14,work", "同一年度"),
        ("2027-10-01,off,国庆节\n", "", "国庆节"),
    ],
)
def test_wrong_calendar_data_is_refused_and_says_where(old: str, new: str, says: str) -> None:
    with pytest.raises(LawRefused) as caught:
        read_year(GOOD.replace(old, new))
    assert caught.value.code == "law.bad_calendar"
    assert says in caught.value.title
