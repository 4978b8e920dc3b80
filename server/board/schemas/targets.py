"""Shapes of the targets."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

SENSES = ("at_least", "above", "at_most", "below")


class BoardTargetReadingSchema(Schema):
    code = fields.String(required=True)
    text = fields.String(required=True)
    numerator = fields.Float(required=True)
    denominator = fields.Integer(required=True)
    value = fields.Float(required=True, allow_none=True)  # a share of 1, or days
    met = fields.Boolean(required=True, allow_none=True)


class BoardTargetSchema(Schema):
    check = fields.String(required=True)
    code = fields.String(required=True)
    text = fields.String(required=True)
    numerator = fields.String(required=True)
    denominator = fields.String(required=True)
    excluded = fields.String(required=True)
    threshold = fields.Float(required=True)
    sense = fields.String(required=True, validate=validate.OneOf(SENSES))
    unit = fields.String(required=True)
    chosen = fields.String(required=True)
    met = fields.Boolean(required=True, allow_none=True)
    lacking = fields.String(required=True)
    readings = fields.List(fields.Nested(BoardTargetReadingSchema), required=True)


class BoardVolumeSchema(Schema):
    check = fields.String(required=True)
    code = fields.String(required=True)
    text = fields.String(required=True)
    foreseen = fields.Integer(required=True)
    done = fields.Integer(required=True)
    left = fields.Integer(required=True)


class BoardTargetPriceSchema(Schema):
    code = fields.String(required=True)
    text = fields.String(required=True)
    fen = fields.Integer(required=True)


class BoardTargetsSchema(Schema):
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    tasks = fields.Integer(required=True)
    measures = fields.List(fields.Nested(BoardTargetSchema), required=True)
    volumes = fields.List(fields.Nested(BoardVolumeSchema), required=True)
    prices = fields.List(fields.Nested(BoardTargetPriceSchema), required=True)
