"""Cases, their parties, and the runs that bring a case system's lists in."""

from __future__ import annotations

from mongoengine import (
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    IntField,
    ListField,
    StringField,
)

from server.core.crypto.places import SealedText
from server.core.fields import Sealed
from server.core.ids import new_id


class Official(EmbeddedDocument):
    """A judge or clerk of a case as the case system names them; `person_id` once an account of that name exists."""

    name = StringField(required=True)
    phone = StringField()  # a court office line, published on summonses
    person_id = StringField()


class Case(Document):
    """One case. Shard key (court, _id). About 0.6 per service task."""

    meta = {
        "collection": "cases",
        "indexes": [
            {"fields": ["court", "number"], "unique": True},
            ("court", "judge.person_id"),
            ("court", "clerk.person_id"),
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    number = StringField(required=True)  # normalised 案号, full-width brackets
    kind = StringField(required=True)  # 案件类型: 民事, 商事, 行政, 执行, 诉前调解, 刑事
    cause = StringField()
    procedure = StringField()
    judge = EmbeddedDocumentField(Official)
    clerk = EmbeddedDocumentField(Official)
    created_at = DateTimeField(required=True)
    updated_at = DateTimeField(required=True)


class Party(Document):
    """A person or organisation in one case. Shard key (court, case_id). About 1.6 per case."""

    meta = {
        "collection": "parties",
        "sealed_subject": "_id",
        "indexes": [
            {"fields": ["court", "case_id", "identity"], "unique": True},
            {"fields": ["court", "id_number.index"], "sparse": True},
            {"fields": ["court", "phone.index"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    case_id = StringField(required=True)
    identity = StringField(required=True)  # blind index of the number, or of the name when there is none
    name = StringField(required=True)
    kind = StringField(required=True)  # 自然人, 法人, 非法人组织
    standing = StringField()  # 诉讼地位
    id_number = EmbeddedDocumentField(Sealed)
    phone = EmbeddedDocumentField(Sealed)
    created_at = DateTimeField(required=True)
    updated_at = DateTimeField(required=True)


class ImportRun(Document):
    """One file being brought in; survives the worker that reads it. Shard key (court, _id). A few a day per court.

    `problems` holds {row, column, code, reason, value, level: error | warning}: values of personal columns are masked;
    every bad row is there, and every problem of it until there are very many (`problems_total` counts them all).
    `counts` holds rows, created, updated, unchanged, bad, warnings. `lease` is the worker that runs it, `beat_at` its
    last sign of life.
    """

    meta = {
        "collection": "import_runs",
        "indexes": [("court", "-created_at"), ("state", "created_at")],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    kind = StringField(required=True)  # "cases" or "servers"
    day = StringField()  # ISO date the list is for; a roster needs one
    filename = StringField(required=True)
    sha256 = StringField(required=True)
    store_key = StringField(required=True)
    sealed = BooleanField(default=False)  # the file is stored sealed, as every file since 2026-11
    file_key = SealedText()  # the key of the stored file; destroyed with a person the list told of
    state = StringField(required=True, default="queued", choices=("queued", "running", "done", "failed"))
    rows_total = IntField(default=0)
    rows_done = IntField(default=0)
    counts = DictField()
    problems = ListField(DictField())
    problems_total = IntField(default=0)
    failure = DictField()  # the problem document when the file as a whole was refused
    created_by = StringField()
    created_by_name = StringField()
    created_at = DateTimeField(required=True)
    queued_at = DateTimeField()  # last time it was put on the queue
    attempts = IntField(default=0)
    lease = StringField()
    beat_at = DateTimeField()
    started_at = DateTimeField()
    finished_at = DateTimeField()


class ImportedRow(Document):
    """What a row of a list said when it was last brought in, so that the same row changes nothing.

    Not even what has since been changed by hand. Shard key (court, _id). One per service task that was imported.
    """

    meta = {"collection": "imported_rows", "auto_create_index": False}
    id = StringField(primary_key=True)  # the import key of the service task
    court = StringField(required=True)
    digest = StringField(required=True)  # keyed hash of the row: nothing of it can be read from this
    run_id = StringField(required=True)
    result = StringField(required=True)  # created, updated, unchanged
