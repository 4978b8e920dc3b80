"""Evidence bundles: asked for, made by a worker, verified by the court itself before they count, and recorded."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evidence.bundle import Bundle, Document, Log, Original, Report, Scope, Trust, verify
from evidence.bundle import write as write_bundle
from evidence.errors import EvidenceError
from evidence.stores import Store
from server.accounts.models import Court
from server.core import audit
from server.core.audit import checkpoints, proofs
from server.core.audit.checkpoints import Stamps
from server.core.audit.proofs import Inclusion, Signed
from server.core.clock import utc_now
from server.core.errors import DomainError, NotFound
from server.core.ids import new_id
from server.custody.services import logging as receiving
from server.reports import bundle_content as content
from server.reports import packaging
from server.reports.archive_content import gather, manifest_json
from server.reports.bundle_content import Chosen
from server.reports.bundle_models import EvidenceBundle
from server.reports.bundle_scopes import case_of, choose, title_of
from server.reports.packaging import LEASE, Clock, LeaseLost
from server.service.actor import Actor

__all__ = ["LEASE", "LeaseLost", "Workshop", "ask", "get", "left_behind", "make", "not_found"]

MAX_BYTES = 256 * 1024**3
KIND = packaging.Kind(
    EvidenceBundle,
    "bundle.progress",
    "bundle_id",
    ("bundle.interrupted", "制作多次中断，已停止；请重新导出"),
)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What making a bundle takes: the store, and who dates checkpoints (None: nobody)."""

    store: Store
    stamps: Stamps | None = None
    clock: Clock = field(default=utc_now)


def not_found() -> NotFound:
    return NotFound(code="bundle.not_found", title="没有这个证据包")


def damaged(path: str) -> DomainError:
    return DomainError(
        code="bundle.damaged", status=500, title=f"存储的文件与登记的摘要不符，未能制作证据包：{path}", file=path
    )


def lost(title: str) -> DomainError:
    return DomainError(code="bundle.file_lost", status=500, title=f"存储的文件缺失或无法读取，未能制作证据包：{title}")


def ask(
    *,
    court: str,
    scope: str,
    object_id: str,
    actor: Actor,
    now: datetime,
    visit_ids: Sequence[str] = (),
    whole_day: bool = False,
) -> EvidenceBundle:
    """Remembers the wish; a worker makes the bundle. Raises `visit.not_found`, `case.not_found`, `paper.not_found`.

    `visit_ids` and `whole_day`: see the model.
    """
    made = EvidenceBundle(
        id=new_id(),
        court=court,
        scope=scope,
        object_id=object_id,
        visit_ids=list(visit_ids),
        whole_day=whole_day,
        title=title_of(court=court, scope=scope, object_id=object_id),
        asked_by=actor.id,
        asked_by_name=actor.name,
        asked_at=now,
        queued_at=now,
    )
    EvidenceBundle._get_collection().insert_one(made.to_mongo().to_dict())
    return made


def get(*, court: str, bundle_id: str) -> EvidenceBundle:
    """Raises `bundle.not_found`."""
    found: EvidenceBundle | None = EvidenceBundle.objects(court=court, id=bundle_id).first()
    if found is None:
        raise not_found()
    return found


def of_object(*, within: Mapping[str, Any], scope: str, object_id: str) -> list[EvidenceBundle]:
    """Bundles of one object within reach, newest first."""
    found = EvidenceBundle.objects(__raw__={"$and": [dict(within), {"scope": scope, "object_id": object_id}]})
    return list(found.order_by("-asked_at").limit(100))


def make(*, bundle_id: str, workshop: Workshop) -> bool:
    """Makes the bundle, unless it is made or another worker is at it. Raises LeaseLost."""
    progress = packaging.claim(KIND, bundle_id, workshop.clock)
    if progress is None:
        return False
    wish = EvidenceBundle.objects(id=bundle_id).get()
    try:
        with TemporaryDirectory(prefix="songda-bundle-") as folder:
            path = Path(folder, "bundle.zip")
            report = _write(wish, path, workshop, progress)
            with path.open("rb") as source:
                kept = workshop.store.put(source, max_bytes=MAX_BYTES, content_type="application/zip")
    except DomainError as refusal:
        progress.end({"state": "failed", "problem": {"code": refusal.code, "title": refusal.title}})
        return False
    done = {"counts": report.counts, "store_key": kept.key, "sha256": kept.sha256, "size": kept.size}
    # The row first: no bundle leaves that the log does not know of. Made twice, it is recorded twice.
    audit.record_system(
        court=wish.court,
        action="bundle.made",
        now=workshop.clock(),
        object_type="bundle",
        object_id=wish.id,
        scope=wish.scope,
        object=wish.object_id,
        asked_by=wish.asked_by,
        items=len(report.items),
        sha256=kept.sha256,
    )
    progress.end({"state": "done", **done})
    return True


def left_behind(*, now: datetime, limit: int = 50) -> list[str]:
    """See `packaging.left_behind`."""
    return packaging.left_behind(KIND, now=now, limit=limit)


def _write(wish: EvidenceBundle, path: Path, workshop: Workshop, progress: packaging.Progress) -> Report:
    """The zip, and what the verifier says of it. Raises `bundle.damaged`, `bundle.file_lost`, LeaseLost."""
    made, signer = _gathered(wish, workshop), checkpoints.signer(wish.court)
    progress.begin(len(made.items) + len(made.documents))
    try:
        with path.open("w+b") as out:
            write_bundle(made, out, signer=signer, moved=progress.moved, filed=progress.filed)
    except EvidenceError as error:
        if error.code == "bundle.file_differs":
            raise damaged(str(error.extra["file"])) from error
        raise lost(error.title_zh) from error
    report = verify(path, Trust([str(signer.verifier)]), moved=progress.moved)
    if report.verdict == "ALTERED":
        # The zip itself is not what was meant to be written: a disk, not a forger.
        raise damaged(path.name)
    return report


def _gathered(wish: EvidenceBundle, workshop: Workshop) -> Bundle:
    """Everything, with proofs over one checkpoint that covers every item."""
    now = workshop.clock()
    chosen = choose(wish)
    for one in chosen.items:
        if (one.get("log") or {}).get("state") == receiving.WAITING:
            receiving.receive(evidence_id=one["_id"])
    signed, proven = _proven(wish.court, chosen, workshop, now)
    tickets, devices = content.tickets(wish.court, chosen), content.devices(wish.court, chosen)
    known = {*tickets, *(one.device_id for one in devices)}
    return Bundle(
        bundle_id=wish.id,
        court=wish.court,
        court_name=Court.objects(id=wish.court).get().name,
        scope=Scope(wish.scope, wish.object_id, wish.title),
        made_at=now,
        items=content.items(chosen, proven, known, workshop.store),
        documents=_documents(wish, chosen, workshop.store),
        devices=devices,
        tickets=tickets,
        log=_log(signed, workshop.stamps),
        visits=content.visits(chosen),
        ledger=content.ledger(chosen),
    )


def _proven(
    court: str, chosen: Chosen, workshop: Workshop, now: datetime
) -> tuple[Signed | None, dict[str, Inclusion]]:
    """The earliest dated checkpoint over all items, else the newest; and the proofs under it."""
    ids = [receiving.entry_id(one["_id"]) for one in chosen.items]
    covered = proofs.size_over(court, ids)
    try:
        signed = proofs.stamped_over(court, covered)
        if signed is None:
            checkpoints.checkpoint(court, now=now)
            if workshop.stamps is not None:
                checkpoints.stamp(now=now, tsa=workshop.stamps, court=court)
            signed = proofs.stamped_over(court, covered) or proofs.newest(court, at_least=covered)
    except DomainError as refusal:
        if refusal.code != "log.no_checkpoint":
            raise
        return None, {}  # the head of the log is not genuine: the items show as unproven
    return signed, proofs.inclusion(court, ids, signed, store=workshop.store)


def _log(signed: Signed | None, stamps: Stamps | None) -> Log | None:
    if signed is None:
        return None
    roots = stamps.roots_of(signed.stamped_by) if stamps is not None and signed.stamp else b""
    return Log(signed.note, signed.stamp, signed.stamped_by, roots)


def _documents(wish: EvidenceBundle, chosen: Chosen, store: Store) -> list[Document]:
    """A case's documents are those of its archive, with all its facts beside them."""
    if wish.scope != "case":
        return content.documents(chosen, store)
    court = Court.objects(id=wish.court).get()
    case = case_of(wish.court, wish.object_id)
    archive = gather(court=wish.court, court_name=court.name, case=case, evidence_path=content.item_path)
    facts = manifest_json(archive)
    found = [
        Document("case.json", "案件送达数据", "application/json", _small(facts), {"schema": archive.manifest["schema"]})
    ]
    for one in archive.members:
        if not one.path.startswith("originals/"):
            title = Path(one.path).stem
            found.append(content.listed(one, title, _type_of(one.path), store))
    return found


def _type_of(path: str) -> str:
    return "application/pdf" if path.endswith(".pdf") else "application/octet-stream"


def _small(body: bytes) -> Original:
    return Original(hashlib.sha256(body).hexdigest(), len(body), lambda: io.BytesIO(body))
