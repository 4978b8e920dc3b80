from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from server.core import crypto
from server.dispatch.models import Visit
from server.dispatch.services import carry_over, select_visits
from server.service.models import Attempt, ServiceTask
from tests.integration.dispatch import samples
from tests.integration.dispatch.samples import COURT, DAY, MANAGER, NOW


def select() -> object:
    return select_visits(court=COURT, day=DAY, actor=MANAGER, now=NOW)


def test_selection_orders_a_visit_and_locks_its_recipient() -> None:
    samples.store_tasks(samples.task(1))
    found = select_visits(court=COURT, day=DAY, actor=MANAGER, now=NOW)
    [visit] = samples.all_visits()
    assert found.created == 1
    assert [choice.rule for choice in found.candidates] == ["judge_asked_direct"]
    building = crypto.vault().index("building:北京市西城区试验路1号1号楼", court=COURT)
    assert (visit["state"], visit["date"], visit["building"]) == ("open", DAY, building)
    [task] = ServiceTask._get_collection().find()
    assert task["recipients"][0]["lock"]["attempt_id"] == visit["attempt_id"]
    assert task["recipients"][0]["state"] == "in_progress"


def test_selecting_twice_orders_each_visit_once() -> None:
    samples.store_tasks(*(samples.task(step) for step in range(1, 6)))
    first = select_visits(court=COURT, day=DAY, actor=MANAGER, now=NOW)
    second = select_visits(court=COURT, day=DAY, actor=MANAGER, now=NOW)
    assert (first.created, second.created) == (5, 0)
    assert Visit.objects.count() == 5
    assert Attempt.objects.count() == 5


def test_selecting_at_the_same_time_orders_each_visit_once() -> None:
    samples.store_tasks(*(samples.task(step) for step in range(1, 21)))
    with ThreadPoolExecutor(6) as pool:
        created = [run.result().created for run in [pool.submit(select) for _ in range(6)]]  # type: ignore[attr-defined]  # a Selection, or the test fails
    visits = samples.all_visits()
    assert len(visits) == len({visit["attempt_id"] for visit in visits}) == 20
    assert sum(created) == 20


def test_what_another_channel_serves_is_skipped_with_the_rule_that_said_so() -> None:
    samples.store_tasks(samples.task(1, channel="postal"), samples.task(2, channel="electronic"))
    found = select_visits(court=COURT, day=DAY, actor=MANAGER, now=NOW)
    assert found.created == 0
    assert {choice.rule_text for choice in found.skipped} == {"承办法官指定邮寄送达", "承办法官指定电子送达"}


def test_tasks_that_nobody_approved_are_not_looked_at() -> None:
    samples.store_tasks(samples.task(1, state="pending_review"))
    found = select_visits(court=COURT, day=DAY, actor=MANAGER, now=NOW)
    assert (found.created, found.candidates, found.skipped) == (0, [], [])


def test_another_courts_tasks_are_not_touched() -> None:
    samples.store_tasks(samples.task(1, court="陕0112"))
    assert select_visits(court=COURT, day=DAY, actor=MANAGER, now=NOW).created == 0
    assert Visit.objects.count() == 0


def test_a_run_that_died_between_lock_and_visit_is_completed_by_the_next() -> None:
    samples.store_tasks(samples.task(1))
    select_visits(court=COURT, day=DAY, actor=MANAGER, now=NOW)
    Visit._get_collection().delete_many({})
    again = select_visits(court=COURT, day=DAY, actor=MANAGER, now=NOW)
    assert again.created == 1
    assert Attempt.objects.count() == 1


def test_visits_nobody_set_out_for_move_to_the_new_day_and_the_others_stay() -> None:
    visits = samples.make_day(3)
    collection = Visit._get_collection()
    collection.update_one(
        {"_id": visits[0]["_id"]}, {"$set": {"state": "assigned", "server_id": "server-1", "position": 1}}
    )
    collection.update_one({"_id": visits[1]["_id"]}, {"$set": {"state": "departed", "server_id": "server-1"}})
    moved = carry_over(court=COURT, day="2026-11-25", actor=MANAGER, now=NOW)
    assert moved == 2
    first, second, third = samples.all_visits()
    assert (first["date"], first["state"], first.get("server_id")) == ("2026-11-25", "open", None)
    assert (second["date"], second["state"]) == (DAY, "departed")
    assert third["date"] == "2026-11-25"
    assert first["changes"][-1]["what"] == "carried_over"
