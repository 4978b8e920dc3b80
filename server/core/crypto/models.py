"""Keys in MongoDB. Neither collection holds anything that opens a value without the key provider."""

from __future__ import annotations

from mongoengine import BinaryField, DateTimeField, Document, IntField, StringField

from server.core.crypto.records import ACTIVE, DESTROYED, RETIRED


class StoredDataKey(Document):
    """A court's key, wrapped. A few per court."""

    meta = {
        "collection": "data_keys",
        "indexes": [{"fields": ["court", "purpose", "generation"], "unique": True}, "purpose"],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True)
    court = StringField()  # "" for what belongs to no court
    purpose = StringField(required=True)
    generation = IntField(required=True)
    algorithm = StringField(required=True)
    state = StringField(required=True, choices=(ACTIVE, RETIRED, DESTROYED))
    wrapped = StringField()
    provider_key = StringField()
    created_at = DateTimeField(required=True)
    retired_at = DateTimeField()
    destroyed_at = DateTimeField()


class StoredSubjectKey(Document):
    """The salt of one person's values: without it, and without any backup of it, they cannot be opened by anyone.

    Shard key (court, _id). One per party. A destroyed one stays as a tombstone, so that no new one is made.
    """

    meta = {
        "collection": "subject_keys",
        "indexes": [{"fields": ["court", "subject"], "unique": True}],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True)
    court = StringField()
    subject = StringField(required=True)
    salt = BinaryField()
    created_at = DateTimeField(required=True)
    destroyed_at = DateTimeField()
    destroyed_by = StringField()
    reason = StringField()
