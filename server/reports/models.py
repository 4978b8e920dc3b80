"""Papers that were made: every version is kept."""

from __future__ import annotations

from mongoengine import DateTimeField, Document, IntField, StringField

from server.core.ids import new_id


class Paper(Document):
    """送达回证 (proof) or 送达报告书 (report) of a visit. Shard key (court, task_id). About 2.2 per visit.

    `basis` names what it was made from (visit id and review round or a manual request), so that a task that runs
    twice makes one version.
    """

    meta = {
        "collection": "papers",
        "indexes": [
            {"fields": ["court", "visit_id", "kind", "version"], "unique": True},
            {"fields": ["court", "visit_id", "kind", "basis"], "unique": True},
            ("court", "task_id", "-made_at"),
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    task_id = StringField(required=True)
    visit_id = StringField(required=True)
    kind = StringField(required=True, choices=("proof", "report"))
    number = StringField(required=True)
    version = IntField(required=True)
    basis = StringField(required=True)
    store_key = StringField(required=True)
    sha256 = StringField(required=True)
    size = IntField(required=True)
    pages = IntField(required=True)
    made_at = DateTimeField(required=True)
    made_by = StringField(required=True)
