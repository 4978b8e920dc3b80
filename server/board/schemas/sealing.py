"""Sealing papers, and what a seal is worth."""

from __future__ import annotations

from flask_smorest.fields import Upload
from marshmallow import ValidationError, fields, validate, validates_schema

from server.core.http import Schema


class BoardSealSchema(Schema):
    """Where the visible seal goes; without a place it goes over the closing date."""

    page = fields.Integer(validate=validate.Range(1, 10_000))
    x_mm = fields.Float(validate=validate.Range(0, 2000), metadata={"description": "From the left edge"})
    y_mm = fields.Float(validate=validate.Range(0, 2000), metadata={"description": "From the lower edge"})

    @validates_schema
    def _together(self, data: dict[str, object], **_: object) -> None:
        if data and set(data) != {"page", "x_mm", "y_mm"}:
            raise ValidationError("盖章位置须同时给出页码和坐标")


class BoardSealedPaperSchema(Schema):
    id = fields.String(required=True)
    sha256 = fields.String(required=True, metadata={"description": "Of the unsealed file"})
    sealed_sha256 = fields.String(required=True)
    sealed_at = fields.AwareDateTime(required=True)
    sealed_by = fields.String(required=True)
    seal_serial = fields.String(required=True)
    seal_level = fields.String(required=True, metadata={"example": "PAdES B-LTA"})


class BoardVerifyFileSchema(Schema):
    file = Upload(required=True, metadata={"description": "A PDF"})


class BoardCertificateSchema(Schema):
    subject = fields.String(required=True)
    issuer = fields.String(required=True)
    serial = fields.String(required=True)
    from_at = fields.AwareDateTime(required=True)
    until_at = fields.AwareDateTime(required=True)


class BoardKnownPaperSchema(Schema):
    """The paper of this court that has exactly these bytes."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    number = fields.String(required=True)
    version = fields.Integer(required=True)
    sealed = fields.Boolean(required=True)


class BoardSealReportSchema(Schema):
    state = fields.String(required=True, validate=validate.OneOf(["valid", "altered", "untrusted", "unsealed"]))
    title = fields.String(required=True)
    sha256 = fields.String(required=True)
    changes = fields.List(fields.String(), required=True)
    problems = fields.List(fields.String(), required=True)
    signer = fields.String(required=True)
    court_name = fields.String(required=True)
    reason = fields.String(required=True)
    sealed_at = fields.AwareDateTime(required=True, allow_none=True)
    time_stamped_by = fields.String(required=True)
    expired = fields.Boolean(required=True)
    chain = fields.List(fields.Nested(BoardCertificateSchema), required=True)
    known = fields.Nested(BoardKnownPaperSchema, required=True, allow_none=True)
