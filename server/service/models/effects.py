"""送达事项: one document for one recipient, and the effect its service has had, with every decision taken on it."""

from __future__ import annotations

from mongoengine import (
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentListField,
    IntField,
    ListField,
    StringField,
)

from server.core.ids import new_id

EFFECT_STATES = ("none", "served", "deemed", "presumed", "notice_running")
STATUSES = ("none", "proposed", "confirmed", "rejected")


class Decision(EmbeddedDocument):
    """Somebody's word on a proposal, with what it rested on, so that it can be explained as it was taken.

    `inputs`: the question put to `server.law.effects` as plain values; `rules`: the rule set then in force, whole.
    """

    id = StringField(required=True, default=new_id)
    at = DateTimeField(required=True)
    by = StringField(required=True)
    by_name = StringField(required=True)
    acting_as = StringField(required=True, choices=("specialist", "court_staff", "judge"))
    what = StringField(required=True, choices=("confirm", "reject", "set"))
    reason = StringField()
    state = StringField(required=True)
    served_on = StringField()  # ISO date
    article = StringField()
    attempt_id = StringField()  # the attempt the proposal rested on
    rule_version = StringField(required=True)
    rules = DictField()
    inputs = DictField()


class Effect(Document):
    """One document for one recipient: claimed when its task enters 送达中, so that nothing is served twice.

    `state` … `rule_version` are the machine's latest proposal (server.law.effects.effect), `status` what people made
    of it; the confirmed effect is the last decision. `key` is what makes the service unique for the party:
    the document's name, with the hearing's day for a summons, and a number when served again on purpose.
    Shard key (court, task_id). About 3 per task.
    """

    meta = {
        "collection": "service_effects",
        "indexes": [
            {
                "fields": ["court", "party_id", "key"],
                "unique": True,
                "partialFilterExpression": {"live": True},
            },
            {"fields": ["court", "task_id", "recipient_id", "document"], "unique": True},
            ("court", "case_id"),
            ("court", "status", "judge_id"),
            ("court", "status", "clerk_id"),
            ("court", "status", "-updated_at"),
            ("state", "ends_on"),
            {"fields": ["outbox.at"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    case_id = StringField(required=True)
    case_number = StringField(required=True)
    task_id = StringField(required=True)
    recipient_id = StringField(required=True)
    recipient_name = StringField(required=True)
    party_id = StringField(required=True)
    division_id = StringField()
    judge_id = StringField()
    clerk_id = StringField()
    document = StringField(required=True)
    key = StringField(required=True)
    live = BooleanField(required=True, default=True)  # false once task or recipient was withdrawn: the claim is free
    moved_from = StringField()  # recipient it was claimed for, before that one was merged into another
    again_reason = StringField()  # why a document that was served is served again

    state = StringField(required=True, default="none", choices=EFFECT_STATES)
    status = StringField(required=True, default="none", choices=STATUSES)
    served_on = StringField()  # ISO date, the legal day of service
    statistics_on = StringField()  # ISO date for 审限 statistics: never the same field
    ends_on = StringField()  # last day of an announcement
    article = StringField()
    text = StringField()
    confidence = StringField()
    confirm_by = ListField(StringField())
    attempt_id = StringField()
    rebuttable = BooleanField()
    provisional = BooleanField()
    missing = ListField(DictField())  # {code, text, article}
    proposals = ListField(StringField())
    working = ListField(StringField())
    alternatives = ListField(DictField())
    findings = ListField(DictField())  # one per attempt: {attempt_id, channel, state, text, article, flags}
    rule_version = StringField()
    inputs = DictField()  # of the latest proposal
    rules = DictField()
    judged_at = DateTimeField()

    decisions = EmbeddedDocumentListField(Decision)
    outbox = ListField(DictField())
    version = IntField(required=True, default=1)
    created_at = DateTimeField(required=True)
    updated_at = DateTimeField(required=True)
