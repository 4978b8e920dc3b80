"""Imports: a file is stored, a run is made for it, a worker brings its rows in, and whoever sent it can watch.

A run may be killed at any moment and started again: it begins at the first row, and rows that are in already change
nothing. Only the worker that holds the lease writes to the run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import PurePath
from typing import Any, BinaryIO, Protocol

import kombu.exceptions
import redis
from celery import current_app
from pymongo import ReturnDocument

from evidence.stores import Store
from server.cases import files, importers, placing
from server.cases.errors import FileRefused, run_not_found
from server.cases.importers import ImportContext, Importer, Saved, WriteConflict
from server.cases.models import ImportRun
from server.cases.progress import Batch, LeaseLost, Progress
from server.cases.reading import Table, check_file, open_table
from server.cases.report import report_xlsx
from server.cases.rules.columns import CASE_COLUMNS
from server.cases.rules.fields import FieldProblem
from server.cases.rules.fields import day as read_day
from server.cases.rules.problems import Checked, Problem
from server.cases.rules.rows import CaseRow, check_case_row
from server.core.clock import court_day, utc_now
from server.core.ids import new_id

__all__ = [
    "enqueue_run",
    "get_import",
    "list_imports",
    "report_xlsx",
    "run_import",
    "start_import",
    "sweep_imports",
]

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
WAITING = timedelta(seconds=60)  # a queued run that nobody took for so long is put on the queue again
MAX_ATTEMPTS = 5
MAX_CONFLICTS = 3
MAX_FILENAME = 200
_QUEUE_DOWN = (kombu.exceptions.OperationalError, redis.RedisError, ConnectionError)


class Who(Protocol):
    """Somebody who does something: a person, or the system."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


def start_import(
    *,
    court: str,
    kind: str,
    filename: str,
    stream: BinaryIO,
    day: str | None,
    actor: Who,
    now: datetime,
    store: Store,
    enqueue: bool = True,
) -> ImportRun:
    """Stores the file sealed and makes its run; nothing is stored when the file is refused.

    `stream` is seekable. Raises FileRefused: `import.unknown_kind`, `import.day_missing`, `import.bad_date` and
    whatever `reading.check_file` raises.
    """
    importer = importers.importer_of(kind)
    _read_day(day, importer)
    name = _plain_name(filename)
    check_file(stream, filename=name, columns=importer.columns)
    stream.seek(0)
    kept = files.keep(stream, court=court, store=store)
    run = ImportRun(
        court=court,
        kind=kind,
        day=day or None,
        filename=name,
        sha256=kept.sha256,
        store_key=kept.store_key,
        sealed=True,
        file_key=kept.file_key,
        created_by=actor.id,
        created_by_name=actor.name,
        created_at=now,
        queued_at=now,
    ).save(force_insert=True)
    if enqueue:
        enqueue_run(run.id)
    return run


def enqueue_run(run_id: str) -> None:
    """Asks a worker to run it. A queue that is down loses nothing: the sweep asks again."""
    try:
        current_app.send_task("cases.run_import", args=[run_id], queue="imports")
    except _QUEUE_DOWN as error:
        log.warning("import %s waits for the sweep: %s", run_id, error)


def run_import(*, run_id: str, now: datetime, store: Store, clock: Callable[[], datetime] = utc_now) -> ImportRun:
    """Brings the file of a run in, unless it is done or another worker is at it. Answers the run as it stands."""
    lease = new_id()
    run = _claim(run_id, lease, now)
    if run is None:
        return _existing(run_id)
    progress = Progress(run, lease, clock)
    try:
        with files.opened(run, store) as stream:
            _bring_in(run, stream, progress, now)
    except FileRefused as refusal:
        progress.finish("failed", failure=refusal.as_problem())
    except LeaseLost:
        log.warning("import %s was taken over by another worker", run_id)
    return _existing(run_id)


def sweep_imports(*, now: datetime) -> int:
    """Puts runs that a lost message or a dead worker left behind on the queue again; returns how many."""
    ImportRun._get_collection().update_many(
        {"state": "running", "beat_at": {"$lt": now - LEASE}, "attempts": {"$gte": MAX_ATTEMPTS}},
        {
            "$set": {
                "state": "failed",
                "finished_at": now,
                "failure": {
                    "title": "导入多次中断，已停止；请拆分文件后重试",
                    "status": 500,
                    "code": "import.interrupted",
                },
            }
        },
    )
    lost = {
        "queued_at": {"$lt": now - WAITING},
        "$or": [{"state": "queued"}, {"state": "running", "beat_at": {"$lt": now - LEASE}}],
    }
    found = list(ImportRun._get_collection().find(lost, {"_id": 1}).sort("created_at", 1).limit(100))
    for run in found:
        ImportRun._get_collection().update_one({"_id": run["_id"]}, {"$set": {"queued_at": now}})
        enqueue_run(run["_id"])
    return len(found)


def list_imports(*, court: str, page: int = 1, page_size: int = 20) -> tuple[list[ImportRun], int]:
    """(runs, newest first, without their problems; how many there are)."""
    query = ImportRun.objects(court=court)
    first = (page - 1) * page_size
    runs = query.exclude("problems").order_by("-created_at")[first : first + page_size]
    return list(runs), int(query.count())


def get_import(*, court: str, run_id: str, problems: int | None = None) -> ImportRun:
    """One run, with at most `problems` of its problems (all when None). Raises NotFound `import.not_found`."""
    query = ImportRun.objects(id=run_id, court=court)
    if problems is not None:
        query = query.exclude("problems") if problems == 0 else query.fields(slice__problems=problems)
    run = query.first()
    if run is None:
        raise run_not_found()
    return run


def check_row(number: int, texts: Any, context: ImportContext) -> Checked[CaseRow]:
    """One row of a case list, for the importing court."""
    return check_case_row(number, texts, court=context.court, today=context.today)


importers.register(Importer("cases", CASE_COLUMNS, check_row, placing.save_case_rows))


def _read_day(day: str | None, importer: Importer) -> date | None:
    if not day:
        if importer.needs_day:
            raise FileRefused(code="import.day_missing", title="请填写名单对应的日期")
        return None
    try:
        return read_day(day)
    except FieldProblem as problem:
        raise FileRefused(code=problem.code, title=problem.reason) from None


def _plain_name(filename: str) -> str:
    """The last part of a name, printable; long ones keep their ending."""
    name = "".join(one for one in PurePath(filename.replace("\\", "/")).name if one.isprintable()).strip()
    return name[-MAX_FILENAME:] or "未命名"


def _existing(run_id: str) -> ImportRun:
    run = ImportRun.objects(id=run_id).first()
    if run is None:
        raise run_not_found()
    return run


def _claim(run_id: str, lease: str, now: datetime) -> ImportRun | None:
    """Takes the run, in one atomic update; None when it is finished or somebody is at it."""
    free = [{"state": "queued"}, {"state": "running", "beat_at": {"$lt": now - LEASE}}]
    fresh = {"rows_done": 0, "rows_total": 0, "counts": {}, "problems": [], "problems_total": 0}
    taken = ImportRun._get_collection().find_one_and_update(
        {"_id": run_id, "$or": free},
        {
            "$set": {"state": "running", "lease": lease, "beat_at": now, "started_at": now, **fresh},
            "$inc": {"attempts": 1},
        },
        return_document=ReturnDocument.AFTER,
    )
    return ImportRun._from_son(taken) if taken else None


def _bring_in(run: ImportRun, stream: BinaryIO, progress: Progress, now: datetime) -> None:
    importer = importers.importer_of(run.kind)
    context = ImportContext(
        run_id=run.id,
        court=run.court,
        filename=run.filename,
        day=_read_day(run.day, importer),
        today=court_day(now),
        actor_id=run.created_by or "system",
        actor_name=run.created_by_name or "系统",
        now=now,
    )

    def save(batch: Batch) -> None:
        progress.add(batch, _save(importer, batch, context))

    with open_table(stream, filename=run.filename, columns=importer.columns) as table:
        progress.begin(table)
        # One batch is written while the next is checked: most of writing is waiting for MongoDB.
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="import") as saver:
            saving: Future[None] | None = None
            for batch in _batches(table, importer, context):
                if saving:
                    saving.result()
                saving = saver.submit(save, batch)
            if saving:
                saving.result()
    progress.finish("done")


def _save(importer: Importer, batch: Batch, context: ImportContext) -> Saved:
    """Saves the good rows; again when somebody else wrote at the same time, a few times."""
    if not batch.rows:
        return Saved()
    for _ in range(MAX_CONFLICTS):
        try:
            return importer.save(batch.rows, context)
        except WriteConflict:
            log.info("import %s: a batch is saved again after a conflict", context.run_id)
    return importer.save(batch.rows, context)


def _batches(table: Table, importer: Importer, context: ImportContext) -> Iterator[Batch]:
    """Checks the rows in order. Of rows that are the same thing twice, only the first goes in."""
    seen: dict[str, int] = {}
    batch = Batch()
    for number, texts in table.rows():
        checked = importer.check(number, texts, context)
        batch.read += 1
        batch.problems.extend(checked.problems)
        first = seen.setdefault(checked.key, number) if checked.key else number
        if first != number:
            column = importer.columns[0].name
            reason = f"与第{first}行重复，以第{first}行为准"
            batch.problems.append(Problem(number, column, "import.duplicate_row", reason, texts.get(column, "")))
        elif checked.row is not None:
            batch.rows.append((number, checked.row))
        if batch.read >= importer.batch_rows:
            yield batch
            batch = Batch()
    if batch.read:
        yield batch
