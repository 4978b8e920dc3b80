"""Contact points: where somebody may be reached, on what legal basis, from what source."""

from __future__ import annotations

from mongoengine import DateTimeField, Document, EmbeddedDocumentField, StringField

from server.core.fields import DatumPoint, Sealed
from server.core.ids import new_id


class ContactPoint(Document):
    """One address of one party. Shard key (court, party_id). About 1.3 per party.

    `basis` (地址依据) decides what a failed attempt there may mean in law: 送达地址确认书, 合同约定, 原告提供 ….
    """

    meta = {
        "collection": "contact_points",
        "indexes": [
            {"fields": ["court", "party_id", "text.index"], "unique": True},
            [("point.wgs84", "2dsphere")],
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    party_id = StringField(required=True)
    text = EmbeddedDocumentField(Sealed, required=True)
    point = EmbeddedDocumentField(DatumPoint)
    basis = StringField(required=True)
    source = StringField(required=True)  # where it came from: "import:<run id>", "board:<person id>"
    created_at = DateTimeField(required=True)
    updated_at = DateTimeField(required=True)
