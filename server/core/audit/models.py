"""Where the log lies. Entries are inserted and read, nothing else: the program needs no right to change or delete them.

The documents are written by `chain`, `checkpoints`, `archive` and `pending` in whole; the classes declare indexes.
"""

from __future__ import annotations

from mongoengine import (
    BinaryField,
    DateTimeField,
    DictField,
    Document,
    DynamicDocument,
    IntField,
    ListField,
    StringField,
)


class ChainEntry(DynamicDocument):
    """One row of a court's log, chained to the one before. Empty members are left out. Shard key (court, seq).

    `hash` is the RFC 6962 leaf hash of the canonical JSON of everything but `hash`, `key` and `mac`; `prev` the hash
    of entry seq - 1 (32 zero bytes before the first); `mac` HMAC-SHA-256 of `hash` under the court's secret, whose
    short name is `key`. About 30 entries per visit.
    """

    meta = {
        "collection": "audit_entries",
        "indexes": [
            {"fields": ("court", "seq"), "unique": True},
            ("court", "-at"),
            ("court", "person_id", "-at"),
            ("court", "object_id", "-at"),
            ("court", "action", "-at"),
            {"fields": ("court", "subjects", "-at"), "partialFilterExpression": {"subjects": {"$exists": True}}},
            # Refused, failed, unknown: all that is not done, by the alphabet.
            {"fields": ("court", "result", "-at"), "partialFilterExpression": {"result": {"$gt": "done"}}},
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True)
    court = StringField(required=True)
    seq = IntField(required=True)
    at = DateTimeField(required=True)
    action = StringField(required=True)
    result = StringField(required=True)
    prev = BinaryField(required=True)
    hash = BinaryField(required=True)
    key = StringField(required=True)
    mac = BinaryField(required=True)


class ChainHead(DynamicDocument):
    """How far a court's log has grown, so that cutting its tail is found. `_id` is the court.

    `size`, `hash` (of the last entry), `range` (compact range) and `mac` follow every append; `checkpoints`
    {count, last, mac} every checkpoint.
    """

    meta = {"collection": "audit_heads", "auto_create_index": False}
    id = StringField(primary_key=True)
    size = IntField(required=True)


class ChainCheckpoint(Document):
    """A signed note over the root of the first `size` entries, and the time-stamp on it once there is one."""

    meta = {
        "collection": "audit_checkpoints",
        "indexes": [
            {"fields": ("court", "number"), "unique": True},
            ("stamped_at", "at"),
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True)
    court = StringField(required=True)
    number = IntField(required=True)
    size = IntField(required=True)
    note = StringField(required=True)
    at = DateTimeField(required=True)
    prev = BinaryField(required=True)
    mac = BinaryField(required=True)
    stamped_at = DateTimeField()
    stamp = BinaryField()
    stamped_by = StringField()  # court: by the installation itself; not there: by an outside authority
    stamp_mac = BinaryField()


class ChainSegment(Document):
    """Entries [begin, end) of a court, written to the evidence store as NDJSON, gzip, under `store_key`."""

    meta = {
        "collection": "audit_segments",
        "indexes": [{"fields": ("court", "begin"), "unique": True}],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True)
    court = StringField(required=True)
    begin = IntField(required=True)
    end = IntField(required=True)
    range = DictField(required=True)
    hash = BinaryField(required=True)
    sha256 = StringField(required=True)
    store_key = StringField(required=True)
    bytes = IntField(required=True)
    at = DateTimeField(required=True)
    mac = BinaryField(required=True)
    removed_at = DateTimeField()


class ChainTile(DynamicDocument):
    """Up to 256 hashes of a court's tree (`evidence.log.tiles`), derived from the entries and kept when those leave.

    `hashes` are joined; `count` says how many. A full tile never changes. One document per 255 entries, 8 KB each.
    """

    meta = {
        "collection": "audit_tiles",
        "indexes": [("court", "level", "-index")],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True)
    court = StringField(required=True)
    level = IntField(required=True)
    index = IntField(required=True)
    count = IntField(required=True)
    hashes = BinaryField(required=True)


class PendingRow(DynamicDocument):
    """A row as it stood before its deed; gone when the deed's own row is in the log."""

    meta = {"collection": "audit_pending", "indexes": [("at",)], "auto_create_index": False}
    id = StringField(primary_key=True)
    court = StringField(required=True)
    at = DateTimeField(required=True)
    action = StringField(required=True)
    before = DictField()
    roles = ListField()
