"""What a phone sends and is answered about sealed capture: keys, tickets, announced items."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from evidence.capture import Sent
from miniprogram_api.fields import ClientId, Moment, Text
from miniprogram_api.schemas import PhoneFixSchema
from server.core.http import Schema
from server.custody.services.announcing import MOST_ITEMS, NewItem
from server.law.outcomes import EVIDENCE_KINDS

_MOST_BASE64 = 24 * 1024  # of a payload; its own limit is 16 KB


class Base64(fields.String):
    """Bytes in base64 (RFC 4648 section 4)."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(max=most), metadata={"format": "byte"}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValidationError("不是有效的 Base64 内容") from error


class PhoneDeviceSchema(Schema):
    public_key = Base64(most=64, required=True)
    name = Text(most=64, load_default=None, allow_none=True, metadata={"description": "Model, for people"})


class DeviceAnswer(Schema):
    device_id = fields.String(required=True)
    key_id = fields.String(required=True, metadata={"description": "First 16 hex digits of SHA-256 of the key"})
    registered_at = fields.AwareDateTime(required=True)
    repeated = fields.Boolean(required=True)
    server_time = fields.AwareDateTime(required=True)


class PhoneTicketsSchema(Schema):
    date = fields.Date(required=True)
    device_id = Text(
        most=64,
        load_default=None,
        allow_none=True,
        metadata={"description": "Mine; refused with device.superseded when another phone registered since"},
    )


class TicketAnswer(Schema):
    ticket_id = fields.String(required=True)
    visit_id = fields.String(required=True, metadata={"description": "Empty: for what has no visit yet"})
    device_id = fields.String(required=True)
    nonce = fields.String(required=True)
    issued_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    gallery_allowed = fields.Boolean(required=True)
    note = fields.String(required=True, metadata={"description": "The ticket as signed by the court: keep its bytes"})


class TicketsAnswer(Schema):
    server_time = fields.AwareDateTime(required=True, metadata={"description": "To measure the phone's clock by"})
    device_id = fields.String(required=True)
    gallery_allowed = fields.Boolean(required=True)
    verifier = fields.String(required=True, metadata={"description": "The court's public key in the form of C2SP"})
    tickets = fields.List(fields.Nested(TicketAnswer), required=True)


class PhoneEnvelopeSchema(Schema):
    payload = Base64(most=_MOST_BASE64, required=True)
    signature = Base64(most=128, required=True)
    device_id = Text(most=64, required=True)

    @post_load
    def as_sent(self, data: dict[str, Any], **_: Any) -> Sent:
        return Sent(data["payload"], data["signature"], data["device_id"])


class PhoneItemSchema(Schema):
    visit_id = Text(most=64, least=0, load_default="", metadata={"description": "Empty: captured without a visit"})
    client_id = ClientId(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(tuple(EVIDENCE_KINDS)))
    sha256 = Text(most=128, required=True)
    size = fields.Integer(required=True, strict=True)
    captured_at = Moment(required=True)
    fix = fields.Nested(PhoneFixSchema, load_default=None, allow_none=True)
    envelope = fields.Nested(PhoneEnvelopeSchema, load_default=None, allow_none=True)

    @post_load
    def as_item(self, data: dict[str, Any], **_: Any) -> NewItem:
        return NewItem(**data)


@dataclass(frozen=True, slots=True)
class Unusable:
    """An item that is not even of the right shape: its problem is its own."""

    client_id: str | None
    visit_id: str | None
    errors: Any


class OneByOne(fields.Nested):
    """Each element for itself: what is wrong with one does not refuse the others."""

    def deserialize(self, value: Any, *rest: Any, **kwargs: Any) -> Any:
        try:
            return super().deserialize(value, *rest, **kwargs)
        except ValidationError as error:
            return Unusable(_id_in(value, "client_id"), _id_in(value, "visit_id"), error.messages)


def _id_in(value: Any, name: str) -> str | None:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) and len(found) <= 64 and found.isascii() else None


class PhoneItemsSchema(Schema):
    date = fields.Date(
        load_default=None,
        allow_none=True,
        metadata={"description": "Of the shift; without it each item counts to the day it was captured"},
    )
    items = fields.List(OneByOne(PhoneItemSchema), required=True, validate=validate.Length(1, MOST_ITEMS))


class ItemAnswer(Schema):
    client_id = fields.String(required=True, allow_none=True)
    visit_id = fields.String(required=True, allow_none=True)
    state = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "announced, held, refused, withdrawn; null: not entered, see problem"},
    )
    upload_needed = fields.Boolean(required=True)
    repeated = fields.Boolean(required=True)
    problem = fields.Dict(allow_none=True, required=True)


class ItemsAnswer(Schema):
    items = fields.List(fields.Nested(ItemAnswer), required=True, metadata={"description": "In the order sent"})


class PhoneLinkSchema(Schema):
    client_id = ClientId(required=True)
    visit_id = Text(most=64, required=True)
