"""A second pair of eyes from the office while the server is still at the door."""

from __future__ import annotations

from mongoengine import DateTimeField, DictField, Document, IntField, ListField, StringField

from server.core.ids import new_id

LOOK_STATES = ("asked", "fine", "more", "expired")


class SecondLook(Document):
    """现场复看: asked from the door with what is there so far, answered in seconds. Shard key (court, date).

    Not `Look`: MongoEngine keeps one register of class names, and alerts have that one.
    It does not replace the review: `fine` says that nothing seems missing, `more` what is still wanted.
    """

    meta = {
        "collection": "evidence_looks",
        "indexes": [
            {"fields": ["court", "visit_id", "client_id"], "unique": True},
            ("court", "state", "asked_at"),
            ("state", "asked_at"),
            {"fields": ["outbox.at"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    date = StringField(required=True)
    visit_id = StringField(required=True)
    server_id = StringField(required=True)
    server_name = StringField(required=True)
    client_id = StringField(required=True)
    digest = StringField(required=True)
    code = StringField(required=True)  # the outcome the server is about to enter
    note = StringField()
    items = ListField(StringField())  # client ids
    missing = ListField(DictField())  # what the law still wanted when asked
    state = StringField(required=True, default="asked", choices=LOOK_STATES)
    asked_at = DateTimeField(required=True)
    answered_at = DateTimeField()
    by = StringField()
    by_name = StringField()
    reason = StringField()
    outbox = ListField(DictField())
    version = IntField(required=True, default=1)
