"""Batches of papers: what was asked for, row by row, and how far it is."""

from __future__ import annotations

from mongoengine import (
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentListField,
    IntField,
    StringField,
)

from server.core.ids import new_id

BATCH_STATES = ("running", "finishing", "done", "stopped")


class BatchRow(EmbeddedDocument):
    """One paper of the batch: of a visit, or of a task (and recipient)."""

    visit_id = StringField()
    task_id = StringField()
    recipient_id = StringField()
    state = StringField(required=True, default="waiting", choices=("waiting", "done", "failed", "stopped"))
    paper_id = StringField()
    problem = DictField()  # {code, title}


class BatchChunk(EmbeddedDocument):
    """Rows one worker makes in one go, and who is at it."""

    first = IntField(required=True)
    last = IntField(required=True)  # inclusive
    state = StringField(required=True, default="waiting", choices=("waiting", "running", "done"))
    lease = StringField()
    beat_at = DateTimeField()


class PaperBatch(Document):
    """Many papers of one kind, made side by side; survives the workers that make it. Shard key (court, _id)."""

    meta = {
        "collection": "paper_batches",
        "indexes": [("court", "-asked_at"), ("state", "queued_at")],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    kind = StringField(required=True)
    fields = DictField()  # as typed, the same for every row
    wants_seal = BooleanField(default=False)
    state = StringField(required=True, default="running", choices=BATCH_STATES)
    total = IntField(required=True)
    done = IntField(required=True, default=0)
    failed = IntField(required=True, default=0)
    rows = EmbeddedDocumentListField(BatchRow)
    chunks = EmbeddedDocumentListField(BatchChunk)
    lease = StringField()  # of the worker that puts the files together
    beat_at = DateTimeField()
    merged = DictField()  # {store_key, sha256, size, pages}
    zipped = DictField()  # {store_key, sha256, size}
    asked_by = StringField(required=True)
    asked_by_name = StringField(required=True)
    asked_at = DateTimeField(required=True)
    queued_at = DateTimeField(required=True)
    finished_at = DateTimeField()
