"""Documents that name stored objects, made by hand: what a move and a removal go by."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import datetime, timedelta
from typing import Any

from evidence.stores import Store, Stored
from server.accounts.models import Court
from server.core.clock import utc_now
from server.core.ids import new_id
from server.custody.models import Announced
from server.custody.services.retention import Package, record_receipt
from server.field.models import EvidenceItem
from server.reports.archive_models import CaseArchive
from server.reports.batch_models import PaperBatch
from server.reports.models import Paper
from server.service.actor import Actor
from server.service.models import Exhibit

COURT, OTHER = "京0102", "京0105"
CLERK = Actor("p1", "书记员")


def courts() -> None:
    for code in (COURT, OTHER):
        Court(id=code, name=f"北京市{code}人民法院", level=4).save()


def put(store: Store, data: bytes) -> Stored:
    return store.put(io.BytesIO(data), max_bytes=1 << 30)


def item(store: Store, data: bytes, *, court: str = COURT, at: datetime | None = None, **more: Any) -> EvidenceItem:
    held, at = put(store, data), at or utc_now()
    fields: dict[str, Any] = {
        "court": court, "visit_id": new_id(), "task_id": new_id(), "server_id": "s1", "client_id": new_id(),
        "digest": "0" * 64, "kind": "photo_door", "sha256": held.sha256, "size": held.size,
        "media_type": "image/jpeg", "store_key": held.key, "captured_at": at, "received_at": at,
    }  # fmt: skip
    return EvidenceItem(**fields | more).save(force_insert=True)


def copies(store: Store, of: EvidenceItem, *names: str) -> list[str]:
    kept = {name: put(store, f"{name} of {of.id}".encode()) for name in names}
    of.modify(analysis={"copies": {name: {"store_key": one.key, "size": one.size} for name, one in kept.items()}})
    return [one.key for one in kept.values()]


def refused(store: Store, data: bytes, *, at: datetime) -> Announced:
    held = put(store, data)
    return Announced(
        court=COURT, server_id="s1", date="2026-11-24", visit_id=new_id(), client_id=new_id(), digest="0" * 64,
        kind="photo_door", sha256=held.sha256, size=held.size, captured_at=at, announced_at=at, settled_at=at,
        state="refused", kept_key=held.key,
    ).save(force_insert=True)  # fmt: skip


def announced(data: bytes, *, court: str = COURT) -> Announced:
    now = utc_now()
    return Announced(
        court=court, server_id="s1", date="2026-11-24", visit_id=new_id(), client_id=new_id(), digest="0" * 64,
        kind="photo_door", sha256=hashlib.sha256(data).hexdigest(), size=len(data), captured_at=now, announced_at=now,
    ).save(force_insert=True)  # fmt: skip


def exhibit(store: Store, data: bytes, *, court: str = COURT) -> Exhibit:
    held = put(store, data)
    return Exhibit(
        court=court, task_id=new_id(), attempt_id=new_id(), kind="receipt", media_type="application/pdf",
        size=held.size, sha256=held.sha256, store_key=held.key, received_at=utc_now(), by="p1", by_name="书记员",
    ).save(force_insert=True)  # fmt: skip


def paper(store: Store, data: bytes, sealed: bytes) -> Paper:
    held, held_sealed, now = put(store, data), put(store, sealed), utc_now()
    return Paper(
        court=COURT, task_id=new_id(), subject=f"task:{new_id()}", kind="proof", number="1", version=1, basis=new_id(),
        store_key=held.key, sha256=held.sha256, size=held.size, pages=1, made_at=now, made_by="p1", sealed_at=now,
        sealed_store_key=held_sealed.key, sealed_sha256=held_sealed.sha256, sealed_size=held_sealed.size,
    ).save(force_insert=True)  # fmt: skip


def batch(store: Store, *, at: datetime) -> PaperBatch:
    kept = [put(store, f"{part} {new_id()}".encode()) for part in ("merged", "zipped")]
    merged, zipped = ({"store_key": one.key, "sha256": one.sha256, "size": one.size} for one in kept)
    return PaperBatch(
        court=COURT, kind="proof", total=1, asked_by="p1", asked_by_name="书记员", asked_at=at, queued_at=at,
        finished_at=at, state="done", merged=merged, zipped=zipped,
    ).save(force_insert=True)  # fmt: skip


def archive(store: Store, *contents: bytes, at: datetime | None = None, court: str = COURT) -> CaseArchive:
    """A package with these files, in the shape of the real ones."""
    body, at = io.BytesIO(), at or utc_now()
    with zipfile.ZipFile(body, "w") as package:
        lines = [f"{hashlib.sha256(one).hexdigest()}  evidence/{n:03d}.jpg\n" for n, one in enumerate(contents)]
        package.writestr("SHA256SUMS", "".join(lines))
        package.writestr("nonce", new_id())
    held = put(store, body.getvalue())
    return CaseArchive(
        court=court, case_id=new_id(), case_number="(2026)京0102民初1号", number=1, state="done", store_key=held.key,
        sha256=held.sha256, size=held.size, asked_by="p1", asked_by_name="书记员", asked_at=at, queued_at=at,
        finished_at=at,
    ).save(force_insert=True)  # fmt: skip


def package_of(one: CaseArchive) -> Package:
    return Package(one.id, one.case_id, one.store_key, one.sha256, one.finished_at)


def receive(store: Store, *contents: bytes, at: datetime, court: str = COURT, **more: Any) -> CaseArchive:
    """A package that the court's archive received at that time."""
    made = archive(store, *contents, at=at - timedelta(hours=1), court=court)
    said: dict[str, Any] = {
        "reference": "档2026-001",
        "received_by": "档案员甲",
        "received_at": at,
        "sha256": None,
        "actor": CLERK,
        "now": at,
    }
    record_receipt(court=court, package=package_of(made), store=store, **said | more)
    return made
