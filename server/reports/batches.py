"""Many papers at once: remembered first, made in chunks by all workers side by side, put together in order at the end.

Every row is written once by one atomic update that asks whether it is still waiting, so a chunk that runs twice counts
once; a chunk whose worker died is taken over when its lease has run out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from evidence.stores import Store
from server.core import live
from server.core.clock import utc_now
from server.core.errors import Conflict, DomainError, Invalid, NotFound
from server.core.ids import new_id
from server.dispatch.models import Visit
from server.papers.kinds import KINDS
from server.papers.seal.provider import SealProvider
from server.reports import forms, making, sealing, services
from server.reports.batch_files import put_together
from server.reports.batch_models import BatchChunk, BatchRow, PaperBatch
from server.reports.models import Paper
from server.service.actor import Actor
from server.service.models import ServiceTask

CHUNK = 10
MAX_ROWS = 2000
LEASE = timedelta(seconds=60)
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Tools:
    """What making a paper takes."""

    store: Store
    provider: SealProvider
    portal_url: str = ""


def not_found() -> NotFound:
    return NotFound(code="batch.papers_not_found", title="没有这个批次")


def of_visits(*, court: str, kind: str, visit_ids: Sequence[str]) -> list[BatchRow]:
    """Rows in the order given. Raises `batch.wrong_kind`."""
    if kind not in services.OF_A_VISIT:
        raise _wrong_kind(kind)
    tasks = {
        one["_id"]: one["task_id"]
        for one in Visit._get_collection().find({"court": court, "_id": {"$in": list(visit_ids)}}, {"task_id": 1})
    }
    return [BatchRow(visit_id=one, task_id=tasks[one]) for one in dict.fromkeys(visit_ids) if one in tasks]


def of_a_day(*, court: str, kind: str, day: str, within: dict[str, Any]) -> list[BatchRow]:
    """Every accepted visit of a day (ISO) within reach that has no paper of this kind yet, by time."""
    if kind not in services.OF_A_VISIT:
        raise _wrong_kind(kind)
    found = Visit._get_collection().find(
        {"$and": [within, {"court": court, "date": day, "review.state": "accepted"}]}, {"task_id": 1}
    )
    visits = list(found.sort("outcome.happened_at", 1).limit(MAX_ROWS + 1))
    made = Paper._get_collection().distinct(
        "visit_id", {"court": court, "kind": kind, "visit_id": {"$in": [one["_id"] for one in visits]}}
    )
    return [BatchRow(visit_id=one["_id"], task_id=one["task_id"]) for one in visits if one["_id"] not in set(made)]


def of_tasks(*, court: str, kind: str, task_ids: Sequence[str]) -> list[BatchRow]:
    """One row per task, or per recipient still in it when the paper is about a recipient. Raises `batch.wrong_kind`."""
    if kind not in forms.FORMS:
        raise _wrong_kind(kind)
    tasks = {one.id: one for one in ServiceTask.objects(court=court, id__in=list(task_ids))}
    rows = []
    for task_id in dict.fromkeys(task_ids):
        task = tasks.get(task_id)
        if task is None:
            continue
        if forms.FORMS[kind].about == "task":
            rows.append(BatchRow(task_id=task_id))
        else:
            kept = (one for one in task.recipients if one.state != "withdrawn")
            rows += [BatchRow(task_id=task_id, recipient_id=one.id) for one in kept]
    return rows


def _wrong_kind(kind: str) -> DomainError:
    title = KINDS[kind].title if kind in KINDS else kind
    return Invalid(code="batch.wrong_kind", title=f"{title}不能按所选对象成批制作", kind=kind)


def start(
    *,
    court: str,
    kind: str,
    rows: Sequence[BatchRow],
    fields: dict[str, Any] | None = None,
    wants_seal: bool = False,
    actor: Actor,
    now: datetime,
) -> PaperBatch:
    """Remembers the batch. Raises `batch.nothing`, `batch.too_many`."""
    if not rows:
        raise Invalid(code="batch.nothing", title="没有可以制作的文书")
    if len(rows) > MAX_ROWS:
        raise Invalid(code="batch.too_many", title=f"一批最多制作{MAX_ROWS}份文书", limit=MAX_ROWS)
    batch = PaperBatch(
        court=court,
        kind=kind,
        fields=fields or {},
        wants_seal=wants_seal,
        total=len(rows),
        rows=list(rows),
        chunks=[
            BatchChunk(first=first, last=min(first + CHUNK, len(rows)) - 1) for first in range(0, len(rows), CHUNK)
        ],
        asked_by=actor.id,
        asked_by_name=actor.name,
        asked_at=now,
        queued_at=now,
    )
    batch.save(force_insert=True)
    return batch


def run_chunk(*, batch_id: str, number: int, tools: Tools, clock: Clock = utc_now) -> bool:
    """Makes the papers of one chunk, unless another worker is at it; true when it was the last and files are due."""
    lease = new_id()
    if not _claim(batch_id, number, lease, clock()):
        return False
    batch = PaperBatch.objects(id=batch_id).get()
    chunk = batch.chunks[number]
    for index in range(chunk.first, chunk.last + 1):
        if batch.rows[index].state == "waiting" and not _row(batch, number, index, lease, tools, clock):
            return False
    collection = PaperBatch._get_collection()
    collection.update_one(
        {"_id": batch_id, f"chunks.{number}.lease": lease}, {"$set": {f"chunks.{number}.state": "done"}}
    )
    return _progress(batch_id)


def _claim(batch_id: str, number: int, lease: str, now: datetime) -> bool:
    place = f"chunks.{number}"
    free = [{f"{place}.state": "waiting"}, {f"{place}.state": "running", f"{place}.beat_at": {"$lt": now - LEASE}}]
    taken = PaperBatch._get_collection().update_one(
        {"_id": batch_id, "state": "running", "$or": free},
        {"$set": {f"{place}.state": "running", f"{place}.lease": lease, f"{place}.beat_at": now}},
    )
    return bool(taken.modified_count)


def _row(batch: PaperBatch, number: int, index: int, lease: str, tools: Tools, clock: Clock) -> bool:
    """Makes one row; false when the batch was stopped or another worker has the chunk."""
    place, now = f"rows.{index}", clock()
    try:
        paper = _paper(batch, batch.rows[index], index, tools, now)
        change, count = {f"{place}.state": "done", f"{place}.paper_id": paper.id}, "done"
    except DomainError as refusal:
        problem = {"code": refusal.code, "title": refusal.title}
        change, count = {f"{place}.state": "failed", f"{place}.problem": problem}, "failed"
    held = {"_id": batch.id, "state": "running", f"chunks.{number}.lease": lease, f"{place}.state": "waiting"}
    written = PaperBatch._get_collection().update_one(
        held, {"$set": {**change, f"chunks.{number}.beat_at": now}, "$inc": {count: 1}}
    )
    return bool(written.modified_count)


def _paper(batch: PaperBatch, row: BatchRow, index: int, tools: Tools, now: datetime) -> Paper:
    """The row's paper; of a visit the newest that exists already, so that a batch for the printer makes no versions."""
    actor = Actor(batch.asked_by, batch.asked_by_name)
    basis = f"batch:{batch.id}:{index}"
    if row.visit_id:
        paper = Paper.objects(court=batch.court, visit_id=row.visit_id, kind=batch.kind).order_by("-version").first()
        paper = paper or services.make_paper(
            court=batch.court,
            visit_id=row.visit_id,
            kind=batch.kind,
            basis=basis,
            store=tools.store,
            actor=actor,
            now=now,
        )
    else:
        wanted = forms.Wanted(batch.court, row.task_id, row.recipient_id, dict(batch.fields), tools.portal_url)
        found = forms.gather(batch.kind, wanted, store=tools.store, now=now)
        paper = making.make(
            found.about,
            batch.kind,
            basis,
            lambda number, version: found.render(number, version, actor.name),
            store=tools.store,
            actor=actor,
            now=now,
        )
    if batch.wants_seal and paper.sealed_at is None:
        return sealing.seal_paper(
            court=batch.court, paper_id=paper.id, provider=tools.provider, store=tools.store, actor=actor, now=now
        )
    return paper


def _progress(batch_id: str) -> bool:
    """Tells the boards; true when every chunk is done."""
    shown = {"court": 1, "done": 1, "failed": 1, "total": 1, "state": 1, "chunks.state": 1}
    batch = PaperBatch._get_collection().find_one({"_id": batch_id}, shown)
    news = {name: batch[name] for name in ("done", "failed", "total", "state")}
    live.publish(batch["court"], "paper_batch.progress", batch_id=batch_id, **news)
    return all(chunk["state"] == "done" for chunk in batch["chunks"])


def finish(*, batch_id: str, store: Store, clock: Clock = utc_now) -> bool:
    """Puts merged PDF and zip together, once; safe to ask for as often as one likes."""
    lease, now, collection = new_id(), clock(), PaperBatch._get_collection()
    ready = {"state": "running", "chunks.state": {"$nin": ["waiting", "running"]}}
    left = {"state": "finishing", "beat_at": {"$lt": now - LEASE}}
    claimed = collection.update_one(
        {"_id": batch_id, "$or": [ready, left]}, {"$set": {"state": "finishing", "lease": lease, "beat_at": now}}
    )
    if not claimed.modified_count:
        return False
    batch = PaperBatch.objects(id=batch_id).get()

    def beat() -> None:
        collection.update_one({"_id": batch_id, "lease": lease}, {"$set": {"beat_at": clock()}})

    files = put_together(batch, store=store, beat=beat)
    end = {"state": "done", "finished_at": clock(), **files}
    collection.update_one({"_id": batch_id, "state": "finishing", "lease": lease}, {"$set": end})
    live.publish(
        batch.court, "paper_batch.finished", batch_id=batch_id, done=batch.done, failed=batch.failed, total=batch.total
    )
    return True


def stop(*, court: str, batch_id: str, now: datetime) -> PaperBatch:
    """Ends a batch: papers that were made stay, nothing more is made. Raises `batch.ended`."""
    stopped = PaperBatch._get_collection().update_one(
        {"_id": batch_id, "court": court, "state": "running"},
        {"$set": {"state": "stopped", "finished_at": now, "rows.$[one].state": "stopped"}},
        array_filters=[{"one.state": "waiting"}],
    )
    batch = get(court=court, batch_id=batch_id)
    if not stopped.modified_count:
        raise Conflict(code="batch.ended", title="该批次已经结束，不能停止")
    live.publish(
        court, "paper_batch.finished", batch_id=batch_id, done=batch.done, failed=batch.failed, total=batch.total
    )
    return batch


def get(*, court: str, batch_id: str) -> PaperBatch:
    """Raises `batch.papers_not_found`."""
    found: PaperBatch | None = PaperBatch.objects(court=court, id=batch_id).first()
    if found is None:
        raise not_found()
    return found


def page(*, within: dict[str, Any], page: int, page_size: int) -> tuple[list[PaperBatch], int]:
    """Newest first, without their rows."""
    found = PaperBatch.objects(__raw__=within).exclude("rows", "chunks").order_by("-asked_at")
    return list(found.skip((page - 1) * page_size).limit(page_size)), int(found.count())


def left_behind(*, now: datetime, limit: int = 20) -> list[tuple[str, list[int]]]:
    """(batch, its chunks nobody is at) of batches that lost messages or dead workers left; no chunks: files are due."""
    collection, old = PaperBatch._get_collection(), now - LEASE
    lost = {"state": {"$in": ["running", "finishing"]}, "queued_at": {"$lt": old}}
    found = []
    for batch in list(collection.find(lost, {"state": 1, "chunks": 1, "beat_at": 1}).limit(limit)):
        waiting = [number for number, chunk in enumerate(batch["chunks"]) if _is_left(chunk, old)]
        unfinished = any(chunk["state"] != "done" for chunk in batch["chunks"])
        if waiting or not unfinished:
            collection.update_one({"_id": batch["_id"]}, {"$set": {"queued_at": now}})
            found.append((batch["_id"], waiting))
    return found


def _is_left(chunk: dict[str, Any], old: datetime) -> bool:
    return chunk["state"] == "waiting" or (chunk["state"] == "running" and chunk["beat_at"] < old)
