"""What looks wrong only when many records are seen together: for a leader to look at, never a verdict by itself."""

from __future__ import annotations

from mongoengine import DateTimeField, DictField, Document, FloatField, ListField, StringField

from server.core.ids import new_id

FINDING_STATES = ("open", "explained", "confirmed")


class Finding(Document):
    """异常提示, or a visit drawn for a sample check. Shard key (court, date).

    `key` names what was found (kind and subjects in a fixed order): running the watch again finds the same finding.
    """

    meta = {
        "collection": "watch_findings",
        "indexes": [
            {"fields": ["court", "date", "key"], "unique": True},
            ("court", "state", "-date"),
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    date = StringField(required=True)
    key = StringField(required=True)
    kind = StringField(required=True)
    score = FloatField(required=True)  # 0 … 1: how unusual
    server_ids = ListField(StringField())
    visit_ids = ListField(StringField())
    evidence_ids = ListField(StringField())
    facts = DictField()  # the figures behind it, plain values
    text = StringField(required=True)  # one Chinese sentence
    state = StringField(required=True, default="open", choices=FINDING_STATES)
    found_at = DateTimeField(required=True)
    by = StringField()
    by_name = StringField()
    decided_at = DateTimeField()
    reason = StringField()
