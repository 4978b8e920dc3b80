"""The main flows are played through the API with MongoDB's profiler on: no operation may read a whole collection.

Judged by the plans MongoDB used, not by a list of queries somebody keeps: a new query is caught the first time a flow
asks it. What asks nothing of an index is not asked here: tests of dispatch, field and cases look at their own corners.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from server.accounts.models import Person
from server.core import database as core_database
from tests.api.conftest import PASSWORD, Browser, Phone
from tests.factories import visits as make
from tests.factories.played_day import PlayedDay, ok
from tests.integration.explain.profiler import Operation, profiled, scans

# Collection → why a whole read of it is right. Nothing else may be read whole.
ALLOWED: dict[str, str] = {"audit_heads": "one small document per court, and every court is wanted"}
# Sorting this many documents in memory is cheap; more must come sorted from an index.
SORTED_IN_MEMORY = 200


@pytest.fixture
def day(
    app: Flask, people: dict[str, Person], sign_in: Callable[[str], Browser], phone: Callable[[str], Phone]
) -> PlayedDay:
    return PlayedDay(app, people, sign_in("admin"), phone)


def lists(day: PlayedDay) -> None:
    """Everything the board and the phones read that the day itself did not."""
    for path in (
        "/api/me",
        "/api/board/days",
        f"/api/board/days/{day.day}",
        f"/api/board/days/{day.day}/plans",
        f"/api/board/days/{day.day}/roster",
        f"/api/board/days/{day.day}/positions",
        f"/api/board/days/{day.day}/mileage",
        "/api/board/imports",
        f"/api/board/imports/{day.run_id}",
        f"/api/board/imports/{day.run_id}/report.xlsx",
        "/api/board/people",
        "/api/board/people?role=process_server",
        "/api/board/reviews",
        "/api/board/reviews?state=accepted",
        f"/api/board/reviews?date={day.day}",
        "/api/board/tasks",
        "/api/board/tasks?state=in_progress",
        f"/api/board/tasks/{day.task_ids[0]}",
        f"/api/board/visits/{day.visits[0]['id']}",
        f"/api/board/evidence/{day.evidence_ids[0]}/file",
        f"/api/board/papers/{day.paper_ids[0]}/file",
    ):
        ok(day.board.get(path))
    for phone in day.phones.values():
        ok(phone.get("/api/phone/route"))
        ok(phone.get("/api/phone/claimable"))


def stop_and_carry_over(day: PlayedDay) -> None:
    queued = ok(day.board.post(f"/api/board/days/{day.day}/plans", json={"seconds": 0.2}))
    ok(day.board.post(f"/api/board/plans/{queued['id']}/stop"))
    ok(day.board.post("/api/board/days/2099-01-05/carry-over", json={}))


def judge(day: PlayedDay, sign_in: Callable[[str], Browser]) -> None:
    """The judge's pages, over a case of the judge's own."""
    task_id, paper_id = day.visits[0]["task_id"], day.paper_ids[0]
    judge_id = day.people["judge"].id
    core_database.database()["service_tasks"].update_one({"_id": task_id}, {"$set": {"judge_id": judge_id}})
    client = day.app.test_client()
    answer = client.post("/judge/sign-in", data={"username": "judge", "password": PASSWORD})
    assert answer.status_code == 302
    for path in ("/judge/", "/judge/?show=overdue", f"/judge/tasks/{task_id}", f"/judge/papers/{paper_id}"):
        ok(client.get(path))


def accounts(day: PlayedDay, sign_in: Callable[[str], Browser]) -> None:
    person = day.people["wc003"].id
    assert ok(day.board.post(f"/api/board/people/{person}/bind-code"))["bind_code"]
    wrong = day.app.test_client().post("/api/session", json={"username": "judge", "password": "wrong"})
    assert wrong.status_code == 401
    ok(sign_in("clerk").delete("/api/session"))
    ok(day.phones["wc003"].call("DELETE", "/api/phone/session"))


def sweeps(day: PlayedDay) -> None:
    """Every scheduled task of the program, in this process."""
    celery = day.app.extensions["celery"]
    names = {one["task"] for one in celery.conf.beat_schedule.values()}
    assert len(names) >= 6
    for name in sorted(names):
        celery.tasks[name].apply(throw=True)


def play(day: PlayedDay, sign_in: Callable[[str], Browser]) -> None:
    day.whole()
    day.import_again()
    lists(day)
    stop_and_carry_over(day)
    judge(day, sign_in)
    accounts(day, sign_in)
    sweeps(day)


def test_no_operation_of_the_main_flows_reads_a_whole_collection(
    day: PlayedDay, sign_in: Callable[[str], Browser]
) -> None:
    with profiled(core_database.database()) as seen:
        play(day, sign_in)
    assert asked_of(seen) >= OURS
    assert scans(seen, ALLOWED) == []
    heavy = {str(one) for one in seen if one.sorted_in_memory and one.examined > SORTED_IN_MEMORY}
    assert heavy == set()


OURS = {
    "visits",
    "service_tasks",
    "attempts",
    "cases",
    "parties",
    "contact_points",
    "imported_rows",
    "import_runs",
    "evidence_items",
    "position_batches",
    "papers",
    "day_plans",
    "rosters",
    "move_batches",
    "people",
    "sessions",
    "sign_in_failures",
}


def asked_of(seen: list[Operation]) -> set[str]:
    return {one.collection for one in seen}


@pytest.mark.parametrize(
    "ask",
    [
        lambda visits: list(visits.find({"remarks": "犬"})),
        lambda visits: visits.find_one({"cause": {"$exists": False}}),
        lambda visits: visits.update_one({"remarks": "犬"}, {"$set": {"minutes": 9.0}}),
        lambda visits: visits.delete_many({"remarks": "犬"}),
        lambda visits: visits.find_one_and_update({"remarks": "犬"}, {"$set": {"minutes": 9.0}}),
        lambda visits: visits.count_documents({"remarks": "犬"}),
        lambda visits: list(visits.aggregate([{"$match": {"remarks": "犬"}}, {"$group": {"_id": "$date"}}])),
    ],
    ids=["find", "find_one", "update", "delete", "find_and_modify", "count", "aggregate"],
)
def test_a_planted_scan_of_every_kind_is_caught(database: Any, ask: Callable[[Any], Any]) -> None:
    database["visits"].insert_many([make.visit_values(number) for number in range(20)])
    with profiled(database) as seen:
        database["visits"].find_one({"_id": "nobody"})
        ask(database["visits"])
    (found,) = scans(seen, {})
    assert found.startswith("visits.")
    assert scans(seen, {"visits": "planted"}) == []
