"""Evidence from the door: the bytes are durable before the database says that they are held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from pymongo.errors import DuplicateKeyError

from evidence.errors import EvidenceError
from evidence.hashing import check_sha256, normal_sha256, sha256_of
from evidence.media import LIMITS, Kind, MediaFacts, inspect
from evidence.signature import check_signature
from evidence.stores.protocol import Store
from server.core.ids import new_id
from server.field import errors, rules
from server.field.digest import digest_of
from server.field.models import EvidenceItem
from server.field.services import guard
from server.service.actor import Actor

WARNINGS = {
    "exif.unreadable": "照片自带信息（EXIF）已损坏，已按手机上报的时间和位置保存",
    "exif.time_unreadable": "照片自带的拍摄时间无法读取",
    "exif.no_offset": "照片自带的拍摄时间没有时区，按北京时间处理",
    "exif.point_unreadable": "照片自带的位置无法读取",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """One item as sent: `stream` is seekable; `sha256` is what the phone computed when it took the picture."""

    client_id: str
    kind: str
    sha256: str
    captured_at: datetime
    fix: rules.RawFix | None
    stream: BinaryIO


@dataclass(frozen=True, slots=True)
class Held:
    """What is held now. `warnings`: codes of `WARNINGS`."""

    evidence_id: str
    client_id: str
    kind: str
    sha256: str
    size: int
    repeated: bool
    warnings: tuple[str, ...]


def record_evidence(*, court: str, visit_id: str, actor: Actor, store: Store, upload: Upload, now: datetime) -> Held:
    """Holds one item of a visit, once per client id.

    Raises `evidence.*` (empty, too large, another type, broken, hash mismatch, not a signature), `time.*`,
    `position.*`, `visit.not_found`, `visit.not_yours`, `visit.withdrawn`, `client_id.reused`.
    """
    try:
        stated = normal_sha256(upload.sha256)
        digest = _digest(upload, stated)
        before = _held_before(court, visit_id, upload.client_id, digest, actor)
        if before is not None:
            return before
        visit = guard.find(court=court, visit_id=visit_id)
        guard.check_mine(visit, actor.id)
        guard.check_time(upload.captured_at, now=now)
        place = guard.check_fix(upload.fix, now=now)
        facts = _checked(upload, stated)
        stored = store.put(
            upload.stream,
            max_bytes=_limit(upload.kind),
            expected_sha256=stated,
            content_type=facts.media_type,
        )
    except EvidenceError as error:
        raise errors.of_evidence(error) from error
    document = {
        "_id": new_id(),
        "court": court,
        "visit_id": visit_id,
        "task_id": visit["task_id"],
        "server_id": actor.id,
        "client_id": upload.client_id,
        "digest": digest,
        "kind": upload.kind,
        "sha256": stored.sha256,
        "size": stored.size,
        "media_type": facts.media_type,
        "store_key": stored.key,
        "captured_at": upload.captured_at,
        "received_at": now,
        "facts": _facts_document(facts),
    }
    if place is not None:
        document["fix"] = place
    return _insert(document, actor)


def open_evidence(*, court: str, evidence_id: str, store: Store) -> tuple[EvidenceItem, BinaryIO]:
    """An item of the court and its original bytes. Raises `evidence.not_found`. The caller closes the stream."""
    item = EvidenceItem.objects(court=court, id=evidence_id).first()
    if item is None:
        raise errors.evidence_not_found()
    try:
        return item, store.open(item.store_key)
    except EvidenceError as error:
        raise errors.of_evidence(error) from error


def media_kind(kind: str) -> Kind:
    """Which inspection an evidence kind gets."""
    if kind.startswith("signature_"):
        return "signature"
    if kind in ("video", "audio"):
        return "video" if kind == "video" else "audio"
    return "photo"


def _limit(kind: str) -> int:
    return LIMITS[media_kind(kind)].max_bytes


def _digest(upload: Upload, sha256: str) -> str:
    return digest_of(
        {
            "kind": upload.kind,
            "sha256": sha256,
            "captured_at": upload.captured_at,
            "fix": upload.fix.content() if upload.fix else None,
        }
    )


def _checked(upload: Upload, stated: str) -> MediaFacts:
    """Hash first, so that a cut transfer is told apart from a broken photo; the stream is left at its start."""
    upload.stream.seek(0)
    check_sha256(sha256_of(upload.stream, max_bytes=_limit(upload.kind)), stated)
    upload.stream.seek(0)
    facts = inspect(upload.stream, kind=media_kind(upload.kind))
    if media_kind(upload.kind) == "signature":
        check_signature(upload.stream)
    upload.stream.seek(0)
    return facts


def _facts_document(facts: MediaFacts) -> dict[str, Any]:
    document: dict[str, Any] = {
        "width": facts.width,
        "height": facts.height,
        "exif_taken_at": facts.exif_taken_at,
        "camera": facts.camera,
        "orientation": facts.orientation,
        "warnings": list(facts.warnings),
    }
    if facts.exif_point is not None:
        document["exif_wgs84"] = [facts.exif_point.lng, facts.exif_point.lat]
    return {key: value for key, value in document.items() if value is not None}


def _insert(document: dict[str, Any], actor: Actor) -> Held:
    try:
        EvidenceItem._get_collection().insert_one(document)
    except DuplicateKeyError:
        # Two copies of one upload raced, or one was repeated while the first was still being read: one is enough.
        before = _held_before(document["court"], document["visit_id"], document["client_id"], document["digest"], actor)
        if before is None:
            raise
        return before
    return _held(document, repeated=False)


def _held_before(court: str, visit_id: str, client_id: str, digest: str, actor: Actor) -> Held | None:
    found = EvidenceItem._get_collection().find_one({"court": court, "visit_id": visit_id, "client_id": client_id})
    if found is None:
        return None
    if found["server_id"] != actor.id or found["digest"] != digest:
        raise errors.client_id_reused()
    return _held(found, repeated=True)


def _held(document: dict[str, Any], *, repeated: bool) -> Held:
    return Held(
        evidence_id=document["_id"],
        client_id=document["client_id"],
        kind=document["kind"],
        sha256=document["sha256"],
        size=document["size"],
        repeated=repeated,
        warnings=tuple(document["facts"].get("warnings", ())),
    )
