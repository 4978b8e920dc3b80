"""Looks at full personal values, counted, and the alerts that come of too many."""

from __future__ import annotations

from mongoengine import DateTimeField, DictField, Document, IntField, ListField, StringField

from server.alerts.rules import KINDS, STATES
from server.core.ids import new_id


class Look(Document):
    """One full value shown to one person. Shard key (person_id, at). Some dozens per person and day; a month kept.

    The audit log is the record; this only counts.
    """

    meta = {
        "collection": "looks",
        "indexes": [("person_id", "-at"), {"fields": ["at"], "expireAfterSeconds": 31 * 86_400}],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    person_id = StringField(required=True)
    subject = StringField(required=True)  # blind index of the value
    at = DateTimeField(required=True)


class Alert(Document):
    """Something a security administrator should look into. Shard key (court, at). One per person, kind and hour."""

    meta = {
        "collection": "alerts",
        "indexes": [
            {"fields": ["person_id", "kind", "window"], "unique": True},
            ("court", "state", "-at"),
            {"fields": ["outbox.at"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    kind = StringField(required=True, choices=tuple(KINDS))
    person_id = StringField(required=True)
    person_name = StringField()
    window = StringField(required=True)  # the hour, ISO
    at = DateTimeField(required=True)
    count = IntField(required=True)
    state = StringField(required=True, default="open", choices=STATES)
    settled_by = StringField()
    settled_by_name = StringField()
    settled_at = DateTimeField()
    note = StringField()
    version = IntField(required=True, default=1)
    outbox = ListField(DictField())
