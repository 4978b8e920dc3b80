"""Questions to the log: who, what, when, with what result, and who saw this number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from server.core import crypto
from server.core.audit import search
from server.core.audit.chain import append
from tests.integration.core.audit_chain import COURT, START, row

OTHER = "京0105"


@pytest.fixture(autouse=True)
def log(database: Any) -> Any:
    crypto.use(crypto.Vault.from_master(bytes(range(32))))
    append([row(n) for n in range(40)])
    append([row(n, action="evidence.view", object_type="evidence") for n in range(40, 50)])
    append([row(50, result="refused", code="auth.forbidden", action="person.grant", person_name="赵(示例)")])
    append([row(n, OTHER) for n in range(5)])
    return database


def ids(**asked: Any) -> list[str]:
    return [one["request_id"] for one in search.search(**{"courts": [COURT], "per_page": 200, **asked}).rows]


def test_rows_come_newest_first_a_page_at_a_time() -> None:
    first = search.search(courts=[COURT], per_page=20)
    second = search.search(courts=[COURT], per_page=20, page=3)
    assert (first.total, first.capped) == (51, False)
    assert [one["request_id"] for one in first.rows] == [f"request-{n}" for n in range(50, 30, -1)]
    assert [one["request_id"] for one in second.rows] == [f"request-{n}" for n in range(10, -1, -1)]


def test_a_row_is_answered_whole() -> None:
    one = search.search(courts=[COURT], object_id="visit-8").rows[0]
    assert one["court"] == COURT
    assert one["at"] == START + timedelta(seconds=8, milliseconds=8)
    assert (one["before"], one["after"]) == ({"server": None}, {"server": "王示例", "n": 8, "km": 1.0, "late": True})
    assert (one["code"], one["subjects"], one["roles"], one["seq"]) == ("", (), ("manager",), 8)
    assert not {"hash", "prev", "mac", "key", "_id"} & set(one)


def test_by_person_object_action_and_result() -> None:
    assert ids(person_id="person-3") == [f"request-{n}" for n in range(48, 0, -5)]
    assert ids(object_type="evidence") == ids(action="evidence.") == [f"request-{n}" for n in range(49, 39, -1)]
    assert ids(action="evidence.view", object_id="visit-44") == ["request-44"]
    assert ids(action="evidence.v.") == []
    assert ids(result="refused") == ["request-50"]


def test_by_time_from_and_until() -> None:
    assert ids(since=START + timedelta(seconds=10), until=START + timedelta(seconds=13)) == [
        "request-12",
        "request-11",
        "request-10",
    ]


def test_who_saw_this_number_is_one_question_over_courts() -> None:
    index = f"{3:032x}"
    assert ids(subjects=[index]) == ["request-45", "request-24", "request-3"]
    assert ids(courts=[COURT, OTHER], subjects=[index]) == ["request-45", "request-24", "request-3", "request-3"]
    assert ids(subjects=["nobody"]) == []


def test_text_is_looked_for_as_it_stands() -> None:
    assert ids(text="赵(示例)") == ["request-50"]
    assert ids(text="AUTH.forb") == ["request-50"]
    assert ids(text=".*") == []


def test_other_courts_are_never_answered() -> None:
    assert len(ids(courts=[OTHER])) == 5
    assert len(ids(courts=[COURT, OTHER])) == 56
    assert ids(courts=[]) == []


def test_an_operator_in_place_of_a_value_finds_nothing() -> None:
    assert ids(person_id="$ne") == []


def test_statistics_count_by_day_group_and_person() -> None:
    late = START + timedelta(hours=15, minutes=30)  # 00:30 of the next day in Beijing
    append([row(0, person_id="person-9", person_name="夜班").__class__(court=COURT, at=late, action="session.open")])
    found = search.statistics(courts=[COURT], since=START, until=START + timedelta(days=2))
    assert (found.total, found.refused) == (52, 1)
    assert found.days == [
        {"day": "2026-11-24", "count": 51, "refused": 1},
        {"day": "2026-11-25", "count": 1, "refused": 0},
    ]
    assert {one["group"]: one["count"] for one in found.groups} == {
        "visit": 40,
        "evidence": 10,
        "person": 1,
        "session": 1,
    }
    assert found.people[0]["person_id"] == "person-0"
    assert found.people[0]["count"] == 11
    assert sum(one["count"] for one in found.people) == 52
    empty = search.statistics(courts=[OTHER], since=START + timedelta(days=9), until=START + timedelta(days=10))
    assert (empty.total, empty.days, empty.people) == (0, [], [])


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"person_id": "person-3"},
        {"object_id": "visit-3"},
        {"action": "evidence."},
        {"subjects": ["x"]},
        {"result": "refused"},
        {"text": "x"},
    ],
)
def test_every_question_is_answered_by_an_index(log: Any, asked: dict[str, Any]) -> None:
    log.command("profile", 2)
    try:
        ids(**asked)
    finally:
        log.command("profile", 0)
    asked_of = {"ns": f"{log.name}.audit_entries", "command.comment": {"$exists": False}}
    done = list(log["system.profile"].find(asked_of))
    log["system.profile"].drop()
    assert done
    assert not any("COLLSCAN" in one.get("planSummary", "") for one in done)
    if "action" not in asked:  # a beginning of an action is a range: its page is sorted
        assert not any(one.get("hasSortStage") for one in done)
