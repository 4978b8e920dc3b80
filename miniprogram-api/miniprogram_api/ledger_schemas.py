"""What the phone sends and is answered about the sync ledger, the check on the spot and the second look."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from miniprogram_api.fields import ClientId, Text
from miniprogram_api.schemas import PhoneSignerSchema, PhoneWitnessSchema
from server.core.http import Schema

_ITEMS: dict[str, Any] = {"load_default": list, "validate": validate.Length(max=200)}


class PhoneLedgerQuerySchema(Schema):
    date = fields.Date(load_default=None, metadata={"description": "Of the shift; today when it is not given"})


class PhoneWithdrawSchema(Schema):
    visit_id = Text(most=64, least=0, load_default="", metadata={"description": "Empty for an item without a visit"})
    client_id = ClientId(required=True)
    reason = Text(most=200, required=True, metadata={"example": "拍摄模糊，已删除重拍"})


class PhoneCheckSchema(Schema):
    """An outcome as it would be entered."""

    code = Text(most=32, required=True, metadata={"description": "A code of GET outcomes"})
    signer = fields.Nested(PhoneSignerSchema, load_default=None, allow_none=True)
    witness = fields.Nested(PhoneWitnessSchema, load_default=None, allow_none=True)
    refusal_reason = Text(most=500, load_default=None, allow_none=True)
    left_at_place = Text(most=200, load_default=None, allow_none=True)
    note = Text(most=2000, load_default=None, allow_none=True)
    items = fields.List(ClientId(), metadata={"description": "Client ids announced or held"}, **_ITEMS)


class PhoneLookSchema(Schema):
    client_id = ClientId(required=True)
    code = Text(most=32, required=True, metadata={"description": "The outcome about to be entered"})
    note = Text(most=500, least=0, load_default="")
    items = fields.List(ClientId(), metadata={"description": "Client ids of what there is so far"}, **_ITEMS)


class ItemProblemAnswer(Schema):
    code = fields.String(required=True)
    title = fields.String(required=True)


class LedgerCountsAnswer(Schema):
    """`total` is announced + held + refused; `text` is what to show, such as 12/12."""

    announced = fields.Integer(required=True)
    held = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    withdrawn = fields.Integer(required=True)
    total = fields.Integer(required=True)
    complete = fields.Boolean(required=True, metadata={"description": "Nothing is awaited any more"})
    text = fields.String(required=True)


class LedgerItemAnswer(Schema):
    """One item both ends know. `visit_id` is empty for what was captured without a visit."""

    item_id = fields.String(required=True)
    visit_id = fields.String(required=True)
    client_id = fields.String(required=True)
    kind = fields.String(required=True)
    label = fields.String(required=True)
    sha256 = fields.String(required=True)
    size = fields.Integer(required=True)
    state = fields.String(required=True, metadata={"description": "announced, held, refused, withdrawn"})
    state_label = fields.String(required=True)
    source = fields.String(required=True)
    captured_at = fields.AwareDateTime(required=True)
    announced_at = fields.AwareDateTime(required=True)
    settled_at = fields.AwareDateTime(required=True, allow_none=True)
    evidence_id = fields.String(required=True, allow_none=True)
    problem = fields.Nested(ItemProblemAnswer, required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why it was withdrawn"})
    late = fields.String(required=True, allow_none=True, metadata={"description": "waiting, taken, left"})
    late_label = fields.String(required=True, allow_none=True)
    broken = fields.Boolean(required=True, metadata={"description": "Held, but found to be unreadable: take it again"})


class LedgerAnswer(Schema):
    date = fields.Date(required=True)
    counts = fields.Nested(LedgerCountsAnswer, required=True)
    items = fields.List(fields.Nested(LedgerItemAnswer), required=True)


class WithdrawnAnswer(LedgerItemAnswer):
    repeated = fields.Boolean(required=True)


class WantedAnswer(Schema):
    """One thing still wanted: by the law (`article`), or about one listed item (`client_id`)."""

    code = fields.String(required=True)
    text = fields.String(required=True)
    article = fields.String()
    client_id = fields.String()


class BarAnswer(Schema):
    code = fields.String(required=True)
    text = fields.String(required=True)
    article = fields.String(required=True)


class CheckedItemAnswer(Schema):
    client_id = fields.String(required=True)
    state = fields.String(
        required=True, metadata={"description": "held, announced, refused, withdrawn, broken, unknown"}
    )
    kind = fields.String(required=True, allow_none=True)


class CheckAnswer(Schema):
    """`enough`: the server may leave the door; `ready`: the outcome may be entered now, everything is held."""

    bar = fields.Nested(BarAnswer, required=True, allow_none=True)
    missing = fields.List(fields.Nested(WantedAnswer), required=True)
    missing_held = fields.List(fields.Nested(WantedAnswer), required=True)
    enough = fields.Boolean(required=True)
    ready = fields.Boolean(required=True)
    items = fields.List(fields.Nested(CheckedItemAnswer), required=True)


class LookAnswer(Schema):
    """`state`: asked, fine, more, expired. `more` says in `reason` what is still wanted."""

    look_id = fields.String(required=True)
    visit_id = fields.String(required=True)
    client_id = fields.String(required=True)
    code = fields.String(required=True)
    label = fields.String(required=True)
    note = fields.String(required=True)
    items = fields.List(fields.String(), required=True)
    missing = fields.List(fields.Nested(WantedAnswer), required=True)
    state = fields.String(required=True)
    state_label = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    answered_at = fields.AwareDateTime(required=True, allow_none=True)
    by_name = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)


class LookAskedAnswer(LookAnswer):
    repeated = fields.Boolean(required=True)


class LooksAnswer(Schema):
    items = fields.List(fields.Nested(LookAnswer), required=True)
