"""Addresses are whole while somebody has to find the door, and cut to the street afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from server.core import crypto
from server.core.crypto.mongo_keys import MongoKeys
from server.core.fields import sealed_address
from server.dispatch.services import needed_on_the_way, show_addresses
from server.dispatch.services.addresses import needed_by_the_desk

COURT = "京0102"
TODAY = "2026-11-24"
# 00:30 in Shanghai on the 24th is still the 23rd in UTC.
NOW = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
ADDRESS = "北京市西城区人定湖北巷7号楼3单元401号"
STREET = "北京市西城区人定湖北巷**"


@pytest.mark.parametrize(
    ("day", "state", "review", "desk", "phone"),
    [
        ("2026-11-25", "open", "none", True, True),
        (TODAY, "assigned", "none", True, True),
        (TODAY, "arrived", "none", True, True),
        (TODAY, "ended", "pending", False, True),
        (TODAY, "withdrawn", "none", False, True),
        ("2026-11-23", "assigned", "none", False, False),
        ("2026-11-23", "arrived", "none", False, True),
        ("2026-11-23", "ended", "sent_back", False, True),
        ("2026-11-23", "ended", "accepted", False, False),
    ],
)
def test_who_needs_the_whole_address(day: str, state: str, review: str, desk: bool, phone: bool) -> None:
    visit = {"date": day, "state": state, "review": {"state": review}}
    assert needed_by_the_desk(visit, TODAY) is desk
    assert needed_on_the_way(visit, TODAY) is phone


@pytest.mark.usefixtures("database")
def test_a_day_of_addresses_is_opened_with_one_query(monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[dict[str, Any]] = [
        {
            "_id": str(number),
            "date": TODAY if number % 2 else "2026-11-23",
            "state": "open",
            "address": sealed_address(ADDRESS, court=COURT, subject=f"p{number}"),
        }
        for number in range(40)
    ]
    crypto.vault().destroy_subject("p1", court=COURT, reason="申请", by="p", now=NOW)
    crypto.forget()
    asked, real = [], MongoKeys.salts

    def counted(store: MongoKeys, ids: Any) -> Any:
        asked.append(list(ids))
        return real(store, asked[-1])

    monkeypatch.setattr(MongoKeys, "salts", counted)
    shown = show_addresses(visits, court=COURT, now=NOW)

    assert [len(ids) for ids in asked] == [20]
    assert [one["address"] for one in shown[:4]] == [STREET, "已销毁", STREET, ADDRESS]
    assert [one["address_masked"] for one in shown[:4]] == [True, False, True, False]
    assert all(isinstance(visit["address"], dict) for visit in visits)  # what was given is left alone
