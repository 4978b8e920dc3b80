"""Evidence bundles: asked for, being made, made."""

from __future__ import annotations

from mongoengine import BooleanField, DateTimeField, DictField, Document, IntField, ListField, StringField

from evidence.bundle.content import SCOPES
from server.core.ids import new_id

BUNDLE_STATES = ("queued", "running", "done", "failed")


class EvidenceBundle(Document):
    """证据包: one export of a visit, a case, a day or a report as it stood. Shard key (court, _id). Every one is kept.

    `visit_ids`: the visits of a day that were within reach of who asked; `whole_day`: all of the court, with what was
    captured without a visit. `counts`: what the verifier said of each item when the bundle was made.
    """

    meta = {
        "collection": "evidence_bundles",
        "indexes": [
            ("court", "scope", "object_id", "-asked_at"),
            ("court", "asked_by", "-asked_at"),
            ("court", "-asked_at"),
            ("state", "queued_at"),
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    scope = StringField(required=True, choices=SCOPES)
    object_id = StringField(required=True)  # an ISO date for a day
    visit_ids = ListField(StringField())
    whole_day = BooleanField(default=False)
    title = StringField(required=True)
    state = StringField(required=True, default="queued", choices=BUNDLE_STATES)
    files_total = IntField(required=True, default=0)
    files_done = IntField(required=True, default=0)
    bytes_done = IntField(required=True, default=0)
    counts = DictField()
    store_key = StringField()
    sha256 = StringField()
    size = IntField()
    problem = DictField()  # {code, title}
    lease = StringField()
    beat_at = DateTimeField()
    tries = IntField(required=True, default=0)
    asked_by = StringField(required=True)
    asked_by_name = StringField(required=True)
    asked_at = DateTimeField(required=True)
    queued_at = DateTimeField(required=True)
    finished_at = DateTimeField()
