"""待办 with a clock, and the excuses of the exhaustion ledger."""

from __future__ import annotations

from mongoengine import DateTimeField, DictField, Document, IntField, ListField, StringField

from server.core.ids import new_id

TODO_STATES = ("open", "taken", "done", "cancelled")
TODO_FOR = ("specialist", "court_staff", "judge")


class Todo(Document):
    """One thing somebody must see to before `due_at`: a change of channel, a dead number, a decision.

    `key` names what called for it, so that the same event never makes two. `proposal`: what the machine suggests,
    {channel, verdict, article, text, others: [{channel, verdict, article, text}]}. Shard key (court, task_id).
    About 0.8 per task.
    """

    meta = {
        "collection": "todos",
        "indexes": [
            {"fields": ["court", "key"], "unique": True},
            ("court", "state", "due_at"),
            ("state", "due_at"),  # the sweep, over all courts
            ("court", "task_id"),
            ("court", "judge_id", "state"),
            ("court", "clerk_id", "state"),
            {"fields": ["outbox.at"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    key = StringField(required=True)
    kind = StringField(required=True)
    task_id = StringField(required=True)
    recipient_id = StringField()
    recipient_name = StringField()
    attempt_id = StringField()
    effect_id = StringField()
    case_number = StringField(required=True)
    division_id = StringField()
    judge_id = StringField()
    clerk_id = StringField()
    meant_for = StringField(required=True, choices=TODO_FOR)
    text = StringField(required=True)
    rule = StringField(required=True)
    article = StringField()
    proposal = DictField()
    opened_at = DateTimeField(required=True)
    due_at = DateTimeField(required=True)
    state = StringField(required=True, default="open", choices=TODO_STATES)
    taken_by = StringField()
    taken_by_name = StringField()
    taken_at = DateTimeField()
    result = StringField()
    closed_at = DateTimeField()
    closed_by = StringField()
    closed_by_name = StringField()
    outbox = ListField(DictField())
    version = IntField(required=True, default=1)


class LedgerExcuse(Document):
    """Why an address, number or channel was not tried (server.law.exhaustion.Excuse). Shard key (court, task_id)."""

    meta = {
        "collection": "ledger_excuses",
        "indexes": [{"fields": ["court", "task_id", "recipient_id", "what"], "unique": True}],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    task_id = StringField(required=True)
    recipient_id = StringField(required=True)
    what = StringField(required=True)  # id of a contact point, or a channel
    reason = StringField(required=True)
    evidence = ListField(StringField())  # ids of exhibits
    at = DateTimeField(required=True)
    by = StringField(required=True)
    by_name = StringField(required=True)
