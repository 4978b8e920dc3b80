from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from server.dispatch import rules
from server.dispatch.rules import Facts, decide

DAY = date(2026, 11, 24)


def facts(**changes: Any) -> Facts:
    given: dict[str, Any] = {
        "channel": "direct",
        "documents": ("起诉状副本", "应诉通知书"),
        "recipient_state": "pending",
        "locked": False,
        "has_point": True,
        "hearing_at": None,
        "today": DAY,
    }
    return Facts(**{**given, **changes})


@pytest.mark.parametrize(
    ("changes", "code", "hit"),
    [
        ({}, "judge_asked_direct", True),
        ({"channel": "electronic"}, "asked_electronic", False),
        ({"channel": "postal"}, "asked_postal", False),
        ({"channel": "notice"}, "asked_notice", False),
        ({"channel": "entrusted"}, "asked_entrusted", False),
        ({"channel": "postal", "documents": ("民事调解书",)}, "mediation_in_person", True),
        ({"channel": "electronic", "documents": ("民事调解书",)}, "asked_electronic", False),
        ({"channel": "postal", "documents": ("调解告知书",)}, "asked_postal", False),
        ({"channel": "electronic", "documents": ("拘传票",)}, "subpoena_direct", True),
        ({"channel": "postal", "documents": ("履行到期债务通知书",)}, "third_party_debt_direct", True),
        ({"locked": True}, "locked", False),
        ({"recipient_state": "served"}, "closed", False),
        ({"recipient_state": "failed"}, "failed_before", False),
        ({"has_point": False}, "no_point", False),
        ({"channel": "postal", "has_point": False}, "asked_postal", False),
    ],
)
def test_one_rule_says_whether_somebody_goes_to_the_door(changes: dict[str, Any], code: str, hit: bool) -> None:
    rule = decide(facts(**changes))
    assert (rule.code, rule.hit) == (code, hit)
    assert rules.rule_text(code) == rule.text


@pytest.mark.parametrize(
    ("hearing", "documents", "code"),
    [
        (datetime(2026, 11, 23, 1, 0, tzinfo=UTC), ("开庭传票",), "hearing_over"),
        (datetime(2026, 11, 23, 1, 0, tzinfo=UTC), ("民事判决书",), "judge_asked_direct"),
        (datetime(2026, 11, 24, 1, 0, tzinfo=UTC), ("开庭传票",), "judge_asked_direct"),
        # 23:30 UTC on the 22nd is already the 23rd in China; 16:30 UTC on the 23rd is already the 24th.
        (datetime(2026, 11, 23, 16, 30, tzinfo=UTC), ("开庭传票",), "judge_asked_direct"),
    ],
)
def test_a_summons_to_a_past_hearing_is_not_carried_to_the_door(
    hearing: datetime, documents: tuple[str, ...], code: str
) -> None:
    assert decide(facts(hearing_at=hearing, documents=documents)).code == code


@pytest.mark.parametrize(
    ("due_on", "hearing_day", "priority"),
    [
        (date(2026, 11, 20), None, 8),
        (date(2026, 11, 24), None, 8),
        (date(2026, 11, 25), None, 5),
        (date(2026, 11, 27), None, 1),
        (date(2026, 12, 30), None, 0),
        (date(2026, 12, 30), date(2026, 11, 28), 10),
        (date(2026, 11, 25), date(2026, 12, 4), 7),
        (date(2026, 11, 24), date(2026, 12, 4), 10),
        (date(2026, 11, 25), date(2027, 1, 4), 5),
    ],
)
def test_priority_grows_with_the_due_date_and_a_near_hearing(
    due_on: date, hearing_day: date | None, priority: int
) -> None:
    hearing = datetime(hearing_day.year, hearing_day.month, hearing_day.day, 1, tzinfo=UTC) if hearing_day else None
    assert rules.priority_of(due_on=due_on, hearing_at=hearing, today=DAY) == priority


def test_leaving_out_what_is_due_costs_more_than_what_may_wait() -> None:
    costs = [rules.drop_penalty_s(priority) for priority in range(rules.MAX_PRIORITY + 1)]
    assert costs == sorted(set(costs))


@pytest.mark.parametrize(
    ("kind", "remarks", "documents", "minutes"),
    [
        ("自然人", [], 2, 8.0),
        ("法人", [], 2, 6.0),
        ("自然人", ["须两人同往"], 2, 12.0),
        ("自然人", ["门禁，需联系物业"], 2, 10.0),
        ("法人", ["曾拒收", "家中有犬"], 4, 12.0),
        ("自然人", ["从未见过的备注"], 1, 8.0),
    ],
)
def test_minutes_at_the_door_follow_recipient_and_remarks(
    kind: str, remarks: list[str], documents: int, minutes: float
) -> None:
    assert rules.minutes_of(kind, remarks, documents) == minutes


def test_skills_follow_the_kind_of_case_and_the_remarks() -> None:
    assert rules.skills_of("民事", []) == []
    assert rules.skills_of("行政", []) == ["行政执行"]
    assert rules.skills_of("执行", ["曾拒收"]) == ["行政执行", "执法记录仪"]


def test_two_go_when_the_remark_says_so() -> None:
    assert rules.crew_of(["家中有犬"]) == 1
    assert rules.crew_of(["家中有犬", "须两人同往"]) == 2


def test_an_organisation_without_a_window_is_met_in_office_hours() -> None:
    assert rules.windows_of("法人", []) == [[32400, 63000]]
    assert rules.windows_of("自然人", []) == []
    assert rules.windows_of("法人", [(50400, 61200)]) == [[50400, 61200]]


@pytest.mark.parametrize(
    ("address", "building"),
    [
        ("北京市海淀区学院南路乙12号2号楼1单元1404号", "北京市海淀区学院南路乙12号2号楼"),
        ("北京市西城区阜成门外大街17号楼10层21室", "北京市西城区阜成门外大街17号楼"),
        ("北京市朝阳区某园A座1203", "北京市朝阳区某园A座"),
        ("北京市朝阳区某园十二栋3单元", "北京市朝阳区某园十二栋"),
        ("北京市西城区某某胡同12号", None),
        ("", None),
    ],
)
def test_neighbours_share_the_key_of_their_building(address: str, building: str | None) -> None:
    assert rules.building_of(address) == building
