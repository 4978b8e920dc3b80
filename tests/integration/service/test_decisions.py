"""The court's word on proposals: who may say what, what nobody can decide into being, and how it stays explained."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.clock import court_day, utc_now
from server.core.errors import DomainError
from server.service import services
from server.service.actor import Actor
from server.service.models import Attempt, DocumentCopies, Effect, ServiceTask
from server.service.services import Wanted, deciding, explaining, judging, rule_sets, situations
from tests.factories.service import recipient as make_recipient
from tests.factories.service import task as make_task
from tests.integration.service.effect_steps import (
    CLERK,
    COURT,
    JUDGE,
    LEFT_FIELDS,
    LEFT_ITEMS,
    REVIEWER,
    close,
    left,
    opened,
    recipient_of,
    row_of,
    signed,
    state_of,
)

pytestmark = pytest.mark.usefixtures("database", "clean_redis")
NOW = utc_now()
TODAY = court_day(NOW).isoformat()


def task_of_judge(**more: Any) -> ServiceTask:
    return make_task(judge_id=JUDGE.id, clerk_id=CLERK.id, **more)


def left_behind(**more: Any) -> Effect:
    task = task_of_judge(**more)
    close(opened(task), "refused_video", left())
    return row_of(task)


def decide(row: Effect, what: str, acting_as: str = "court_staff", by: Actor = CLERK, **more: Any) -> dict[str, Any]:
    return deciding.decide(
        court=COURT, effect_id=row.id, what=what, acting_as=acting_as, actor=by, now=utc_now(), **more
    )


def refusal_of(row: Effect, what: str, acting_as: str = "court_staff", by: Actor = CLERK, **more: Any) -> str:
    with pytest.raises(DomainError) as refused:
        decide(row, what, acting_as, by, **more)
    return refused.value.code


def test_the_clerk_confirms_a_leaving_and_the_task_is_completed() -> None:
    row = left_behind()
    decide(row, "confirm", version=row.version)
    after = Effect.objects.get(id=row.id)
    assert (after.status, after.decisions[0].acting_as, after.decisions[0].by) == ("confirmed", "court_staff", CLERK.id)
    task = ServiceTask.objects.get(id=row.task_id)
    assert (task.recipients[0].state, task.state) == ("served", "completed")
    assert court_day(task.recipients[0].served_at).isoformat() == TODAY
    assert "确认：视为送达" in [one.text for one in task.steps if one.what == "recipient.settled"][-1]


def test_deciding_the_same_again_adds_nothing() -> None:
    row = left_behind()
    decide(row, "confirm", version=row.version)
    decide(row, "confirm", version=row.version)
    assert len(Effect.objects.get(id=row.id).decisions) == 1


def test_a_refusal_wants_a_reason_and_reopens_the_recipient() -> None:
    row = left_behind()
    assert refusal_of(row, "reject") == "effect.reason_required"
    decide(row, "reject", reason="照片看不清门牌")
    task = ServiceTask.objects.get(id=row.task_id)
    assert (task.recipients[0].state, task.state) == ("failed", "in_progress")
    attempt = opened(task)
    close(attempt, "signed_recipient", signed())
    after = Effect.objects.get(id=row.id)
    assert (after.state, after.status, after.attempt_id) == ("served", "confirmed", attempt.id)
    assert [one["flags"] for one in after.findings] == [["denied"], []]


def test_a_refused_proposal_does_not_come_back_by_itself() -> None:
    row = left_behind()
    decide(row, "reject", reason="照片看不清门牌")
    judging.follow(court=COURT, attempt_id=row.attempt_id, actor=REVIEWER, now=utc_now())
    assert Effect.objects.get(id=row.id).status == "rejected"


def test_nobody_decides_on_what_they_have_not_seen() -> None:
    assert refusal_of(left_behind(), "confirm", version=1) == "effect.changed"


def test_what_asks_for_the_judge_is_not_the_clerks() -> None:
    task = task_of_judge()
    record = {"left_on": TODAY, "items": ["photo_door"], "fields": {"note": "邻居称已搬走"}}
    close(opened(task), "moved", record)
    row = row_of(task)
    assert (row.state, row.confirm_by) == ("deemed", ["judge"])
    assert refusal_of(row, "confirm") == "effect.judge_only"
    assert refusal_of(row, "confirm", "judge", Actor("another", "法官乙")) == "effect.judge_only"
    decide(row, "confirm", "judge", JUDGE)
    assert recipient_of(task).state == "served"


def test_a_judge_finds_another_day_and_undoes_it_again() -> None:
    row = left_behind()
    decide(row, "confirm")
    day = (court_day(NOW) - timedelta(days=2)).isoformat()
    assert refusal_of(row, "set", state="deemed", served_on=day, reason="回证日期更正") == "effect.judge_only"
    decide(row, "set", "judge", JUDGE, state="deemed", served_on=day, reason="回证日期更正")
    task = ServiceTask.objects.get(id=row.task_id)
    assert court_day(task.recipients[0].served_at).isoformat() == day
    decide(row, "set", "judge", JUDGE, state="none", reason="当事人证明当日不在国内")
    task = ServiceTask.objects.get(id=row.task_id)
    assert (task.recipients[0].state, task.state) == ("failed", "in_progress")
    assert [one.what for one in Effect.objects.get(id=row.id).decisions] == ["confirm", "set", "set"]


def test_impossible_days_and_states_are_refused() -> None:
    row = left_behind()
    later = (court_day(NOW) + timedelta(days=2)).isoformat()
    for words in ({"state": "deemed"}, {"state": "deemed", "served_on": later}, {"state": "gone", "served_on": TODAY}):
        assert refusal_of(row, "set", "judge", JUDGE, reason="更正", **words) == "effect.bad_decision"


@pytest.mark.parametrize("result", ["nobody_home", "access_denied"])
def test_absence_is_nothing_not_even_to_the_judge(result: str) -> None:
    task = task_of_judge()
    close(opened(task), result, {"items": ["photo_door"], "fields": {"note": "无人"}})
    row = row_of(task)
    assert refusal_of(row, "confirm") == "effect.nothing_proposed" or row.status == "none"
    for state in ("served", "deemed", "presumed"):
        assert refusal_of(row, "set", "judge", JUDGE, state=state, served_on=TODAY, reason="推定") == "effect.barred"


def test_a_confirmed_effect_is_never_overwritten() -> None:
    row = left_behind()
    decide(row, "confirm")
    task = ServiceTask.objects.get(id=row.task_id)
    situations.set_situation(
        court=COURT,
        task_id=task.id,
        recipient_id=row.recipient_id,
        changes={"needs_guardian": True},
        reason="查明为无民事行为能力人",
        actor=REVIEWER,
        now=utc_now(),
    )
    after = Effect.objects.get(id=row.id)
    assert (after.status, after.state, after.decisions[-1].state) == ("confirmed", "none", "deemed")
    assert ServiceTask.objects.get(id=task.id).recipients[0].state == "served"


def test_new_facts_bring_a_new_proposal() -> None:
    task = task_of_judge(recipients=[make_recipient(address_basis="户籍地址")])
    record = {"left_on": TODAY, "items": ["photo_door"], "fields": {"note": "邻居称已搬走"}}
    close(opened(task), "moved", record)
    assert row_of(task).state == "none"
    moved = situations.set_situation(
        court=COURT,
        task_id=task.id,
        recipient_id=task.recipients[0].id,
        changes={"refuses_address": True},
        reason="谈话笔录第2页",
        actor=REVIEWER,
        now=utc_now(),
    )
    assert moved == {"refuses_address": [False, True]}
    assert (row_of(task).state, row_of(task).status) == ("deemed", "proposed")
    assert recipient_of(task).state == "awaiting"
    line = next(one for one in ServiceTask.objects.get(id=task.id).steps if one.what == "recipient.situation")
    assert line.text == "登记受送达人情况：经告知仍拒不提供送达地址：否 → 是（理由：谈话笔录第2页）"


def test_a_service_from_before_records_were_kept_is_not_undone_by_a_new_fact() -> None:
    task = task_of_judge()
    close(opened(task), "signed_recipient", signed())
    Attempt._get_collection().update_one({"task_id": task.id}, {"$unset": {"record": ""}})
    Effect.objects(task_id=task.id).delete()
    situations.set_situation(
        court=COURT,
        task_id=task.id,
        recipient_id=task.recipients[0].id,
        changes={"evades": True},
        reason="谈话笔录第2页",
        actor=REVIEWER,
        now=utc_now(),
    )
    assert (recipient_of(task).state, state_of(task)) == ("served", "completed")


def test_situations_are_of_closed_lists_with_a_reason() -> None:
    task = task_of_judge()
    codes = []
    for changes, reason in (
        ({"evades": True}, " "),
        ({"exhausted": True}, "见笔录"),
        ({"region": "火星"}, "见笔录"),
        ({"agent_receives": True}, "见笔录"),
        ({"evades": "是"}, "见笔录"),
        ({"consent": {"form": "express", "covers": ["judgement"]}}, "见笔录"),
    ):
        with pytest.raises(DomainError) as refused:
            situations.set_situation(
                court=COURT,
                task_id=task.id,
                recipient_id=task.recipients[0].id,
                changes=changes,
                reason=reason,
                actor=REVIEWER,
                now=utc_now(),
            )
        codes.append(refused.value.code)
    assert codes == [
        "situation.reason_required",
        "situation.unknown_fact",
        "law.unknown_word",
        "law.contradiction",
        "law.bad_input",
        "law.unknown_word",
    ]


def test_an_announcement_that_has_run_is_put_to_the_judge() -> None:
    task = task_of_judge()
    _open(task, "notice")
    attempt = Attempt.objects.get(task_id=task.id)
    ServiceTask._get_collection().update_one(
        {"_id": task.id}, {"$set": {"recipients.0.situation": {"unknown_whereabouts": True}}}
    )
    posted = court_day(NOW) - timedelta(days=10)
    record = {
        "postings": [posted.isoformat()],
        "confirmed_by": JUDGE.name,
        "items": ["notice_proof", "reason_record"],
    }
    close(attempt, "notice_published", record)
    row = row_of(task)
    assert (row.state, row.status, row.confirm_by) == ("notice_running", "proposed", ["judge"])
    decide(row, "confirm", "judge", JUDGE)
    assert recipient_of(task).state == "awaiting"
    assert judging.judge_announcements(now=NOW) == 0
    assert judging.judge_announcements(now=NOW + timedelta(days=25)) == 1
    row = row_of(task)
    assert (row.state, row.status) == ("deemed", "proposed")
    assert row.served_on == (posted + timedelta(days=30)).isoformat()
    decide(row, "confirm", "judge", JUDGE)
    assert (recipient_of(task).state, state_of(task)) == ("served", "completed")
    assert judging.judge_announcements(now=NOW + timedelta(days=26)) == 0


def test_an_announcement_the_judge_refused_is_not_put_again() -> None:
    task = task_of_judge()
    ServiceTask._get_collection().update_one(
        {"_id": task.id}, {"$set": {"recipients.0.situation": {"unknown_whereabouts": True}}}
    )
    _open(task, "notice")
    posted = (court_day(NOW) - timedelta(days=10)).isoformat()
    record = {"postings": [posted], "confirmed_by": JUDGE.name, "items": ["notice_proof", "reason_record"]}
    close(Attempt.objects.get(task_id=task.id), "notice_published", record)
    decide(row_of(task), "reject", "judge", JUDGE, reason="下落不明的依据不足")
    assert judging.judge_announcements(now=NOW + timedelta(days=25)) == 0
    assert (row_of(task).status, recipient_of(task).state) == ("rejected", "failed")


def test_nothing_is_decided_for_who_was_withdrawn() -> None:
    row = left_behind()
    Effect.objects(id=row.id).update(set__live=False)
    assert refusal_of(row, "confirm") == "recipient.closed"


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"posted_on": TODAY, "signed_on": "2026-01-05"}, "law.contradiction"),
        ({"signed_on": "2026-02-30"}, "law.bad_date"),
        ({"signed_on": (court_day(NOW) + timedelta(days=1)).isoformat()}, "law.contradiction"),
        ({"signer": {"relation": "friend"}}, "law.unknown_word"),
    ],
)
def test_what_the_law_cannot_judge_is_refused_before_it_is_written(record: dict[str, Any], code: str) -> None:
    task = task_of_judge()
    _open(task, "postal")
    attempt = Attempt._get_collection().find_one({"task_id": task.id})
    with pytest.raises(DomainError) as refused:
        judging.check(court=COURT, attempt=attempt, result="mail_signed", record=record, now=NOW)
    assert (refused.value.code, refused.value.status) == (code, 422)


def _open(task: ServiceTask, channel: str) -> None:
    wanted = Wanted(task.id, task.recipients[0].id, channel, "test", "测试")
    services.open_attempts(court=COURT, wanted=[wanted], actor=REVIEWER, now=utc_now())


def told_on_the_phone() -> Effect:
    task = task_of_judge(procedure="简易程序")
    ServiceTask._get_collection().update_one({"_id": task.id}, {"$set": {"documents.0.name": "传票"}})
    _open(task, "telephone")
    record = {"called_at": utc_now(), "items": ["recording"], "fields": {"note": "010-**** 拨打，告知开庭时间"}}
    close(Attempt.objects.get(task_id=task.id), "call_told", record)
    return row_of(task)


def test_a_call_is_nothing_until_the_judge_finds_that_it_served() -> None:
    row = told_on_the_phone()
    assert (row.state, row.status, row.proposals) == ("none", "none", ["可由承办法官确认电话送达的效力"])
    words = {"state": "presumed", "served_on": TODAY, "reason": "通话录音清楚，本人认可"}
    assert refusal_of(row, "set", **words) == "effect.judge_only"
    decide(row, "set", "judge", JUDGE, **words)
    task = ServiceTask.objects.get(id=row.task_id)
    assert (task.recipients[0].state, task.state) == ("served", "completed")


def test_what_was_put_to_the_judge_can_be_refused() -> None:
    row = told_on_the_phone()
    decide(row, "reject", "judge", JUDGE, reason="未核实本人身份")
    after = Effect.objects.get(id=row.id)
    assert (after.status, after.decisions[0].state, after.decisions[0].attempt_id) == (
        "rejected",
        "none",
        row.findings[0]["attempt_id"],
    )
    assert ServiceTask.objects.get(id=row.task_id).recipients[0].state == "failed"


@pytest.fixture
def own_rules() -> Any:
    rule_sets.forget()
    yield
    rule_sets.forget()


@pytest.mark.usefixtures("own_rules")
def test_an_old_decision_explains_identically_after_the_court_has_other_rules() -> None:
    row = left_behind()
    decide(row, "confirm")
    before = _explained(row.id)
    draft = rule_sets.draft_rules(
        court=COURT, draft=rule_sets.Draft(TODAY, {"door_tries": 5}, {"notice_roll": "yes"}), actor=CLERK, now=NOW
    )
    rule_sets.approve_rules(court=COURT, rule_set_id=draft["_id"], edits=None, actor=JUDGE, now=NOW)
    judging.follow(court=COURT, attempt_id=row.attempt_id, actor=REVIEWER, now=utc_now())
    assert Effect.objects.get(id=row.id).rule_version == draft["version"]
    assert _explained(row.id) == before
    assert (before["rule_version"], before["same"]) == ("national-2026-11-21", True)
    assert before["answer"]["findings"][0]["text_zh"] == "拒绝接收，文书留在住所并记录过程，视为送达"
    latest = explaining.explain(deciding.get_effect(court=COURT, effect_id=row.id))
    assert latest["answer"]["rule_version"] == draft["version"]


def _explained(effect_id: str) -> dict[str, Any]:
    row = deciding.get_effect(court=COURT, effect_id=effect_id)
    return explaining.explain(row, row["decisions"][0]["id"])


def test_what_a_decision_keeps_names_nobody() -> None:
    task = make_task()
    close(opened(task), "signed_recipient", signed())
    asked = row_of(task).decisions[0].inputs
    assert "赵某" not in str(asked)
    assert asked["attempts"][0]["signer"]["relation"] == "self"


REFUSALS = ("refused_witness", "refused_video", "refused_returned", "nobody_home", "moved", "refused_unwitnessed")
PEOPLE = ("self", "cohabiting_adult", "neighbour", "agent", "unknown")


@settings(max_examples=40, deadline=None, suppress_health_check=[*HealthCheck])
@given(tries=st.lists(st.tuples(st.sampled_from(REFUSALS), st.sampled_from(PEOPLE)), min_size=1, max_size=3))
def test_no_sequence_of_attempts_makes_a_mediation_statement_served_by_leaving(tries: list[tuple[str, str]]) -> None:
    task = task_of_judge(documents=[DocumentCopies(name="民事调解书")])
    for result, who in tries:
        items = [*LEFT_ITEMS, "signature_witness", "signature_server"]
        fields = {**LEFT_FIELDS, "witness.name": "张某", "witness.unit": "某某居委会", "note": "无人"}
        close(opened(task), result, left(refuser={"relation": who}, items=items, fields=fields))
    row = row_of(task)
    assert (row.state, row.status) == ("none", "none")
    assert recipient_of(task).state == "failed"
    for state in ("served", "deemed", "presumed"):
        words = {"state": state, "served_on": TODAY, "reason": "视为送达"}
        assert refusal_of(row, "set", "judge", JUDGE, **words) == "effect.barred"
