"""材料 of an attempt that is no visit: durable before the database says that they are held, and kept for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from pymongo.errors import DuplicateKeyError

from evidence.errors import EvidenceError
from evidence.media import LIMITS, MEGABYTE, Kind, inspect
from evidence.signature import check_signature
from evidence.sniff import HEAD_BYTES, sniff
from evidence.stores.protocol import Store
from server.core.ids import new_id
from server.law import proof
from server.law.outcomes import EVIDENCE_KINDS
from server.service import errors
from server.service.actor import Actor
from server.service.models import Exhibit
from server.service.services import attempts, judging

KINDS = {**EVIDENCE_KINDS, **proof.KINDS}
_PDF = "application/pdf"
_PDF_BYTES = 50 * MEGABYTE
_PDF_TAIL = 2048
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as sent; `stream` is seekable. `kind`: a key of KINDS."""

    kind: str
    filename: str
    stream: BinaryIO


def exhibits() -> Any:
    return Exhibit._get_collection()


def add_exhibit(
    *, court: str, attempt_id: str, upload: Upload, store: Store, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Holds a file as material of an attempt; the same bytes of the same kind are held once. Answers it raw.

    What a closed attempt gains is judged at once. Nothing takes an exhibit away again. Raises `attempt.not_found`,
    `exhibit.unknown_kind`, `exhibit.attempt_withdrawn`, `evidence.*` (empty, too large, another type, broken).
    """
    attempt = attempts.find_attempt(court, attempt_id)
    if upload.kind not in KINDS:
        raise errors.exhibit_unknown_kind(upload.kind)
    if attempt["state"] == "withdrawn":
        raise errors.exhibit_closed()
    try:
        media_type, most = _checked(upload)
        held = store.put(upload.stream, max_bytes=most, content_type=media_type)
    except EvidenceError as error:
        raise errors.of_evidence(error) from error
    document = {
        "_id": new_id(),
        "court": court,
        "task_id": attempt["task_id"],
        "attempt_id": attempt_id,
        "kind": upload.kind,
        "filename": "".join(one for one in upload.filename.strip() if one.isprintable())[:_LONGEST_NAME],
        "media_type": media_type,
        "size": held.size,
        "sha256": held.sha256,
        "store_key": held.key,
        "received_at": now,
        "by": actor.id,
        "by_name": actor.name,
    }
    held_now = _insert(document)
    if attempt["state"] == "closed":
        judging.follow(court=court, attempt_id=attempt_id, actor=actor, now=now)
    return held_now


def _insert(document: dict[str, Any]) -> dict[str, Any]:
    try:
        exhibits().insert_one(document)
    except DuplicateKeyError:
        same = {name: document[name] for name in ("court", "attempt_id", "kind", "sha256")}
        return dict(exhibits().find_one(same))
    return document


def _checked(upload: Upload) -> tuple[str, int]:
    """(media type, most bytes) by what the file is; its name and header are never asked."""
    upload.stream.seek(0)
    media_type = sniff(upload.stream.read(HEAD_BYTES))
    upload.stream.seek(0)
    if media_type == _PDF:
        _check_pdf(upload.stream)
        return _PDF, _PDF_BYTES
    kind = _media_kind(upload.kind, media_type or "")
    facts = inspect(upload.stream, kind=kind)
    if kind == "signature":
        check_signature(upload.stream)
        upload.stream.seek(0)
    return facts.media_type, LIMITS[kind].max_bytes


def _media_kind(kind: str, media_type: str) -> Kind:
    if kind.startswith("signature_") and media_type == "image/png":
        return "signature"
    if media_type.startswith("video/"):
        return "video"
    return "audio" if media_type.startswith("audio/") else "photo"


def _check_pdf(stream: BinaryIO) -> None:
    """A PDF that was cut short has lost its end (ISO 32000-1 §7.5.5)."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _PDF_TAIL))
    whole = b"%%EOF" in stream.read()
    stream.seek(0)
    if not whole:
        raise EvidenceError("evidence.broken_pdf", "PDF 文件不完整")


def exhibits_of(*, court: str, attempt_ids: list[str]) -> list[dict[str, Any]]:
    """Raw exhibits of these attempts, oldest first."""
    where = {"court": court, "attempt_id": {"$in": attempt_ids}}
    return list(exhibits().find(where).sort([("received_at", 1), ("_id", 1)]))


def open_exhibit(*, court: str, exhibit_id: str, store: Store) -> tuple[dict[str, Any], BinaryIO]:
    """An exhibit (raw) and its bytes; the caller closes the stream. Raises `exhibit.not_found`, `evidence.*`."""
    found = exhibits().find_one({"_id": exhibit_id, "court": court})
    if found is None:
        raise errors.exhibit_not_found()
    try:
        return dict(found), store.open(found["store_key"])
    except EvidenceError as error:
        raise errors.of_evidence(error) from error
