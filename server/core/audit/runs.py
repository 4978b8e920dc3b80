"""Verifying logs in the background, for the page of the security auditor: a run, its progress, its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from flask import current_app
from mongoengine import DateTimeField, DictField, Document, IntField, ListField, StringField

from server.core.audit.checkpoints import trusted_roots
from server.core.audit.models import ChainCheckpoint, ChainHead
from server.core.audit.verify import Against, Report, verify
from server.core.clock import utc_now
from server.core.errors import NotFound
from server.core.ids import new_id

STATES = ("queued", "running", "done", "failed")
TAKEN_FOR_DEAD = timedelta(minutes=15)


class AuditRun(Document):
    """One verification of some courts' logs. `reports`: one per court that has been read. A few a day; a year kept."""

    meta = {
        "collection": "audit_runs",
        "indexes": [{"fields": ["asked_at"], "expireAfterSeconds": 366 * 86_400}, ("state", "asked_at")],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)  # of who asked
    courts = ListField(StringField())
    state = StringField(required=True, default="queued", choices=STATES)
    entries_total = IntField(required=True, default=0)
    entries_done = IntField(required=True, default=0)
    reports = ListField(DictField())
    asked_by = StringField(required=True)
    asked_at = DateTimeField(required=True)
    started_at = DateTimeField()
    finished_at = DateTimeField()


def ask(*, court: str, courts: Sequence[str], person_id: str, now: datetime) -> AuditRun:
    """Remembers what is wanted and sends it to a worker; a lost message is found by `sweep_runs`."""
    heads = list(ChainHead._get_collection().find({"_id": {"$in": list(courts)}}, {"size": 1}))
    run = AuditRun(
        court=court,
        courts=sorted(str(head["_id"]) for head in heads),
        entries_total=sum(int(head.get("size", 0)) for head in heads),
        asked_by=person_id,
        asked_at=now,
    ).save(force_insert=True)
    verify_run.delay(run.id)
    return run


def get(run_id: str) -> AuditRun:
    run = AuditRun.objects(id=run_id).first()
    if run is None:
        raise missing()
    return run


def newest_checkpoints(courts: Sequence[str], *, limit: int) -> list[dict[str, Any]]:
    """{court, size, root (base64), at, stamped_at}, newest first."""
    found = ChainCheckpoint._get_collection().find({"court": {"$in": list(courts)}}).sort("at", -1).limit(limit)
    return [
        {
            "court": one["court"],
            "size": one["size"],
            "root": one["note"].split("\n")[2],  # the third line of a C2SP checkpoint
            "at": one["at"],
            "stamped_at": one.get("stamped_at"),
        }
        for one in found
    ]


def missing() -> NotFound:
    return NotFound(code="audit_run.not_found", title="没有这次校验")


@shared_task(name="audit.verify_run")
def verify_run(run_id: str) -> None:
    """Reads every court's log of the run. May run twice: it only reads, and the last verdict stands."""
    runs = AuditRun._get_collection()
    run = runs.find_one_and_update(
        {"_id": run_id, "state": {"$ne": "done"}}, {"$set": {"state": "running", "started_at": utc_now()}}
    )
    if run is None:
        return
    settings = current_app.extensions["settings"]
    store = current_app.extensions["evidence_store"]
    against = Against(store=store, roots=trusted_roots(settings.tsa_certificates))
    reports: list[dict[str, Any]] = []
    for court in run["courts"]:
        report = verify(court, against)
        reports.append(_plain(report))
        runs.update_one(
            {"_id": run_id}, {"$set": {"reports": reports, "entries_done": sum(one["entries"] for one in reports)}}
        )
    runs.update_one({"_id": run_id}, {"$set": {"state": "done", "finished_at": utc_now()}})


@shared_task(name="audit.sweep_runs")
def sweep_runs() -> None:
    """Sends again what a lost message or a dead worker left undone; gives up after an hour."""
    now = utc_now()
    runs = AuditRun._get_collection()
    runs.update_many(
        {"state": {"$in": ["queued", "running"]}, "asked_at": {"$lt": now - timedelta(hours=1)}},
        {"$set": {"state": "failed", "finished_at": now}},
    )
    late = {"$or": [{"state": "queued"}, {"state": "running", "started_at": {"$lt": now - TAKEN_FOR_DEAD}}]}
    for run in runs.find({**late, "asked_at": {"$lt": now - timedelta(minutes=2)}}, {"_id": 1}):
        verify_run.delay(run["_id"])


def _plain(report: Report) -> dict[str, Any]:
    bad = report.first_bad
    return {**{k: v for k, v in asdict(report).items() if k != "first_bad"}, "ok": report.ok, "first_bad": _bad(bad)}


def _bad(bad: Any) -> dict[str, Any] | None:
    return None if bad is None else {name: getattr(bad, name) for name in ("where", "what", "seq", "id")}


SWEEPS = {"verify runs": {"task": "audit.sweep_runs", "schedule": 120.0}}
