"""What the court's archive has received, what may go after that, and its removal on somebody's word.

The list and the removal ask the same questions, so the list is exactly what a removal at that moment would take. An
object goes only when every document of any court that names it lets it go.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from evidence.errors import EvidenceError
from evidence.stores import Remover, Store, sha256_of_key
from server.core.audit.chain import append
from server.core.audit.mask import masked
from server.core.audit.rows import Row
from server.core.errors import Conflict, DomainError, Invalid
from server.core.ids import new_id
from server.custody import holdings
from server.custody.holdings import COPIES, Holding
from server.custody.models.retention import ArchiveReceipt, Disposal
from server.custody.services import references
from server.custody.timers import Timer, life
from server.field.errors import of_evidence
from server.service.actor import Actor

_CLOCKS_DIFFER = timedelta(minutes=5)
_SUMS_BYTES = 64 * 1024 * 1024
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Package:
    """A finished archive package, as the feature that makes them knows it."""

    archive_id: str
    case_id: str
    store_key: str
    sha256: str
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """One object that may go."""

    court: str
    holding: Holding
    object_id: str
    key: str
    due_at: datetime
    receipt_id: str | None

    @property
    def id(self) -> str:
        return f"{self.court}:{self.holding.name}:{self.object_id}:{sha256_of_key(self.key)}"


@dataclass(slots=True)
class Removed:
    """What a removal did: objects and bytes gone, and those the storage itself still locks."""

    objects: int = 0
    bytes: int = 0
    locked: int = 0


def record_receipt(
    *,
    court: str,
    package: Package,
    reference: str,
    received_by: str,
    received_at: datetime,
    sha256: str | None,
    store: Store,
    actor: Actor,
    now: datetime,
) -> ArchiveReceipt:
    """Remembers that the court's archive has received a package; the same said twice changes nothing.

    `sha256` is the hash the archive's receipt names, when it names one. Raises `receipt.mismatch`, `receipt.bad_time`,
    `receipt.exists`, `receipt.package_damaged`.
    """
    if sha256 is not None and sha256.strip().lower() != package.sha256:
        raise Invalid(
            code="receipt.mismatch", title="回执所载的档案包哈希值与本系统制作的不一致", expected=package.sha256
        )
    if not package.finished_at <= received_at <= now + _CLOCKS_DIFFER:
        raise Invalid(code="receipt.bad_time", title="签收时间不正确：不能早于档案包制成，也不能晚于现在")
    row = {
        "_id": new_id(),
        "court": court,
        "case_id": package.case_id,
        "archive_id": package.archive_id,
        "sha256": package.sha256,
        "reference": reference,
        "received_by": received_by,
        "received_at": received_at,
        "covers": [package.sha256, *_covered(package, store)],
        "by": actor.id,
        "by_name": actor.name,
        "at": now,
    }
    try:
        ArchiveReceipt._get_collection().insert_one(row)
    except DuplicateKeyError:
        found: ArchiveReceipt = ArchiveReceipt.objects(court=court, archive_id=package.archive_id).get()
        said = (reference, received_by, received_at)
        if (found.reference, found.received_by, found.received_at) != said:
            raise _exists(found) from None
        return found
    return ArchiveReceipt.objects(id=row["_id"]).get()


def _exists(found: ArchiveReceipt) -> DomainError:
    return Conflict(
        code="receipt.exists",
        title="该档案包已登记过归档回执",
        reference=found.reference,
        received_by=found.received_by,
        received_at=found.received_at.isoformat(),
    )


def receipts_of(*, court: str, case_id: str) -> dict[str, ArchiveReceipt]:
    """By package."""
    found = ArchiveReceipt.objects(court=court, case_id=case_id).exclude("covers")
    return {one.archive_id: one for one in found}


def _covered(package: Package, store: Store) -> list[str]:
    """The hashes of the package's files, from its own list."""
    try:
        with store.open(package.store_key) as stream, zipfile.ZipFile(stream) as archive:
            if archive.getinfo("SHA256SUMS").file_size > _SUMS_BYTES:
                raise zipfile.BadZipFile
            lines = archive.read("SHA256SUMS").decode().splitlines()
    except EvidenceError as error:
        raise of_evidence(error) from error
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError) as error:
        raise DomainError(
            code="receipt.package_damaged", status=500, title="存放的档案包已损坏，请重新制作后再移交"
        ) from error
    return [digest for digest, _, _ in (line.partition("  ") for line in lines)]


def due(*, court: str, timers: Mapping[str, Timer], now: datetime) -> Iterator[Due]:
    """Everything of a court that may go now, class by class."""
    for holding in holdings.known():
        timer = timers.get(holding.group)
        if timer is None:
            continue
        found = (
            _received(court, holding, now - life(timer)) if timer.receipted else _old(court, holding, now - life(timer))
        )
        for document in found:
            yield from _due_of(holding, document, timers, now)


def _due_of(holding: Holding, document: Mapping[str, Any], timers: Mapping[str, Timer], now: datetime) -> Iterator[Due]:
    for key in holding.keys_of(document):
        when = references.due_at(holding, document, key, timers)
        if when is None or when[0] > now:
            continue
        one = Due(document["court"], holding, document["_id"], key, when[0], when[1])
        if not _is_removed(one) and _nobody_needs(key, timers, now):
            yield one


def _received(court: str, holding: Holding, before: datetime) -> Iterator[dict[str, Any]]:
    """Documents whose object is in a package received before then, each once."""
    seen: set[str] = set()
    query = {"court": court, "received_at": {"$lte": before}}
    receipts = ArchiveReceipt._get_collection()
    # Removing takes its time: no cursor may be left open over it for longer than the database allows.
    for one in list(receipts.find(query, {"_id": 1})):
        receipt = receipts.find_one(one, {"covers": 1}) or {"covers": []}
        for field in holding.by_hash:
            for document in list(holding.collection.find({"court": court, field: {"$in": receipt["covers"]}})):
                if document["_id"] not in seen:
                    seen.add(document["_id"])
                    yield document


def _old(court: str, holding: Holding, before: datetime) -> Iterator[dict[str, Any]]:
    named: list[dict[str, Any]] = [{path.split(".*", maxsplit=1)[0]: {"$nin": [None, {}]}} for path in holding.keys]
    query = {"court": court, holding.since: {"$lte": before}, "$or": named}
    yield from holding.collection.find(query).batch_size(_AT_ONCE)


def _is_removed(one: Due) -> bool:
    return Disposal._get_collection().find_one({"_id": one.id, "state": "removed"}, {"_id": 1}) is not None


def _nobody_needs(key: str, timers: Mapping[str, Timer], now: datetime) -> bool:
    if references.expected(key):
        return False
    for holding, document in references.holders(key):
        when = references.due_at(holding, document, key, timers)
        if when is None or when[0] > now:
            return False
    return True


def remove_due(
    *, court: str, timers: Mapping[str, Timer], store: Store, by_name: str, reason: str, now: datetime
) -> Removed:
    """Removes everything that may go, each with a row in the audit log. Safe to repeat after a kill at any moment.

    Raises `retention.not_removable` for a store without that power; EvidenceError when it does not answer.
    """
    if not isinstance(store, Remover):
        raise Conflict(code="retention.not_removable", title="当前证据存储不支持销毁")
    done = Removed()
    for one in due(court=court, timers=timers, now=now):
        size = store.size(one.key) if store.exists(one.key) else 0
        _announce(one, size, by_name, reason, now)
        try:
            store.remove(one.key)
        except EvidenceError as error:
            if error.code != "evidence.locked":
                raise
            done.locked += 1
            continue
        _conclude(one, now)
        done.objects += 1
        done.bytes += size
    return done


def _announce(one: Due, size: int, by_name: str, reason: str, now: datetime) -> None:
    row = {
        "court": one.court,
        "group": one.holding.group,
        "holding": one.holding.name,
        "object_id": one.object_id,
        "key": one.key,
        "size": size,
        "receipt_id": one.receipt_id,
        "due_at": one.due_at,
        "state": "removing",
        "reason": reason,
        "by_name": by_name,
        "at": now,
    }
    Disposal._get_collection().update_one({"_id": one.id}, {"$setOnInsert": row}, upsert=True)


def _conclude(one: Due, now: datetime) -> None:
    """The object has gone: the log says so once, whoever was killed in between."""
    said = Disposal._get_collection().find_one({"_id": one.id})
    detail = {
        "sha256": sha256_of_key(one.key),
        "size": said["size"],
        "class": one.holding.group,
        "receipt": one.receipt_id or "",
        "due_at": one.due_at.isoformat(),
        "by_name": said["by_name"],
        "reason": said["reason"],
    }
    row = Row(
        court=one.court,
        at=now,
        action="evidence.dispose",
        object_type=one.holding.name,
        object_id=one.object_id,
        detail=masked(detail),
    )
    append([row], ids=["gone-" + hashlib.sha256(one.id.encode()).hexdigest()])
    if one.holding.group == COPIES:
        one.holding.collection.update_one({"_id": one.object_id}, {"$set": {"analysis.copies": {}}})
    Disposal._get_collection().update_one({"_id": one.id}, {"$set": {"state": "removed", "removed_at": now}})
