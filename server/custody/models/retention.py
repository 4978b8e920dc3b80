"""What a court has confirmed to have in its archive, and what was removed here after that."""

from __future__ import annotations

from mongoengine import DateTimeField, Document, IntField, ListField, StringField

from server.core.ids import new_id


class ArchiveReceipt(Document):
    """归档回执: the court's archive has received one package. Shard key (court, case_id). At most one per package.

    `covers` are the SHA-256 of every file in the package, read from the package itself: only what is in there counts
    as received, whatever came to the case later.
    """

    meta = {
        "collection": "archive_receipts",
        "indexes": [
            {"fields": ["court", "archive_id"], "unique": True},
            ("court", "covers"),
            ("court", "case_id"),
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    case_id = StringField(required=True)
    archive_id = StringField(required=True)
    sha256 = StringField(required=True)  # of the package
    reference = StringField(required=True)  # 档号 or the receipt's own number
    received_by = StringField(required=True)  # who signed for it in the archive
    received_at = DateTimeField(required=True)
    covers = ListField(StringField(), required=True)
    by = StringField(required=True)
    by_name = StringField(required=True)
    at = DateTimeField(required=True)


class Disposal(Document):
    """到期销毁: one object that was removed, why and on whose word. Shard key (court, _id). Kept for good.

    `_id` names court, document and key, so that a removal that is repeated leaves one line. Written before the object
    goes (`removing`), finished after it has gone (`removed`).
    """

    meta = {
        "collection": "evidence_disposals",
        "indexes": [("court", "-at"), ("court", "object_id")],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True)
    court = StringField(required=True)
    group = StringField(required=True)
    holding = StringField(required=True)  # collection of the document that named it
    object_id = StringField(required=True)
    key = StringField(required=True)
    size = IntField()
    receipt_id = StringField()
    due_at = DateTimeField(required=True)
    state = StringField(required=True, default="removing", choices=("removing", "removed"))
    reason = StringField(required=True)
    by_name = StringField(required=True)
    at = DateTimeField(required=True)
    removed_at = DateTimeField()
