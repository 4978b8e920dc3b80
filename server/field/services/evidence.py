"""Evidence from the door: the bytes are durable before the database says that they are held."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from pymongo.errors import DuplicateKeyError

from evidence.errors import EvidenceError
from evidence.hashing import check_sha256, normal_sha256, sha256_of
from evidence.manifest import Manifest
from evidence.manifest import sha256_of as sha256_of_manifest
from evidence.media import LIMITS, UNDECODED_PNG_PIXELS, Kind, MediaFacts, glance
from evidence.signature import check_signature
from evidence.stores.protocol import Store, Stored
from server.core import events
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


@dataclass(frozen=True, slots=True)
class Origin:
    """How an item came: `late` says why it is not simply part of its visit, `envelope` is kept as it was signed."""

    source: str = "phone"
    announced_id: str | None = None
    envelope: Mapping[str, Any] | None = None
    late: Mapping[str, Any] | None = None


def record_evidence(
    *,
    court: str,
    visit_id: str,
    actor: Actor,
    store: Store,
    upload: Upload,
    now: datetime,
    origin: Origin | None = None,
) -> Held:
    """Holds one item of a visit, once per client id.

    Raises `evidence.*` (empty, too large, another type, broken, hash mismatch, not a signature), `time.*`,
    `position.*`, `visit.not_found`, `visit.not_yours`, `visit.withdrawn`, `client_id.reused`.
    """
    try:
        stated = normal_sha256(upload.sha256)
        digest = content_digest(kind=upload.kind, sha256=stated, captured_at=upload.captured_at, fix=upload.fix)
        before = _held_before(court, visit_id, upload.client_id, digest, actor.id)
        if before is not None:
            return before
        visit = guard.find(court=court, visit_id=visit_id)
        guard.check_mine(visit, actor.id)
        guard.check_time(upload.captured_at, now=now)
        place = guard.check_fix(upload.fix, now=now)
        facts = checked(upload.stream, kind=upload.kind, sha256=stated)
        stored = store.put(
            upload.stream,
            max_bytes=limit_of(upload.kind),
            expected_sha256=stated,
            content_type=facts.media_type,
        )
    except EvidenceError as error:
        raise errors.of_evidence(error) from error
    item = Item(
        court=court,
        visit_id=visit_id,
        task_id=visit["task_id"],
        server_id=actor.id,
        client_id=upload.client_id,
        digest=digest,
        kind=upload.kind,
        captured_at=upload.captured_at,
        fix=place,
    )
    return hold(item=item, facts=facts, stored=stored, origin=origin or Origin(), now=now)


@dataclass(frozen=True, slots=True)
class Item:
    """What is known of an item before its bytes: `digest` of everything said about it, `fix` as `check_fix` gave it."""

    court: str
    visit_id: str
    task_id: str
    server_id: str
    client_id: str
    digest: str
    kind: str
    captured_at: datetime
    fix: Mapping[str, Any] | None


def hold(*, item: Item, facts: MediaFacts, stored: Stored, origin: Origin, now: datetime) -> Held:
    """Writes that these durable bytes are held, with the manifest and the news of it. Raises `client_id.reused`."""
    evidence_id = new_id()
    manifest = _manifest(item, facts, stored, origin, evidence_id, now).encoded()
    news = events.event(
        "evidence.received",
        court=item.court,
        now=now,
        evidence_id=evidence_id,
        visit_id=item.visit_id,
        task_id=item.task_id,
        server_id=item.server_id,
        kind=item.kind,
    )
    document = {
        "_id": evidence_id,
        "court": item.court,
        "visit_id": item.visit_id,
        "task_id": item.task_id,
        "server_id": item.server_id,
        "client_id": item.client_id,
        "digest": item.digest,
        "kind": item.kind,
        "sha256": stored.sha256,
        "size": stored.size,
        "media_type": facts.media_type,
        "store_key": stored.key,
        "captured_at": item.captured_at,
        "received_at": now,
        "facts": _facts_document(facts),
        "source": origin.source,
        "manifest": manifest,
        "manifest_sha256": sha256_of_manifest(manifest),
        "log": {"state": "waiting"},
        "analysis": {"state": "waiting", "queued_at": now},
        "outbox": [news],
        "version": 1,
    }
    wishes = {
        "fix": item.fix,
        "announced_id": origin.announced_id,
        "envelope": origin.envelope,
        "late": origin.late,
    }
    return _insert(document | {key: value for key, value in wishes.items() if value})


def _manifest(
    item: Item, facts: MediaFacts, stored: Stored, origin: Origin, evidence_id: str, now: datetime
) -> Manifest:
    envelope = origin.envelope
    return Manifest(
        court=item.court,
        evidence_id=evidence_id,
        visit_id=item.visit_id,
        task_id=item.task_id,
        server_id=item.server_id,
        client_id=item.client_id,
        kind=item.kind,
        sha256=stored.sha256,
        size=stored.size,
        media_type=facts.media_type,
        captured_at=item.captured_at,
        received_at=now,
        fix=_flat(item.fix) if item.fix else None,
        envelope_sha256=hashlib.sha256(envelope["payload"]).hexdigest() if envelope else None,
        source=origin.source,
    )


def _flat(fix: Mapping[str, Any]) -> dict[str, Any]:
    point = fix["point"]
    return {
        "lng": point["lng"],
        "lat": point["lat"],
        "datum": point["datum"],
        "accuracy_m": fix["accuracy_m"],
        "provider": fix["provider"],
        "at": fix["at"],
    }


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
    for other in ("video", "audio", "strokes"):
        if kind == other:
            return other
    return "photo"


def limit_of(kind: str) -> int:
    """The most bytes an item of this kind may have."""
    return LIMITS[media_kind(kind)].max_bytes


def content_digest(*, kind: str, sha256: str, captured_at: datetime, fix: rules.RawFix | None) -> str:
    """What makes two sendings of one client id the same, whichever way they come; `sha256` in lower case."""
    return digest_of(
        {
            "kind": kind,
            "sha256": sha256,
            "captured_at": captured_at,
            "fix": fix.content() if fix else None,
        }
    )


def checked(stream: BinaryIO, *, kind: str, sha256: str) -> MediaFacts:
    """Hash first, so that a cut transfer is told apart from a broken photo; then `looked_at`.

    Raises ``evidence.hash_mismatch`` beside what that raises.
    """
    stream.seek(0)
    check_sha256(sha256_of(stream, max_bytes=limit_of(kind)), sha256)
    return looked_at(stream, kind=kind)


def looked_at(stream: BinaryIO, *, kind: str) -> MediaFacts:
    """What whole bytes are, their hash being checked already; the stream is left at its start.

    Headers and structure only: pixels are decoded by the analysis, in a process that may die of them. (A signature
    from a phone's canvas is small enough to be looked at here.) Raises what `evidence.media.glance` and
    `check_signature` raise.
    """
    stream.seek(0)
    facts = glance(stream, kind=media_kind(kind))
    if media_kind(kind) == "signature" and (facts.width or 0) * (facts.height or 0) <= UNDECODED_PNG_PIXELS:
        check_signature(stream)
    stream.seek(0)
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


def _insert(document: dict[str, Any]) -> Held:
    try:
        EvidenceItem._get_collection().insert_one(document)
    except DuplicateKeyError:
        # Two copies of one upload raced, or one was repeated while the first was still being read: one is enough.
        before = _held_before(
            document["court"],
            document["visit_id"],
            document["client_id"],
            document["digest"],
            document["server_id"],
        )
        if before is None:
            raise
        return before
    events.relay(EvidenceItem, document["_id"])
    return _held(document, repeated=False)


def _held_before(court: str, visit_id: str, client_id: str, digest: str, server_id: str) -> Held | None:
    found = EvidenceItem._get_collection().find_one({"court": court, "visit_id": visit_id, "client_id": client_id})
    if found is None:
        return None
    if found["server_id"] != server_id or found["digest"] != digest:
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
