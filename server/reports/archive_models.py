"""Archive packages of cases: asked for, being made, made."""

from __future__ import annotations

from mongoengine import DateTimeField, DictField, Document, IntField, StringField

from server.core.ids import new_id

ARCHIVE_STATES = ("queued", "running", "done", "failed")


class CaseArchive(Document):
    """送达档案: one package of one case as it stood. Shard key (court, case_id). Every package is kept."""

    meta = {
        "collection": "case_archives",
        "indexes": [
            {"fields": ["court", "case_id", "number"], "unique": True},
            ("court", "case_id", "-asked_at"),
            ("state", "queued_at"),
            {"fields": ["court", "sha256"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    case_id = StringField(required=True)
    case_number = StringField(required=True)
    number = IntField(required=True)  # the case's first, second … package
    state = StringField(required=True, default="queued", choices=ARCHIVE_STATES)
    files_total = IntField(required=True, default=0)
    files_done = IntField(required=True, default=0)
    bytes_done = IntField(required=True, default=0)
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
