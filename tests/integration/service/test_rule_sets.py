"""Rules of a court: drafted, found fault with, approved by somebody else, and then the law of every answer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from server.core.clock import court_day, utc_now
from server.core.errors import DomainError
from server.law.rulesets import NATIONAL
from server.service.services import rule_sets
from server.service.services.rule_sets import Draft
from tests.integration.service.effect_steps import CLERK, COURT, JUDGE, REVIEWER

pytestmark = pytest.mark.usefixtures("database", "clean_redis")
NOW = utc_now()
TODAY = court_day(NOW)


@pytest.fixture(autouse=True)
def own_rules() -> Iterator[None]:
    rule_sets.forget()
    yield
    rule_sets.forget()


def drafted(**thresholds: int) -> dict[str, Any]:
    draft = Draft(TODAY.isoformat(), thresholds, {"telephone_effect": "never"}, "审委会讨论")
    return rule_sets.draft_rules(court=COURT, draft=draft, actor=CLERK, now=NOW)


def approve(found: dict[str, Any], by: Any = JUDGE, edits: int | None = None) -> dict[str, Any]:
    return rule_sets.approve_rules(court=COURT, rule_set_id=found["_id"], edits=edits, actor=by, now=NOW)


def refusal_of(call: Any) -> str:
    with pytest.raises(DomainError) as refused:
        call()
    return refused.value.code


def test_without_rules_of_its_own_the_national_set_is_in_force() -> None:
    assert rule_sets.rules_in_force(COURT, TODAY) is NATIONAL


def test_a_set_applies_from_its_day_once_somebody_else_approved_it() -> None:
    found = drafted(door_tries=5)
    assert refusal_of(lambda: approve(found, CLERK)) == "law.own_approval"
    assert rule_sets.rules_in_force(COURT, TODAY) is NATIONAL
    approve(found)
    rules = rule_sets.rules_in_force(COURT, TODAY)
    assert (rules.version, rules.value("door_tries"), rules.reading("telephone_effect")) == (
        found["version"],
        5,
        "never",
    )
    assert rule_sets.rules_in_force(COURT, TODAY - timedelta(days=1)) is NATIONAL
    assert rule_sets.rules_in_force("京0105", TODAY) is NATIONAL


def test_what_is_below_the_statute_is_told_and_never_approved() -> None:
    found = drafted(notice_days=20)
    assert rule_sets.faults_of(found) == ["公告期 20 日，低于民事诉讼法第九十五条要求的 30 日"]
    assert refusal_of(lambda: approve(found)) == "law.below_statute"


def test_who_edited_the_draft_does_not_approve_it() -> None:
    found = drafted()
    draft = Draft(TODAY.isoformat(), {"calls": 6}, {})
    after = rule_sets.edit_draft(court=COURT, rule_set_id=found["_id"], draft=draft, edits=0, actor=JUDGE)
    assert (after["thresholds"], after["edits"]) == ({"calls": 6}, 1)
    assert refusal_of(lambda: approve(after)) == "law.own_approval"
    assert refusal_of(lambda: approve(after, REVIEWER, edits=0)) == "rules.changed"
    approve(after, REVIEWER, edits=1)


def test_an_approved_set_never_changes() -> None:
    found = approve(drafted())
    draft = Draft(TODAY.isoformat(), {}, {})
    same = {"court": COURT, "rule_set_id": found["_id"]}
    assert refusal_of(lambda: rule_sets.edit_draft(**same, draft=draft, edits=None, actor=CLERK)) == "rules.not_draft"
    assert refusal_of(lambda: rule_sets.drop_draft(**same)) == "rules.not_draft"
    assert approve(found)["approved_by"] == JUDGE.id


def test_a_dropped_draft_is_gone_for_good() -> None:
    found = drafted()
    rule_sets.drop_draft(court=COURT, rule_set_id=found["_id"])
    assert refusal_of(lambda: approve(found)) == "rules.not_draft"


def test_rules_do_not_reach_back() -> None:
    draft = Draft((TODAY - timedelta(days=1)).isoformat(), {}, {})
    found = rule_sets.draft_rules(court=COURT, draft=draft, actor=CLERK, now=NOW)
    assert refusal_of(lambda: approve(found)) == "rules.backdated"
    bad = Draft("2026-02-30", {}, {})
    assert refusal_of(lambda: rule_sets.draft_rules(court=COURT, draft=bad, actor=CLERK, now=NOW)) == "rules.bad_day"


def test_versions_are_unique_however_many_draft_at_once() -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: drafted()["version"], range(6)))
    assert len(set(found)) == 6
