"""What the phone sends beside the visit's own steps: positions in batches, and evidence items."""

from __future__ import annotations

from mongoengine import (
    BinaryField,
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

SOURCES = ("phone", "team", "rescue", "office")


class PositionBatch(Document):
    """Positions of one server, sent together. Shard key (court, date). About 25 per server and day.

    `points`: [{lng, lat, datum, wgs84: [lng, lat], accuracy_m, provider, at}] in order of time.
    """

    meta = {
        "collection": "position_batches",
        "indexes": [
            {"fields": ["court", "server_id", "client_id"], "unique": True},
            ("court", "date", "server_id", "first_at"),
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    server_id = StringField(required=True)
    date = StringField(required=True)
    client_id = StringField(required=True)
    digest = StringField(required=True)
    points = ListField(DictField())
    rejected = ListField(DictField())
    first_at = DateTimeField()
    last_at = DateTimeField()
    received_at = DateTimeField(required=True)


class EvidenceItem(Document):
    """证据材料: one photo, video, recording or signature. Shard key (court, visit_id). About 5 per visit.

    The file lies in the evidence store under `store_key` (content-addressed) before this document exists. What is
    learnt about it afterwards (`capture`, `analysis`, `place`, `log`) stands beside the original and never changes it.
    """

    meta = {
        "collection": "evidence_items",
        "indexes": [
            {"fields": ["court", "visit_id", "client_id"], "unique": True},
            ("court", "sha256"),
            ("court", "task_id"),
            ("court", "received_at"),
            {"fields": ["court", "late.state", "received_at"], "sparse": True},
            ("analysis.state", "analysis.queued_at"),
            {
                # Near pictures: only items that have a hash are in it.
                "fields": ["court", "analysis.hashes.bands"],
                "partialFilterExpression": {"analysis.hashes.bands": {"$exists": True}},
            },
            ("log.state", "received_at"),
            {"fields": ["capture.look_at"], "sparse": True},
            {"fields": ["outbox.at"], "sparse": True},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    visit_id = StringField(required=True)
    task_id = StringField(required=True)
    server_id = StringField(required=True)
    client_id = StringField(required=True)
    digest = StringField(required=True)  # of content hash and metadata as sent
    kind = StringField(required=True)
    sha256 = StringField(required=True)
    size = IntField(required=True)
    media_type = StringField(required=True)
    store_key = StringField(required=True)
    captured_at = DateTimeField(required=True)
    received_at = DateTimeField(required=True)
    fix = EmbeddedDocumentField(Fix)
    facts = DictField()  # what inspection of the file found: width, height, exif, warnings
    source = StringField(default="phone", choices=SOURCES)
    announced_id = StringField()
    # The envelope signed at the shutter, byte for byte: {payload, signature (bytes), device_id}.
    envelope = DictField()
    # {verdict, reasons: [{code, title, weight, …}], waiting, ticket_id, device_id, seq, taken_at, server_time,
    # clock_offset_ms, from, judged_at, turn, look_at (when a waiting one is judged again)}: custody.services.capture.
    capture = DictField()
    # Canonical JSON, fixed at receipt: its hash is what the court's log holds.
    manifest = BinaryField()
    manifest_sha256 = StringField()
    log = DictField()  # {state: waiting|logged, entry_id, seq}
    # Came after the visit was closed or went elsewhere: {why, state: waiting|taken|left, by, by_name, at, reason}.
    late = DictField()
    # {state: waiting|running|done|broken|failed, queued_at, lease, tries, media, quality, hashes, copies, concerns}.
    analysis = DictField()
    place = DictField()  # {verdict: agrees|doubt|unknown, reasons: [{code, …}], distance_m, at}
    outbox = ListField(DictField())
    version = IntField(default=1)
