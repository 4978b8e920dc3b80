"""What has been copied to another evidence store and read back there."""

from __future__ import annotations

from mongoengine import DateTimeField, Document, IntField, StringField


class MovedObject(Document):
    """One object at one place, verified there by its hash. Not sharded: kept only while a court moves.

    `_id` is the place and the key. `court` is the one it was moved for first.
    """

    meta = {
        "collection": "moved_objects",
        "indexes": [("place", "court", "_id")],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True)
    place = StringField(required=True)  # evidence.stores.place_of: no secrets
    key = StringField(required=True)
    court = StringField(required=True)
    group = StringField(required=True)
    size = IntField(required=True)
    verified_at = DateTimeField(required=True)
