"""Shapes of shredding and of the keys."""

from __future__ import annotations

from marshmallow import fields, validate

from server.core.http import Schema


class BoardShredSchema(Schema):
    reason = fields.String(required=True, validate=validate.Length(4, 500))


class BoardShreddedSchema(Schema):
    party_id = fields.String(required=True)
    cleared = fields.Dict(required=True, metadata={"description": "Documents changed, by collection"})


class BoardKeySchema(Schema):
    id = fields.String(required=True)
    court = fields.String(required=True)
    purpose = fields.String(required=True)
    generation = fields.Integer(required=True)
    algorithm = fields.String(required=True)
    state = fields.String(required=True)
    created_at = fields.DateTime(required=True)


class BoardKeysSchema(Schema):
    items = fields.List(fields.Nested(BoardKeySchema), required=True)
    total = fields.Integer(required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)
