"""Attempts: one shape for every channel. Effect and proof are kept apart from them."""

from __future__ import annotations

from mongoengine import DateTimeField, DictField, Document, IntField, ListField, StringField

from server.core.ids import new_id
from server.service.models.tasks import CHANNELS

ATTEMPT_STATES = ("open", "under_review", "closed", "withdrawn")


class Attempt(Document):
    """送达行为: one try through one channel. Effect and proof are kept apart from it.

    `outcome` is a key of `server.law.attempts.RESULTS_OF[channel]`. `record` holds what the law asks of it: the fields
    of `server.law.attempts.Attempt` by name (days as ISO text, moments as times, `signer`/`refuser` as objects, `items`
    as a list of evidence kinds, `fields` as typed). Shard key (court, task_id). About 1.6 per task.
    """

    meta = {
        "collection": "attempts",
        "indexes": [
            ("court", "task_id", "recipient_id"),
            ("court", "channel", "state"),
            {"fields": ["outbox.at"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    task_id = StringField(required=True)
    recipient_id = StringField(required=True)
    channel = StringField(required=True, choices=CHANNELS)
    rule = StringField(required=True)  # the rule that chose this channel
    contact_point_id = StringField()  # where: the recipient's own when none is named
    reason = StringField()  # why a person chose this channel
    lawful = DictField()  # the law's word on the channel when a person opened it: {verdict, article, text, confirmed}
    opened_by = StringField()
    opened_by_name = StringField()
    state = StringField(required=True, default="open", choices=ATTEMPT_STATES)
    opened_at = DateTimeField(required=True)
    closed_at = DateTimeField()
    closed_by = StringField()
    closed_by_name = StringField()
    outcome = StringField()
    happened_at = DateTimeField()
    text = StringField()  # the result in a sentence, for the timeline: 审核通过：本人签收
    moved_from = StringField()  # recipient it was made for, before that one was merged into another
    facts = DictField()  # what people read of it: visit, signer's name, reason …
    record = DictField()
    outbox = ListField(DictField())
    version = IntField(required=True, default=1)


class Exhibit(Document):
    """材料 of an attempt that is no visit: a scanned receipt, a slip, a screenshot. Shard key (court, attempt_id).

    `kind` is a key of `server.law.proof.KINDS` or `server.law.outcomes.EVIDENCE_KINDS`. The file is in the evidence
    store, whole, under its SHA-256.
    """

    meta = {
        "collection": "exhibits",
        "indexes": [
            ("court", "attempt_id", "received_at"),
            ("court", "task_id"),
            {"fields": ["court", "attempt_id", "kind", "sha256"], "unique": True},
            ("court", "sha256"),
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    task_id = StringField(required=True)
    attempt_id = StringField(required=True)
    kind = StringField(required=True)
    filename = StringField()
    media_type = StringField(required=True)
    size = IntField(required=True)
    sha256 = StringField(required=True)
    store_key = StringField(required=True)
    received_at = DateTimeField(required=True)
    by = StringField(required=True)
    by_name = StringField(required=True)
