from __future__ import annotations

from typing import Any

import pytest

from server.board.schemas.tasks import BoardTaskDetailSchema, BoardTasksSchema
from server.service.models import ServiceTask
from tests.api.board.conftest import ok, problem
from tests.api.conftest import Browser
from tests.integration.dispatch import samples


@pytest.fixture
def pending(specialist: Browser) -> list[dict[str, Any]]:
    tasks = [samples.task(step, state="pending_review", due_on=samples.due(step)) for step in range(1, 4)]
    samples.store_tasks(*tasks)
    return tasks


def test_tasks_come_soonest_due_first_and_are_found_by_name_and_number(
    specialist: Browser, pending: list[dict[str, Any]]
) -> None:
    listed = ok(specialist.get("/api/board/tasks?state=pending_review"))
    assert BoardTasksSchema().validate(listed) == {}
    assert [task["id"] for task in listed["items"]] == [task["_id"] for task in pending]
    assert ok(specialist.get("/api/board/tasks?q=当事人2"))["total"] == 1
    assert ok(specialist.get("/api/board/tasks?q=10003号"))["total"] == 1
    assert ok(specialist.get("/api/board/tasks?q=.*"))["total"] == 0
    assert ok(specialist.get("/api/board/tasks?page=2&page_size=2"))["items"][0]["id"] == pending[2]["_id"]


@pytest.mark.parametrize("query", ["page=0", "page=x", "page_size=100000", "state=lost", "q=%00"])
def test_a_query_that_means_nothing_is_refused(specialist: Browser, query: str) -> None:
    assert problem(specialist.get(f"/api/board/tasks?{query}")) == (422, "request.invalid")


def test_approving_and_returning_are_steps_of_the_course(specialist: Browser, pending: list[dict[str, Any]]) -> None:
    first, second, _ = (f"/api/board/tasks/{task['_id']}" for task in pending)
    approved = ok(specialist.post(f"{first}/review", json={"decision": "approve", "version": 1}))
    assert BoardTaskDetailSchema().validate(approved) == {}
    assert (approved["state"], approved["steps"][-1]["what"]) == ("in_progress", "task.approved")
    assert approved["steps"][-1]["by_name"] == "specialist"
    assert problem(specialist.post(f"{second}/review", json={"decision": "return"})) == (422, "task.reason_required")
    returned = ok(specialist.post(f"{second}/review", json={"decision": "return", "reason": "地址不全"}))
    assert (returned["state"], returned["return_reason"]) == ("returned", "地址不全")
    again = specialist.post(f"{second}/review", json={"decision": "approve"})
    assert problem(again) == (409, "task.not_pending")


def test_an_outdated_view_of_a_task_is_not_approved(specialist: Browser, pending: list[dict[str, Any]]) -> None:
    path = f"/api/board/tasks/{pending[0]['_id']}/review"
    assert problem(specialist.post(path, json={"decision": "approve", "version": 7})) == (409, "task.changed")


def test_all_pending_tasks_are_approved_in_one_action(specialist: Browser, pending: list[dict[str, Any]]) -> None:
    chosen = {"task_ids": [pending[0]["_id"]]}
    assert ok(specialist.post("/api/board/tasks/review-batch", json=chosen))["approved"] == 1
    assert ok(specialist.post("/api/board/tasks/review-batch", json={"all_pending": True}))["approved"] == 2
    assert ServiceTask.objects(state="in_progress").count() == 3


@pytest.mark.parametrize("body", [{}, {"task_ids": []}, {"all_pending": True, "task_ids": ["a"]}])
def test_a_batch_says_exactly_what_it_means(specialist: Browser, body: dict[str, Any]) -> None:
    assert problem(specialist.post("/api/board/tasks/review-batch", json=body)) == (422, "request.invalid")
