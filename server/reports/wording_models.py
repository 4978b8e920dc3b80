"""A court's own texts of the papers: drafted, approved by another, never changed after."""

from __future__ import annotations

from mongoengine import DateTimeField, DictField, Document, IntField, StringField

from server.core.ids import new_id

WORDING_STATES = ("draft", "approved", "dropped")


class PaperWording(Document):
    """One version of a court's wording of one kind of paper. Shard key (court, _id). Some dozens per court.

    `texts` holds only the blocks that differ from the shipped ones; none at all means the shipped wording.
    """

    meta = {
        "collection": "paper_wordings",
        "indexes": [
            {"fields": ["court", "kind", "number"], "unique": True},
            ("court", "kind", "state", "-approved_at"),
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    kind = StringField(required=True)
    number = IntField(required=True)  # counted per court and kind
    texts = DictField()
    note = StringField()
    state = StringField(required=True, default="draft", choices=WORDING_STATES)
    drafted_by = StringField(required=True)
    drafted_by_name = StringField(required=True)
    drafted_at = DateTimeField(required=True)
    approved_by = StringField()
    approved_by_name = StringField()
    approved_at = DateTimeField()
    dropped_by = StringField()
    dropped_at = DateTimeField()
