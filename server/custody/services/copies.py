"""Derived copies of an item as files: those analysis has stored, or small ones made while somebody waits."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from evidence.analysis import Job, Sandbox
from evidence.errors import EvidenceError
from evidence.media import HEIC
from evidence.stores.protocol import Store
from server.core.errors import NotFound
from server.custody.services import analysing
from server.field import errors
from server.field.models import EvidenceItem
from server.field.services.evidence import media_kind

# What each size is served from, best first: the picture of a film is its poster.
_NAMES = {
    "thumb": ("thumb",),
    "display": ("display", "poster"),
    "marked": ("marked",),
    "proxy": ("proxy",),
}
_WHILE_WAITING = frozenset({"thumb", "display", "marked"})
_NOT_YET = frozenset({None, "waiting", "running"})


@dataclass(frozen=True, slots=True)
class Opened:
    """A copy; `stream` is the caller's to close. `etag` changes when the bytes do."""

    stream: BinaryIO
    media_type: str
    size: int
    etag: str


def no_picture() -> NotFound:
    return NotFound(code="evidence.no_picture", title="该材料没有缩略图")


def no_copy(size: str, *, waiting: bool) -> NotFound:
    title = "该副本正在生成，请稍后再试" if waiting else "该材料没有这种副本"
    return NotFound(code="evidence.no_copy", title=title, size=size, waiting=waiting)


def open_copy(
    *, court: str, evidence_id: str, size: str, store: Store, sandbox: Callable[[], Sandbox]
) -> tuple[dict[str, Any], Opened]:
    """(the item as stored, its copy). `size`: thumb, display, marked or proxy. Pictures are made on the spot as long as
    analysis has not come to the item; `sandbox` gives the process that decodes them.

    Raises `evidence.not_found`, `evidence.no_picture` (thumb, display), `evidence.no_copy` (marked, proxy).
    """
    item = EvidenceItem._get_collection().find_one({"_id": evidence_id, "court": court}, {"manifest": 0, "envelope": 0})
    if item is None:
        raise errors.evidence_not_found()
    analysis = item.get("analysis") or {}
    kept = next((one for name in _NAMES[size] if (one := (analysis.get("copies") or {}).get(name))), None)
    if kept is not None:
        return item, Opened(_open(store, kept["store_key"]), kept["media_type"], kept["size"], kept["sha256"])
    waiting = analysis.get("state") in _NOT_YET
    if waiting and size in _WHILE_WAITING and media_kind(item["kind"]) in ("photo", "signature", "strokes"):
        made = _made_now(item, size, store, sandbox())
        if made is not None:
            return item, made
    if size in ("thumb", "display"):
        raise no_picture()
    raise no_copy(size, waiting=waiting)


def open_for_eyes(item: EvidenceItem, *, store: Store, sandbox: Callable[[], Sandbox]) -> Opened:
    """What papers and every browser can show: the original, or the display copy of a HEIC. Raises as `open_copy`."""
    if item.media_type != HEIC:
        return Opened(_open(store, item.store_key), item.media_type, item.size, item.sha256)
    _, copy = open_copy(court=item.court, evidence_id=item.id, size="display", store=store, sandbox=sandbox)
    return copy


def _made_now(item: dict[str, Any], size: str, store: Store, sandbox: Sandbox) -> Opened | None:
    job = analysing.job_of(item)
    with (
        _open(store, item["store_key"]) as source,
        sandbox.analyse(source, Job(job.kind, job.media_type, job.marks, (size,))) as output,
    ):
        copy = output.analysis.copies.get(size)
        if copy is None:
            return None
        data = output.copy(size).read()
    return Opened(io.BytesIO(data), copy.media_type, len(data), hashlib.sha256(data).hexdigest())


def _open(store: Store, key: str) -> BinaryIO:
    try:
        return store.open(key)
    except EvidenceError as error:
        raise errors.of_evidence(error) from error
