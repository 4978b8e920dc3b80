"""Keys of phones, and the tickets that say when, where and by whom something may be captured."""

from __future__ import annotations

from mongoengine import BinaryField, BooleanField, DateTimeField, Document, StringField

from server.core.ids import new_id


class CaptureDevice(Document):
    """The public key (Ed25519, RFC 8032) of one phone of one person. Collection of some thousands: not sharded.

    The private half never leaves the phone. A revoked key still verifies what it signed before.
    """

    meta = {
        "collection": "capture_devices",
        "indexes": [
            {"fields": ["court", "person_id", "key_id"], "unique": True},
            ("court", "person_id", "-active_at"),
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    person_id = StringField(required=True)
    key_id = StringField(required=True)  # first 16 hex digits of SHA-256 of the public key
    public_key = BinaryField(required=True)  # 32 bytes
    name = StringField()
    session_id = StringField()
    registered_at = DateTimeField(required=True)
    active_at = DateTimeField(required=True)  # registered last: the newest of a person's keys gets the tickets
    revoked_at = DateTimeField()


class CaptureTicket(Document):
    """Leave to capture for one visit (or, without a visit, for one shift), issued before the network is lost.

    `note` is the ticket as signed by the court's log key (C2SP signed-note): it can be checked without this database.
    Shard key (court, date). One per visit and device.
    """

    meta = {
        "collection": "capture_tickets",
        "indexes": [
            {"fields": ["court", "date", "device_id", "visit_id"], "unique": True},
            ("court", "visit_id"),
        ],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    date = StringField(required=True)
    visit_id = StringField(required=True, default="")
    person_id = StringField(required=True)
    device_id = StringField(required=True)
    nonce = StringField(required=True)  # 64 hex digits
    gallery_allowed = BooleanField(required=True, default=False)
    issued_at = DateTimeField(required=True)
    expires_at = DateTimeField(required=True)
    note = StringField(required=True)
