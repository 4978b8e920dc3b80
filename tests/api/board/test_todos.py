"""Things to do, ledger and clocks as the board asks for them."""

from __future__ import annotations

import pytest

from server.accounts.models import Person
from server.board.schemas.ledger import BoardClocksSchema, BoardLedgerSchema
from server.board.schemas.todos import BoardTodoSchema, BoardTodosSchema
from server.core.audit.models import ChainEntry
from server.core.clock import utc_now
from server.service.models import DocumentCopies, ServiceTask
from server.service.services import todos
from tests.api.board.conftest import ok, problem
from tests.api.conftest import Browser
from tests.factories.service import task as make_task
from tests.integration.service.effect_steps import close, opened


@pytest.fixture
def failed(people: dict[str, Person]) -> ServiceTask:
    """Somebody was not at home; the outbox has told of it, as it does in the program."""
    task = make_task(documents=[DocumentCopies(name="传票")], judge_id=people["judge"].id)
    attempt = opened(task)
    close(attempt, "nobody_home", {"items": ["photo_door"], "fields": {"note": "敲门无人应答"}})
    todos.follow(court=task.court, task_id=task.id, now=utc_now())
    return task


def test_a_failure_is_listed_taken_and_followed_by_another_way(
    specialist: Browser, failed: ServiceTask, people: dict[str, Person]
) -> None:
    listed = ok(specialist.get("/api/board/todos"))
    assert BoardTodosSchema().validate(listed) == {}
    (todo,) = listed["items"]
    assert (todo["kind"], todo["kind_label"], todo["overdue"]) == ("switch", "更换送达方式", False)
    assert (todo["proposal"]["channel"], todo["case_number"]) == ("postal", failed.case_number)
    assert ok(specialist.get("/api/board/todos?overdue=true"))["total"] == 0
    assert ok(specialist.get(f"/api/board/todos?task_id={failed.id}&kind=switch"))["total"] == 1
    assert problem(specialist.get("/api/board/todos?kind=nonsense")) == (422, "request.invalid")

    path = f"/api/board/todos/{todo['id']}"
    taken = ok(specialist.post(f"{path}/take", json={}))
    assert BoardTodoSchema().validate(taken) == {}
    assert (taken["state"], taken["taken_by_name"]) == ("taken", "specialist")
    assert problem(specialist.post(f"{path}/close", json={"result": ""})) == (422, "todo.result_required")
    barred = specialist.post(f"{path}/take", json={"channel": "notice"})
    assert barred.status_code in (409, 422)
    assert ok(specialist.post(f"{path}/put-back"))["state"] == "open"
    switched = ok(specialist.post(f"{path}/take", json={"channel": "postal", "reason": "按系统建议"}))
    assert switched["state"] == "cancelled"
    assert ServiceTask.objects.get(id=failed.id).recipients[0].lock.channel == "postal"
    assert ChainEntry.objects(action="todo.take", object_id=todo["id"], result="done").count() == 2


def test_only_who_works_on_things_to_do_sees_them_and_no_other_court_does(
    specialist: Browser, failed: ServiceTask, sign_in: object
) -> None:
    (todo,) = ok(specialist.get("/api/board/todos"))["items"]
    other = sign_in("other-specialist")  # type: ignore[operator]  # the fixture of tests.api.conftest
    assert ok(other.get("/api/board/todos"))["total"] == 0
    assert problem(other.post(f"/api/board/todos/{todo['id']}/close", json={"result": "x"})) == (404, "todo.not_found")
    judge = sign_in("judge")  # type: ignore[operator]  # a fixture typed as object
    assert problem(judge.get("/api/board/todos")) == (403, "auth.forbidden")


def test_a_ledger_line_is_excused_with_evidence_only(specialist: Browser, failed: ServiceTask) -> None:
    path = f"/api/board/tasks/{failed.id}/recipients/{failed.recipients[0].id}/ledger"
    found = ok(specialist.get(path))
    assert BoardLedgerSchema().validate(found) == {}
    assert not found["complete"]
    assert {"direct", "postal", "phone"} <= {line["what"] for line in found["lines"]}
    nothing = {"what": "phone", "reason": "号码与受送达人无关", "evidence": []}
    assert problem(specialist.post(f"{path}/excuses", json=nothing)) == (422, "request.invalid")
    foreign = {**nothing, "evidence": ["01234567890123456789012345"]}
    assert problem(specialist.post(f"{path}/excuses", json=foreign)) == (422, "ledger.bad_excuse")
    wrong = f"/api/board/tasks/{failed.id}/recipients/nobody/ledger"
    assert problem(specialist.get(wrong)) == (404, "recipient.not_found")


def test_the_clocks_of_a_task_come_soonest_first(specialist: Browser, failed: ServiceTask) -> None:
    found = ok(specialist.get(f"/api/board/tasks/{failed.id}/clocks"))
    assert BoardClocksSchema().validate(found) == {}
    assert {"T07", "T08", "T09"} <= {one["code"] for one in found["items"]}
    days = [one["due_on"] for one in found["items"]]
    assert days == sorted(days)
