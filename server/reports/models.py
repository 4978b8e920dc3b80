"""Papers that were made, and wishes for papers: every version is kept."""

from __future__ import annotations

from mongoengine import BooleanField, DateTimeField, DictField, Document, IntField, ListField, StringField

from server.core.ids import new_id

ORDER_STATES = ("queued", "made", "failed")
# Papers of before `subject` get theirs from a migration, which runs after the indexes are made.
_WITH_SUBJECT = {"partialFilterExpression": {"subject": {"$type": "string"}}}


class Paper(Document):
    """One version of one paper. Shard key (court, task_id). About 3 per task.

    `kind` is a key of `server.papers.kinds.KINDS`. `subject` says what it is about: `visit:<id>`, `recipient:<id>`,
    `task:<id>`, `case:<id>`; versions are counted per subject and kind. `basis` names what it was made from (a review
    round or a wish), so that work that runs twice makes one version. The sealed file stands beside the unsealed one.
    """

    meta = {
        "collection": "papers",
        "indexes": [
            {"fields": ["court", "subject", "kind", "version"], "unique": True, **_WITH_SUBJECT},
            {"fields": ["court", "subject", "kind", "basis"], "unique": True, **_WITH_SUBJECT},
            ("court", "task_id", "-made_at"),
            ("court", "case_id", "-made_at"),
            ("court", "visit_id"),
            ("court", "sha256"),
            {"fields": ["court", "sealed_sha256"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    case_id = StringField()
    task_id = StringField(required=True)
    recipient_id = StringField()
    visit_id = StringField()
    subject = StringField(required=True)
    kind = StringField(required=True)
    number = StringField(required=True)
    version = IntField(required=True)
    basis = StringField(required=True)
    template_version = StringField()
    wording_version = StringField()
    store_key = StringField(required=True)
    sha256 = StringField(required=True)
    size = IntField(required=True)
    pages = IntField(required=True)
    made_at = DateTimeField(required=True)
    made_by = StringField(required=True)

    sealed_at = DateTimeField()
    sealed_by = StringField()
    seal_serial = StringField()
    seal_level = StringField()
    sealed_store_key = StringField()
    sealed_sha256 = StringField()
    sealed_size = IntField()


class PaperOrder(Document):
    """Somebody wants a paper: kept until it is made or refused, so that no queue can lose it.

    `fields` are what a person typed (the text of an announcement's claims, the addressed court …), by the names of the
    kind's form. Shard key (court, task_id). About 0.5 per task, kept.
    """

    meta = {
        "collection": "paper_orders",
        "indexes": [
            ("state", "asked_at"),
            ("court", "task_id", "-asked_at"),
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    case_id = StringField()
    task_id = StringField(required=True)
    recipient_id = StringField()
    kind = StringField(required=True)
    fields = DictField()
    tasks = ListField(StringField())  # of a report on several tasks of one case; empty: the task alone
    wants_seal = BooleanField(default=False)
    state = StringField(required=True, default="queued", choices=ORDER_STATES)
    problem = DictField()
    paper_id = StringField()
    asked_by = StringField(required=True)
    asked_by_name = StringField(required=True)
    asked_at = DateTimeField(required=True)
    done_at = DateTimeField()
