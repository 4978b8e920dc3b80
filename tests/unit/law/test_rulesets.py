"""E18: a court's rules are versioned, dated, approved by somebody else, and never below their source."""

from __future__ import annotations

from datetime import date

import pytest

from server.law.deadlines import deadline
from server.law.disputed import DISPUTED
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, THRESHOLDS, RuleSet, approve, faults, in_force

ON = date(2026, 11, 21)


def draft(**thresholds: int) -> RuleSet:
    return RuleSet("v2", "京0102", ON, drafted_by="甲", thresholds=thresholds)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("notice_days", 29),
        ("notice_abroad_days", 59),
        ("notice_hkmo_months", 2),
        ("hearing_notice_days", 2),
        ("complaint_copy_days", 6),
        ("entrusted_days", 11),
        ("execution_notice_days", 11),
        ("mail_tries", 2),
        ("calls", 3),
        ("switch_hours", 25),
    ],
)
def test_a_threshold_below_its_source_is_refused_at_approval(code: str, value: int) -> None:
    with pytest.raises(LawRefused) as caught:
        approve(draft(**{code: value}), by="乙", on=ON)
    assert caught.value.code == "law.below_statute"
    assert THRESHOLDS[code].label_zh in caught.value.title
    assert THRESHOLDS[code].source in caught.value.title


def test_a_stricter_threshold_is_approved_and_used() -> None:
    approved = approve(draft(complaint_copy_days=3, hearing_notice_days=5), by="乙", on=ON)

    assert (approved.approved_by, approved.approved_on) == ("乙", ON)
    assert deadline("complaint-copy", date(2026, 3, 2), rules=approved).ends_on == date(2026, 3, 5)
    assert deadline("hearing", date(2026, 12, 10), rules=approved).ends_on == date(2026, 12, 5)
    assert deadline("hearing", date(2026, 12, 10), rules=approved).rule_version == "v2"


def test_nobody_approves_their_own_rules() -> None:
    for by in ("甲", " "):
        with pytest.raises(LawRefused) as caught:
            approve(draft(), by=by, on=ON)
        assert caught.value.code == "law.own_approval"


def test_unknown_thresholds_and_readings_are_refused() -> None:
    assert "没有这项标准" in faults(draft(patience=1))[0]
    assert "没有这个争议点" in faults(RuleSet("v", "", ON, readings={"taste": "good"}))[0]
    assert "没有这种读法" in faults(RuleSet("v", "", ON, readings={"notice_roll": "perhaps"}))[0]
    assert "版本号" in faults(RuleSet(" ", "", ON))[0]


def test_the_rules_in_force_are_the_latest_approved_of_this_court() -> None:
    old = RuleSet("v1", "京0102", date(2026, 1, 1), approved_by="乙")
    new = RuleSet("v2", "京0102", date(2026, 6, 1), approved_by="乙")
    unsigned = RuleSet("v3", "京0102", date(2026, 7, 1))
    sets = [new, old, unsigned]

    assert in_force(sets, court="京0102", on=date(2026, 3, 1)) is old
    assert in_force(sets, court="京0102", on=ON) is new
    assert in_force(sets, court="京0102", on=date(2025, 1, 1)) is NATIONAL
    assert in_force(sets, court="津0103", on=ON) is NATIONAL


def test_every_disputed_point_has_at_least_two_readings_with_a_source_and_a_default_among_them() -> None:
    for code, point in DISPUTED.items():
        assert len(point.readings) > 1, code
        assert point.default in {one.code for one in point.readings}
        assert all(one.text_zh and one.source for one in point.readings)
    assert faults(NATIONAL) == []
    assert all(faults(draft(**{one.code: one.default})) == [] for one in THRESHOLDS.values())
