"""Service tasks with their recipients and timeline."""

from __future__ import annotations

from mongoengine import (
    DateTimeField,
    DictField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    EmbeddedDocumentListField,
    IntField,
    ListField,
    StringField,
)

from server.core.fields import DatumPoint, Sealed
from server.core.ids import new_id

CHANNELS = ("direct", "electronic", "telephone", "postal", "pickup", "notice", "entrusted", "forwarded")
TASK_STATES = ("pending_review", "in_progress", "completed", "returned", "withdrawn")
# `awaiting`: a way has ended and the machine proposes an effect that court staff or the judge must confirm.
RECIPIENT_STATES = ("pending", "in_progress", "awaiting", "served", "failed", "withdrawn")


class DocumentCopies(EmbeddedDocument):
    """A document of the task: its type as the court names it (传票, 民事判决书) and how many copies."""

    name = StringField(required=True)
    copies = IntField(default=1)


class ChannelLock(EmbeddedDocument):
    """While set, no other channel may start for this recipient. `rule` says which rule locked it."""

    channel = StringField(required=True, choices=CHANNELS)
    rule = StringField(required=True)
    attempt_id = StringField(required=True)
    at = DateTimeField(required=True)


class Recipient(EmbeddedDocument):
    """受送达人 in a task, with the state of their own service. Masks only: the plain values are with the party."""

    id = StringField(required=True, default=new_id)
    party_id = StringField(required=True)
    contact_point_id = StringField(required=True)
    name = StringField(required=True)
    kind = StringField(required=True)
    standing = StringField()
    id_mask = StringField()
    phone_mask = StringField()
    address = EmbeddedDocumentField(Sealed, required=True)
    address_basis = StringField(required=True)
    point = EmbeddedDocumentField(DatumPoint)
    state = StringField(required=True, default="pending", choices=RECIPIENT_STATES)
    lock = EmbeddedDocumentField(ChannelLock)
    served_at = DateTimeField()  # signing date and time on the proof, when served
    documents = ListField(StringField())  # names of the task's documents meant for this one; empty: all of them
    situation = DictField()  # facts of law about this recipient: fields of server.law.situation.Situation
    awaits = ListField(StringField())  # while awaiting: court_staff, judge
    notice_approval = (
        DictField()
    )  # the judge's word: by, by_name, at, reason, article, rule_version, lines of the ledger
    merged_into = StringField()  # withdrawn because another recipient of this task is the same party


class Step(EmbeddedDocument):
    """One line of the timeline: who, when, what, with which receipt."""

    id = StringField(required=True, default=new_id)
    at = DateTimeField(required=True)
    by = StringField(required=True)  # person id, or "system"
    by_name = StringField(required=True)
    what = StringField(required=True)  # dotted code: task.created, task.approved, visit.assigned …
    text = StringField(required=True)  # the same in Chinese, for people
    recipient_id = StringField()
    receipt = StringField()  # id of the paper or evidence this step produced
    change = DictField()  # events of server.service.machines: {"task": …, "recipients": {id: …}, "added": [ids]}


class ServiceTask(Document):
    """送达任务: documents × recipients, ordered by a judge or clerk.

    Shard key (court, _id). Changes are single atomic updates guarded by `version`.
    """

    meta = {
        "collection": "service_tasks",
        "indexes": [
            {
                "fields": ["court", "import_key"],
                "unique": True,
                "partialFilterExpression": {"import_key": {"$type": "string"}},
            },
            ("court", "state", "due_on"),
            ("court", "judge_id", "-updated_at"),
            ("court", "division_id", "due_on"),
            ("court", "clerk_id", "-updated_at"),
            ("court", "case_id"),
            ("court", "created_at"),
            ("court", "recipients.party_id"),
            ("court", "channel", "state", "recipients.state"),
            {"fields": ["outbox.at"], "sparse": True},
            {"fields": ["recipients.lock.at"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    import_key = StringField()
    case_id = StringField(required=True)
    case_number = StringField(required=True)
    case_kind = StringField(required=True)
    cause = StringField()
    procedure = StringField()
    division_id = StringField()  # 庭室 of the judge when the task came in: rights of scope `division`
    judge_id = StringField()
    judge_name = StringField()
    clerk_id = StringField()
    clerk_name = StringField()
    channel = StringField(required=True, choices=CHANNELS)  # the way the judge asked for (指定送达方式)
    documents = EmbeddedDocumentListField(DocumentCopies)
    recipients = EmbeddedDocumentListField(Recipient)
    state = StringField(required=True, default="pending_review", choices=TASK_STATES)
    return_reason = StringField()
    due_on = StringField(required=True)  # ISO date in Asia/Shanghai (要求完成日期)
    hearing_at = DateTimeField()
    windows = ListField(ListField(IntField()))  # [[start_s, end_s]] seconds of the day the recipient can be met
    remarks = ListField(StringField())  # 备注: 须两人同往, 家中有犬 …
    origin = StringField(required=True, default="import")
    steps = EmbeddedDocumentListField(Step)
    outbox = ListField(DictField())
    version = IntField(required=True, default=1)
    created_at = DateTimeField(required=True)
    updated_at = DateTimeField(required=True)
    completed_at = DateTimeField()

    def recipient(self, recipient_id: str) -> Recipient | None:
        return next((one for one in self.recipients if one.id == recipient_id), None)
