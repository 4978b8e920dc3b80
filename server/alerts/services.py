"""Counting looks, refusing the next when there were too many, and raising alerts from what the audit log holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument

from server.alerts.models import Alert, Look
from server.core import events, objects
from server.core.clock import COURT_ZONE
from server.core.errors import Conflict, DomainError, NotFound
from server.core.ids import new_id
from server.core.permissions import Principal

HOUR = timedelta(hours=1)
LOOKS_PER_HOUR = 60  # then the next is refused
ALERT_AT = 30  # different values in an hour


def count_look(*, principal: Principal, subject: str, now: datetime) -> None:
    """Counts one full value shown. Raises `personal.too_many` (429) when this hour's are used up.

    The look is written before it is counted, so that many at once cannot pass together.
    """
    Look(court=principal.court, person_id=principal.person_id, subject=subject, at=now).save(force_insert=True)
    recent = {"person_id": principal.person_id, "at": {"$gt": now - HOUR}}
    looks = Look._get_collection().count_documents(recent)
    values = len(Look._get_collection().distinct("subject", recent))
    if values >= ALERT_AT:
        raise_alert(
            court=principal.home or principal.court,
            kind="unmask",
            person_id=principal.person_id,
            person_name=principal.name,
            count=values,
            now=now,
        )
    if looks > LOOKS_PER_HOUR:
        raise DomainError(
            code="personal.too_many",
            status=429,
            title="一小时内查看完整信息的次数过多，请稍后再试；如确有需要，请联系安全管理员",
            retry_after_s=600,
        )


def raise_alert(*, court: str, kind: str, person_id: str, person_name: str, count: int, now: datetime) -> None:
    """Makes or raises the alert of this person, kind and hour; one that was settled stays settled unless it doubles."""
    window = now.astimezone(COURT_ZONE).strftime("%Y-%m-%dT%H")
    found = Alert._get_collection().find_one_and_update(
        {"person_id": person_id, "kind": kind, "window": window},
        {
            "$setOnInsert": {
                "_id": new_id(),
                "court": court,
                "person_name": person_name,
                "at": now,
                "state": "open",
                "version": 1,
                "outbox": [events.event("alert.raised", court=court, now=now, kind=kind)],
            },
            "$max": {"count": count},
        },
        upsert=True,
        return_document=ReturnDocument.AFTER,
    )
    if found.get("outbox"):
        events.relay(Alert, found["_id"])


def list_alerts(*, within: dict[str, Any], state: str | None, page: int, page_size: int) -> tuple[list[Alert], int]:
    """Newest first, of the courts within reach."""
    where = {**within, **({"state": state} if state else {})}
    query = Alert.objects(__raw__=where).order_by("-at")
    return list(query.skip((page - 1) * page_size).limit(page_size)), query.count()


def settle(*, alert_id: str, version: int, note: str, principal: Principal, now: datetime) -> Alert:
    """Closes the alert with what was found out. Raises `alert.stale` when somebody else was faster."""
    if not note.strip():
        raise DomainError(code="alert.note_required", status=422, title="请写明处理情况")
    found = Alert._get_collection().find_one_and_update(
        {"_id": alert_id, "version": version, "state": "open"},
        {
            "$set": {
                "state": "settled",
                "settled_by": principal.person_id,
                "settled_by_name": principal.name,
                "settled_at": now,
                "note": note.strip(),
            },
            "$inc": {"version": 1},
        },
        return_document=ReturnDocument.AFTER,
    )
    if found is None:
        raise Conflict(code="alert.stale", title="该告警已被处理，请刷新")
    return Alert._from_son(found)


def missing() -> NotFound:
    return NotFound(code="alert.not_found", title="没有这条告警")


def register() -> None:
    """Puts the kind of object into the table of rights; called once when the program is composed."""
    objects.register(objects.Kind("alert", Alert._get_collection, missing))
