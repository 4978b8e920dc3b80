"""Who looked at what, and who did what: an append-only collection (its hash chain comes with the audit issue)."""

from __future__ import annotations

from datetime import datetime

from mongoengine import DateTimeField, DictField, Document, StringField

from server.core.ids import new_id
from server.core.permissions import Principal


class AuditEntry(Document):
    """One look or deed. Shard key (court, at). About 30 per visit: 30 million per million tasks."""

    meta = {
        "collection": "audit",
        "indexes": [("court", "-at"), ("court", "object_id", "-at"), ("court", "person_id", "-at")],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    at = DateTimeField(required=True)
    person_id = StringField(required=True)
    person_name = StringField()
    session_id = StringField()
    action = StringField(required=True)
    object_type = StringField(required=True)
    object_id = StringField(required=True)
    detail = DictField()


def record(
    principal: Principal, *, action: str, object_type: str, object_id: str, now: datetime, **detail: object
) -> None:
    """Writes one entry. `action` is dotted (`evidence.view`); detail must hold no plain personal value."""
    AuditEntry(
        court=principal.court,
        at=now,
        person_id=principal.person_id,
        person_name=principal.name,
        session_id=principal.session_id[:12],
        action=action,
        object_type=object_type,
        object_id=object_id,
        detail=detail,
    ).save(force_insert=True)
