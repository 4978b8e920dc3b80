"""The sync ledger: what a phone says it has, known here before a single byte has come."""

from __future__ import annotations

from mongoengine import (
    DateTimeField,
    DictField,
    Document,
    EmbeddedDocumentField,
    IntField,
    ListField,
    StringField,
)

from server.core.ids import new_id
from server.dispatch.models import Fix
from server.field.models import SOURCES

# announced: bytes wanted. held: an EvidenceItem exists. refused: the bytes came, are kept, and are not what they were
# said to be. withdrawn: the phone says that there is nothing to come (a shot deleted before it was sent).
ANNOUNCED_STATES = ("announced", "held", "refused", "withdrawn")


class Announced(Document):
    """One item of a shift's ledger. Shard key (court, date). About 5 per visit.

    `digest` is `server.field.services.evidence.content_digest`: the same client id with other content is refused,
    whether it comes announced and in parts or in one request. `visit_id` is empty for what was captured without a visit
    (L4) until it is linked to one.
    """

    meta = {
        "collection": "evidence_announced",
        "indexes": [
            {"fields": ["court", "server_id", "visit_id", "client_id"], "unique": True},
            ("court", "date", "server_id", "state"),
            ("court", "visit_id", "state"),
            ("court", "sha256"),
            {"fields": ["seal.ticket_id", "seal.seq"], "sparse": True},
            {"fields": ["seal.payload_sha256"], "sparse": True},
            {
                "fields": ["court", "server_id", "client_id"],
                "partialFilterExpression": {"linked_at": {"$exists": True}},
            },
            {"fields": ["outbox.at"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    server_id = StringField(required=True)
    date = StringField(required=True)  # ISO date of the shift
    visit_id = StringField(required=True, default="")
    client_id = StringField(required=True)
    digest = StringField(required=True)
    kind = StringField(required=True)
    sha256 = StringField(required=True)
    size = IntField(required=True)
    captured_at = DateTimeField(required=True)
    fix = EmbeddedDocumentField(Fix)
    envelope = DictField()  # {payload, signature: bytes, device_id} as it came
    # The place of its envelope in the chain of a ticket: {ticket_id, seq, prev, payload_sha256, at, genuine: whether
    # the signature holds under the key the ticket was issued to}.
    seal = DictField()
    linked_at = DateTimeField()  # when what was captured without a visit was given one
    source = StringField(default="phone", choices=SOURCES)
    state = StringField(required=True, default="announced", choices=ANNOUNCED_STATES)
    problem = DictField()  # {code, title} when refused
    reason = StringField()  # in the server's words, when withdrawn
    kept_key = StringField()  # where the bytes of a refused item lie
    evidence_id = StringField()
    announced_at = DateTimeField(required=True)
    settled_at = DateTimeField()
    outbox = ListField(DictField())
