"""What a task calls for: every kind with its clock, and what settles it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.law.rulesets import RuleSet
from server.service.todo_rules import View, Wanted, wanted

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
RULES = RuleSet("test", "京0102", NOW.date(), approved_by="x", thresholds={"switch_hours": 12})


def recipient(**changes: Any) -> dict[str, Any]:
    return {"id": "r1", "name": "赵某甲", "state": "failed", "documents": [], **changes}


def attempt(channel: str, outcome: str, **changes: Any) -> dict[str, Any]:
    return {
        "_id": "a1", "recipient_id": "r1", "channel": channel, "outcome": outcome, "state": "closed",
        "opened_at": NOW - timedelta(days=1), "happened_at": NOW, **changes,
    }  # fmt: skip


def effect(**changes: Any) -> dict[str, Any]:
    return {
        "_id": "e1", "recipient_id": "r1", "document": "民事判决书", "state": "none", "status": "none", "live": True,
        "updated_at": NOW, "judged_at": NOW, "attempt_id": "a1", **changes,
    }  # fmt: skip


def called(
    *attempts: dict[str, Any],
    effects: tuple[dict[str, Any], ...] = (),
    who: dict[str, Any] | None = None,
    rules: RuleSet = RULES,
    **task: Any,
) -> dict[str, Wanted]:
    held = {
        "_id": "t1", "state": "in_progress", "procedure": "普通程序", "documents": [{"name": "民事判决书"}],
        "recipients": [who or recipient()], "steps": [], "created_at": NOW - timedelta(days=3), "updated_at": NOW,
        **task,
    }  # fmt: skip
    return {one.kind: one for one in wanted(View(held, attempts, effects, rules))}


def test_t08_a_failed_way_is_followed_by_another_within_the_courts_hours() -> None:
    found = called(attempt("direct", "nobody_home"))["switch"]
    assert found.due_at == NOW + timedelta(hours=12)
    assert "12 小时内" in found.text
    assert found.key == "switch:a1"
    assert found.meant_for == "specialist"


def test_hours_do_not_roll_over_a_weekend() -> None:
    saturday = datetime(2026, 11, 28, 10, tzinfo=UTC)
    found = called(attempt("direct", "nobody_home", happened_at=saturday))["switch"]
    assert found.due_at == saturday + timedelta(hours=12)


@pytest.mark.parametrize("state", ["served", "withdrawn", "in_progress", "awaiting", "pending"])
def test_whoever_is_served_or_tried_again_needs_no_other_way(state: str) -> None:
    assert "switch" not in called(attempt("direct", "nobody_home"), who=recipient(state=state))


@pytest.mark.parametrize("state", ["withdrawn", "completed", "returned"])
def test_a_task_that_is_over_calls_for_nothing(state: str) -> None:
    assert called(attempt("direct", "nobody_home"), state=state) == {}


def test_a_withdrawn_attempt_brings_the_earlier_failure_back() -> None:
    again = attempt("postal", "", _id="a2", state="withdrawn", opened_at=NOW + timedelta(hours=1), happened_at=None)
    assert called(attempt("direct", "nobody_home"), again)["switch"].key == "switch:a1"


@pytest.mark.parametrize(
    ("result", "kind"),
    [("no_such_number", "dead_number"), ("wrong_number", "dead_number"), ("denies", "wrong_number")],
)
def test_a_dead_or_foreign_number_is_to_be_found_anew(result: str, kind: str) -> None:
    call = attempt("telephone", "call_failed", record={"fields": {"call_result": result}})
    found = called(call, who=recipient(state="in_progress"))
    assert found[kind].rule == "T01"
    assert "no_answer" not in found


def test_a_number_nobody_answered_is_not_dead() -> None:
    call = attempt("telephone", "call_failed", record={"fields": {"call_result": "no_answer"}})
    assert set(called(call)) == {"switch"}


def test_every_bounce_and_return_opens_something_even_when_another_way_runs() -> None:
    running = recipient(state="in_progress")
    assert "bounce" in called(attempt("electronic", "e_failed"), who=running)
    back = called(attempt("postal", "mail_returned", record={"return_reason": "moved"}), who=running)["mail_back"]
    assert "迁移新址不明" in back.text


def test_t16_an_irregular_return_is_named() -> None:
    record = {"return_reason": "nobody", "tried_on": ["2026-11-20", "2026-11-21"], "contact_tried": True}
    text = called(attempt("postal", "mail_returned", record=record))["mail_back"].text
    assert "投递不规范" in text
    assert "投递不足3次" in text
    regular = {**record, "tried_on": ["2026-11-20", "2026-11-21", "2026-11-22"]}
    assert "投递不规范" not in called(attempt("postal", "mail_returned", record=regular))["mail_back"].text


def test_a_refused_mediation_statement_goes_to_the_judge_and_no_other_way_is_asked_for() -> None:
    found = called(attempt("direct", "refused_returned"), documents=[{"name": "民事调解书"}])
    assert set(found) == {"mediation_to_judge"}
    assert found["mediation_to_judge"].meant_for == "judge"


@pytest.mark.parametrize(
    ("confirm_by", "kind", "meant_for"),
    [(["court_staff"], "confirm_effect", "court_staff"), (["judge"], "judge_decides", "judge")],
)
def test_a_proposal_waits_for_whom_it_names_with_all_its_documents(
    confirm_by: list[str], kind: str, meant_for: str
) -> None:
    both = tuple(
        effect(
            _id=name, document=name, state="deemed", status="proposed", confirm_by=confirm_by, served_on="2026-11-24"
        )
        for name in ("传票", "民事裁定书")
    )
    found = called(attempt("direct", "refused_video"), effects=both, who=recipient(state="awaiting"))
    assert set(found) == {kind}
    assert (found[kind].meant_for, found[kind].effect_id) == (meant_for, None)
    assert "《传票》、《民事裁定书》拟认定视为送达（2026-11-24）" in found[kind].text


def test_what_was_decided_waits_no_longer() -> None:
    decided = effect(state="deemed", status="confirmed", served_on="2026-11-24", decisions=[_decision(NOW)])
    assert called(attempt("direct", "refused_video"), effects=(decided,), who=recipient(state="served")) == {}


def _decision(at: datetime) -> dict[str, Any]:
    return {"at": at, "state": "deemed", "served_on": "2026-11-24"}


def test_facts_that_contradict_a_decision_come_to_the_judge_until_decided_again() -> None:
    later = effect(
        state="served", status="confirmed", served_on="2026-11-25", judged_at=NOW + timedelta(days=1),
        decisions=[_decision(NOW)],
    )  # fmt: skip
    found = called(effects=(later,), who=recipient(state="served"), state="completed")
    assert found["judge_decides"].key == "judge_decides:r1:contradicted:e1"
    again = {**later, "decisions": [_decision(NOW), _decision(NOW + timedelta(days=2))]}
    assert called(effects=(again,), who=recipient(state="served"), state="completed") == {}


def test_what_only_a_judge_might_see_is_put_to_the_judge() -> None:
    found = called(
        attempt("postal", "mail_returned", record={"return_reason": "unclaimed"}),
        effects=(effect(attempt_id=None, proposals=["可由承办法官审查是否视为送达"], confirm_by=["judge"]),),
    )
    assert "可由承办法官审查" in found["judge_decides"].text


def test_papers_that_are_missing_are_asked_for_instead_of_another_way() -> None:
    missing = [{"code": "left", "text": "请拍摄文书留置在住所的照片", "article": "民事诉讼法第八十九条"}]
    findings = [{"attempt_id": "a1", "state": "none", "flags": ["incomplete"], "text": "", "article": ""}]
    found = called(attempt("direct", "refused_video"), effects=(effect(missing=missing, findings=findings),))
    assert set(found) == {"evidence_incomplete"}
    assert "请拍摄文书留置" in found["evidence_incomplete"].text


def test_t19_the_last_day_for_a_summons_before_the_hearing() -> None:
    hearing = datetime(2026, 12, 10, 1, tzinfo=UTC)
    asked = {"documents": [{"name": "传票"}], "hearing_at": hearing, "who": recipient(state="pending")}
    found = called(**asked)["hearing"]
    assert found.rule == "T19"
    assert found.due_at.date() < hearing.date() - timedelta(days=2)
    assert called(**asked, procedure="简易程序") == {}
    assert called(**{**asked, "documents": [{"name": "民事判决书"}]}) == {}
    assert called(**{**asked, "who": recipient(state="served")}) == {}


def test_t17_an_entrusted_court_has_ten_days_from_receipt() -> None:
    out = attempt("entrusted", "", state="open", happened_at=None, record={"received_on": "2026-11-20"})
    found = called(out, who=recipient(state="in_progress"))["entrusted_due"]
    assert "2026-11-30" in found.text
    unknown = attempt("entrusted", "", state="open", happened_at=None)
    assert "收到日期未登记" in called(unknown, who=recipient(state="in_progress"))["entrusted_due"].text


def test_t20_a_payment_order_that_cannot_be_served_is_told_to_the_judge_in_thirty_days() -> None:
    found = called(documents=[{"name": "支付令"}], who=recipient(state="pending"))["payment_order"]
    assert found.rule == "T20"
    assert (found.due_at - NOW).days >= 26


def test_t18_an_announcement_that_ends_is_confirmed_the_day_after() -> None:
    runs = effect(state="notice_running", status="confirmed", ends_on="2026-12-24", decisions=[])
    found = called(effects=(runs,), who=recipient(state="awaiting"))["announcement_ending"]
    assert found.due_at.isoformat().startswith("2026-12-25")
    assert found.meant_for == "judge"


def test_a_document_the_law_does_not_know_starts_no_clock() -> None:
    found = called(documents=[{"name": "一封信"}], who=recipient(state="pending"), hearing_at=NOW)
    assert found == {}
