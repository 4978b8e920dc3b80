"""The exhaustion ledger from what is stored: open until tried or excused; an announcement needs the judge."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from server.addresses.models import ContactPoint
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.fields import Sealed
from server.core.ids import new_id
from server.service.models import Attempt, DocumentCopies, Exhibit, ServiceTask
from server.service.services import clocks, ledger
from tests.factories.service import task as make_task
from tests.integration.service.effect_steps import CLERK, COURT, JUDGE, REVIEWER, close, opened

pytestmark = pytest.mark.usefixtures("database", "clean_redis")


def task_of(procedure: str = "普通程序", **changes: Any) -> ServiceTask:
    now = utc_now()
    task = make_task(
        documents=[DocumentCopies(name="传票")],
        procedure=procedure,
        judge_id=JUDGE.id,
        clerk_id=CLERK.id,
        created_at=now - timedelta(days=2),
        **changes,
    )
    one = task.recipients[0]
    ContactPoint(
        id=one.contact_point_id, court=COURT, party_id=one.party_id, text=one.address, basis=one.address_basis,
        source="test", created_at=now, updated_at=now,
    ).save(force_insert=True)  # fmt: skip
    return task


def exhibit(attempt: Attempt, kind: str = "scan") -> str:
    made = Exhibit(
        court=COURT, task_id=attempt.task_id, attempt_id=attempt.id, kind=kind, media_type="image/jpeg", size=1,
        sha256=new_id(), store_key="x", received_at=utc_now(), by=REVIEWER.id, by_name=REVIEWER.name,
    ).save(force_insert=True)  # fmt: skip
    return str(made.id)


def where(task: ServiceTask) -> dict[str, Any]:
    return {"court": COURT, "task_id": task.id, "recipient_id": task.recipients[0].id, "now": utc_now()}


def states(task: ServiceTask) -> dict[str, str]:
    return {one.what: one.state for one in ledger.ledger(**where(task)).lines}


def refusal(call: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        call()
    return caught.value


def excuse(task: ServiceTask, what: str, evidence: list[str], reason: str = "号码由出租方使用，与受送达人无关") -> None:
    ledger.excuse(**where(task), what=what, reason=reason, evidence=evidence, actor=REVIEWER)


def exhausted(task: ServiceTask) -> str:
    """Door and post tried in vain with their evidence, the telephone excused. Answers an exhibit's id."""
    door = opened(task)
    held = exhibit(door, "photo_door")
    close(door, "nobody_home", {"items": ["photo_door"], "fields": {"note": "敲门无人应答"}})
    post = opened(task, channel="postal")
    exhibit(post, "return_slip")
    today = utc_now().date().isoformat()
    close(post, "mail_returned", {"posted_on": today, "returned_on": today, "return_reason": "not_contacted"})
    for what in ("phone", "telephone"):
        excuse(task, what, [held])
    return held


def test_a_fresh_ledger_is_open_and_names_every_address_number_and_way() -> None:
    task = task_of()
    found = states(task)
    assert found[task.recipients[0].contact_point_id] == found["phone"] == found["direct"] == "open"
    assert not ledger.unlocked(**where(task))


def test_what_was_tried_with_evidence_or_excused_closes_and_only_the_judge_unlocks() -> None:
    task = task_of()
    held = exhausted(task)
    found = ledger.ledger(**where(task))
    assert found.complete, [(one.label_zh, one.text_zh) for one in found.open]
    assert found.unlocked
    line = next(one for one in found.lines if one.what == "direct")
    assert held in line.evidence
    assert not ledger.unlocked(**where(task))  # nobody has approved it
    assert refusal(lambda: ledger.approve_notice(**where(task), reason="x", actor=CLERK)).code == "notice.not_the_judge"
    assert refusal(lambda: ledger.approve_notice(**where(task), reason=" ", actor=JUDGE)).code == (
        "notice.reason_required"
    )
    approval = ledger.approve_notice(**where(task), reason="上门、邮寄、电话均无法送达", actor=JUDGE)
    assert approval["article"] == found.article
    assert ledger.unlocked(**where(task))
    kept = ServiceTask.objects.get(id=task.id)
    assert kept.recipients[0].notice_approval["reason"] == "上门、邮寄、电话均无法送达"
    assert kept.steps[-1].what == "notice.approved"
    page = ledger.proof(**where(task))
    assert any("已尝试未果" in line for line in page)
    ledger.revoke_notice(**where(task), reason="当事人已来电", actor=JUDGE)
    assert not ledger.unlocked(**where(task))


def test_an_open_ledger_refuses_the_judge_and_names_the_open_lines() -> None:
    task = task_of()
    error = refusal(lambda: ledger.approve_notice(**where(task), reason="想公告", actor=JUDGE))
    assert error.code == "ledger.open"
    assert any("199****0000" in line for line in error.extra["lines"])


def test_a_new_address_opens_the_ledger_again_after_the_approval() -> None:
    task = task_of()
    exhausted(task)
    ledger.approve_notice(**where(task), reason="无法送达", actor=JUDGE)
    party_id, now = task.recipients[0].party_id, utc_now()
    text = Sealed.of_address("北京市西城区阜外大街1号", court=COURT, subject=party_id)
    ContactPoint(
        court=COURT,
        party_id=party_id,
        text=text,
        basis="户籍地址",
        source="test",
        created_at=now,
        updated_at=now,
    ).save(force_insert=True)
    assert not ledger.unlocked(**where(task))


def test_simple_procedure_never_reaches_an_announcement() -> None:
    task = task_of("简易程序")
    exhausted(task)
    error = refusal(lambda: ledger.approve_notice(**where(task), reason="无法送达", actor=JUDGE))
    assert (error.code, error.extra["article"]) == ("ledger.barred", "民诉法解释第一百四十条")


def test_an_excuse_needs_a_reason_and_evidence_of_this_very_task() -> None:
    task, other = task_of(), task_of()
    foreign = exhibit(opened(other))
    own = exhibit(opened(task))
    for what, evidence, reason in (
        ("phone", [], "理由"),
        ("phone", [own], " "),
        ("phone", [foreign], "理由"),
        ("no-such-line", [own], "理由"),
    ):
        assert refusal(lambda w=what, e=evidence, r=reason: excuse(task, w, e, r)).code == "ledger.bad_excuse"
    excuse(task, "phone", [own], "第一次的理由")
    excuse(task, "phone", [own], "更正后的理由")
    line = next(one for one in ledger.ledger(**where(task)).lines if one.what == "phone")
    assert (line.state, line.text_zh) == ("excused", "更正后的理由")


def test_an_attempt_whose_effect_waits_keeps_the_ledger_open() -> None:
    task = task_of()
    exhausted(task)
    third = opened(task, channel="electronic")
    assert third
    assert not ledger.ledger(**where(task)).complete


def test_clocks_say_what_is_due_and_what_is_late() -> None:
    task = task_of(hearing_at=utc_now() + timedelta(days=20))
    found = {one.code: one for one in clocks.clocks_of(court=COURT, task_id=task.id, now=utc_now())}
    assert (found["T07"].state, found["T19"].state) == ("running", "running")
    assert found["T01"].recipient_id == task.recipients[0].id
    assert found["T01"].state == "overdue"  # nobody has called within a day of the task's beginning
    late = clocks.clocks_of(court=COURT, task_id=task.id, now=utc_now() + timedelta(days=19))
    assert {one.code for one in late if one.state == "overdue"} >= {"T07", "T09", "T19"}
