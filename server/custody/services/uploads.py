"""Who may upload what, and what becomes of it when the last byte is durable: the desk of `evidence.uploads`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from evidence.stores.protocol import Store
from evidence.uploads import Known, UploadError, UploadStore, Wish, errors
from evidence.uploads.protocol import Desk
from server.core.errors import Conflict, DomainError, Invalid
from server.custody.errors import item_not_announced, upload_not_found
from server.custody.models import Announced
from server.custody.models.uploads import UploadRecord
from server.custody.services import announcing, uploads_finishing
from server.custody.services.announcing import NewItem
from server.service.actor import Actor

_OPEN = "open"
# Reads an item out of the metadata of a creation (and its size in bytes), None when there is none in it.
Reader = Callable[[Mapping[str, str], int], NewItem | None]


@dataclass(frozen=True, slots=True)
class Limits:
    """Per upload, and per person for what is under way at once."""

    max_bytes: int = 2 * 1024**3
    open_uploads: int = 64
    open_bytes: int = 8 * 1024**3
    life: timedelta = timedelta(days=7)
    part_life: timedelta = timedelta(days=1)
    of_one_item: int = 4  # a client that missed the answer creates again: older ones make room


class UploadDesk(Desk):
    """See :class:`evidence.uploads.protocol.Desk`, for one person at one moment."""

    def __init__(
        self,
        *,
        court: str,
        actor: Actor,
        uploads: UploadStore,
        evidence: Store,
        limits: Limits,
        reader: Reader,
        now: datetime,
    ) -> None:
        self._court, self._actor, self._reader, self._now = court, actor, reader, now
        self._uploads, self._evidence, self._limits = uploads, evidence, limits

    def admit(self, wish: Wish) -> Known:
        """Raises `item.not_announced`, `upload.already_held`, `upload.wrong_length`, `upload.too_many_open`.

        An item that an upload has brought already is answered with that upload, settled.
        """
        announced = None if wish.partial else self._announced(wish)
        if announced and announced["state"] in ("held", "refused"):
            return self._landed_before(announced, wish)
        record = UploadRecord(
            court=self._court,
            person_id=self._actor.id,
            person_name=self._actor.name,
            announced_id=announced["_id"] if announced else None,
            length=wish.length,
            partial=wish.partial,
            parts=list(wish.parts),
            created_at=self._now,
            expires_at=self._now + (self._limits.part_life if wish.partial else self._limits.life),
        )
        _records().insert_one(record.to_mongo().to_dict())
        if record.announced_id:
            self._make_room(record.announced_id)
        self._check_quota(record)
        return Known(record.id, wish.length, record.expires_at)

    def joined(self, parts: Sequence[str]) -> Known | None:
        found = _records().find_one({**self._mine(), "parts": list(parts), "state": {"$in": [_OPEN, "landed"]}})
        # One that was begun and whose bytes were never joined is begun again.
        return self._known(found) if found and (found["state"] == "landed" or self._is_here(found)) else None

    def find(self, upload_id: str) -> Known:
        found = _records().find_one({"_id": upload_id, **self._mine()})
        if found is None:
            raise errors.not_found()
        if found["state"] in ("ended", "expired"):
            raise errors.gone()
        return self._known(found)

    def finish(self, upload_id: str) -> Mapping[str, str]:
        landed = uploads_finishing.finish(
            upload_id=upload_id, uploads=self._uploads, evidence=self._evidence, now=self._now
        )
        return _told(landed)

    def drop(self, upload_id: str) -> None:
        ended = {"state": "ended", "ended_at": self._now, "forget_at": self._now + uploads_finishing.REMEMBERED}
        free = {"_id": upload_id, **self._mine(), "state": _OPEN, "full_at": None}
        if not _records().update_one(free, {"$set": ended}).modified_count:
            raise Conflict(code="upload.already_held", title="文件已完整送达，不能再终止上传")

    def _mine(self) -> dict[str, str]:
        return {"court": self._court, "person_id": self._actor.id}

    def _known(self, found: dict[str, Any]) -> Known:
        expired = found["state"] == _OPEN and found["expires_at"] <= self._now
        if expired and not found.get("full_at"):
            raise errors.gone()
        return Known(
            found["_id"],
            found["length"],
            found["expires_at"],
            full=bool(found.get("full_at")),
            settled=found["state"] != _OPEN,
            headers=_told(found),
        )

    def _is_here(self, found: dict[str, Any]) -> bool:
        try:
            self._uploads.info(found["_id"])
        except UploadError:
            return bool(found.get("full_at"))
        return True

    def _announced(self, wish: Wish) -> dict[str, Any]:
        item = self._reader(wish.metadata, wish.length)
        if item is not None:
            self._announce(item)
        found = self._find_announced(wish.metadata.get("visit_id", ""), wish.metadata.get("client_id", ""))
        if found["size"] != wish.length:
            raise Invalid(code="upload.wrong_length", title="文件大小与登记的不一致", announced=found["size"])
        return found

    def _landed_before(self, announced: dict[str, Any], wish: Wish) -> Known:
        """The upload that brought it, for a client that never heard so. What came another way raises
        `upload.already_held`."""
        landed = {**self._mine(), "announced_id": announced["_id"], "state": "landed", "length": wish.length}
        found = None if wish.parts else _records().find_one(landed)
        if found is None:
            raise Conflict(
                code="upload.already_held",
                title="这份材料已经送达，无需再次上传",
                state=announced["state"],
                evidence_id=announced.get("evidence_id"),
            )
        return self._known(found)

    def _announce(self, item: NewItem) -> None:
        """For teams whose clients know nothing but tus. Raises what there is to say against the item."""
        (answer,) = announcing.announce(
            court=self._court, actor=self._actor, date=None, items=[item], source="team", now=self._now
        )
        if answer.problem:
            told = dict(answer.problem)
            raise DomainError(code=told.pop("code"), status=told.pop("status"), title=told.pop("title"), **told)

    def _find_announced(self, visit_id: str, client_id: str) -> dict[str, Any]:
        """By the ids it was announced under; it may have been given its visit since."""
        mine = {"court": self._court, "server_id": self._actor.id, "client_id": client_id}
        places = [{"visit_id": visit_id}] if visit_id else [{"visit_id": ""}, {"linked_at": {"$ne": None}}]
        found = Announced._get_collection().find_one({**mine, "$or": places})
        if found is None:
            raise item_not_announced()
        return dict(found)

    def _make_room(self, announced_id: str) -> None:
        """The oldest uploads of an item expire now; the sweep frees their bytes."""
        same = {**self._mine(), "announced_id": announced_id, "state": _OPEN, "full_at": None}
        waiting = _records().find(same | {"expires_at": {"$gt": self._now}}, {"_id": 1}).sort("created_at", -1)
        over = [one["_id"] for one in waiting.skip(self._limits.of_one_item)]
        if over:
            _records().update_many({"_id": {"$in": over}, "full_at": None}, {"$set": {"expires_at": self._now}})

    def _check_quota(self, record: UploadRecord) -> None:
        """Written first and counted then: two at once may both be told no, never both yes."""
        under_way = {**self._mine(), "state": _OPEN, "expires_at": {"$gt": self._now}, "parts": []}
        (sums,) = _records().aggregate(
            [
                {"$match": under_way | {"_id": {"$ne": record.id}}},
                {"$group": {"_id": None, "count": {"$sum": 1}, "bytes": {"$sum": "$length"}}},
            ]
        ).to_list() or [{"count": 0, "bytes": 0}]
        size = 0 if record.parts else record.length
        if sums["count"] >= self._limits.open_uploads or sums["bytes"] + size > self._limits.open_bytes:
            _records().delete_one({"_id": record.id})
            raise DomainError(
                code="upload.too_many_open",
                status=429,
                title="未传完的文件过多，请先完成或终止已有的上传",
                open=sums["count"],
                open_bytes=sums["bytes"],
                retry_after_s=60,
            )


def state_of(*, court: str, person_id: str, upload_id: str) -> dict[str, Any]:
    """What became of an upload, for its owner. Raises `upload.not_found`."""
    found = _records().find_one({"_id": upload_id, "court": court, "person_id": person_id})
    if found is None:
        raise upload_not_found()
    shown = ("announced_id", "length", "partial", "state", "item_state", "evidence_id", "problem")
    times = ("created_at", "expires_at", "full_at", "ended_at")
    return {
        "upload_id": found["_id"],
        **{name: found.get(name) for name in shown},
        **{name: found[name].isoformat() if found.get(name) else None for name in times},
    }


def _told(record: Mapping[str, Any]) -> dict[str, str]:
    """What answers carry when the bytes have landed."""
    named = {"Songda-Item-State": record.get("item_state"), "Songda-Evidence-Id": record.get("evidence_id")}
    return {name: str(value) for name, value in named.items() if value}


def _records() -> Any:
    return UploadRecord._get_collection()
