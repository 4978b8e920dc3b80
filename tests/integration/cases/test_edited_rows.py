"""A row that was edited in the case system changes its task, says so in the timeline, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from server.accounts.models import Person, holding
from server.addresses.models import ContactPoint
from server.cases.models import Case, Party
from server.core import events
from server.core.events import Event
from server.service.models import ServiceTask
from tests.factories.case_lists import COURT, good_row
from tests.integration.cases.importing import CLERK, Importing


@pytest.mark.parametrize(
    ("changes", "field", "value", "says"),
    [
        ({"要求完成日期": "2026-11-30"}, "due_on", "2026-11-30", "要求完成日期：2026-11-26 → 2026-11-30"),
        (
            {"开庭时间": "2026-12-09 14:00"},
            "hearing_at",
            datetime(2026, 12, 9, 6, tzinfo=UTC),
            "开庭时间：2026-12-08 09:30 → 2026-12-09 14:00",
        ),
        ({"开庭时间": ""}, "hearing_at", None, "开庭时间：2026-12-08 09:30 → 无"),
        (
            {"可上门时段": "18:00-20:30"},
            "windows",
            [[64800, 73800]],
            "可上门时段：09:00-12:00 → 18:00-20:30",
        ),
        ({"可上门时段": ""}, "windows", [], "可上门时段：09:00-12:00 → 无"),
        ({"备注": "须两人同往；曾拒收"}, "remarks", ["须两人同往", "曾拒收"], "备注：家中有犬 → 须两人同往、曾拒收"),
        ({"指定送达方式": "邮寄送达"}, "channel", "postal", "指定送达方式：直接送达 → 邮寄送达"),
        ({"适用程序": "普通程序"}, "procedure", "普通程序", "适用程序：简易程序 → 普通程序"),
        ({"承办法官": "法官02"}, "judge_name", "法官02", "承办法官：法官01 → 法官02"),
        ({"案由": "继承纠纷"}, "cause", "继承纠纷", "案由：民间借贷纠纷 → 继承纠纷"),
    ],
)
def test_an_edited_row_updates_its_task_and_the_timeline_says_what(
    importing: Importing, changes: dict[str, str], field: str, value: object, says: str
) -> None:
    importing.rows(good_row(1), good_row(2))

    run = importing.rows(good_row(1, **changes), good_row(2))

    assert (run.counts["updated"], run.counts["unchanged"]) == (1, 1)
    edited = ServiceTask.objects.get(case_number="（2026）京0102民初10001号")
    other = ServiceTask.objects.get(case_number="（2026）京0102民初10002号")
    assert getattr(edited, field) == value
    assert (edited.version, other.version) == (2, 1)
    assert [step.what for step in edited.steps] == ["task.created", "task.edited"]
    assert edited.steps[1].text == f"导入更新：{says}"
    assert edited.steps[1].by == CLERK.id
    edited.validate()


def test_another_address_is_another_contact_point_and_the_old_one_stays(importing: Importing) -> None:
    importing.rows(good_row(1))
    moved = good_row(1, 送达地址="北京市西城区新街口外大街9号", 经度="116.37", 纬度="39.96", 地址依据="合同约定")

    importing.rows(moved)

    task = ServiceTask.objects.get()
    new = ContactPoint.objects.get(text__mask="北京市西城区新街口外大街**")
    assert ContactPoint.objects.count() == 2
    assert task.recipients[0].contact_point_id == new.id
    assert new.text.open(court=COURT, subject=new.party_id) == "北京市西城区新街口外大街9号"
    assert task.recipients[0].address == new.text
    assert task.recipients[0].point.lng == new.point.lng == 116.37
    assert "送达地址：北京市西城区某某胡同** → 北京市西城区新街口外大街**" in task.steps[1].text
    assert task.steps[1].recipient_id == task.recipients[0].id
    assert "上门单" not in task.steps[1].text


def test_an_address_changed_while_a_visit_is_out_is_pointed_out(importing: Importing) -> None:
    importing.rows(good_row(1))
    lock = {"channel": "direct", "rule": "direct.ordered", "attempt_id": "a1", "at": importing.now}
    ServiceTask._get_collection().update_one({}, {"$set": {"state": "in_progress", "recipients.0.lock": lock}})

    importing.rows(good_row(1, 送达地址="北京市西城区新街口外大街9号"))

    task = ServiceTask.objects.get()
    assert task.recipients[0].lock.attempt_id == "a1"
    assert task.state == "in_progress"
    assert "已派出的上门单仍为原地址" in task.steps[-1].text


def test_an_edited_phone_changes_the_party_and_shows_only_masks(importing: Importing) -> None:
    importing.rows(good_row(1))

    run = importing.rows(good_row(1, 手机号码="19900009001"))

    task = ServiceTask.objects.get()
    assert run.counts["updated"] == 1
    assert Party.objects.get().phone.open(court=COURT) == "19900009001"
    assert task.recipients[0].phone_mask == "199****9001"
    assert task.steps[1].text == "导入更新：手机号码：199****0001 → 199****9001"


def test_a_phone_that_differs_only_under_the_mask_is_an_edit_too(importing: Importing) -> None:
    importing.rows(good_row(1))

    run = importing.rows(good_row(1, 手机号码="19912340001"))

    assert run.counts["updated"] == 1
    assert Party.objects.get().phone.open(court=COURT) == "19912340001"
    assert len(ServiceTask.objects.get().steps) == 2


def test_an_office_line_belongs_to_the_case(importing: Importing) -> None:
    importing.rows(good_row(1))

    run = importing.rows(good_row(1, 法官电话="010-83909999"))

    assert run.counts["updated"] == 1
    assert Case.objects.get().judge.phone == "010-83909999"
    assert "法官电话：010-83900001 → 010-83909999" in ServiceTask.objects.get().steps[1].text


def test_more_copies_of_the_same_documents_update_the_task(importing: Importing) -> None:
    importing.rows(good_row(1))

    importing.rows(good_row(1, 送达文书="起诉状副本2份；应诉通知书"))

    task = ServiceTask.objects.get()
    assert [(one.name, one.copies) for one in task.documents] == [("起诉状副本", 2), ("应诉通知书", 1)]


def test_other_documents_are_another_task(importing: Importing) -> None:
    importing.rows(good_row(1))

    run = importing.rows(good_row(1, 送达文书="民事判决书"))

    assert run.counts["created"] == 1
    assert (ServiceTask.objects.count(), Party.objects.count()) == (2, 1)


@pytest.mark.parametrize("state", ["completed", "withdrawn"])
def test_a_closed_task_is_never_changed(importing: Importing, database: Any, state: str) -> None:
    importing.rows(good_row(1))
    ServiceTask._get_collection().update_one({}, {"$set": {"state": state}})
    before = list(database["service_tasks"].find())

    run = importing.rows(good_row(1, 要求完成日期="2026-11-30"))

    assert list(database["service_tasks"].find()) == before
    assert run.counts["unchanged"] == 1
    assert [one["code"] for one in run.problems] == ["import.task_closed"]


def test_a_returned_task_whose_row_was_mended_waits_for_review_again(importing: Importing) -> None:
    importing.rows(good_row(1))
    ServiceTask._get_collection().update_one({}, {"$set": {"state": "returned", "return_reason": "地址不详"}})

    importing.rows(good_row(1, 送达地址="北京市西城区新街口外大街9号院2号楼"))

    task = ServiceTask.objects.get()
    assert (task.state, task.return_reason) == ("pending_review", None)
    assert "重新待审核" in task.steps[-1].text


def test_what_was_changed_by_hand_survives_the_same_file(importing: Importing) -> None:
    importing.rows(good_row(1))
    ServiceTask._get_collection().update_one({}, {"$set": {"due_on": "2026-12-01"}, "$inc": {"version": 1}})

    run = importing.rows(good_row(1))

    assert run.counts["unchanged"] == 1
    assert ServiceTask.objects.get().due_on == "2026-12-01"


def test_a_judge_who_got_an_account_since_finds_the_tasks_after_the_next_import(importing: Importing) -> None:
    importing.rows(good_row(1))
    person = Person(
        court=COURT, username="j", name="法官01", staff_no="J", grants=holding("judge"), created_at=importing.now
    ).save()

    run = importing.rows(good_row(1))

    assert run.counts["updated"] == 1
    assert (ServiceTask.objects.get().judge_id, Case.objects.get().judge.person_id) == (person.id, person.id)


def test_an_account_is_kept_while_the_name_stays_and_dropped_when_it_changes(importing: Importing) -> None:
    person = Person(
        court=COURT, username="j", name="法官01", staff_no="J", grants=holding("judge"), created_at=importing.now
    ).save()
    importing.rows(good_row(1))
    Person(
        court=COURT, username="k", name="法官01", staff_no="K", grants=holding("judge"), created_at=importing.now
    ).save()

    importing.rows(good_row(1, 要求完成日期="2026-11-30"))
    assert (ServiceTask.objects.get().judge_id, Case.objects.get().judge.person_id) == (person.id, person.id)

    importing.rows(good_row(1, 承办法官="法官77"))
    assert (ServiceTask.objects.get().judge_id, Case.objects.get().judge.person_id) == (None, None)


def test_a_point_found_before_is_not_lost_to_a_row_without_one(importing: Importing) -> None:
    importing.rows(good_row(1))

    importing.rows(good_row(1, 经度="", 纬度="", 坐标系="", 要求完成日期="2026-11-30"))

    assert ContactPoint.objects.get().point.lng == 116.363917
    assert ServiceTask.objects.get().recipients[0].point.lng == 116.363917


def test_the_news_of_an_edit_goes_out_once(importing: Importing, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Event] = []
    monkeypatch.setattr(events, "subscriptions", events.Subscriptions())
    events.subscriptions.subscribe("task.updated", heard.append)
    importing.rows(good_row(1))

    importing.rows(good_row(1, 要求完成日期="2026-11-30"))

    task = ServiceTask.objects.get()
    assert [event.data for event in heard] == [{"task_id": task.id, "state": "pending_review"}]
    assert task.outbox == []
