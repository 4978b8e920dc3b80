"""Workers die, messages are lost, two workers take the same run: rows are neither lost nor doubled."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

from server.addresses.models import ContactPoint
from server.cases import importers, placing, services
from server.cases.importers import ImportContext, Importer, PlacedRow, Saved, WriteConflict
from server.cases.models import Case, ImportedRow, ImportRun, Party
from server.core.clock import utc_now
from server.service import intake
from server.service.models import ServiceTask
from tests.factories.case_lists import COURT, good_row, xlsx_of
from tests.integration.cases.importing import CLERK, Importing
from tests.stack import scratch


class Killed(BaseException):
    """Stands for the end of the process: nothing in the product catches it."""


def documents() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Case, Party, ContactPoint, ServiceTask, ImportedRow))


@pytest.mark.parametrize("at_floor", [0, 1, 2, 3])
@pytest.mark.parametrize("at_batch", [0, 1])
def test_a_run_killed_between_two_floors_ends_as_if_nothing_had_happened(
    importing: Importing, monkeypatch: pytest.MonkeyPatch, at_floor: int, at_batch: int
) -> None:
    monkeypatch.setattr(importers, "_importers", {"cases": _in_batches_of(4)})
    sinks = list(importers.case_row_sinks())
    batches = 0

    def die(_: Sequence[PlacedRow], __: ImportContext) -> None:
        nonlocal batches
        batches += 1
        if batches == at_batch + 1:
            raise Killed

    run = importing.start(xlsx_of([good_row(number) for number in range(1, 11)]))
    if at_floor == 3:
        monkeypatch.setattr(placing, "_remember", lambda placed, *others: die(placed, others[-1]))
    else:
        monkeypatch.setattr(importers, "_sinks", [*sinks[:at_floor], die, *sinks[at_floor:]])
    with pytest.raises(Killed):
        importing.run(run)
    monkeypatch.undo()
    monkeypatch.setattr(importers, "_sinks", sinks)
    assert ImportRun.objects.get().state == "running"

    again = services.run_import(
        run_id=run.id, now=utc_now() + services.LEASE + timedelta(seconds=1), store=importing.store
    )

    assert again.state == "done"
    assert again.counts == {"rows": 10, "created": 10, "updated": 0, "unchanged": 0, "bad": 0, "warnings": 0}
    assert documents() == (10, 10, 10, 10, 10)
    assert all(task.version == 1 and len(task.steps) == 1 for task in ServiceTask.objects)


def _in_batches_of(rows: int) -> importers.Importer:
    known = importers.importer_of("cases")
    return importers.Importer("cases", known.columns, known.check, known.save, batch_rows=rows)


def test_edits_interrupted_half_way_are_finished_and_told_once(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    importing.rows(*(good_row(number) for number in range(1, 6)))
    remember = placing._remember

    def die(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr(placing, "_remember", die)
    run = importing.start(xlsx_of([good_row(number, 要求完成日期="2026-11-30") for number in range(1, 6)]))
    with pytest.raises(Killed):
        importing.run(run)
    monkeypatch.setattr(placing, "_remember", remember)

    services.run_import(run_id=run.id, now=utc_now() + timedelta(minutes=2), store=importing.store)

    for task in ServiceTask.objects:
        assert (task.due_on, task.version, len(task.steps)) == ("2026-11-30", 2, 2)


@pytest.mark.resilience
def test_a_worker_that_is_really_killed_loses_and_doubles_nothing(
    importing: Importing, mongo_uri: str, redis_url: str, tmp_path: Path
) -> None:
    rows = 1_500
    run = importing.start(xlsx_of([good_row(number) for number in range(1, rows + 1)]))
    command = [sys.executable, "-m", "tests.integration.cases.worker", mongo_uri, redis_url, str(tmp_path / "store")]
    worker = subprocess.Popen([*command, run.id, scratch.MASTER_KEY.hex()], cwd=Path(__file__).parents[3])
    try:
        _wait_until(lambda: ServiceTask.objects.count() > 200)
    finally:
        worker.kill()
        worker.wait()
    left = ServiceTask.objects.count()
    assert left < rows

    later = utc_now() + services.LEASE + timedelta(seconds=1)
    done = services.run_import(run_id=run.id, now=later, store=importing.store)

    assert (done.state, done.attempts) == ("done", 2)
    assert (done.counts["created"], done.counts["unchanged"]) == (rows, 0)
    assert documents() == (rows, rows, rows, rows, rows)


def _wait_until(true: Any, seconds: float = 150) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def test_a_batch_is_saved_again_after_a_conflict(importing: Importing, monkeypatch: pytest.MonkeyPatch) -> None:
    known = importers.importer_of("cases")
    tries = []

    def save(rows: Sequence[Any], context: ImportContext) -> Saved:
        tries.append(len(rows))
        if len(tries) < 3:
            raise WriteConflict
        return known.save(rows, context)

    monkeypatch.setattr(importers, "_importers", {"cases": Importer("cases", known.columns, known.check, save)})

    run = importing.rows(good_row(1))

    assert (run.state, run.counts["created"], tries) == ("done", 1, [1, 1, 1])


def test_a_run_that_somebody_is_at_is_left_alone(importing: Importing) -> None:
    run = importing.start(xlsx_of([good_row()]))
    ImportRun.objects(id=run.id).update_one(state="running", lease="other", beat_at=importing.now)

    found = importing.run(run)

    assert (found.state, found.lease) == ("running", "other")
    assert ServiceTask.objects.count() == 0


def test_a_worker_whose_lease_was_taken_stops_writing_to_the_run(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = importing.start(xlsx_of([good_row()]))

    def take_over(_: Sequence[PlacedRow], context: ImportContext) -> None:
        ImportRun.objects(id=context.run_id).update_one(lease="other", rows_done=77)

    importers.on_case_rows(take_over)

    found = importing.run(run)

    assert (found.state, found.lease, found.rows_done) == ("running", "other", 77)


def test_running_a_finished_run_again_changes_nothing(importing: Importing) -> None:
    run = importing.rows(good_row(1))

    again = importing.run(run)

    assert again.to_mongo() == run.to_mongo()


def test_tasks_changed_by_others_in_between_are_read_again(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    importing.rows(*(good_row(number) for number in range(1, 4)))
    write_all = intake.write_all

    def too_late(model: Any, operations: Any) -> int:
        """Between reading and writing, once, a board changes one of the tasks."""
        if operations:
            monkeypatch.setattr(intake, "write_all", write_all)
            wanted = {"case_number": "（2026）京0102民初10002号"}
            ServiceTask._get_collection().update_one(wanted, {"$inc": {"version": 1}})
        return write_all(model, operations)

    monkeypatch.setattr(intake, "write_all", too_late)

    edits = {"要求完成日期": "2026-11-30", "手机号码": "19912340001"}
    run = importing.rows(*(good_row(number, **edits) for number in range(1, 4)))

    assert run.counts["updated"] == 3
    tasks = list(ServiceTask.objects.order_by("case_number"))
    assert [task.due_on for task in tasks] == ["2026-11-30"] * 3
    assert [task.version for task in tasks] == [2, 3, 2]
    assert [len(task.steps) for task in tasks] == [2, 2, 2]


def test_tasks_another_import_made_first_are_not_counted_as_made_twice(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = xlsx_of([good_row(number) for number in range(1, 4)])
    write_all = intake.write_all
    others: list[ImportRun] = []

    def too_late(model: Any, operations: Any) -> int:
        """Between reading and writing, once, another import of the same list goes through whole."""
        if not others:
            monkeypatch.setattr(intake, "write_all", write_all)
            others.append(importing.whole(content))
        return write_all(model, operations)

    monkeypatch.setattr(intake, "write_all", too_late)

    run = importing.whole(content)

    assert (others[0].counts["created"], run.counts["created"], run.counts["unchanged"]) == (3, 0, 3)
    assert documents() == (3, 3, 3, 3, 3)


def test_a_new_run_is_put_on_the_queue_of_imports(
    importing: Importing, clean_redis: redis.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "current_app", Celery("test", broker=redis_url, set_as_current=False))

    run = start(importing)

    (message,) = clean_redis.lrange("imports", 0, -1)
    assert json.loads(message)["headers"]["task"] == "cases.run_import"
    assert run.id in json.loads(message)["headers"]["argsrepr"]


def start(importing: Importing) -> ImportRun:
    """A run that is put on the queue, as an upload on the web is."""
    return services.start_import(
        court=COURT,
        kind="cases",
        filename="a.xlsx",
        stream=io.BytesIO(xlsx_of([good_row()])),
        day=None,
        actor=CLERK,
        now=importing.now,
        store=importing.store,
    )


def test_a_queue_that_is_down_loses_no_run(importing: Importing, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = Celery("test", broker="redis://127.0.0.1:9", set_as_current=False)
    nobody.conf.task_publish_retry = False
    nobody.conf.broker_transport_options = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
    monkeypatch.setattr(services, "current_app", nobody)

    run = start(importing)

    assert ImportRun.objects.get(id=run.id).state == "queued"


def test_the_sweep_finds_what_was_lost_and_leaves_the_rest(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(services, "enqueue_run", asked.append)
    now = importing.now
    long_ago, just_now = now - timedelta(minutes=5), now - timedelta(seconds=5)
    content = xlsx_of([good_row()])
    lost, fresh, dead, alive, hopeless = (importing.start(content).id for _ in range(5))
    for run_id, values in (
        (lost, {"state": "queued", "queued_at": long_ago}),
        (fresh, {"state": "queued", "queued_at": just_now}),
        (dead, {"state": "running", "queued_at": long_ago, "beat_at": long_ago, "attempts": 1}),
        (alive, {"state": "running", "queued_at": long_ago, "beat_at": just_now, "attempts": 1}),
        (hopeless, {"state": "running", "queued_at": long_ago, "beat_at": long_ago, "attempts": 5}),
    ):
        ImportRun.objects(id=run_id).update_one(**values)

    assert services.sweep_imports(now=now) == 2
    assert sorted(asked) == sorted([lost, dead])
    given_up = ImportRun.objects.get(id=hopeless)
    assert (given_up.state, given_up.failure["code"]) == ("failed", "import.interrupted")
    assert services.sweep_imports(now=now) == 0


def test_boards_hear_of_progress_and_of_the_end(importing: Importing, clean_redis: redis.Redis) -> None:
    listener = clean_redis.pubsub()
    listener.subscribe(f"songda:live:{COURT}")
    listener.get_message(timeout=2)

    run = importing.rows(*(good_row(number) for number in range(1, 601)))

    heard = []
    while message := listener.get_message(timeout=0.5):
        heard.append(json.loads(message["data"]))
    listener.close()
    progress = [news["data"]["rows_done"] for news in heard if news["name"] == "import.progress"]
    assert progress[0] == 0
    assert 500 in progress
    assert progress[-1] == 600
    assert {news["data"]["run_id"] for news in heard} == {run.id}
    assert heard[-1]["name"] == "import.finished"
    assert heard[-1]["data"]["counts"]["created"] == 600
    assert "张某" not in json.dumps(heard, ensure_ascii=False)
