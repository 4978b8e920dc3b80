"""Rules of service of a court: drafts, and what was approved when by whom (server.law.rulesets)."""

from __future__ import annotations

from mongoengine import DateTimeField, DictField, Document, IntField, ListField, StringField

from server.core.ids import new_id

RULE_SET_STATES = ("draft", "approved", "dropped")


class CourtRules(Document):
    """One version of a court's rules. An approved one never changes. Shard key (court, _id). A few per court."""

    meta = {
        "collection": "court_rules",
        "indexes": [
            {"fields": ["court", "version"], "unique": True},
            ("court", "state", "dated"),
            {"fields": ["outbox.at"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    version = StringField(required=True)
    dated = StringField(required=True)  # ISO date it applies from
    note = StringField()
    thresholds = DictField()
    readings = DictField()
    state = StringField(required=True, default="draft", choices=RULE_SET_STATES)
    drafted_by = StringField(required=True)
    drafted_by_name = StringField(required=True)
    drafted_at = DateTimeField(required=True)
    approved_by = StringField()
    approved_by_name = StringField()
    approved_at = DateTimeField()
    outbox = ListField(DictField())
    editors = ListField(StringField())  # ids of everybody who had a hand in the draft: none of them may approve it
    edits = IntField(required=True, default=0)
