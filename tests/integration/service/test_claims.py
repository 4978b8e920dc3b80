"""No document is served twice to one party: a task in force claims its documents for its recipients."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.ids import new_id
from server.service import services
from server.service.actor import Actor
from server.service.models import DocumentCopies, Effect, ServiceTask
from server.service.services import claims
from tests.factories.service import recipient
from tests.factories.service import task as make_task
from tests.integration.dispatch import samples

COURT = "京0102"
CLERK = Actor("p1", "送达专员甲")

pytestmark = pytest.mark.usefixtures("database", "clean_redis")


def pending(*names: str, party: str = "party-1", **changes: Any) -> ServiceTask:
    documents = [DocumentCopies(name=name) for name in names]
    who = changes.pop("who", None) or [recipient(party_id=party)]
    return make_task(state="pending_review", documents=documents, recipients=who, **changes)


def approve(task: ServiceTask, **more: Any) -> ServiceTask:
    given = {"approve": True, "reason": None, "version": None, "actor": CLERK, "now": utc_now()}
    return services.review_task(court=COURT, task_id=task.id, **{**given, **more})


def live(task: ServiceTask) -> list[str]:
    return sorted(one.key for one in Effect.objects(task_id=task.id, live=True))


def test_approving_claims_each_document_for_each_recipient() -> None:
    people = [recipient("钱某", party_id="a"), recipient("孙某", party_id="b", documents=["《民事判决书》"])]
    task = pending("《民事判决书》", "上诉须知", who=people, judge_id="j1", clerk_id="k1", division_id="d1")
    approve(task)
    rows = Effect.objects(task_id=task.id)
    assert sorted((one.recipient_name, one.document) for one in rows) == [
        ("孙某", "民事判决书"),
        ("钱某", "上诉须知"),
        ("钱某", "民事判决书"),
    ]
    assert {(one.status, one.state, one.judge_id, one.division_id, one.live) for one in rows} == {
        ("none", "none", "j1", "d1", True)
    }


def test_the_same_document_is_not_served_to_the_party_by_a_second_task() -> None:
    first, second = pending("民事判决书"), pending("《民事判决书》", "上诉须知")
    approve(first)
    with pytest.raises(DomainError) as refusal:
        approve(second)
    assert refusal.value.code == "task.double_service"
    assert refusal.value.extra["other_task_id"] == first.id
    assert refusal.value.extra["document"] == "民事判决书"
    assert ServiceTask.objects.get(id=second.id).state == "pending_review"
    assert Effect.objects(task_id=second.id).count() == 0, "nothing is half-claimed"


def test_it_is_served_again_on_purpose_with_a_reason_that_is_kept() -> None:
    first, second = pending("民事判决书"), pending("民事判决书", "上诉须知")
    approve(first)
    with pytest.raises(DomainError) as refusal:
        approve(second, again=True)
    assert refusal.value.code == "task.reason_required"
    done = approve(second, again=True, reason="补正裁定后重新送达")
    assert done.state == "in_progress"
    assert live(second) == ["上诉须知", "民事判决书#2"]
    reasons = {one.key: one.again_reason for one in Effect.objects(task_id=second.id)}
    assert reasons == {"民事判决书#2": "补正裁定后重新送达", "上诉须知": None}
    assert "补正裁定后重新送达" in done.steps[-1].text


def test_a_summons_for_another_day_is_another_service() -> None:
    monday, friday = datetime(2026, 12, 7, 1, tzinfo=UTC), datetime(2026, 12, 11, 1, tzinfo=UTC)
    first = pending("开庭传票", "举证通知书", hearing_at=monday)
    approve(first)
    approve(pending("开庭传票", hearing_at=friday))
    assert live(first) == ["举证通知书", "开庭传票@2026-12-07"]
    with pytest.raises(DomainError):
        approve(pending("开庭传票", hearing_at=monday))


def test_one_party_twice_in_a_task_is_to_be_merged_first() -> None:
    task = pending("民事判决书", who=[recipient("钱某", party_id="a"), recipient("钱某", party_id="a")])
    with pytest.raises(DomainError) as refusal:
        approve(task)
    assert refusal.value.code == "task.same_party_twice"


def test_bulk_approval_says_what_it_refused() -> None:
    tasks = [pending("民事判决书", party=f"p{n // 2}") for n in range(6)]
    other = pending("民事判决书", party="p0", court="京0105")
    answer = services.approve_tasks(court=COURT, task_ids=None, actor=CLERK, now=utc_now())
    assert answer.approved == 3
    assert [one.task_id for one in answer.refused] == [tasks[1].id, tasks[3].id, tasks[5].id]
    assert {one.code for one in answer.refused} == {"task.double_service"}
    states = [ServiceTask.objects.get(id=one.id).state for one in tasks]
    assert states == ["in_progress", "pending_review"] * 3
    assert ServiceTask.objects.get(id=other.id).state == "pending_review"


def test_of_many_tasks_approved_at_once_exactly_one_serves_the_document() -> None:
    tasks = [pending("民事判决书") for _ in range(6)]

    def attempt(task: ServiceTask) -> str:
        try:
            return approve(task).state
        except DomainError as refusal:
            return refusal.code

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(attempt, tasks))
    assert sorted(answers) == ["in_progress"] + ["task.double_service"] * 5
    assert Effect.objects(party_id="party-1", live=True).count() == 1
    assert ServiceTask.objects(state="in_progress").count() == 1


def test_six_hundred_tasks_are_approved_with_their_claims() -> None:
    one = samples.task(1, state="pending_review")
    who = one["recipients"][0]
    samples.store_tasks(
        *({**one, "_id": new_id(), "recipients": [{**who, "id": new_id(), "party_id": f"p{n}"}]} for n in range(600))
    )
    answer = services.approve_tasks(court=COURT, task_ids=None, actor=CLERK, now=utc_now())
    assert (answer.approved, answer.refused) == (600, ())
    assert Effect.objects(live=True).count() == 1200


def test_what_a_list_edits_reaches_the_claims_and_a_confirmed_summons_keeps_its_day() -> None:
    monday, friday = datetime(2026, 12, 7, 1, tzinfo=UTC), datetime(2026, 12, 11, 1, tzinfo=UTC)
    task = pending(
        "开庭传票", who=[recipient("钱某", party_id="a"), recipient("孙某", party_id="b")], hearing_at=monday
    )
    approve(task)
    Effect.objects(task_id=task.id, party_id="b").update(set__status="confirmed")
    ServiceTask.objects(id=task.id).update(
        set__hearing_at=friday, set__judge_id="j2", set__recipients__0__name="钱某某", unset__clerk_id=True
    )
    claims.follow_edits(court=COURT, task_id=task.id, now=utc_now())
    claims.follow_edits(court=COURT, task_id=task.id, now=utc_now())
    found = {one.party_id: one for one in Effect.objects(task_id=task.id)}
    assert (found["a"].key, found["a"].recipient_name, found["a"].judge_id) == ("开庭传票@2026-12-11", "钱某某", "j2")
    assert (found["b"].key, found["b"].judge_id) == ("开庭传票@2026-12-07", "j2")
    assert found["a"].version == 2, "repeating it changes nothing"


def test_a_withdrawn_recipient_frees_its_documents_but_not_what_was_confirmed() -> None:
    people = [recipient("钱某", party_id="a"), recipient("孙某", party_id="b")]
    task = pending("民事判决书", "上诉须知", who=people)
    approve(task)
    Effect.objects(task_id=task.id, party_id="a", document="上诉须知").update(set__status="confirmed")
    services.withdraw_recipient(
        court=COURT, task_id=task.id, recipient_id=people[0].id, reason="撤回起诉", actor=CLERK, now=utc_now()
    )
    assert sorted((one.party_id, one.key) for one in Effect.objects(task_id=task.id, live=True)) == [
        ("a", "上诉须知"),
        ("b", "上诉须知"),
        ("b", "民事判决书"),
    ]
    assert approve(pending("民事判决书", party="a")).state == "in_progress"
    with pytest.raises(DomainError) as refusal:
        approve(pending("上诉须知", party="a"))
    assert refusal.value.code == "task.double_service"
