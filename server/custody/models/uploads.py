"""Uploads under way, and for some days what became of them."""

from __future__ import annotations

from mongoengine import BooleanField, DateTimeField, DictField, Document, IntField, ListField, StringField

from server.core.ids import new_id

# open: bytes may come. landed: they are an item, or kept with the reason why not. ended: by its owner, or refused.
# expired: nobody finished it in time. joined: a part whose bytes have gone into a final upload.
UPLOAD_STATES = ("open", "landed", "ended", "expired", "joined")


class UploadRecord(Document):
    """Who may send bytes for which announced item. The bytes and their number are in the store of uploads alone.

    Shard key (court, person_id). Written at creation, when the last byte is durable, and at the end: never per request.
    Records that are over go by themselves (TTL index) when `forget_at` has come.
    """

    meta = {
        "collection": "evidence_uploads",
        "indexes": [
            ("court", "person_id", "state", "expires_at"),
            ("state", "expires_at"),
            {"fields": ["full_at"], "sparse": True},
            {"fields": ["forget_at"], "expireAfterSeconds": 0},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    person_id = StringField(required=True)
    person_name = StringField(required=True)
    announced_id = StringField()  # none for a part
    length = IntField(required=True)
    partial = BooleanField(required=True, default=False)
    parts = ListField(StringField())
    joined_into = StringField()
    state = StringField(required=True, default="open", choices=UPLOAD_STATES)
    created_at = DateTimeField(required=True)
    expires_at = DateTimeField(required=True)
    full_at = DateTimeField()  # the last byte is durable; taken away when it has landed
    looked_at = DateTimeField()  # by the sweep
    item_state = StringField()  # held or refused
    evidence_id = StringField()
    problem = DictField()  # {code, title} when refused or ended by us
    ended_at = DateTimeField()
    forget_at = DateTimeField()
