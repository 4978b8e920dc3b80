"""Rules of service of a court: thresholds and readings, drafted by one and approved by another."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import Day, PageSchema, Text
from server.core.http import Schema
from server.law.disputed import DISPUTED
from server.law.rulesets import THRESHOLDS


class BoardThresholdSchema(Schema):
    """A number a court may set; `at_least` and `at_most` are what its source allows."""

    code = fields.String(required=True)
    label = fields.String(required=True)
    unit = fields.String(required=True)
    default = fields.Integer(required=True)
    source = fields.String(required=True)
    at_least = fields.Integer(required=True, allow_none=True)
    at_most = fields.Integer(required=True, allow_none=True)
    binding = fields.Boolean(required=True)


class BoardReadingSchema(Schema):
    code = fields.String(required=True)
    text = fields.String(required=True)
    source = fields.String(required=True)


class BoardDisputedSchema(Schema):
    """A disputed point with every reading and its source."""

    code = fields.String(required=True)
    question = fields.String(required=True)
    default = fields.String(required=True)
    readings = fields.List(fields.Nested(BoardReadingSchema), required=True)


class BoardRuleDefaultsSchema(Schema):
    version = fields.String(required=True)
    thresholds = fields.List(fields.Nested(BoardThresholdSchema), required=True)
    disputed = fields.List(fields.Nested(BoardDisputedSchema), required=True)


class BoardRuleSetSchema(Schema):
    """`faults`: Chinese sentences, what keeps the draft from being approved."""

    id = fields.String(required=True)
    version = fields.String(required=True)
    dated = fields.String(required=True)
    note = fields.String(required=True, allow_none=True)
    thresholds = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    readings = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    state = fields.String(required=True, validate=validate.OneOf(["draft", "approved", "dropped"]))
    in_force = fields.Boolean(required=True)
    drafted_by_name = fields.String(required=True)
    drafted_at = fields.AwareDateTime(required=True)
    approved_by_name = fields.String(required=True, allow_none=True)
    approved_at = fields.AwareDateTime(required=True, allow_none=True)
    edits = fields.Integer(required=True)
    faults = fields.List(fields.String(), required=True)


class BoardRuleSetsSchema(PageSchema):
    items = fields.List(fields.Nested(BoardRuleSetSchema), required=True)


class BoardRuleDraftSchema(Schema):
    """Only what differs from the national defaults."""

    dated = Day(required=True)
    note = Text(most=500, load_default="")
    thresholds = fields.Dict(
        keys=fields.String(validate=validate.OneOf(sorted(THRESHOLDS))),
        values=fields.Integer(strict=True, validate=validate.Range(0, 3650)),
        load_default=dict,
        metadata={"example": {"door_tries": 4}},
    )
    readings = fields.Dict(
        keys=fields.String(validate=validate.OneOf(sorted(DISPUTED))),
        values=fields.String(validate=validate.Length(1, 40)),
        load_default=dict,
        metadata={"example": {"notice_roll": "yes"}},
    )


def _edits() -> fields.Integer:
    return fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 2**31))


class BoardRuleEditSchema(BoardRuleDraftSchema):
    edits = _edits()


class BoardRuleStepSchema(Schema):
    """`edits` of the draft as the caller saw it."""

    edits = _edits()
