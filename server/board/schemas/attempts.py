"""Attempts through any channel, their material, and people stepping in."""

from __future__ import annotations

from flask_smorest.fields import Upload
from marshmallow import fields, validate

from server.board.fields import Id, Text, version
from server.core.http import Schema

CHANNELS = ("direct", "electronic", "telephone", "postal", "pickup", "notice", "entrusted", "forwarded")
MOST_RECORD = 60


class BoardOpenAttemptSchema(Schema):
    channel = fields.String(required=True, validate=validate.OneOf(CHANNELS))
    reason = Text(required=True, least=1, most=500)
    contact_point_id = Id(load_default=None, allow_none=True)
    confirmed = fields.Boolean(
        load_default=False,
        metadata={"description": "The person has confirmed what the law wants confirmed for this channel"},
    )


class BoardCloseAttemptSchema(Schema):
    result = fields.String(
        required=True,
        validate=validate.Length(1, 40),
        metadata={"example": "mail_signed", "description": "docs/law.md"},
    )
    happened_at = fields.AwareDateTime(required=True)
    record = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 40)),
        load_default=dict,
        validate=validate.Length(0, MOST_RECORD),
        metadata={"description": "Fields of an attempt as `flask law effect` reads them (docs/law.md)"},
    )
    note = Text(most=1000, load_default="")


class BoardReasonSchema(Schema):
    reason = Text(required=True, least=1, most=500)


class BoardWithdrawTaskSchema(BoardReasonSchema):
    version = version()


class BoardMergeSchema(BoardReasonSchema):
    keep = Id(required=True)
    drop = Id(required=True)


class BoardSplitSchema(BoardReasonSchema):
    """A recipient that was merged comes back as it was; otherwise a new one is made with this name and address."""

    name = Text(most=80, load_default="")
    kind = fields.String(load_default="自然人", validate=validate.OneOf(["自然人", "法人", "非法人组织"]))
    standing = Text(most=20, load_default="")
    address = Text(most=200, load_default="")
    address_basis = Text(most=30, load_default="")
    documents = fields.List(Text(least=1, most=60), load_default=list, validate=validate.Length(0, 50))


class BoardExhibitFileSchema(Schema):
    file = Upload(required=True, metadata={"description": "JPEG, PNG, PDF, video or sound"})


class BoardExhibitFormSchema(Schema):
    kind = fields.String(required=True, validate=validate.Length(1, 40), metadata={"example": "mail_receipt"})


class BoardExhibitSchema(Schema):
    id = fields.String(required=True)
    attempt_id = fields.String(required=True)
    kind = fields.String(required=True)
    label = fields.String(required=True)
    filename = fields.String(required=True, allow_none=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    received_at = fields.AwareDateTime(required=True)
    by_name = fields.String(required=True)


class BoardMissingSchema(Schema):
    code = fields.String(required=True)
    text = fields.String(required=True)
    article = fields.String(required=True)


class BoardLawfulSchema(Schema):
    """The law's word on the channel when a person opened the attempt."""

    verdict = fields.String(required=True)
    article = fields.String(required=True)
    text = fields.String(required=True)
    confirmed = fields.Boolean(required=True)


class BoardResultChoiceSchema(Schema):
    """A result that may be entered for the channel."""

    code = fields.String(required=True)
    label = fields.String(required=True)


class BoardAttemptDetailSchema(Schema):
    id = fields.String(required=True)
    task_id = fields.String(required=True)
    recipient_id = fields.String(required=True)
    channel = fields.String(required=True)
    rule = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    lawful = fields.Nested(BoardLawfulSchema, required=True, allow_none=True)
    contact_point_id = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    opened_at = fields.AwareDateTime(required=True)
    opened_by_name = fields.String(required=True, allow_none=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    closed_by_name = fields.String(required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)
    outcome_label = fields.String(required=True, allow_none=True)
    happened_at = fields.AwareDateTime(required=True, allow_none=True)
    text = fields.String(required=True, allow_none=True)
    record = fields.Dict(required=True)
    results = fields.List(fields.Nested(BoardResultChoiceSchema), required=True)
    exhibits = fields.List(fields.Nested(BoardExhibitSchema), required=True)
    missing = fields.List(fields.Nested(BoardMissingSchema), required=True)
    version = fields.Integer(required=True)


class BoardMissingQuerySchema(Schema):
    result = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 40),
        metadata={"description": "Say what this result would still want in the file"},
    )
